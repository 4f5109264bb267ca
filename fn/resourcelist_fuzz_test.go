package fn

import (
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// Whatever the items are, either nothing comes out, or every item once, in order and with the same
// meaning, those that nobody edits byte for byte; and a second run changes nothing.
func FuzzResourceList(f *testing.F) {
	for _, items := range []string{
		edited, left + edited, "# c\n" + left + "# d\n\n# e\n" + edited, left + label + "\"foo\n# x\n# y\"\n" + edited, edited + label + "|+\n       bar\n\n" + left, "- null\n-\n- [a]\n",
		left + label + "&x b\n      c: *x\n" + edited, edited + "    labels: {<<: {a: b}}\n", strings.ReplaceAll(left+edited, "\n", "\r\n"), "-\n " + left[1:] + "- # c\n " + edited[1:],
		left + "...\n", left + label + "\"foo\u2028bar\"\n", "- {a: b}\n- ? [a]\n  : b\n", left + label + ">-\n       a\n\n        b\n      # no comment\n" + edited, "  " + strings.ReplaceAll(left, "\n", "\n  ") + "\n",
	} {
		f.Add(items)
	}
	f.Fuzz(func(t *testing.T, items string) {
		list := resourceListOf(items)
		if special.MatchString(items) || strings.ContainsAny(items, "\\!") && special.MatchString(unescaped(list)) {
			t.Skip("may be about more than one Namespace")
		}
		code, out, stderr := execute(t, list)
		if code != exitOK {
			if out != "" || stderr == "" {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, out, stderr)
			}
			return
		}
		sameItems(t, list, out)
		if code, again, stderr := execute(t, withoutResults(out)); code != exitOK || withoutResults(again) != withoutResults(out) {
			t.Errorf("a second run: exit code %d, %s%s", code, stderr, firstDifference(out, again))
		}
		if itemLines.MatchString(items) && !rewritten(items) && !strings.Contains(items, "alice") && !strings.HasPrefix(out, listHead+items) {
			t.Errorf("%q became\n%s", items, out)
		}
	})
}

// special is what stands only in objects that are edited, removed or refused on purpose.
var special = regexp.MustCompile(`kubeflow|ambient\.|istio|Policy|Service|Notebook|Profile|config\.k|results`)

// itemLines are items as kustomize and kpt write them.
var itemLines = regexp.MustCompile(`\A(- [a-zA-Z].*\n(  .*\n)*)+\z`)

// unescaped is a list as the library writes it, where nothing hides behind an escape.
func unescaped(list string) string {
	var n yaml.Node
	if yaml.Unmarshal([]byte(list), &n) != nil {
		return ""
	}
	items, _, _ := strings.Cut(string(must(yaml.Marshal(&n))), "functionConfig:")
	return strings.TrimPrefix(items, listHead)
}

// startingMark is a byte order mark where a document starts, which is not part of the document.
var startingMark = regexp.MustCompile("(?m)(\\A|^---[ \t]*\r?\n)\ufeff")

// A stream of documents is read whole: as many as the library finds, none hidden behind another, and
// what is written is the same stream again.
func FuzzDocuments(f *testing.F) {
	for _, text := range []string{
		"a: b\n", "a: b\n---\nc: d\n", "--- # x\na: b\n...\n---\nc: d", "a: b\n--- {c: d}\n", "a: b\n...\nc: d\n", "%YAML 1.1\n---\na: b\n", "\ufeffa: b\n---\n\ufeffc: d\n", "a: |\n  ---\n---\nc: \"x\n ---\"\n",
		"a: |\n  b", "# only\n---\n---\n", "a: b\r\n---\r\nc: d\r\n", "---\t\na: b\n", "--- |\n a\n", "{\"a\": [1]}", "a: |+\n  b\n\n---\nc: d\n", "\xff\xfea\x00", "a: >\n  b\n--- \n", "'a\n\n ---b': c\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "items.yaml")
		write(t, file, text)
		items, err := manifest.ReadObjects([]string{file}, nil)
		if err != nil {
			return
		}
		for _, item := range items {
			if item.Text == nil {
				t.Skip("from a list")
			}
		}
		out := written(t, items)
		was, err := documentsIn(t, startingMark.ReplaceAllString(text, "$1"))
		if err != nil {
			t.Skip("no stream to the library: blank documents may hold no tabs")
		}
		is, err := documentsIn(t, out)
		if err != nil || strings.Join(was, "\n") != strings.Join(is, "\n") {
			t.Errorf("%q holds %d documents: %q; written: %q", text, len(was), was, out)
		}
		if len(was) != count(items) {
			t.Errorf("%q holds %d documents, %d were read", text, len(was), count(items))
		}
	})
}

func count(items []*manifest.Item) (n int) {
	for _, item := range items {
		if item.Node != nil && item.Node.ShortTag() != yaml.NodeTagNull {
			n++
		}
	}
	return n
}

// documentsIn are the documents of a stream that hold something, by their meaning.
func documentsIn(t *testing.T, text string) ([]string, error) {
	t.Helper()
	var documents []string
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, err
		}
		if top := manifest.Root(&document); top != nil && top.ShortTag() != yaml.NodeTagNull {
			documents = append(documents, meaning(t, top))
		}
	}
}
