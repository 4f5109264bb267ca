package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// The versions that the packages are tested with.
const (
	krewCommand  = "sigs.k8s.io/krew/cmd/krew@v0.4.3"
	krewValidate = "sigs.k8s.io/krew/cmd/validate-krew-manifest@v0.4.3"
	helmCommand  = "helm.sh/helm/v4/cmd/helm@v4.3.1"
)

func packageTests(t *testing.T, r release) {
	t.Run("go install takes the module from the proxy", func(t *testing.T) { goInstall(t, r) })
	t.Run("krew accepts the manifest and installs the plugin", func(t *testing.T) { krew(t, r) })
	t.Run("the formula names what is in the release", func(t *testing.T) { formula(t, r) })
	t.Run("helm renders a chart through the plugin", func(t *testing.T) { helm(t, r) })
	t.Run("the index tells Artifact Hub what it needs", func(t *testing.T) { artifactHub(t, r) })
}

// One line, from an empty directory, and the program knows which version it is.
func goInstall(t *testing.T, r release) {
	bin, empty := t.TempDir(), t.TempDir()
	proxy, err := filepath.Abs(filepath.Join(r.out, "goproxy"))
	if err != nil {
		t.Fatal(err)
	}
	dependencies := "file://" + filepath.Join(goEnv(t, "GOMODCACHE"), "cache", "download")
	cache := t.TempDir() // a module cache of its own, because v0.0.1 would stay in the shared one
	command := exec.Command("go", "install", modulePath+"/cmd/ambient-profile@latest")
	command.Dir = empty
	command.Env = append(os.Environ(), "GOBIN="+bin, "GOFLAGS=-modcacherw -trimpath", "CGO_ENABLED=0", "GOSUMDB=off",
		"GOPROXY=file://"+proxy+","+dependencies, "GOMODCACHE="+cache, "GOTOOLCHAIN=local")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command(filepath.Join(bin, "ambient-profile"), "version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "ambient-profile v0.0.1\n") {
		t.Errorf("version prints %q: %v", out, err)
	}
}

func krew(t *testing.T, r release) {
	manifest := filepath.Join(r.out, "index", "plugins", "ambient-profile.yaml")
	run(t, nil, tool(t, krewValidate), "-manifest", manifest, "-skip-install")

	home := t.TempDir()
	env := []string{"KREW_ROOT=" + home, "KREW_NO_UPGRADE_CHECK=1"}
	archive := filepath.Join(r.out, r.name(platform{goEnv(t, "GOOS"), goEnv(t, "GOARCH")})+".tar.gz")
	run(t, env, tool(t, krewCommand), "install", "--manifest", manifest, "--archive", archive)
	// kubectl ambient-profile runs kubectl-ambient_profile from the PATH.
	out := run(t, nil, filepath.Join(home, "bin", "kubectl-ambient_profile"), "version")
	if !strings.HasPrefix(out, "ambient-profile v0.0.1\n") {
		t.Errorf("it prints %s", out)
	}
	license, err := filepath.Glob(filepath.Join(home, "store", "ambient-profile", "*", "LICENSE"))
	if err != nil || len(license) != 1 {
		t.Errorf("the license is not installed with the program: %v, %v", license, err)
	}
}

var (
	formulaURL = regexp.MustCompile(`url "` + regexp.QuoteMeta(repository) + `/releases/download/v0\.0\.1/([^"]+)"\n\s+sha256 "([0-9a-f]{64})"`)
	formulaEnd = regexp.MustCompile(`(?m)^\s*end$`)
	formulaDo  = regexp.MustCompile(`(?m)^\s*(class|def)\b|\bdo$`)
)

