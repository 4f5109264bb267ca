package fn

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A package rendered by kpt with the container.
func TestKptRendersThePackage(t *testing.T) {
	needKpt(t)
	image := testImage(t)
	dir := withImage(t, "kpt", image)
	kpt(t, "fn", "render", dir)
	kptPackageIsRight(t, dir)
	before := tree(t, dir)
	kpt(t, "fn", "render", dir)
	sameTree(t, "a second run", before, tree(t, dir))
}

// kpt fn eval, with the container and with the program: the same package.
func TestKptEvalsThePackage(t *testing.T) {
	needKpt(t)
	t.Run("program", func(t *testing.T) {
		t.Setenv(asPlugin, "1")
		evalIsRight(t, "--exec", must(os.Executable()))
	})
	t.Run("container", func(t *testing.T) {
		evalIsRight(t, "--image", testImage(t), "--image-pull-policy", "Never")
	})
}

func evalIsRight(t *testing.T, function ...string) {
	t.Helper()
	dir := withImage(t, "kpt", "")
	eval := append([]string{"fn", "eval", dir, "--fn-config", filepath.Join(dir, "ambientprofile.yaml")}, function...)
	kpt(t, eval...)
	kptPackageIsRight(t, dir)
	before := tree(t, dir)
	kpt(t, eval...)
	sameTree(t, "a second run", before, tree(t, dir))
}

// kptPackageIsRight compares the example's package, rendered, with its source: untouched files to
// the byte, comments kept, new files where they belong, and the objects of a standalone run.
func kptPackageIsRight(t *testing.T, dir string) {
	t.Helper()
	source := filepath.Join(examplesDir, "kpt")
	want := read(t, filepath.Join(source, "alice", "namespace.yaml"))
	want = strings.Replace(want, "istio-injection: enabled", "istio-injection: disabled", 1) +
		"    istio.io/dataplane-mode: ambient\n    istio.io/ingress-use-waypoint: \"true\"\n    istio.io/use-waypoint: waypoint\n"
	if got := read(t, filepath.Join(dir, "alice", "namespace.yaml")); got != want {
		t.Errorf("alice/namespace.yaml: %s", firstDifference(want, got))
	}
	for _, name := range []string{"team-settings.yaml", "ambientprofile.yaml"} {
		if got, want := read(t, filepath.Join(dir, name)), read(t, filepath.Join(source, name)); got != want {
			t.Errorf("%s was changed: %s", name, firstDifference(want, got))
		}
	}
	var rendered strings.Builder
	for _, name := range []string{"alice/namespace.yaml", "team-settings.yaml", "alice/ambient.yaml", "bob/ambient.yaml", "istio-system/ambient.yaml", "kubeflow/ambient.yaml", "cluster/ambient.yaml"} {
		if file := filepath.Join(dir, name); name != "cluster/ambient.yaml" || exists(file) {
			rendered.WriteString("---\n" + read(t, file))
		}
	}
	code, standalone, stderr := execute(t, "", filepath.Join(source, "ambientprofile.yaml"), filepath.Join(source, "alice", "namespace.yaml"), filepath.Join(source, "team-settings.yaml"))
	if code != exitOK {
		t.Fatal(stderr)
	}
	if got, want := sortedObjects(t, rendered.String()), sortedObjects(t, standalone); got != want {
		t.Errorf("kpt and standalone differ: %s", firstDifference(want, got))
	}
}

// What the function refuses, kpt reports, and the package stays as it was.
func TestKptErrorLeavesThePackage(t *testing.T) {
	needKpt(t)
	t.Setenv(asPlugin, "1")
	dir := withImage(t, "kpt", "")
	config := filepath.Join(dir, "ambientprofile.yaml")
	write(t, config, strings.ReplaceAll(read(t, config), "name: bob\n", "name: kube-system\n"))
	before := tree(t, dir)
	code, _, stderr := runCommand(t, exec.Command("kpt", "fn", "eval", dir, "--exec", must(os.Executable()), "--fn-config", config, "--truncate-output=false"), "")
	if code == 0 {
		t.Error("kpt passed")
	}
	part(t, "stderr", strings.ReplaceAll(stderr, `\"`, `"`), `spec.profiles[1].name: "kube-system" is the namespace of Kubernetes itself`)
	sameTree(t, "a run that failed", before, tree(t, dir))
}

func needKpt(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("kpt"); err != nil {
		t.Skipf("NOT TESTED: the function under kpt; kpt is not installed: %v", err)
	}
}

func kpt(t *testing.T, args ...string) {
	t.Helper()
	if code, stdout, stderr := runCommand(t, exec.Command("kpt", args...), ""); code != 0 {
		t.Fatalf("kpt %s: exit code %d: %s%s", strings.Join(args, " "), code, stdout, stderr)
	}
}

// tree is every file below a directory, by its name.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files[must(filepath.Rel(dir, path))] = read(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func sameTree(t *testing.T, what string, before, after map[string]string) {
	t.Helper()
	for name, text := range after {
		if old, ok := before[name]; !ok {
			t.Errorf("%s made %s", what, name)
		} else if old != text {
			t.Errorf("%s changed %s: %s", what, name, firstDifference(old, text))
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			t.Errorf("%s removed %s", what, name)
		}
	}
}
