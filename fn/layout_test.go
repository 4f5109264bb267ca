package fn

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/kubeflow-ambient/ambient-profile/"

// layout is which package may import which of ours: the arrows of CONTRIBUTING, and no others. What
// finds knows nothing of what decides, what decides nothing of what places, and the referee nothing
// of any of them.
var layout = map[string][]string{
	"cmd/ambient-profile": {"fn", "internal/diagnostic", "pkg/access"},
	"fn":                  {"internal/diagnostic", "internal/enroll", "internal/manifest", "internal/serve", "internal/survey", "pkg/access", "pkg/generate", "pkg/profile"},
	"internal/serve":      {"internal/diagnostic", "internal/manifest", "pkg/profile"},
	"internal/enroll":     {"internal/diagnostic", "internal/manifest", "internal/survey", "pkg/generate", "pkg/profile"},
	"pkg/generate":        {"internal/manifest", "internal/survey", "pkg/profile"},
	"internal/survey":     {"internal/diagnostic", "internal/manifest", "pkg/profile"},
	"pkg/access":          {"internal/diagnostic", "internal/symbolic"},
	"internal/symbolic":   {},
	"pkg/profile":         {"internal/diagnostic", "internal/manifest"},
	"internal/manifest":   {"internal/diagnostic"},
	"internal/diagnostic": {},
	"internal/load":       {},
	"image":               {},
	"schema":              {"internal/diagnostic", "pkg/access", "pkg/profile"},
}

// Every package imports only what the layout draws, and every arrow of the layout is there.
func TestLayout(t *testing.T) {
	list := string(must(exec.Command("go", "list", "-f", `{{if .GoFiles}}{{.ImportPath}}|{{.Doc}}|{{join .Imports " "}}{{end}}`, "../...").Output()))
	seen := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(list), "\n") {
		fields := strings.Split(line, "|")
		name := strings.TrimPrefix(fields[0], module)
		allowed, known := layout[name]
		if !known {
			t.Errorf("%s is not in the layout", name)
			continue
		}
		seen[name] = true
		if fields[1] == "" {
			t.Errorf("%s: has no package comment", name)
		}
		var imports []string
		for _, path := range strings.Fields(fields[len(fields)-1]) {
			if ours, found := strings.CutPrefix(path, module); found {
				imports = append(imports, ours)
			}
		}
		if slices.Sort(imports); !slices.Equal(imports, allowed) {
			t.Errorf("%s imports %q, the layout has %q", name, imports, allowed)
		}
	}
	for name := range layout {
		if !seen[name] {
			t.Errorf("%s is in the layout and not in the module", name)
		}
	}
}

// Every file that CONTRIBUTING names is there, by its path or by its name in the directory of the
// last path of its line.
func TestContributingNamesFiles(t *testing.T) {
	for _, line := range strings.Split(read(t, "../CONTRIBUTING.md"), "\n") {
		dir := ""
		for i, name := range strings.Split(line, "`") {
			if i%2 == 0 || !strings.HasSuffix(name, ".go") || strings.ContainsAny(name, "*<") {
				continue
			}
			if at := strings.LastIndex(name, "/"); at >= 0 {
				dir = name[:at+1]
			} else {
				name = dir + name
			}
			if dir != "" && !exists("../"+name) {
				t.Errorf("CONTRIBUTING names %s, which is not there", name)
			}
		}
	}
}
