package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/controlplane"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// project is the module under test; it knows nothing of this one.
const project = "../.."

// functionDir holds the function's binary for the length of the run.
var functionDir string

// function builds the function as it is in the checkout, once.
var function = sync.OnceValues(func() (string, error) {
	dir, err := controlplane.TempDir() // swept by the next run, should this one be killed
	if err != nil {
		return "", err
	}
	functionDir = dir
	binary := filepath.Join(dir, "ambient-profile")
	build := exec.Command("go", "build", "-o", binary, "./cmd/ambient-profile")
	build.Dir = project
	if said, err := build.CombinedOutput(); err != nil {
		return "", errors.New("build the function: " + err.Error() + "\n" + string(said))
	}
	return binary, nil
})

func functionBinary(t *testing.T) string {
	t.Helper()
	binary, err := function()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// render runs the function in standalone mode on a configuration and perhaps inputs, given as text.
func render(t *testing.T, config string, inputs ...string) []*kube.Object {
	t.Helper()
	var args []string
	for _, text := range append([]string{config}, inputs...) {
		file := filepath.Join(t.TempDir(), "file.yaml")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	return execute(t, exec.Command(functionBinary(t), args...))
}

// execute reads the manifests that a command prints.
func execute(t *testing.T, cmd *exec.Cmd) []*kube.Object {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, stderr.Bytes())
	}
	objects, err := kube.Read(stdout.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return objects
}
