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
	"testing"

	kubectl "sigs.k8s.io/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/load"
)

var oddFiles = flag.Int("odd-files", 500, "how many files in odd YAML are read, edited and written")

// What is edited in one place means the same in all others, and keeps its comments, however its file
// is written.
func TestEditOfAnOddFileChangesOneKey(t *testing.T) {
	comments, lost := 0, 0
	for seed := range *oddFiles {
		text := load.Odd(rand.New(rand.NewPCG(uint64(seed), 20)), "alice")
		want := asCluster(t, text)
		want["metadata"].(map[string]any)["edited"] = "1:30"
		file := filepath.Join(t.TempDir(), "odd.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		items, err := ReadObjects([]string{file}, nil)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		var same bytes.Buffer
		if err := Write(&same, items, Form{}, nil); err != nil || same.String() != text {
			t.Fatalf("seed %d: not edited, but written as %v\n%s\nand not\n%s", seed, err, same.String(), text)
		}
		items[0].Set(Field(items[0].Node, "metadata"), "edited", Text("1:30"))
		var out bytes.Buffer
		if err := Write(&out, items, Form{}, nil); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		if got := asCluster(t, out.String()); !reflect.DeepEqual(got, want) {
			t.Errorf("seed %d: %v, want %v\n%s\nis written as\n%s", seed, got, want, text, out.String())
		}
		for _, comment := range aComment.FindAllString(text, -1) {
			comments++
			if !bytes.Contains(out.Bytes(), []byte(comment)) {
				lost++
			}
		}
		if t.Failed() {
			return
		}
	}
	// go-yaml's parser drops a few: behind "- &anchor", and in front of an item that has no text.
	if lost*500 > comments {
		t.Errorf("%d of %d comments are lost", lost, comments)
	}
	t.Logf("%d files, seeds 0 to %d; of %d comments, %d are lost", *oddFiles, *oddFiles-1, comments, lost)
}

var aComment = regexp.MustCompile(`# comment [0-9]+\.`)

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
