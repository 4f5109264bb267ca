package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeflow-ambient/ambient-profile/fn"
	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

func rolloutCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "rollout BEFORE CONFIG -d DIR | rollout --verify LIVE -d DIR",
		Short: "Write the stages from sidecars to ambient mode, and prove each",
		Long: `Writes the stages from what runs to what an AmbientProfile makes of it, as directories of manifests,
and prints the commands. BEFORE is a file with the manifests of what runs, a directory of them, or -
for stdin.

Each stage is proved: in whatever order its objects arrive and its pods restart, no request is allowed
unless it is allowed before or after the rollout. A stage without that proof is printed as NOT PROVED,
with the moment and the request. A client that loses access has a line LOST.

With --verify, it reads what the cluster holds now and the stages that it wrote, and prints the current
stage, what is lacking, what is ready, and the commands that come next. LIVE is what the command that
it prints gives: a file, a directory or -. The exit code is 1 where the stage is not done.

The exit code is 1 where a stage is NOT PROVED. What the proof assumes:
https://github.com/kubeflow-ambient/ambient-profile/blob/main/docs/rollout.md`,
		Example: `  ambient-profile rollout before.yaml ambientprofile.yaml -d stages
  ambient-profile rollout before.yaml ambientprofile.yaml -d stages --group alice,bob
  kubectl get namespace,pod,gateway.gateway.networking.k8s.io,authorizationpolicy.security.istio.io -A -o yaml | ambient-profile rollout --verify - -d stages`,
		Args: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("verify") {
				if len(args) > 0 || c.Flags().Changed("group") {
					return misuse(c, diagnostic.WrongArguments, "rollout --verify takes no other manifests and no groups: it reads the stages", "")
				}
				return nil
			}
			if len(args) != 2 {
				return misuse(c, diagnostic.WrongArguments, "rollout needs the manifests of what runs and the configuration", "")
			}
			return stdinOnce(c, args)
		},
		ValidArgsFunction: completeFiles,
	}
	flags := c.Flags()
	dir := flags.StringP("directory", "d", "", "write the stages to this directory, which must be empty or not be there")
	live := flags.String("verify", "", "the manifests of what the cluster holds now: say how far the rollout is")
	groups := flags.StringArray("group", nil, "namespaces that join in one stage, such as alice,bob; may be given several times")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *dir == "" {
			return misuse(c, diagnostic.WrongArguments, "rollout needs a directory for the stages", "add -d DIR")
		}
		if c.Flags().Changed("verify") {
			return verifyRollout(c, *live, *dir)
		}
		if err := canRead(c, args[:1]); err != nil {
			return err
		}
		var together [][]string
		for _, g := range *groups {
			together = append(together, strings.Split(g, ","))
		}
		r, err := fn.RolloutOf(args[0], args[1], together, c.InOrStdin(), c.ErrOrStderr())
		if err != nil {
			return err
		}
		if err := r.WriteTo(*dir); err != nil {
			return err
		}
		if err := r.Write(c.OutOrStdout(), *dir); err != nil {
			return err
		}
		if !r.Proved() {
			return errFailed
		}
		return nil
	}
	return c
}

// verifyRollout prints how far a rollout is.
func verifyRollout(c *cobra.Command, live, dir string) error {
	if live == "-" {
		if err := canRead(c, nil); err != nil {
			return err
		}
	}
	v, err := fn.VerifyRollout(live, dir, c.InOrStdin())
	if err != nil {
		return err
	}
	if err := v.Write(c.OutOrStdout()); err != nil {
		return err
	}
	if !v.Done() {
		return errFailed
	}
	return nil
}
