package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// form is the value of a flag that takes one of a few, such as -o.
type form struct {
	chosen  string
	choices []string
}

// outputFlag adds -o to a command; the first choice is the default.
func outputFlag(c *cobra.Command, choices ...string) *form {
	return formFlag(c, "output", "o", "how to print", choices[0], choices)
}

// releaseFlag adds --istio-version to a command. By default the istiod in the manifests says.
func releaseFlag(c *cobra.Command) *form {
	return formFlag(c, "istio-version", "", "judge as this release of Istio does, not as that of the istiod in the manifests", "", access.Releases)
}

// formFlag adds a flag that takes one of a few values; without it, the value is the one that is given.
func formFlag(c *cobra.Command, name, short, usage, without string, choices []string) *form {
	f := &form{without, choices}
	c.Flags().VarP(f, name, short, usage)
	// It fails only where the flag is unknown or has a function already.
	_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
	return f
}

func (f *form) String() string { return f.chosen }
func (f *form) Type() string   { return strings.Join(f.choices, "|") }

func (f *form) Set(value string) error {
	if !slices.Contains(f.choices, value) {
		return errors.New("not one of " + strings.Join(f.choices, ", "))
	}
	f.chosen = value
	return nil
}

// flagError returns the error for a wrong flag. It suggests the flag that was meant, if one is similar.
func flagError(c *cobra.Command, err error) error {
	if args := c.Flags().Args(); c == c.Root() && len(args) > 0 && !isFile(args[0]) {
		return unknownCommand(c, args[0]) // the flag is that of the verb that was meant
	}
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		given := "--" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			given = "-" + unknown.GetSpecifiedName()
		}
		return misuse(c, diagnostic.UnknownFlag, "unknown flag "+given, meantFlag(c, given))
	case errors.As(err, &invalid) && invalid.GetFlag().Name == "output":
		if "o"+invalid.GetValue() == "output" {
			return misuse(c, diagnostic.UnknownFlag, "unknown flag -output", "did you mean --output?")
		}
		return misuse(c, diagnostic.WrongFlag, fmt.Sprintf("-o %q is %v", invalid.GetValue(), errors.Unwrap(invalid)), "")
	case errors.As(err, &invalid):
		if _, ok := invalid.GetFlag().Value.(*form); ok {
			return misuse(c, diagnostic.WrongFlag, fmt.Sprintf("--%s %q is %v", invalid.GetFlag().Name, invalid.GetValue(), errors.Unwrap(invalid)), "")
		}
	}
	return misuse(c, diagnostic.WrongFlag, err.Error(), "")
}

// meantFlag is what to write in place of a flag that is not there, or "".
func meantFlag(c *cobra.Command, given string) string {
	name := strings.TrimLeft(given, "-")
	if c == c.Root() {
		switch name {
		case "f", "file", "filename", "config", "c":
			return "give the file as an argument: ambient-profile CONFIG.yaml"
		case "o", "output":
			return "manifests go to stdout: ambient-profile CONFIG.yaml > FILE"
		}
	}
	var names []string
	meant := ""
	c.Flags().VisitAll(func(f *pflag.Flag) {
		names = append(names, f.Name)
		output, ok := f.Value.(*form)
		switch {
		case strings.EqualFold(name, f.Shorthand):
			meant = "-" + f.Shorthand
		case len(name) > 1 && strings.HasPrefix(f.Name, name):
			meant = "--" + f.Name
		case ok && f.Name == "output" && slices.Contains(output.choices, name):
			meant = "-o " + name
		}
	})
	if closest := diagnostic.Closest(name, names); meant == "" && len(name) > 2 && closest != "" {
		meant = "--" + closest
	}
	if meant == "" {
		return ""
	}
	return "did you mean " + meant + "?"
}
