package fn

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Exit codes, alike for everything that the program does. kustomize believes nothing else.
const (
	exitOK    = 0 // done, and nothing is wrong
	exitError = 1 // the content is rejected, or fails
	exitUsage = 2 // it could not be done
)

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
	var undone diagnostic.NotDone
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
				out[i] = diagnostic.Visible(before) + out[i]
			}
			return out
		}
	}
	return []string{diagnostic.Visible(err.Error())}
}
