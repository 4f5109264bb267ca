package access

import (
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	docVersion = regexp.MustCompile(`^(\S+\.\S+/\S+) (v\S+)$`)
	docRow     = regexp.MustCompile(`^  (\S+) (\w+) +(\w+\.go)$`)
)

// docTable is the table of the package comment, a line each.
func docTable(t *testing.T) (lines []string) {
	t.Helper()
	f, err := parser.ParseFile(gotoken.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(f.Doc.Text(), "\n") {
		if row, ok := strings.CutPrefix(line, "\t"); ok {
			lines = append(lines, row)
		}
	}
	return lines
}

// The table is at the versions that test/conformance asks.
func TestDocNamesTheVersionsThatAreAsked(t *testing.T) {
	modules, err := os.ReadFile("../../test/conformance/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, line := range docTable(t) {
		if m := docVersion.FindStringSubmatch(line); m != nil {
			found++
			if !strings.Contains(string(modules), "\n\t"+m[1]+" "+m[2]+"\n") {
				t.Errorf("test/conformance/go.mod does not require %s %s: read again what has changed, then correct doc.go", m[1], m[2])
			}
		}
	}
	if found != 4 {
		t.Errorf("doc.go names %d modules with a version, want those of Istio, Envoy's API, the Gateway API and Kubernetes", found)
	}
}

// Each row names a file that contains the comment.
func TestDocNamesTheFiles(t *testing.T) {
	named := map[string]bool{}
	for _, line := range docTable(t) {
		m := docRow.FindStringSubmatch(line)
		if m == nil {
			if strings.HasPrefix(line, "  ") {
				t.Errorf("not a row: %q", line)
			}
			continue
		}
		text, err := os.ReadFile(m[3])
		if err != nil {
			t.Error(err)
		} else if !strings.Contains(string(text), m[2]) {
			t.Errorf("%s does not speak of %s", m[3], m[2])
		}
		named[m[3]] = true
	}
	files, err := filepath.Glob("match_*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") && !named[file] {
			t.Errorf("doc.go does not say what %s follows", file)
		}
	}
}
