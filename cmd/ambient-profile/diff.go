package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/kubeflow-ambient/ambient-profile/fn"
	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

func diffCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Print who gains and who loses access between rendered manifests",
		Long: `Prints who gains and who loses access from OLD to NEW, each a file with rendered manifests, a
directory of them, - for stdin, or a lock file that explain -o lock has written. All requests are compared, not samples: a line has all requests that change,
with the policy that allows them and one request that comes out differently.

It prints nothing unless access changes; renaming, splitting or moving a policy is not reported. What becomes NOT JUDGED counts as gained, because nobody knows.

The exit code is 0 unless a flag says otherwise. Every line and field:
https://github.com/kubeflow-ambient/ambient-profile/blob/main/docs/diff.md`,
		Example: `  ambient-profile diff main.yaml branch.yaml
  kustomize build --enable-alpha-plugins --enable-exec DIR | ambient-profile diff main.yaml -
  ambient-profile diff --exit-code access.lock.yaml rendered.yaml
  ambient-profile diff --no-new-access -o markdown main.yaml branch.yaml`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return misuse(c, diagnostic.WrongArguments, "diff needs the old manifests and the new ones", "")
			}
			return nil
		},
		ValidArgsFunction: completeFiles,
	}
	flags := c.Flags()
	closed := flags.Bool("no-new-access", false, "exit with 1 where anybody gains access, or may have gained it")
	same := flags.Bool("exit-code", false, "exit with 1 where anything changes")
	about := newFilter(c)
	only := formFlag(c, "only", "", "print no others", "", []string{"gained", "lost"})
	output, release := outputFlag(c, "table", "markdown", "html", "json", "yaml"), releaseFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := canRead(c, args); err != nil {
			return err
		}
		filter, err := about.filter(c)
		if err != nil {
			return err
		}
		d, err := fn.DiffOnly(args[0], args[1], filter, release.chosen, c.InOrStdin(), c.ErrOrStderr())
		if err != nil {
			return err
		}
		failed := *closed && d.Opens() || *same && d.Differs()
		if only.chosen != "" {
			d.Only(only.chosen)
		}
		write := map[string]func(io.Writer) error{"table": d.WriteTable, "json": d.WriteJSON, "yaml": asYAML(d.WriteJSON), "markdown": d.WriteMarkdown, "html": d.WriteHTML}
		if err := write[output.chosen](c.OutOrStdout()); err != nil {
			return err
		}
		if failed {
			return errFailed
		}
		return nil
	}
	return c
}
