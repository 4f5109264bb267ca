package main

import (
	"strings"
	"testing"
)

// Manifests in the place of the AccessChecks are one mistake, however many objects they hold.
func TestSwappedFilesAreOneError(t *testing.T) {
	code, stdout, stderr := execute(t, "", "check", twoTenants, twoTenants)
	if lines := strings.Count(stderr, "\n"); code != 1 || stdout != "" || lines != 1 || !strings.Contains(stderr, "[AP0922]") {
		t.Errorf("exit code %d, %d lines, stdout %q:\n%s", code, lines, stdout, stderr)
	}
}
