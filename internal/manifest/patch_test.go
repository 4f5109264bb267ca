package manifest

import (
	"math/rand/v2"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/load"
)

// Of an edited object, only what was edited is written anew. The edit is from the text to the YAML beside it.
func TestPatched(t *testing.T) {
	for _, test := range []struct{ name, text, now, want string }{
		{"nothing", "a:   1 # x\n", "a: 1", "a:   1 # x\n"},
		{"a scalar", "a:   'b'   # x\nc: d\n", "{a: e, c: d}", "a:   e   # x\nc: d\n"},
		{"a quoted scalar", "a: \"b \\\" # c\" # x\n", "a: z", "a: z # x\n"},
		{"one behind characters of more than a byte", "a: {é: [ü, b]}\n", "a: {é: [ü, c]}", "a: {é: [ü, c]}\n"},
		{"a text that is a number", "a: b\n", "a: '12'", "a: '12'\n"},
		{"an anchor", "a: &x b\n", "a: c", "a: &x c\n"},
		{"a text on two lines", "a: b\n  c # x\nd: e\n", "{a: z, d: e}", "a: z\nd: e\n"},
		{"a block", "a: |\n    b\n    # c\nd:   e\n", "{a: z, d: e}", "a: z\nd:   e\n"},
		{"a key more", "a:\n    b: c # x\n    # more\n\n# d\nd: e\n", "{a: {b: c, f: g}, d: e}", "a:\n    b: c # x\n    # more\n    f: g\n\n# d\nd: e\n"},
		{"a key more behind a block", "a:\n  b: |\n    # c\n\n\n  # x\nd: e\n", "{a: {b: \"# c\\n\", f: {g: [h]}}, d: e}", "a:\n  b: |\n    # c\n  f: {g: [h]}\n\n\n  # x\nd: e\n"},
		{"a key more before the end of the document", "a: b\n# x\n...\n", "{a: b, c: d}", "a: b\nc: d\n# x\n...\n"},
		{"a key less, with its comment", "a: b\n# about c\nc: # x\n  - d\n  # foot\n\n# about e\ne: f\n", "{a: b, e: f}", "a: b\n  # foot\n\n# about e\ne: f\n"},
		{"a key for another", "a:\n  b: c\n  d: e\n", "a: {b: c, f: g}", "a:\n  b: c\n  f: g\n"},
		{"the first key of an item", "a:\n-   b: c\n    d: e\n- f\n", "a: [{b: z, d: e}, f]", "a:\n-   b: z\n    d: e\n- f\n"},
		{"an item more", "a:\n  -  b # x\n  # y\nc: d\n", "{a: [b, {e: f}], c: d}", "a:\n  -  b # x\n  # y\n  - {e: f}\nc: d\n"},
		{"an item less", "a:\n  - b\n  - c\n# x\nd:   e\n", "{a: [c], d: e}", "a: [c]\n# x\nd:   e\n"},
		{"null to a map", "a: # x\nb:   c\n", "{a: {d: e}, b: c}", "a: {d: e}\nb:   c\n"},
		{"braces", "a: { b:   c }   # x\n", "a: {b: c, d: e}", "a: { b:   c, d: e }   # x\n"},
		{"braces without anything", "a: {   } # x\n", "a: {d: e}", "a: {d: e   } # x\n"},
		{"braces in braces", "a: {b: {c: \"}\", d: it's, e: [x, '#']},   # x }\n  f: g}\n", "a: {b: {c: \"}\", d: it's, e: [x, '#', y]}, f: g, h: i}", "a: {b: {c: \"}\", d: it's, e: [x, '#', y]},   # x }\n  f: g, h: i}\n"},
		{"a comma behind the last", "a: {\n  b: c, # x\n  d: [e,],\n}\n", "{a: {b: c, d: [e, f], g: h}}", "a: {\n  b: c, # x\n  d: [e, f,], g: h,\n}\n"},
		{"a list in braces", "{a: [b,   c], d: e}\n", "{a: z, d: e}", "{a: z, d: e}\n"},
		{"a merge key", "x: &x {a: b}\nw:\n  <<: *x\n  c:  d\n", "{x: {a: b}, w: {c: d, a: z}}", "x: &x {a: b}\nw:\n  <<: *x\n  c:  d\n  a: z\n"},
		{"Windows", "a:\r\n    b:   c\r\nd: e\r\n", "{a: {b: c, f: [g, h]}, d: e}", "a:\r\n    b:   c\r\n    f: [g, h]\r\nd: e\r\n"},
		{"JSON", "{\n  \"a\": {\"b\":\"c\"},\n  \"d\": [1,2]\n}\n", "{a: {b: c, e: f}, d: [1, 3]}", "{\n  \"a\": {\"b\":\"c\", e: f},\n  \"d\": [1,3]\n}\n"},

		{"what an alias shares", "a: &x {b: c}\nd: *x\n", "{a: {b: z}, d: {b: c}}", ""},
		{"what a merge key gives", "x: &x {a: b}\nw: {<<: *x}\n", "{x: {a: b}, w: {}}", "x: &x {a: b}\nw: {}\n"},
		{"other ends of lines", "a: b\u2028c\nd: e\n", "d: f", ""},
	} {
		now := settledRoot([]byte(test.now))
		if now == nil {
			t.Fatalf("%s: %q is no tree", test.name, test.now)
		}
		if got := string(patched([]byte(test.text), now)); got != test.want {
			t.Errorf("%s: %q becomes\n%q, want\n%q", test.name, test.text, got, test.want)
		}
	}
	if patched(nil, &yaml.Node{}) != nil || patched([]byte("a: b\n"), nil) != nil {
		t.Error("what has no text is patched")
	}
}

// Whatever a text is, what it is patched to means what it is to mean.
func FuzzPatched(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(load.Odd(rand.New(rand.NewPCG(seed, 21)), "alice"), "metadata", "new", "1:30")
	}
	f.Add("{a: [{b: 'c'}, d], e: }\n", "a", "f", "g, h")
	f.Add("a: &x\n- <<: {b: c}\n? d\n: |+\n  e\n\n", "d", "<<", "")
	f.Fuzz(func(t *testing.T, text, key, newKey, value string) {
		now := settledRoot([]byte(text))
		if now == nil || now.Kind != yaml.MappingNode {
			t.Skip()
		}
		item := NewItem(now)
		in := now
		if below := Field(now, key); below != nil && below.Kind == yaml.MappingNode {
			in = below
		} else {
			item.Drop(now, key)
		}
		item.Set(in, newKey, Text(value))
		if out := patched([]byte(text), now); out != nil && !Equal(settledRoot(out), now) {
			t.Errorf("%q becomes %q", text, out)
		}
	})
}
