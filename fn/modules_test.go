package fn

import (
	"os/exec"
	"strings"
	"testing"
)

// Importers and users of go install do not get the kustomize command and what only it needs: it is
// a tool of another module. The tool and the libraries that the tests build with are of one version.
func TestTheKustomizeCommandIsInAnotherModule(t *testing.T) {
	const command = "sigs.k8s.io/kustomize/kustomize/v5"
	ours, tools := read(t, "../go.mod"), read(t, "../tools/go.mod")
	if strings.Contains(ours, command) || strings.Contains(ours, "tool ") {
		t.Error("go.mod requires a tool")
	}
	if _, listed, _ := strings.Cut(tools, "tool"); !strings.HasPrefix(listed, " "+command) && !strings.Contains(strings.SplitN(listed, ")", 2)[0], "\t"+command+"\n") {
		t.Error("tools/go.mod has no kustomize")
	}
	for _, library := range []string{"istio.io/api", "sigs.k8s.io/kustomize/api", "sigs.k8s.io/kustomize/kyaml", "sigs.k8s.io/yaml"} {
		version := requirement(t, ours, library)
		if strings.HasSuffix(version, "// indirect") {
			t.Errorf("go.mod requires %s only indirectly", library)
		}
		if strings.Contains(library, "kustomize/") && strings.TrimSuffix(requirement(t, tools, library), " // indirect") != version {
			t.Errorf("%s differs between go.mod and tools/go.mod", library)
		}
	}
}

// The function knows neither flags nor verbs: who imports it does not link a command line.
func TestTheFunctionHasNoCommandLine(t *testing.T) {
	deps := string(must(exec.Command("go", "list", "-deps", ".").Output()))
	if !strings.Contains(deps, "/pkg/profile\n") {
		t.Fatalf("not what the function imports: %s", deps)
	}
	for _, library := range []string{"github.com/spf13/", "\nflag\n", "sigs.k8s.io/kustomize/api/"} {
		if strings.Contains(deps, library) {
			t.Errorf("it imports %s", strings.TrimSpace(library))
		}
	}
}

// requirement is the version that the text of a go.mod requires, with what stands behind it.
func requirement(t *testing.T, mod, module string) string {
	t.Helper()
	_, rest, found := strings.Cut(mod, "\t"+module+" ")
	version, _, ended := strings.Cut(rest, "\n")
	if !found || !ended {
		t.Fatalf("%s is not required", module)
	}
	return version
}
