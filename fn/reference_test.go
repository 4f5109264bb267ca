package fn

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The reference of AccessCheck has a row for each field of the schema, and for no other.
func TestAccessCheckReference(t *testing.T) {
	type node struct {
		Properties map[string]*node `json:"properties"`
		Items      *node            `json:"items"`
	}
	var schema node
	if err := json.Unmarshal([]byte(read(t, "../schema/ambient.kubeflow.org/accesscheck_v1alpha1.json")), &schema); err != nil {
		t.Fatal(err)
	}
	fields := map[string]bool{}
	var walk func(path string, n *node)
	walk = func(path string, n *node) {
		for name, below := range n.Properties {
			fields[strings.TrimPrefix(path+name, "cases.")] = true
			walk(path+name+".", below)
			if below.Items != nil {
				walk(path+name+".", below.Items)
			}
		}
	}
	walk("", schema.Properties["spec"])
	if !fields["from.jwt.issuer"] || !fields["request.listener"] {
		t.Fatalf("the schema has %v", slices.Sorted(maps.Keys(fields)))
	}
	for _, heading := range []string{"cases", "from", "to", "request"} { // whose rows are those of their fields
		delete(fields, heading)
	}
	for _, line := range strings.Split(read(t, "../docs/access-check.md"), "\n") {
		row, ok := strings.CutPrefix(line, "| `")
		if !ok {
			continue
		}
		names, text, _ := strings.Cut(row, "` | ")
		for _, field := range strings.Split(names, "`, `") {
			if !fields[field] || len(text) < 10 {
				t.Errorf("the row of %s is of no field, or is there twice, or says nothing: %q", field, text)
			}
			delete(fields, field)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		t.Errorf("docs/access-check.md has no row for the field %s", field)
	}
}

// The reasons in the table of docs/not-judged.md are the program's own words.
func TestReasonsOfNotJudged(t *testing.T) {
	var source strings.Builder
	for _, file := range append(must(filepath.Glob("../pkg/access/*.go")), must(filepath.Glob("../internal/symbolic/*.go"))...) {
		if !strings.HasSuffix(file, "_test.go") {
			source.WriteString(read(t, file))
		}
	}
	_, table, found := strings.Cut(read(t, "../docs/not-judged.md"), "| the reason says |")
	if !found {
		t.Fatal("the page has no table of reasons")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	n := 0
	for _, row := range strings.Split(table, "\n")[2:] {
		reasons := strings.Split(strings.Split(row, " | ")[0], "`")
		for i := 1; i < len(reasons); i += 2 {
			for _, part := range strings.Split(reasons[i], "...") {
				if part = strings.TrimSpace(part); part == "" {
					continue
				}
				if n++; !strings.Contains(source.String(), part) {
					t.Errorf("no reason of the referee has %q", part)
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("%d parts of reasons are in the table", n)
	}
}

// A page that speaks of the referee says what that is, or links to where it is said.
func TestTheRefereeIsIntroduced(t *testing.T) {
	for _, page := range append(must(filepath.Glob("../docs/*.md")), "../README.md") {
		text := read(t, page)
		first := strings.Index(strings.ToLower(text), "referee")
		if first < 0 {
			continue
		}
		if around := text[max(0, first-5):min(len(text), first+60)]; !strings.Contains(around, "**") && !strings.Contains(around, "](") {
			t.Errorf("%s says %q, and the reader does not know what that is", page, around)
		}
	}
}
