// Command ambient-profile turns an AmbientProfile into everything that a Kubeflow user namespace
// needs on Istio ambient mode. Stdout carries manifests and nothing else; an error leaves it empty.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit codes. kustomize believes nothing else.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

const usage = `ambient-profile: Kubeflow user namespaces on Istio ambient mode

usage:
  ambient-profile                              ResourceList on stdin, ResourceList on stdout
                                               (as kustomize and kpt call it)
  ambient-profile CONFIG.yaml [INPUT.yaml...]  manifests on stdout: the inputs as changed, then the
                                               new ones; - reads stdin
  ambient-profile explain [FILE...]            who may reach what under rendered manifests;
                                               -o table, mermaid or json; no file: stdin
  ambient-profile check CHECK.yaml [FILE...]   run AccessChecks on rendered manifests; -o table or
                                               json; exit code 1: a case failed, 2: no telling
  ambient-profile install DIR                  copies this program to DIR/ambient-profile
                                               (an init container has no shell)
  ambient-profile version                      version, commit, Go and library versions
  ambient-profile -h                           this text

CONFIG.yaml holds one AmbientProfile (ambient.kubeflow.org/v1alpha1). Warnings and errors go to
stderr. Exit codes: 0 done, 1 refused or failed (stdout is empty), 2 wrong usage.

as a kustomize transformer:
  kustomize build --enable-alpha-plugins --enable-exec DIR
`

// verbs are the first arguments that are no file.
var verbs = []string{"explain", "check", "version", "install", "help"}

// run is the whole program but for the process around it.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		if isTerminal(stdin) {
			fmt.Fprint(stderr, usage)
			return exitUsage
		}
		return finish(transform(stdin, stdout, stderr), stderr)
	}
	switch first := args[0]; {
	case first == "-h" || first == "--help" || first == "help":
		return finish(say(stdout, usage), stderr)
	case first == "explain":
		return explain(args[1:], stdin, stdout, stderr)
	case first == "check":
		return check(args[1:], stdin, stdout, stderr)
	case first == "version" || first == "--version":
		return finish(say(stdout, versionText()), stderr)
	case first == "install":
		return runInstall(args[1:], stdout, stderr)
	case isFile(first):
		return finish(standalone(args[0], args[1:], stdin, stdout, stderr), stderr)
	default:
		fmt.Fprintf(stderr, "ambient-profile: error: unknown command %q%s; run ambient-profile -h\n", first, didYouMean(first))
		return exitUsage
	}
}

// finish tells what went wrong, one line an error, and picks the exit code.
func finish(err error, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	var out strings.Builder // there may be thousands
	for _, line := range lines(err) {
		out.WriteString("ambient-profile: error: " + line + "\n")
	}
	fmt.Fprint(stderr, out.String())
	return exitError
}

// lines are what is joined in an error, or in one that it wraps, one by one.
func lines(err error) []string {
	joined, ok := err.(interface{ Unwrap() []error })
	if ok {
		var out []string
		for _, err := range joined.Unwrap() {
			out = append(out, lines(err)...)
		}
		return out
	}
	if inner := errors.Unwrap(err); inner != nil {
		if before, ok := strings.CutSuffix(err.Error(), inner.Error()); ok {
			out := lines(inner)
			for i := range out {
				out[i] = profile.Visible(before) + out[i]
			}
			return out
		}
	}
	return []string{profile.Visible(err.Error())}
}

func say(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

// isFile tells a configuration from a verb: a mistyped verb must not be read as a file.
func isFile(arg string) bool {
	return arg == "-" || slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(arg))
}

func didYouMean(arg string) string {
	if verb := profile.Closest(arg, verbs); verb != "" {
		return ", did you mean " + verb + "?"
	}
	return ", which is no .yaml, .yml or .json file either"
}

func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
