package manifest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
	kubectl "sigs.k8s.io/yaml"
)

// readAs are texts that YAML readers understand in different ways, and what an error says of them;
// "" for one that is read.
var readAs = []struct{ text, err string }{
	{"a: 1\n<<: {a: 2}\n", `sets "a"`},
	{"a: 1\n<<: [{b: 3}, {a: 2}]\n", `sets "a"`},
	{"x: &x {a: 2}\ny: [{a: 1, <<: *x}]\n", `sets "a"`},
	{"a: 1\n<<: {<<: {a: 2}}\n", `sets "a"`},
	{"<<: {a: 2}\na: 1\n", ""},
	{"a: 1\n<<: {b: 2}\nb: 3\n", ""},
	{"<<: [{a: 1, b: 2}, {a: 3, c: 4}]\n", ""},
	{"a: 1\n\"<<\": {a: 2}\n", ""},
	{"!x a: 1\n", "the tag !x"},
	{"a: {b: [!x c]}\n", "the tag !x"},
	{"a: !x {b: c}\n", "the tag !x"},
	{"a: !x [b]\n", "the tag !x"},
	{"a: !<tag:example.com,2026:x> b\n", "the tag tag:example.com,2026:x"},
	{"a: !!set {b: }\n", "the tag !!set"},
	{"a: !!map [b]\n", "the tag !!map"},
	{"a: !!seq {b: c}\n", "the tag !!seq"},
	{"a: !!seq b\n", "the tag !!seq"},
	{"a: !!int b\n", "the tag !!int"},
	{"a: !!null b\n", "the tag !!null"},
	{"a: !!bool 1\n", "the tag !!bool"},
	{"a: !!int 1.5\n", "the tag !!int"},
	{"a: !!timestamp 2026-01-01\n", "the tag !!timestamp"},
	{"!!merge a: {b: c}\n", "the tag !!merge"},
	{"!!merge <<: {b: c}\n", ""},
	{"!", "f:1:1: [AP0112] the tag ! has"},
	{"a: ! ", "f:1:4: [AP0112] a: the tag ! has"},
	{"a: !\nb: c\n", "f:1:4: [AP0112] a: the tag ! has"},
	{"# é\r\na:\r\n  é: [b, ! 80]\r\n", "f:3:10: [AP0112] a.é[1]: the tag ! has"},
	{"kind: Pod\nmetadata: {name: a}\nspec: !\n  b: c\n", "f:3:7: [AP0112] Pod a: spec: the tag ! has"},
	{"kind: List\nitems:\n- kind: Pod\n  metadata: {name: a}\n  spec: ! 1\n", "f:5:9: [AP0112] Pod a: spec: the tag ! has"},
	{"a: 1\n! \"<<\": {a: 2}\n", "f:2:1: [AP0112] "},
	{"a: 1\n? !\n  b\n: c\n", "f:2:3: [AP0112] b: the tag ! has"},
	{"a: !\n- b\n", "f:1:4: [AP0112] a: the tag ! has"},
	{"a: !\t|\n  b\n", "f:1:4: [AP0112] a: the tag ! has"},
	{"a: !\u0085 b\n", "f:1:4: [AP0112] a: the tag ! has"},
	{"{\"a\":! 1}\n", "f:1:6: [AP0112] a: the tag ! has"},
	{"a: ! &b 1\n", "f:1:4: [AP0112] a: the tag ! has"},
	{"a: &b ! 1\n", "f:1:4: [AP0112] a: the tag ! has"},
	{"a: &b # ! c\n\n  # !d\n  ! 1\n", "f:1:4: [AP0112] a: the tag ! has"},
	{"a: &b # ! c\n  d\n", ""},
	{"a: &b # c\u2028 ! 1\n", "f:1:4: [AP0112] a: the tag ! has"},
	{"[!, a]\n", "the tag !, does"},
	{"{a: !}\n", "[AP0105]"},
	{"[!]\n", "[AP0107]"},
	{"a: !<!> 1\n", "f:1:4: [AP0112] a: the tag ! has"},
	{"a: &b !<%21> 1\n", "f:1:4: [AP0112] a: the tag ! has"},
	{"\"&a #\": ! x\n  ! y\n", "f:1:9: [AP0112] "},
	{"'! a': \"! b\"\nc: d! e, ! f\n# ! g\nh: &h i ! j\nk: |\n  if ! grep l\n  ! m &h\nm: >-\n  ! o\n\n! p: q\n", "f:11:1: [AP0112] p: the tag ! has"},
	{"'! a': \"! b\"\nc: d! e, ! f\n# ! g\nh: &h i ! j\nk: |\n  if ! grep l\n  ! m &h\nm: >-\n  ! o\n\np: [&p '! q', *p, &r \"!\"]\n", ""},
	{"a: !!str 80\nb: !!int \"80\"\nc: !!bool yes\nd: !!null ''\ne: !!float 8\nf: !!map {}\ng: !!seq []\n", ""},
	{"on: a\n", `the key "on"`},
	{"y: a\n", `the key "y"`},
	{"True: a\n", `the key "True"`},
	{"0x10: a\n", `the key "0x10"`},
	{"1.0: a\n", `the key "1.0"`},
	{"true: a\n16: b\n\"on\": c\n!!str off: d\n", ""},
	{"kind: Pod\nmetadata: {name: a}\nitems: []\n", "f:3:1: [AP0120] Pod a: items: is at the top of an object of kind"},
	{"apiVersion: v1\nkind: List\nitems: {}\n", `f:3:8: [AP0120] items: is not a list; kubectl cannot read what an object of kind "List" lists; write items: [], or list the objects`},
	{"kind: Pod\nitems:\n", "f:2:1: [AP0120] items: is at the top"},
	{"kind: PodList\nitems: {a: b}\n", "f:2:8: [AP0120] items: is not a list"},
	{"kind: PodList\nmetadata: {name: a}\nitems:\n", ""},
}

