package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeflow-ambient/ambient-profile/fn"
	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

func rolloutCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "rollout BEFORE CONFIG -d DIR",
		Short: "Write the stages from sidecars to ambient mode, and prove each",
		Long: `Writes the stages from what runs to what an AmbientProfile makes of it, as directories of manifests,
and prints the commands. BEFORE is a file with the manifests of what runs, a directory of them, or -
for stdin.

Each stage is proved: in whatever order its objects arrive and its pods restart, no request is allowed
unless it is allowed before or after the rollout. A stage without that proof is printed as NOT PROVED,
with the moment and the request. A client that loses access has a line LOST.

The exit code is 1 where a stage is NOT PROVED. What the proof assumes:
https://github.com/kubeflow-ambient/ambient-profile/blob/main/docs/rollout.md`,
		Example: `  ambient-profile rollout before.yaml ambientprofile.yaml -d stages
  ambient-profile rollout before.yaml ambientprofile.yaml -d stages --group alice,bob`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return misuse(c, diagnostic.WrongArguments, "rollout needs the manifests of what runs and the configuration", "")
			}
			return stdinOnce(c, args)
		},
		ValidArgsFunction: completeFiles,
	}
	flags := c.Flags()
	dir := flags.StringP("directory", "d", "", "write the stages to this directory, which must be empty or not be there")
	groups := flags.StringArray("group", nil, "namespaces that join in one stage, such as alice,bob; may be given several times")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *dir == "" {
			return misuse(c, diagnostic.WrongArguments, "rollout needs a directory for the stages", "add -d DIR")
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
