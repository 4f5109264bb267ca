package fn

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

const examplesDir = "../examples"

// Every example builds, by kustomize as a library and by its command, to the output.yaml that its
// README quotes.
func TestExamplesBuild(t *testing.T) {
	t.Setenv(asPlugin, "1")
	for _, name := range examples(t) {
		if name == mustNotBuild {
			continue
		}
		t.Run(name, func(t *testing.T) {
			dir := workspace(t, filepath.Join(examplesDir, name))
			inProcess := build(t, dir)
			golden(t, filepath.Join(examplesDir, name, "output.yaml"), inProcess)
			if byCommand := kustomize(t, "build", "--enable-alpha-plugins", "--enable-exec", dir); byCommand != inProcess {
				t.Errorf("the kustomize command differs from the library: %s", firstDifference(inProcess, byCommand))
			}
		})
	}
}

// mustNotBuild is the example of a pull request that opens a hole.
const mustNotBuild = "access-check"

// The AccessCheck fails the build, and tells which case and by which policy; without the hole the
// same tree builds, and the check leaves no trace in it.
func TestAccessCheckFailsTheBuild(t *testing.T) {
	t.Setenv(asPlugin, "1")
	example := filepath.Join(examplesDir, mustNotBuild)
	dir := workspace(t, example)
	_, stderr, err := tryKustomize("build", "--enable-alpha-plugins", "--enable-exec", dir)
	if err == nil {
		t.Fatal("it was built")
	}
	golden(t, filepath.Join(example, "output.err"), stderr)

	kustomization := filepath.Join(dir, "kustomization.yaml")
	write(t, kustomization, strings.Replace(read(t, kustomization), "- debug.yaml # the pull request\n", "", 1))
	out := build(t, dir)
	if strings.Contains(out, "kind: AccessCheck") || !strings.Contains(out, "name: ns-l4-waypoint") {
		t.Errorf("not the tree without the check:\n%s", out)
	}
}

// An AccessCheck that runs although the function did not fails as well.
func TestAccessCheckFailsWithoutTheFunction(t *testing.T) {
	t.Setenv(asPlugin, "1")
	dir := workspace(t, filepath.Join(examplesDir, mustNotBuild))
	kustomization := filepath.Join(dir, "kustomization.yaml")
	write(t, kustomization, strings.Replace(read(t, kustomization), "transformers:\n- ambientprofile.yaml\n", "transformers:\n", 1))
	_, stderr, err := tryKustomize("build", "--enable-alpha-plugins", "--enable-exec", dir)
	if err == nil || !strings.Contains(stderr, "AmbientProfile kubeflow: is still in the input, so the function did not run") {
		t.Errorf("%v: %s", err, stderr)
	}
}

// Without --enable-exec kustomize skips the function silently. The AmbientProfile that is
// left over tells.
func TestSkippedFunctionLeavesATrace(t *testing.T) {
	t.Setenv(asPlugin, "1")
	for _, name := range examples(t) {
		t.Run(name, func(t *testing.T) {
			if name == mustNotBuild {
				t.Skip("it must not build; TestAccessCheckFailsWithoutTheFunction covers it")
			}
			dir := workspace(t, filepath.Join(examplesDir, name))
			if out := kustomize(t, "build", "--enable-alpha-plugins", dir); !strings.Contains(out, "kind: AmbientProfile") {
				t.Errorf("nothing tells that the function did not run:\n%s", out)
			}
			if out := build(t, dir); strings.Contains(out, "kind: AmbientProfile") {
				t.Error("the trace is there although the function ran")
			}
		})
	}
}