func TestReadAsTheClusterOrNotAtAll(t *testing.T) {
	for _, test := range readAs {
		switch err := readOrFail(t, test.text); {
		case test.err == "" && err != nil:
			t.Errorf("%q: %v", test.text, err)
		case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
			t.Errorf("%q: got the error %v, want %s", test.text, err, test.err)
		}
	}
}

// FuzzReadAsTheCluster compares what is read to what kubectl reads.
func FuzzReadAsTheCluster(f *testing.F) {
	for _, test := range readAs {
		f.Add(test.text)
	}
	f.Fuzz(func(t *testing.T, text string) { _ = readOrFail(t, text) })
}

// readOrFail is the error of reading a text; what is read must be the same to kubectl.
func readOrFail(t *testing.T, text string) error {
	t.Helper()
	n, _, err := document{file: "f", data: []byte(text)}.parse()
	if err != nil {
		return err
	}
	if n == nil {
		t.Skip("comments only")
	}
	want, wrong := kubectl.YAMLToJSON([]byte(text))
	item, err := (&Reader{File: "f"}).Read(n)
	if err != nil || wrong != nil {
		return err
	}
	written, err := yaml.Marshal(item.Node)
	if err != nil {
		t.Skip("not to be written")
	}
	if got, err := kubectl.YAMLToJSON(written); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%q is read as %s, by kubectl as %s: %v", text, got, want, err)
	}
	return nil
}

func TestItemsOfAList(t *testing.T) {
	for text, want := range map[string]string{
		"{apiVersion: a/v1, kind: PodList, items: [{metadata: {name: b}}]}":          "Pod b",
		"{apiVersion: a/v1, kind: PodList, items: [{apiVersion: v1, metadata: {}}]}": "f:1:43: [AP0122] items[0]: has only one of",
		"{apiVersion: a/v1, kind: PodList, items: [{kind: Pod, metadata: {}}]}":      "f:1:43: [AP0122] items[0]: has only one of",
		"{apiVersion: a/v1, kind: List, items: [{metadata: {}}]}":                    "items[0]: has neither",
		"{kind: PodList, items: [{metadata: {}}]}":                                   "items[0]: has neither",
		"{apiVersion: a/v1, kind: PodList, items: [a]}":                              "[AP0121] items[0]: is not an object",
		"{apiVersion: a/v1, kind: PodList, items: [{items: []}]}":                    "items[0].items: is at the top of an object of kind",
	} {
		var document yaml.Node
		if err := yaml.Unmarshal([]byte(text), &document); err != nil {
			t.Fatal(err)
		}
		list := NewItem(document.Content[0])
		list.File = "f"
		items, err := list.Items()
		switch {
		case err != nil && !strings.Contains(err.Error(), want):
			t.Errorf("%s: got the error %v, want %s", text, err, want)
		case err == nil && (items[0].String() != want || items[0].Group != "a"):
			t.Errorf("%s: got %s of %q, want %s", text, items[0], items[0].Group, want)
		}
	}
}

func TestBooleansOfYAML11(t *testing.T) {
	for text, want := range map[string]bool{
		"true": true, "TRUE": true, "yes": true, "On": true, "y": true, "!!bool yes": true,
		"no": false, "off": false, "false": false, "\"yes\"": false, "'true'": false, "!!str on": false, "[]": false,
	} {
		var document yaml.Node
		if err := yaml.Unmarshal([]byte("a: "+text), &document); err != nil {
			t.Fatal(err)
		}
		if got := IsTrue(document.Content[0], "a"); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// What the data of a ConfigMap or a Secret holds is not read, so it may be what readers take in two ways;
// a key that stands twice is one value for some of them.
func TestDataIsPassedOn(t *testing.T) {
	for text, want := range map[string]bool{
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {on: x, 1: y}\n":            true,
		"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {no: x, b: !custom y}\n": true,
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: x, a: y}\n":             false,
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {on: x}}\n":                false,
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {a: !custom x}}\n":         false,
		"apiVersion: example.com/v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {on: x}\n":      false,
		"apiVersion: v1\nkind: Service\nmetadata: {name: a}\ndata: {on: x}\n":                    false,
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: {on: x}}\n":             false,
	} {
		file := filepath.Join(t.TempDir(), "a.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readFile(file, nil, nil); (err == nil) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A byte order mark in front of a document means nothing, as kubectl and kustomize read each document separately.
func TestByteOrderMarks(t *testing.T) {
	const a, b, mark = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n", "\ufeff"
	for text, want := range map[string]string{
		mark + a + "---\n" + mark + b:    "ab",
		a + "---\n# c\n" + mark + b:      "",
		a + "---\n" + mark + "# c\n" + b: "ab",
		mark + mark + a:                  "",
	} {
		file := filepath.Join(t.TempDir(), "a.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		items, err := readFile(file, nil, nil)
		got := ""
		for _, item := range items {
			got += item.Name
		}
		if err != nil {
			got = ""
		}
		if got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
