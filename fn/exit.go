package fn

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Exit codes, alike for everything that the program does. kustomize believes nothing else.
const (
	exitOK    = 0 // done, and nothing is wrong
	exitError = 1 // the content is rejected, or fails
	exitUsage = 2 // it could not be done
)

// NotDone is an error that says nothing about the content: wrong arguments, a file that cannot be
// read, an output that cannot be written, or an input in which there is nothing to judge.
type NotDone struct{ Err error }

func (e NotDone) Error() string { return e.Err.Error() }
func (e NotDone) Unwrap() error { return e.Err }

// notDone is err as a NotDone; nil stays nil.
func notDone(err error) error {
	if err == nil {
		return nil
	}
	return NotDone{err}
}

// Exit prints what went wrong, one line an error, and returns the exit code.
func Exit(err error, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	var out strings.Builder // there may be thousands
	for _, line := range lines(err) {
		out.WriteString("ambient-profile: error: " + line + "\n")
	}
	fmt.Fprint(stderr, out.String())
	var undone NotDone
	if errors.As(err, &undone) {
		return exitUsage
	}
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
