package fn

import (
	"encoding/json"
	"maps"
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
		field, text, _ := strings.Cut(row, "` | ")
		if !fields[field] || len(text) < 10 {
			t.Errorf("the row of %s is of no field, or is there twice, or says nothing: %q", field, text)
		}
		delete(fields, field)
	}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		t.Errorf("docs/access-check.md has no row for the field %s", field)
	}
}
