package fn

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// The image that the examples name.
const released = "ghcr.io/kubeflow-ambient/ambient-profile:v0.1.0"

// imageVariable names an image to test: make image-test sets it to what the Dockerfile made. Without
// it the tests make an image of the same files from a binary of this machine, in a second or two.
const imageVariable = "AMBIENT_PROFILE_IMAGE"

// images counts those that this process made; each test has its own.
var images atomic.Int32

// testImage is an image of the function in the Docker Engine; a machine without one skips the test.
func testImage(t *testing.T) string {
	t.Helper()
	needDocker(t)
	if image := os.Getenv(imageVariable); image != "" {
		return image
	}
	root := t.TempDir()
	goCommand(t, "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(root, "ambient-profile"), programPackage)
	goCommand(t, "run", "../image", root)
	archive := filepath.Join(t.TempDir(), "root.tar")
	if out, err := exec.Command("tar", "-C", root, "-cf", archive, ".").CombinedOutput(); err != nil {
		t.Fatalf("tar: %v: %s", err, out)
	}
	// kpt looks for a name without a slash elsewhere.
	name := "ambient-profile.test/function:" + itoa(os.Getpid()) + "-" + itoa(int(images.Add(1)))
	code, _, stderr := docker(t, "", "import", "-c", "USER 65534:65534", "-c", `ENTRYPOINT ["/ambient-profile"]`, archive, name)
	if code != 0 {
		t.Fatal(stderr)
	}
	t.Cleanup(func() { docker(t, "", "rmi", name) })
	return name
}

// needDocker skips, loudly, where no Docker Engine answers.
func needDocker(t *testing.T) {
	t.Helper()
	out, err := exec.Command("docker", "version", "--format", "{{.Server.Os}}").CombinedOutput()
	if err != nil {
		t.Skipf("NOT TESTED: the function as a container; no Docker Engine answers: %v: %s", err, bytes.TrimSpace(out))
	}
	if engine := strings.TrimSpace(string(out)); engine != "linux" {
		t.Skipf("NOT TESTED: the function as a container; this Docker Engine runs %s containers", engine)
	}
}

// docker runs a command of the docker client.
func docker(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return runCommand(t, exec.Command("docker", args...), stdin)
}

// runCommand runs any command; one that cannot be started ends the test.
func runCommand(t *testing.T, command *exec.Cmd, stdin string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(stdin), &out, &errs
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", command.Path, err)
	}
	return command.ProcessState.ExitCode(), out.String(), errs.String()
}

func goCommand(t *testing.T, args ...string) {
	t.Helper()
	command := exec.Command("go", args...)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// withImage is a clean copy of an example, every file of it, that names an image under test.
func withImage(t *testing.T, example, image string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(examplesDir, example))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ambientprofile.yaml", "Kptfile"} {
		if file := filepath.Join(dir, name); exists(file) {
			write(t, file, strings.ReplaceAll(read(t, file), released, image))
		}
	}
	return dir
}
