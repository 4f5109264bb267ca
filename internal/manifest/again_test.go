package manifest

import (
	"os"
	"path/filepath"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// What has the same bytes as what was read before is not parsed again, and stands where it stands.
func TestDocumentsReadInTurn(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	const a, b, c = "kind: A\nmetadata: {name: a}\nspec:\n- x\n", "kind: B\nmetadata: {name: b}\n", "kind: C\nmetadata: {name: c}\n"
	const list = "kind: List\napiVersion: v1\nitems:\n- kind: D\n  apiVersion: v1\n"
	var documents Documents
	old, err := documents.ReadObjects([]string{file("old.yaml", a+"---\n"+b+"---\n"+list)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	name := file("new.yaml", "# above\n---\n"+b+"---\n"+c+"---\n"+a+"---\n"+list)
	next, err := documents.ReadObjects([]string{name}, nil)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := ReadObjects([]string{name}, nil)
	if err != nil || len(alone) != len(next) {
		t.Fatal(len(alone), len(next), err)
	}
	var same func(x, y *yaml.Node) bool
	same = func(x, y *yaml.Node) bool {
		if x == nil || y == nil || x.Kind != y.Kind || x.Value != y.Value || x.Line != y.Line || x.Column != y.Column || len(x.Content) != len(y.Content) {
			return x == y
		}
		for i := range x.Content {
			if !same(x.Content[i], y.Content[i]) {
				return false
			}
		}
		return true
	}
	for i := range alone {
		if !same(alone[i].Node, next[i].Node) || alone[i].ID != next[i].ID || alone[i].File != next[i].File || string(alone[i].Text) != string(next[i].Text) {
			t.Errorf("%d: %v is not %v", i, next[i], alone[i])
		}
	}
	again, err := documents.ReadObjects([]string{file("again.yaml", a)}, nil)
	if err != nil || len(again) != 1 || again[0].Node != next[3].Node && again[0].Node != old[0].Node {
		t.Errorf("%v, %v: the value in the same place has another node", again, err)
	}
}
