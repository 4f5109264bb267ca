package fn

import (
	"errors"
	"io"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Exit codes, alike for everything that the program does. kustomize believes nothing else.
const (
	exitOK    = 0 // done, and nothing is wrong
	exitError = 1 // the content is rejected, or fails
	exitUsage = 2 // it could not be done
)

// Exit prints what went wrong and returns the exit code.
func Exit(err error, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	diagnostic.PrintErrors(stderr, err)
	var undone diagnostic.NotDone
	if errors.As(err, &undone) {
		return exitUsage
	}
	return exitError
}
