package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/kubeflow-ambient/ambient-profile/fn"
	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

func explainCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "explain [FILE...]",
		Short: "Print who may reach what under rendered manifests",
		Long: `Prints who may reach what under rendered manifests, namespace by namespace. The manifests may come
from anywhere: this program, kustomize, helm, or kubectl get -o yaml. A FILE may be a directory.
Without one, or for -, they are read from stdin.

The column REACHES names what the client reaches. "NOT JUDGED:" before a name means that
this program does not know whether Istio allows it; the column BY says why. The last line counts these
lines. What to do about them:
https://github.com/kubeflow-ambient/ambient-profile/blob/main/docs/not-judged.md`,
		Example: `  ambient-profile explain rendered.yaml
  kustomize build --enable-alpha-plugins --enable-exec DIR | ambient-profile explain
  ambient-profile explain -n alice -o mermaid rendered.yaml
  ambient-profile explain --to alice/tet --from user:bob@example.com rendered.yaml
  ambient-profile explain -o lock rendered.yaml > access.lock.yaml`,
		ValidArgsFunction: completeFiles,
	}
	only := newFilter(c)
	output, release := outputFlag(c, "table", "markdown", "mermaid", "html", "json", "yaml", "lock"), releaseFlag(c)
	c.RunE = func(c *cobra.Command, files []string) error {
		if err := canRead(c, files); err != nil {
			return err
		}
		if output.chosen == "lock" {
			if only.given() {
				return misuse(c, diagnostic.WrongFlag, "-o lock is about everything, and -n, --to and --from leave some of it out", "leave the flags out")
			}
			lock, err := fn.Lock(files, release.chosen, c.InOrStdin(), c.ErrOrStderr())
			if err != nil {
				return err
			}
			return lock.Write(c.OutOrStdout())
		}
		filter, err := only.filter(c)
		if err != nil {
			return err
		}
		report, err := fn.ExplainOnly(files, filter, release.chosen, c.InOrStdin(), c.ErrOrStderr())
		if err != nil {
			return err
		}
		table := func(out io.Writer) error {
			if err := report.WriteTable(out); err != nil {
				return err
			}
			return report.WriteSummary(out)
		}
		write := map[string]func(io.Writer) error{"table": table, "markdown": report.WriteMarkdown, "mermaid": report.WriteMermaid, "json": report.WriteJSON, "yaml": asYAML(report.WriteJSON), "html": report.WriteHTML}
		return write[output.chosen](c.OutOrStdout())
	}
	return c
}

// canRead rejects arguments that would wait for a user to type manifests, or read stdin twice.
func canRead(c *cobra.Command, files []string) error {
	if len(files) == 0 && isTerminal(c.InOrStdin()) {
		return misuse(c, diagnostic.StdinIsATerminal, "stdin is a terminal", "give files with rendered manifests, or pipe them in")
	}
	return stdinOnce(c, files)
}