// As a generator the function sees no items: the same new objects, no edits.
func TestGeneratorEmitsTheSame(t *testing.T) {
	t.Setenv(asPlugin, "1")
	for _, kind := range []string{"generators", "transformers"} {
		dir := t.TempDir()
		config := read(t, filepath.Join(examplesDir, "quickstart", "ambientprofile.yaml"))
		write(t, filepath.Join(dir, "ambientprofile.yaml"), config)
		write(t, filepath.Join(dir, "other.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n")
		write(t, filepath.Join(dir, "kustomization.yaml"), "resources: [other.yaml]\n"+kind+": [ambientprofile.yaml]\n")
		link(t, dir)
		code, standalone, stderr := execute(t, "", filepath.Join(dir, "ambientprofile.yaml"), filepath.Join(dir, "other.yaml"))
		if code != exitOK {
			t.Fatal(stderr)
		}
		if got, want := sortedObjects(t, build(t, dir)), sortedObjects(t, standalone); got != want {
			t.Errorf("%s: %s", kind, firstDifference(want, got))
		}
	}
}

// YAML and text that a README shows is quoted exactly from a file of the example. (Text right
// after a command is its output: TestCommandsOfThePages.)
func TestReadmesQuoteRealFiles(t *testing.T) {
	for _, readme := range must(filepath.Glob(examplesDir + "/*/README.md")) {
		var files strings.Builder
		for name, text := range tree(t, filepath.Dir(readme)) {
			if name != "README.md" {
				files.WriteString(text + "\n")
			}
		}
		page := read(t, readme)
		blocks := fence.FindAllStringSubmatchIndex(page, -1)
		for i, b := range blocks {
			language, quote := page[b[2]:b[3]], page[b[4]:b[5]]
			if i > 0 && page[blocks[i-1][2]:blocks[i-1][3]] == "sh" {
				if _, shown := output(page, blocks, i-1); shown {
					continue
				}
			}
			if (language == "yaml" || language == "text") && !strings.Contains(files.String(), quote) {
				t.Errorf("%s quotes what no file of the example says:\n%s", readme, quote)
			}
		}
	}
}

// examples returns those that run the program in their directory; the container's are in container_test.go.
func examples(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, file := range must(filepath.Glob(examplesDir + "/*/kustomization.yaml")) {
		if dir := filepath.Dir(file); strings.Contains(read(t, filepath.Join(dir, "ambientprofile.yaml")), "exec: {path: ./ambient-profile}") {
			names = append(names, filepath.Base(dir))
		}
	}
	if len(names) == 0 {
		t.Fatal("there are no examples")
	}
	return names
}

// workspace returns a copy of an example that contains the function's binary, as in the README.
func workspace(t *testing.T, example string) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range must(filepath.Glob(example + "/*")) {
		if name := filepath.Base(file); name != "ambient-profile" {
			write(t, filepath.Join(dir, name), read(t, file))
		}
	}
	link(t, dir)
	return dir
}

func link(t *testing.T, dir string) {
	t.Helper()
	if err := os.Symlink(must(os.Executable()), filepath.Join(dir, "ambient-profile")); err != nil {
		t.Fatal(err)
	}
}

// build is kustomize build --enable-alpha-plugins --enable-exec, in this process.
func build(t *testing.T, dir string) string {
	t.Helper()
	options := krusty.MakeDefaultOptions()
	options.PluginConfig = types.EnabledPluginConfig(types.BploUseStaticallyLinked)
	options.PluginConfig.FnpLoadingOptions.EnableExec = true
	options.Reorder = krusty.ReorderOptionUnspecified
	resources, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return string(must(resources.AsYaml()))
}

// toolsModule is where the kustomize command comes from. It is a module of its own, so that who
// imports this one does not get what only the command needs.
const toolsModule = "-modfile=../tools/go.mod"

// kustomize runs the command that tools/go.mod names.
func kustomize(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, err := tryKustomize(args...)
	if err != nil {
		t.Fatalf("kustomize %s: %v: %s", strings.Join(args, " "), err, stderr)
	}
	return stdout
}

func tryKustomize(args ...string) (stdout, stderr string, err error) {
	var out, errs strings.Builder
	command := exec.Command("go", append([]string{"tool", toolsModule, "kustomize"}, args...)...)
	command.Stdout, command.Stderr = &out, &errs
	err = command.Run()
	return out.String(), errs.String(), err
}
