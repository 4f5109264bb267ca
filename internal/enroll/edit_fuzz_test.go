package enroll

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// The result of setJSON is valid, differs from the input only in the one key, and keeps every other
// value byte for byte. It rejects input that is not an object, and objects whose keys Go could confuse.
func FuzzSetJSON(f *testing.F) {
	for _, text := range []string{
		"{}", " { } ", `{"a": 1}`, "{\n  \"mode\" : \"x\",\n  \"b\": [1, {}]\n}\n", `{"mode":1e400,"mode ":2}`, `{"Mode": 1}`, `{"\u006dode": 1}`, `{"a":1,"a":2}`,
		"", "null", "[]", `"a"`, "{} {}", `{"a":1,}`, "{// c\n}", `{"a": 1}` + "\x00", "\ufeff{}", `{"a":"` + "\xff" + `"}`, strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		edited, err := setJSON(text, "mode", `"Standard"`)
		var was, is map[string]json.RawMessage
		valid := json.Unmarshal([]byte(text), &was) == nil && was != nil
		if err != nil {
			if valid && !mistakable(text) {
				t.Errorf("%q: refused: %v", text, err)
			}
			return
		}
		if err := json.Unmarshal([]byte(edited), &is); err != nil || !valid {
			t.Fatalf("%q became %q: %v", text, edited, err)
		}
		was["mode"] = json.RawMessage(`"Standard"`)
		if !reflect.DeepEqual(was, is) {
			t.Errorf("%q became %q", text, edited)
		}
		if again, err := setJSON(edited, "mode", `"Standard"`); err != nil || again != edited {
			t.Errorf("%q became %q, then %q: %v", text, edited, again, err)
		}
	})
}

// mistakable reports whether an object has a key twice, or one that differs from ours by case.
func mistakable(text string) bool {
	decoder := json.NewDecoder(strings.NewReader(text))
	seen := map[string]bool{}
	if _, err := decoder.Token(); err != nil {
		return true
	}
	for decoder.More() {
		key, err := decoder.Token()
		name, _ := key.(string)
		var value json.RawMessage
		if err != nil || decoder.Decode(&value) != nil || seen[name] || name != "mode" && strings.EqualFold(name, "mode") {
			return true
		}
		seen[name] = true
	}
	return false
}

// What is read has no alias, no anchor and no merge key, and means what the YAML library takes
// it for.
func FuzzRead(f *testing.F) {
	f.Add("<<: [{0}]\nA:")
	for _, text := range []string{
		"a: b", "a: &x {b: c}\nd: *x\n", "a: &x {b: c}\n<<: *x\n", "<<: [{a: 1, b: 2}, {a: 3, c: 4}]\nb: 5\n", "a: &x [*x]\n", "a: &x b\nb: &x c\nc: *x\n", "? [a]\n: b\n", "a: 1\na: 2\n", "a: 1\n\"a\": 2\n",
		"!!binary a2luZA==: x\n", "<<: a\n", "<<: [[]]\n", "&x a: *x\n", "a: !!merge <<\n", "\"<<\": {a: b}\n", "{a: &x {}, b: {<<: *x, c: *x}}", "- *x\n", "a: !!str\nb: !x y\n", "<<: {}\n<<: {}\n", "{<<: {<<: {a: b}}}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var document, copied yaml.Node
		if yaml.Unmarshal([]byte(text), &document) != nil || yaml.Unmarshal([]byte(text), &copied) != nil || len(document.Content) != 1 {
			t.Skip("no YAML")
		}
		var was, is any
		undecodable := copied.Decode(&was)
		item, err := (&manifest.Reader{}).Read(document.Content[0])
		if err != nil {
			return
		}
		if undecodable != nil {
			t.Skip("no more than a tree to the library")
		}
		plainTree(t, item.Node)
		if err := item.Node.Decode(&is); err != nil || fmt.Sprint(byText(was)) != fmt.Sprint(byText(is)) {
			t.Errorf("%q is read as %#v, to the library it is %#v: %v", text, is, was, err)
		}
	})
}

func plainTree(t *testing.T, n *yaml.Node) {
	t.Helper()
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		t.Errorf("line %d: &%s *%s is left", n.Line, n.Anchor, n.Value)
	}
	for i, below := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && below.ShortTag() == yaml.MergeTag {
			t.Errorf("line %d: a merge key is left", n.Line)
		}
		plainTree(t, below)
	}
}

// byText has the keys of all maps as texts: the library takes them for numbers or not by what else is in a map.
func byText(v any) any {
	out := map[string]any{}
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			out[key] = byText(value)
		}
	case map[any]any:
		for key, value := range v {
			out[fmt.Sprint(key)] = byText(value)
		}
	case []any:
		for i := range v {
			v[i] = byText(v[i])
		}
		return v
	default:
		return v
	}
	return out
}
