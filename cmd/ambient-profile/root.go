package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kubeflow-ambient/ambient-profile/fn"
	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// rootCommand is the program without a verb: the function, as kustomize and kpt call it, or on
// files of its own.
func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "ambient-profile [CONFIG.yaml [INPUT.yaml...]]",
		Short: "Kubeflow user namespaces on Istio ambient mode",
		Long: `ambient-profile: Kubeflow user namespaces on Istio ambient mode

Without arguments it is a KRM function: a ResourceList on stdin, and one on stdout. That is how
kustomize and kpt call it. With a configuration it runs standalone, and prints the edited inputs and
then the new manifests; - is stdin.

CONFIG.yaml holds one AmbientProfile (ambient.kubeflow.org/v1alpha1). Warnings and errors go to
stderr. Exit codes of every command: 0 success, 1 the content is rejected or a case fails, 2 the
command could not run (arguments, unreadable files, nothing to judge).`,
		Example: `  kustomize build --enable-alpha-plugins --enable-exec DIR
  ambient-profile ambientprofile.yaml > ambient.yaml
  kustomize build kubeflow | ambient-profile ambientprofile.yaml - > kubeflow-ambient.yaml`,
		Args:                  cobra.ArbitraryArgs,
		DisableFlagsInUseLine: true,
		SilenceErrors:         true,
		SilenceUsage:          true,
		CompletionOptions:     cobra.CompletionOptions{DisableDefaultCmd: true},
		ValidArgsFunction: func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 { // a command or a file: a directive that takes only files would hide the commands
				return nil, cobra.ShellCompDirectiveDefault
			}
			return completeFiles(c, args, word)
		},
	}
	version := root.Flags().Bool("version", false, "print the version")
	root.RunE = func(c *cobra.Command, args []string) error {
		if *version {
			return printVersion(c.OutOrStdout(), "text")
		}
		return runFunction(c, args)
	}
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(explainCommand(), askCommand(), checkCommand(), diffCommand(), lintCommand(), rolloutCommand(), installCommand(), versionCommand(), completionCommand())
	root.AddCommand(serveCommands()...)
	root.SetHelpCommand(helpCommand())
	return root
}

func runFunction(c *cobra.Command, args []string) error {
	switch {
	case len(args) == 0 && isTerminal(c.InOrStdin()):
		fmt.Fprintln(c.ErrOrStderr(), c.UsageString())
		return misuse(c, diagnostic.StdinIsATerminal, "stdin is a terminal, where kustomize and kpt send a ResourceList", "give a file: ambient-profile CONFIG.yaml")
	case len(args) == 0:
		return fn.Transform(c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
	case !isFile(args[0]):
		return unknownCommand(c, args[0])
	}
	if err := stdinOnce(c, args); err != nil {
		return err
	}
	return fn.Standalone(args[0], args[1:], c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
}

// misuse is an error in the arguments of a command. Without a remedy of its own, that is to read the
// help.
func misuse(c *cobra.Command, code diagnostic.Code, found, remedy string) error {
	return diagnostic.Undone(diagnostic.Diagnostic{Code: code, Found: found, Remedy: cmp.Or(remedy, "see "+c.CommandPath()+" -h")})
}

func unknownCommand(c *cobra.Command, name string) error {
	var names []string
	for _, verb := range c.Root().Commands() {
		names = append(names, verb.Name())
	}
	if verb := diagnostic.Closest(name, names); verb != "" {
		return misuse(c.Root(), diagnostic.UnknownCommand, fmt.Sprintf("unknown command %q", name), "did you mean "+verb+"?")
	}
	return misuse(c.Root(), diagnostic.UnknownCommand, fmt.Sprintf("unknown command %q, which is not a .yaml, .yml or .json file either", name), "")
}

// extensions are those of files. A mistyped verb must not be read as a file.
var extensions = []string{"yaml", "yml", "json"}

func isFile(arg string) bool {
	ext := filepath.Ext(arg)
	return arg == "-" || ext != "" && slices.Contains(extensions, ext[1:])
}

func completeFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return extensions, cobra.ShellCompDirectiveFilterFileExt
}

// stdinOnce refuses - given twice: the second reader would find nothing, and say nothing.
func stdinOnce(c *cobra.Command, files []string) error {
	if i := slices.Index(files, "-"); i >= 0 && slices.Contains(files[i+1:], "-") {
		return misuse(c, diagnostic.StdinTwice, "stdin (-) is given twice, and can be read once", "give a file for one of the two")
	}
	return nil
}

// isTerminal reports whether a user would have to type the input. /dev/null is a device as
// well, but an empty input, as where CI starts a program.
func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}
