package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The place of an error is where someone has to write something else, not where the YAML library
// gave up, which may be a line less, or the beginning of the map around it.
func TestPlacesOfSyntaxErrors(t *testing.T) {
	const tab, never = "[AP0106] the indentation contains a tab; replace it with spaces", "[AP0107] %c is never closed; add the missing %[1]c"
	quote, bracket, brace := fmt.Sprintf(never, '"'), "[AP0107] [ is never closed; add the missing ]", "[AP0107] { is never closed; add the missing }"
	invalid := func(problem string) string { return "[AP0105] the YAML is not valid (" + problem + "); " }
	for text, want := range map[string]string{
		"a: 1\nb:\n\tc: 1\n":           "3:1: " + tab,
		"a: 1\nb:\n  c: 1\n\td: 2\n":   "4:1: " + tab,
		"a: 1\nb:\n  c: 1\n  \td: 2\n": "4:3: " + tab,
		"a: 1\r\nb:\r\n\tc: 1\r\n":     "3:1: " + tab,
		"\ta: 1\n":                     "1:1: " + tab,
		"a: |\n\tx\n":                  "2:1: " + tab,
		"a: é\n\tb: 2\n":               "2:1: " + tab,
		"a: [":                         "1:4: " + bracket,
		"a: [\n":                       "1:4: " + bracket,
		"a: [1, # no ]\n":              "1:4: " + bracket,
		"a: 1\nb: {":                   "2:4: " + brace,
		"a: 1\nb: [1, 2\nc: 3\n":       "2:4: " + bracket,
		"a: 1\nb: [\"]\", ']', it's # ]\nc: [3]\n":   "2:4: " + bracket,
		"a: 1\nb: {c: [1, 2}\nd: 3\n":                "2:8: " + bracket,
		"a: 1\nb:\n- &x !!seq [1,\n  {c: d}\ne: f\n": "3:12: " + bracket,
		"a: 1\nb: [\n  1,\n  {c: 2\n  ]\nd: 1\n":     "4:3: " + brace,
		"é: 1\né: \"é\nc: 1\n":                       "2:4: " + quote,
		"a: [\"b\\\"c\", \"d]\n":                     "1:13: " + quote,
		"a: ['it''s', 'd]\n":                         "1:14: [AP0107] ' is never closed; add the missing '",
		"a:\n  b: 1\n c: 2\n":                        "3:2: " + invalid("did not find expected key"),
		"a:\n  - b: 1\n   c: 2\n":                    "3:4: " + invalid("did not find expected '-' indicator"),
		"a: 1\nb:\n  c: 1\n]\n":                      "4:1: " + invalid("did not find expected key"),
		"a: 1\n- b\n":                                "2:1: " + invalid("did not find expected key"),
		"a: 1\nb: c: d\n":                            "2:5: " + invalid("mapping values are not allowed in this context"),
		"a: b\n  c: d\n":                             "2:4: " + invalid("mapping values are not allowed in this context"),
		"a: - 1\n":                                   "1:4: " + invalid("block sequence entries are not allowed in this context"),
		"a: 1\nb: @x\n":                              "2:4: " + invalid("found character that cannot start any token"),
		"a: 1\n  b\nc: d\ne\n  f\n":                  "4:1: " + invalid("could not find expected ':'"),
		"a: 1\nb: \"\\q\"\n":                         "2:5: " + invalid("found unknown escape character"),
		`{"a": "x\/y"}`:                              "1:9: " + invalid("found unknown escape character") + `write / in place of the JSON escape \/`,
		`{"a": "x\uD83D\uDE00 y"}`:                   "1:9: " + invalid("found invalid Unicode character escape code") + `write 😀 in place of the JSON escape \uD83D\uDE00`,
		`{"a": "x\ud83d y"}`:                         "1:9: " + invalid("found invalid Unicode character escape code") + "check the indentation",
		"a: 1\nb: x\x01\n":                           "2:5: " + invalid("control characters are not allowed"),
		"a: {\"b\" c: d}\n":                          "1: " + invalid("did not find expected ',' or '}'"),
		"a: [1, }\n":                                 "1: " + invalid("did not find expected node content"),
		"a: 1\nb: [*x, *yy]\n":                       "2:5: [AP0113] the alias *x does not refer to anything in the same object; write the value out",
		"a: 1\n...\nb: 1\n":                          "3:1: [AP0108] a second document starts here",
		"a: 1\n--- b\n":                              "2:1: [AP0108] a second document starts here",
		"{a: 1}\n{b: 1}\n":                           "2:1: [AP0108] a second document starts here",
		"a: 1\n--- [\n":                              "2: " + invalid("did not find expected ',' or ']'"),
		"%YAML 1.1\n":                                "1:1: [AP0104] a directive",
		"# c\n\n%TAG ! x\n":                          "3:1: [AP0104] a directive",
		"a: é\nb: é\xff\n":                           "2:5: [AP0102] a byte here is not UTF-8",
	} {
		// The same in the second document of a file, by the lines of the file.
		for _, above := range []string{"", "# one\n---\n"} {
			d := document{file: "in.yaml", data: []byte(text), line: strings.Count(above, "\n")}
			_, _, err := d.parse()
			line, rest, _ := strings.Cut(want, ":")
			var number int
			if _, scan := fmt.Sscan(line, &number); scan != nil {
				t.Fatal(scan)
			}
			want := fmt.Sprintf("in.yaml:%d:%s", number+d.line, rest)
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%q: %v, want %s", text, err, want)
			}
		}
	}
}

