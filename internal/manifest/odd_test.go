package manifest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	kubectl "sigs.k8s.io/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/load"
)

var oddFiles = flag.Int("odd-files", 500, "how many files in odd YAML are read, edited and written")

// oddEdits are edits of one key, with what they are to a tree as kubectl reads it, and how many lines of the file
// they replace by how many; -1 is any number.
var oddEdits = []struct {
	name            string
	edit            func(item *Item)
	inTree          func(metadata map[string]any)
	replaced, added int
}{
	{"a new key", func(i *Item) { i.Set(Field(i.Node, "metadata"), "edited", Text("1:30")) }, func(metadata map[string]any) { metadata["edited"] = "1:30" }, 0, 1},
	{"another value", func(i *Item) { i.Set(Field(i.Node, "metadata"), "name", Text("bob")) }, func(metadata map[string]any) { metadata["name"] = "bob" }, 1, 1},
	{"a new map", func(i *Item) { i.Set(i.Ensure(Field(i.Node, "metadata"), "new"), "a", Text("b")) }, func(metadata map[string]any) { metadata["new"] = map[string]any{"a": "b"} }, 0, 2},
	{"a key less", func(i *Item) { i.Drop(Field(i.Node, "metadata"), "labels") }, func(metadata map[string]any) { delete(metadata, "labels") }, -1, 0},
}

// What is edited in one place means the same in all others, and keeps its comments, however its file
// is written. As long as no alias is about it, every other line stays as it was.
func TestEditOfAnOddFileChangesOneKey(t *testing.T) {
	for _, test := range oddEdits {
		t.Run(test.name, func(t *testing.T) {
			comments, lost, kept := 0, 0, 0
			for seed := range *oddFiles {
				text := load.Odd(rand.New(rand.NewPCG(uint64(seed), 20)), "alice")
				want := asCluster(t, text)
				test.inTree(want["metadata"].(map[string]any))
				items := readOdd(t, text)
				var same, out bytes.Buffer
				if err := Write(&same, items, Form{}, nil); err != nil || same.String() != text {
					t.Fatalf("seed %d: not edited, but written as %v\n%s\nand not\n%s", seed, err, same.String(), text)
				}
				test.edit(items[0])
				if err := Write(&out, items, Form{}, nil); err != nil {
					t.Fatalf("seed %d: %v\n%s", seed, err, text)
				}
				if got := asCluster(t, out.String()); !reflect.DeepEqual(got, want) {
					t.Fatalf("seed %d: %v, want %v\n%s\nis written as\n%s", seed, got, want, text, out.String())
				}
				if replaced, added := differentLines(text, out.String()); replaced == test.replaced && added == test.added || test.replaced < 0 && added == 0 {
					kept++
				} else if test.replaced >= 0 || !aliased.MatchString(text) {
					t.Fatalf("seed %d: %d lines became %d\n%s\nis written as\n%s", seed, replaced, added, text, out.String())
				}
				for _, comment := range aComment.FindAllString(text, -1) {
					comments++
					if !bytes.Contains(out.Bytes(), []byte(comment)) {
						lost++
					}
				}
			}
			// go-yaml's parser drops a few: behind "- &anchor", and in front of an item that has no text.
			if test.replaced >= 0 && lost*500 > comments {
				t.Errorf("%d of %d comments are lost", lost, comments)
			}
			t.Logf("%d files, seeds 0 to %d: %d keep every other line; of %d comments, %d are lost", *oddFiles, *oddFiles-1, kept, comments, lost)
		})
	}
}

func readOdd(t *testing.T, text string) []*Item {
	t.Helper()
	file := filepath.Join(t.TempDir(), "odd.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	items, err := ReadObjects([]string{file}, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return items
}

var (
	aComment = regexp.MustCompile(`# comment [0-9]+\.`)
	aliased  = regexp.MustCompile(`\*(shared|a|m)[0-9]`)
	quoted60 = regexp.MustCompile(`"([0-9]+(:[0-9]+)+)"`)
)

// differentLines is how many lines of a text another one replaces, and by how many. Quotes around a number in base 60 are no difference.
func differentLines(was, is string) (replaced, added int) {
	a, b := strings.Split(quoted60.ReplaceAllString(was, "$1"), "\n"), strings.Split(quoted60.ReplaceAllString(is, "$1"), "\n")
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return len(a), len(b)
}

// asCluster is the tree of a text as kubectl reads it.
func asCluster(t *testing.T, text string) map[string]any {
	t.Helper()
	data, err := kubectl.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(fmt.Errorf("%w: %s", err, data))
	}
	return tree
}