func formula(t *testing.T, r release) {
	file := filepath.Join(r.out, "index", "Formula", "ambient-profile.rb")
	text := string(read(t, file))
	sums := string(read(t, filepath.Join(r.out, "checksums.txt")))
	named := formulaURL.FindAllStringSubmatch(text, -1)
	if len(named) != len(platforms) {
		t.Errorf("%d archives are named, want %d:\n%s", len(named), len(platforms), text)
	}
	for i, n := range named {
		if !strings.Contains(sums, n[2]+"  "+n[1]+"\n") || n[1] != r.name(platforms[i])+".tar.gz" {
			t.Errorf("%s with %s is not in checksums.txt", n[1], n[2])
		}
	}
	if do, end := len(formulaDo.FindAllString(text, -1)), len(formulaEnd.FindAllString(text, -1)); do != end {
		t.Errorf("%d blocks begin and %d end:\n%s", do, end, text)
	}
	for _, command := range [][]string{{"ruby", "-c", file}, {"brew", "style", file}} {
		if _, err := exec.LookPath(command[0]); err != nil {
			t.Logf("NOT TESTED: the formula by %s, which is not installed", command[0])
			continue
		}
		run(t, nil, command[0], command[1:]...)
	}
}

// The plugin is installed from the archive, as a user installs it, and a chart goes through it.
func helm(t *testing.T, r release) {
	program := tool(t, helmCommand)
	home := t.TempDir()
	env := []string{"HELM_PLUGINS=" + home + "/data/plugins", "HELM_CACHE_HOME=" + home + "/cache", "HELM_CONFIG_HOME=" + home + "/config", "HELM_DATA_HOME=" + home + "/data"}
	server := httptest.NewServer(http.FileServer(http.Dir(r.out)))
	defer server.Close()
	run(t, env, program, "plugin", "install", "--verify=false", server.URL+"/ambient-profile-0.0.1.tgz")

	chart := t.TempDir()
	for name, text := range map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: tenants\nversion: 0.1.0\n",
		"templates/namespace.yaml": `apiVersion: v1
kind: Namespace
metadata:
  name: {{ .Release.Name }}
  annotations: {owner: alice@example.com}
`,
		"ambientprofile.yaml": `apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata: {name: tenants}
spec:
  profiles:
  - name: alice
    owner: {name: alice@example.com}
`,
	} {
		if err := write(filepath.Join(chart, name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(chart, "ambientprofile.yaml")
	args := []string{"template", "alice", chart, "--post-renderer", "ambient-profile", "--post-renderer-args", config, "--post-renderer-args", "-"}
	out := run(t, env, program, args...)
	if strings.Count(out, "kind: Namespace") != 1 {
		t.Errorf("the chart's Namespace is not edited in place:\n%s", out)
	}
	for _, want := range []string{"istio.io/use-waypoint: waypoint", "name: ns-l4-waypoint", "# Source: tenants/templates/namespace.yaml"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}

	// A wrong configuration fails the release.
	if err := write(config, []byte(strings.ReplaceAll(string(read(t, config)), "owner: {name: alice@example.com}", "owner: alice@example.com"))); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, args...)
	command.Env = append(os.Environ(), env...)
	if wrong, err := command.CombinedOutput(); err == nil {
		t.Errorf("helm goes on with a configuration that is rejected:\n%s", wrong)
	}
}

func artifactHub(t *testing.T, r release) {
	index, err := layout.ImageIndexFromPath(filepath.Join(r.out, "oci"))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	// Artifact Hub does not list an image without these two.
	if got := manifest.Annotations["org.opencontainers.image.created"]; got != "2023-11-14T22:13:20Z" {
		t.Errorf("created %q", got)
	}
	if got := manifest.Annotations["io.artifacthub.package.readme-url"]; !strings.HasSuffix(got, "/v0.0.1/README.md") {
		t.Errorf("readme-url %q", got)
	}
}

// tool builds a program of another module, or skips the test where the module cannot be had.
func tool(t *testing.T, source string) string {
	t.Helper()
	path, version, _ := strings.Cut(source, "@")
	parent, _, _ := strings.Cut(path, "/cmd/")
	download := exec.Command("go", "mod", "download", "-json", parent+"@"+version)
	download.Dir = t.TempDir()
	if out, err := download.Output(); err != nil {
		var failed struct{ Error string }
		_ = json.Unmarshal(out, &failed) // what go prints without a network
		t.Skipf("NOT TESTED: %s; its module cannot be downloaded: %s", source, failed.Error)
	}
	bin := t.TempDir()
	run(t, []string{"GOBIN=" + bin, "GOFLAGS="}, "go", "install", source)
	return filepath.Join(bin, filepath.Base(path))
}

func run(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	command := exec.Command(name, args...)
	command.Dir = t.TempDir()
	command.Env = append(os.Environ(), env...)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return string(out)
}
