package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

func completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion " + strings.Join(shells, "|"),
		Short: "Print a script that completes commands, flags and files in a shell",
		Example: `  source <(ambient-profile completion bash)
  ambient-profile completion zsh > "${fpath[1]}/_ambient-profile"
  ambient-profile completion fish > ~/.config/fish/completions/ambient-profile.fish
  ambient-profile completion powershell | Out-String | Invoke-Expression`,
		DisableFlagsInUseLine: true,
		ValidArgs:             shells,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells, args[0]) {
				return misuse(c, diagnostic.WrongArguments, "completion takes one shell of "+strings.Join(shells, ", "), "")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			write := map[string]func(io.Writer) error{
				"bash":       func(w io.Writer) error { return c.Root().GenBashCompletionV2(w, true) },
				"zsh":        c.Root().GenZshCompletion,
				"fish":       func(w io.Writer) error { return c.Root().GenFishCompletion(w, true) },
				"powershell": c.Root().GenPowerShellCompletionWithDesc,
			}
			return write[args[0]](c.OutOrStdout())
		},
	}
}