// In a large document the line is what the library says, without a search that takes long.
func TestPlaceInALargeDocument(t *testing.T) {
	text := "a: 1\n" + strings.Repeat("# a comment that makes it large\n", searched/32) + "b: c: d\n"
	_, _, err := document{file: "in.yaml", data: []byte(text)}.parse()
	if want := fmt.Sprintf("in.yaml:%d: [AP0105] the YAML is not valid (mapping values", strings.Count(text, "\n")); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// Wherever a document is broken off or spoilt, the place is one in it.
func FuzzPlacesOfSyntaxErrors(f *testing.F) {
	for _, text := range []string{findIn, "a: [{b: \"c\", 'd': e}]\nf: |\n  g\n- h", "\ta: é", "a: *b", "a\rb: [\u2028", "[\"", "- [a,\n---\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 2000 {
			t.Skip("takes long")
		}
		_, err := onlyDocument(text)
		if err == nil {
			return
		}
		_, _, err = document{file: "f", data: text}.parse()
		var line, column int
		if _, scan := fmt.Sscanf(err.Error(), "f:%d:%d: [AP", &line, &column); scan != nil {
			if _, scan := fmt.Sscanf(err.Error(), "f:%d: [AP", &line); scan != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
		lines := strings.Split(string(text), "\n")
		if line < 1 || line > len(lines) || column > len([]rune(lines[line-1]))+1 {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// A node has the line and column of its file, in whatever document and however lines end.
func TestPlacesOfNodes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "in.yaml")
	list := "kind: ConfigMapList\napiVersion: v1\nitems:\n- metadata: {name: listed}\n"
	for text, want := range map[string]string{
		"{kind: ConfigMap, metadata: {name: a}}\n":                                                                   "1:29",
		"# above\n--- # here\nkind: ConfigMap\nmetadata:\n  name: a\n":                                               "5:3",
		"kind: ConfigMap\r\n---\r\nkind: ConfigMap\r\nmetadata:\r\n  name: a\r\n":                                    "5:3",
		"\ufeffkind: ConfigMap\nmetadata: {name: a}\n":                                                               "2:11",
		"---\n" + list + "- metadata: {name: a}\n":                                                                   "6:13",
		"---\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n":                        "4:47",
		"kind: List\nitems:\n- " + strings.ReplaceAll(list, "\n", "\n  ") + "- metadata: {name: a}\n":                "7:15",
		"kind: \"Config\\\n  Map\"\nx: \"a\u2028b\u0085c\rd\" # e\nmetadata: {name: a}\n":                            "4:11",
		"kind: ConfigMap\nx: {a: \"b\u2028c\", metadata: x}\nb: \"\u2028\"\nz: {a: \"\u2029\"}\nmetadata: {name: a}": "5:11",
	} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		items, err := ReadObjects([]string{file}, nil)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		last := items[len(items)-1]
		n, _ := Find(last.Node, "metadata")
		if got := strings.TrimPrefix(last.At(n).String(), file+":"); got != want {
			t.Errorf("%q: metadata of %s is at %s, want %s", text, last, got, want)
		}
	}
}

// On a line with such a character, a column counts what stands before it as well.
func TestColumnsBehindALineEndOfYAML(t *testing.T) {
	n, _, err := document{file: "in.yaml", data: []byte("a: {b: \"\u2028é\", c: d}\n")}.parse()
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := Find(n, "a.c"); c.Line != 1 || c.Column != 17 {
		t.Errorf("line %d, column %d", c.Line, c.Column)
	}
}
