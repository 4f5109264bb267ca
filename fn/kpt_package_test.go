package fn

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// kptPackage is a package with a configuration and a pipeline, for kpt fn render.
func kptPackage(t *testing.T, pipeline string) string {
	t.Helper()
	t.Setenv(asPlugin, "1")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "Kptfile"), "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: tenants}\npipeline:\n  mutators:\n  - exec: "+must(os.Executable())+"\n    configPath: ambientprofile.yaml\n"+pipeline)
	write(t, filepath.Join(dir, "ambientprofile.yaml"), strings.Replace(treeConfig, "{name: kubeflow}", "{name: kubeflow, annotations: {config.kubernetes.io/local-config: \"true\"}}", 1))
	return dir
}

func kptFails(t *testing.T, want string, args ...string) {
	t.Helper()
	code, _, stderr := runCommand(t, exec.Command("kpt", append(args, "--truncate-output=false")...), "")
	if code == 0 {
		t.Error("kpt passed")
	}
	part(t, "stderr", stderr, want)
}

func names(files map[string]string) []string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Without any object that has a file, the new ones are in our own files as well, and a second run
// finds them.
func TestKptEmptyPackage(t *testing.T) {
	needKpt(t)
	t.Run("render", func(t *testing.T) {
		dir := kptPackage(t, "    selectors: [{kind: Nothing}]\n")
		file := filepath.Join(dir, "Kptfile")
		kptFails(t, "[AP0328]", "fn", "render", dir, "--allow-exec")
		write(t, file, strings.Replace(read(t, file), "    selectors: [{kind: Nothing}]\n", "", 1))
		kptTwice(t, dir, "Kptfile alice/ambient.yaml ambientprofile.yaml", "fn", "render", dir, "--allow-exec")
	})
	t.Run("eval", func(t *testing.T) {
		dir, config := kptPackage(t, ""), filepath.Join(t.TempDir(), "config.yaml")
		write(t, config, treeConfig)
		for _, name := range []string{"Kptfile", "ambientprofile.yaml"} {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		kptTwice(t, dir, "alice/ambient.yaml", "fn", "eval", dir, "--exec", must(os.Executable()), "--fn-config", config)
	})
}

// kptTwice runs kpt twice, which makes files once.
func kptTwice(t *testing.T, dir, want string, args ...string) {
	t.Helper()
	kpt(t, args...)
	before := tree(t, dir)
	if got := strings.Join(names(before), " "); got != want {
		t.Errorf("the files are %s, want %s", got, want)
	}
	kpt(t, args...)
	sameTree(t, "a second run", before, tree(t, dir))
}

// kpt adds what the function returns to what it did not show it: where it hides what an earlier run
// made, each run would make it again.
func TestKptSelection(t *testing.T) {
	needKpt(t)
	const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: alice, annotations: {owner: alice@example.com}}\n"
	dir := kptPackage(t, "    selectors: [{kind: Namespace}]\n")
	write(t, filepath.Join(dir, "namespace.yaml"), namespace)
	kpt(t, "fn", "render", dir, "--allow-exec")
	before := tree(t, dir)
	if got := strings.Join(names(before), " "); got != "Kptfile alice/ambient.yaml ambientprofile.yaml namespace.yaml" {
		t.Errorf("the files are %s", got)
	}
	kptFails(t, "kpt sends only some objects of the package (selectors, exclusions), and Gateway alice/waypoint is not among them", "fn", "render", dir, "--allow-exec")
	sameTree(t, "a run that failed", before, tree(t, dir))

	// What hides nothing of ours is fine.
	dir = kptPackage(t, "    exclude: [{kind: Secret}]\n")
	write(t, filepath.Join(dir, "namespace.yaml"), namespace)
	write(t, filepath.Join(dir, "secret.yaml"), "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: alice}\n")
	kptTwice(t, dir, "Kptfile alice/ambient.yaml ambientprofile.yaml namespace.yaml secret.yaml", "fn", "render", dir, "--allow-exec")
}

// A package's AmbientProfile must not go to the cluster, and kustomize's cannot.
func TestKptConfigurationThatIsNotLocal(t *testing.T) {
	const warning = `ambientprofile.yaml: AmbientProfile kubeflow: [AP0255] metadata.annotations[config.kubernetes.io/local-config]: is missing`
	list := func(annotations string) string {
		return "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- " + strings.ReplaceAll(strings.Replace(treeConfig, "{name: kubeflow}", "{name: kubeflow, annotations: {"+annotations+"}}", 1), "\n", "\n  ") +
			"\nfunctionConfig:\n  " + strings.ReplaceAll(treeConfig, "\n", "\n  ")
	}
	_, _, stderr := execute(t, list("config.kubernetes.io/path: ambientprofile.yaml"))
	part(t, "stderr", stderr, warning)
	for _, annotations := range []string{"", `config.kubernetes.io/path: ambientprofile.yaml, config.kubernetes.io/local-config: "true"`, `config.kubernetes.io/path: x, kustomize.config.k8s.io/id: "1"`} {
		if code, _, stderr := execute(t, list(annotations)); code != exitOK || strings.Contains(stderr, "AP0255") {
			t.Errorf("%s: exit code %d, %s", annotations, code, stderr)
		}
	}
}
