package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/kubeflow-ambient/ambient-profile/fn"
	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// thresholds are the values of --fail-on, by the mildest severity that fails.
var thresholds = map[string]diagnostic.Severity{"error": diagnostic.Error, "warning": diagnostic.Warning, "info": diagnostic.Info, "never": -1}

func lintCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "lint [FILE...]",
		Short: "Report mistakes in rendered manifests, or in a cluster",
		Long: `Reports what the function would warn about, without generating anything: namespaces that are open to
other tenants, owners who are locked out, routes that change who the user is, logins that pass on a
forged header, policies without effect, pods that left the mesh, versions of Istio with known holes.
Without a FILE, or for -, the manifests are read from stdin.

User namespaces are known by the annotation owner or the label of the profile-controller, and are
judged by the default settings. To have them judged by yours, add the AmbientProfile to the files.

An object accepts a warning or an info about itself by an annotation, one line for each code:

  metadata:
    annotations:
      ambient.kubeflow.org/lint-ignore: |
        AP0718: the CNI's own pods

What is ignored is listed, with its reason. Errors cannot be ignored. Exit code 1: a finding is as
severe as --fail-on, or more. Every code: https://github.com/kubeflow-ambient/ambient-profile/blob/main/docs/messages.md`,
		Example: `  ambient-profile lint rendered.yaml
  kustomize build DIR | ambient-profile lint ambientprofile.yaml -
  ambient-profile lint -o sarif rendered.yaml > findings.sarif
  kubectl get -A -o yaml ns,sa,svc,pods,deploy,sts,ds,cm,networkpolicies,gateways.gateway.networking.k8s.io,httproutes,authorizationpolicies,requestauthentications,peerauthentications,virtualservices,destinationrules,serviceentries,envoyfilters,sidecars | ambient-profile lint -`,
		ValidArgsFunction: completeFiles,
	}
	output, release := outputFlag(c, "text", "json", "yaml", "markdown", "github", "junit", "sarif"), releaseFlag(c)
	failOn := formFlag(c, "fail-on", "", "exit with 1 for findings of this severity and worse", "warning", []string{"warning", "error", "info", "never"})
	c.RunE = func(c *cobra.Command, files []string) error {
		if err := canRead(c, files); err != nil {
			return err
		}
		report, err := fn.Lint(files, release.chosen, c.InOrStdin())
		if err != nil {
			return err
		}
		threshold := thresholds[failOn.chosen]
		junit := func(out io.Writer) error { return diagnostic.WriteJUnit(out, "lint", report.TestCases(threshold)) }
		write := map[string]func(io.Writer) error{
			"text": report.WriteText, "json": report.WriteJSON, "yaml": asYAML(report.WriteJSON), "markdown": report.WriteMarkdown, "github": report.WriteGitHub, "junit": junit, "sarif": report.WriteSARIF,
		}
		if err := write[output.chosen](c.OutOrStdout()); err != nil {
			return err
		}
		if report.AtLeast(threshold) > 0 {
			return errFailed
		}
		return nil
	}
	return c
}
