package fn

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pin is the version that a go.mod requires.
func pin(t *testing.T, mod, module string) string {
	t.Helper()
	return strings.TrimSuffix(requirement(t, mod, module), " // indirect")
}

// minor is the minor release of a version: 1.36 of v1.36.3.
func minor(version string) string {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	return parts[0] + "." + parts[1]
}

func mdLink(target, text string) string { return "[" + text + "](" + target + ")" }

// conformanceRelease is a commit of Istio whose code `make conformance` asks.
type conformanceRelease struct{ commit, release, branch string }

var releaseLine = regexp.MustCompile(`(?m)^\t"(v0\.0\.0-[0-9]+-[0-9a-f]+)": .*// (go\.\S*mod): (release-(\S+) of \S+)$`)

// conformanceReleases are those that test/conformance lists, each pinned by the go.mod that it names.
func conformanceReleases(t *testing.T) (out []conformanceRelease) {
	t.Helper()
	dir := "../test/conformance"
	for _, m := range releaseLine.FindAllStringSubmatch(read(t, filepath.Join(dir, "release.go")), -1) {
		if pinned := pin(t, read(t, filepath.Join(dir, m[2])), "istio.io/istio"); pinned != m[1] {
			t.Errorf("%s pins %s, and release.go says %s", m[2], pinned, m[1])
		}
		out = append(out, conformanceRelease{m[1], m[4], m[3]})
	}
	if len(out) < 2 {
		t.Fatalf("test/conformance/release.go lists %d releases", len(out))
	}
	return out
}

// e2eRelease is what a command of test/e2e runs.
type e2eRelease struct{ command, istio, kubernetes, gateway string }

var (
	modulesLine = regexp.MustCompile(`(?m)^\t"(ISTIO|KUBERNETES)": +\{(.*)\},$`)
	moduleOf    = regexp.MustCompile(`"([0-9.]*)": "(go\.\S*mod)"`)
)

// e2eReleases are the default of test/e2e, and one for each other go.mod that it has for a program.
func e2eReleases(t *testing.T) []e2eRelease {
	t.Helper()
	pins := func(istio, kubernetes string) e2eRelease {
		istio, kubernetes = read(t, filepath.Join("../test/e2e", istio)), read(t, filepath.Join("../test/e2e", kubernetes))
		return e2eRelease{"", pin(t, istio, "istio.io/istio"), pin(t, kubernetes, "k8s.io/kubernetes"), pin(t, istio, "sigs.k8s.io/gateway-api")}
	}
	first := pins("go.mod", "go.mod")
	first.command = "make e2e"
	out := []e2eRelease{first}
	for _, line := range modulesLine.FindAllStringSubmatch(read(t, "../test/e2e/controlplane/build.go"), -1) {
		for _, m := range moduleOf.FindAllStringSubmatch(line[2], -1) {
			variable, release, file := line[1], m[1], m[2]
			if release == "" {
				continue
			}
			istio, kubernetes := "go.mod", file
			if variable == "ISTIO" {
				istio, kubernetes = file, "go.mod"
			}
			r := pins(istio, kubernetes)
			if runs := map[string]string{"ISTIO": istioReleaseOf(t, r.istio), "KUBERNETES": minor(r.kubernetes)}[variable]; runs != release {
				t.Errorf("make e2e %s=%s runs %s", variable, release, runs)
			}
			if r.command = "make e2e " + variable + "=" + release; file != "go.mod" {
				out = append(out, r)
			}
		}
	}
	if len(out) < 2 {
		t.Fatalf("test/e2e has %v", out)
	}
	return out
}

// istioReleaseOf is the release of a commit of Istio, by what test/conformance says of it.
func istioReleaseOf(t *testing.T, commit string) string {
	t.Helper()
	for _, c := range conformanceReleases(t) {
		if c.commit == commit {
			return c.release
		}
	}
	t.Errorf("nothing says which release istio.io/istio %s is", commit)
	return ""
}

// envoyVersions are those of test/dataplane.
func envoyVersions(t *testing.T) (versions []string) {
	t.Helper()
	for _, file := range must(filepath.Glob("../test/dataplane/envoy/*.go")) {
		if m := regexp.MustCompile(`(?m)^var Versions = \[\]string\{(.*)\}$`).FindStringSubmatch(read(t, file)); m != nil {
			versions = strings.Split(strings.ReplaceAll(m[1], `"`, ""), ", ")
		}
	}
	if len(versions) == 0 {
		t.Fatal("test/dataplane has no Envoy")
	}
	return versions
}

// schemasOfRelease is the cell of the schemas of a release.
func schemasOfRelease(t *testing.T, project, release string) string {
	t.Helper()
	for _, r := range schemaReleases {
		if r.project == project && r.release == release {
			return "`go test ./fn -run SchemasOf`: " + r.module + " " + r.version
		}
	}
	t.Errorf("%s %s has no schemas", project, release)
	return notRun
}
