package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/kubeflow-ambient/ambient-profile/fn"
	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

func checkCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check CHECK.yaml [FILE...]",
		Short: "Run AccessChecks on rendered manifests",
		Long: `Runs the AccessChecks of a file on rendered manifests, one verdict for each case and claim. Without a
FILE, or for -, the manifests are read from stdin. Exit code 1: a case or claim failed, or could not
be judged.

spec.cases are single requests, each with expect: allow or deny. spec.never are claims that no request
of a shape is allowed, from any client; a counterexample fails them. spec.only are claims that exactly
the listed clients are allowed.

If a case names something that the manifests lack, it is assumed with default settings: a Service
without its own policy, a ServiceAccount with pods in the mesh. The table lists it below the cases,
and -o json as "assumed". --fail-on-assumed makes such a case fail. -o junit and -o sarif have the file and line of each case;
-o github annotates what failed. Every field of an AccessCheck, and what NOT JUDGED means:
https://github.com/kubeflow-ambient/ambient-profile/blob/main/docs/access-check.md
https://github.com/kubeflow-ambient/ambient-profile/blob/main/docs/not-judged.md`,
		Example: `  ambient-profile check accesscheck.yaml rendered.yaml
  kustomize build --enable-alpha-plugins --enable-exec DIR | ambient-profile check accesscheck.yaml
  ambient-profile check -o json accesscheck.yaml rendered.yaml
  ambient-profile check --fail-on-assumed accesscheck.yaml rendered.yaml`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misuse(c, diagnostic.WrongArguments, "check needs a file with AccessChecks", "")
			}
			return nil
		},
		ValidArgsFunction: completeFiles,
	}
	output := outputFlag(c, "table", "json", "yaml", "markdown", "github", "junit", "sarif")
	failOnAssumed := c.Flags().Bool("fail-on-assumed", false, "fail a case that names what is not in the manifests")
	release := releaseFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		file, rendered := args[0], args[1:]
		if len(rendered) == 0 && file == "-" {
			return misuse(c, diagnostic.StdinTwice, "stdin cannot be both the AccessChecks and the manifests", "give a file for one of the two")
		}
		if err := canRead(c, rendered); err != nil {
			return err
		}
		if err := stdinOnce(c, args); err != nil {
			return err
		}
		results, err := fn.Check(file, rendered, release.chosen, c.InOrStdin(), c.ErrOrStderr())
		if err != nil {
			return err
		}
		if *failOnAssumed {
			access.FailMissing(results)
		}
		failed := diagnostic.Report{Findings: access.Diagnostics(results)}
		json := func(out io.Writer) error { return access.WriteResultsJSON(out, results) }
		write := map[string]func(io.Writer) error{
			"table":    func(out io.Writer) error { return access.WriteResults(out, results) },
			"json":     json,
			"yaml":     asYAML(json),
			"markdown": func(out io.Writer) error { return access.WriteResultsMarkdown(out, results) },
			"github":   failed.WriteGitHub,
			"junit":    func(out io.Writer) error { return diagnostic.WriteJUnit(out, "check", access.TestCases(results)) },
			"sarif":    failed.WriteSARIF,
		}
		if err := write[output.chosen](c.OutOrStdout()); err != nil {
			return err
		}
		if output.chosen == "junit" || output.chosen == "sarif" { // which go to a file: the log has what failed
			diagnostic.Print(c.ErrOrStderr(), failed.Findings)
		}
		if access.Failed(results) > 0 {
			return errFailed
		}
		return nil
	}
	return c
}
