package fn

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

var update = flag.Bool("update", false, "rewrite the golden files, and fail")

const goldenDir = "../testdata/golden"

// A case is a directory named by a sentence: profile.yaml and perhaps items.yaml in; want.yaml out,
// with want.access, who may reach what under it, and want.warn where there are warnings; or
// want.err and nothing out.
func goldenCases(t *testing.T) []string {
	t.Helper()
	dir, err := filepath.Abs(goldenDir)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := filepath.Glob(dir + "/*")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no golden cases in %s: %v", goldenDir, err)
	}
	return cases
}

func TestGolden(t *testing.T) {
	for _, dir := range goldenCases(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Chdir(dir) // a position has the file as it was given
			code, stdout, stderr := execute(t, "", caseArgs("")...)
			warnings, failure := stderr, ""
			if code != exitOK {
				warnings, failure = "", stderr
				if stdout != "" {
					t.Errorf("an error left something on stdout:\n%s", stdout)
				}
				if code != exitError {
					t.Errorf("exit code %d, want %d", code, exitError)
				}
			}
			if text := coded.ReplaceAllString(stderr, ""); text != "" {
				t.Errorf("messages without a code:\n%s", text)
			}
			golden(t, filepath.Join(dir, "want.yaml"), stdout)
			golden(t, filepath.Join(dir, "want.warn"), warnings)
			golden(t, filepath.Join(dir, "want.err"), failure)
			golden(t, filepath.Join(dir, "want.access"), explained(t, stdout))
		})
	}
}

// coded matches a message with its code, which every message of a golden case has.
var coded = regexp.MustCompile(`(?m)^ambient-profile: \w+: .*?\[AP\d{4}\] .*\n`)

// explained is who may reach what under manifests, as the referee tells people.
func explained(t *testing.T, manifests string) string {
	t.Helper()
	if manifests == "" {
		return ""
	}
	code, stdout, stderr := execute(t, manifests, "explain")
	if code == exitUsage && strings.Contains(stderr, "there is nothing to explain") {
		return ""
	}
	if code != exitOK {
		t.Fatal(stderr)
	}
	return stdout
}

// golden compares byte for byte; a missing file counts as an empty one.
func golden(t *testing.T, file, got string) {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	if !*update {
		t.Errorf("%s differs (go test ./fn -run TestGolden -update rewrites it):\n%s", file, firstDifference(string(want), got))
		return
	}
	t.Errorf("rewrote %s; read the difference before you commit it", file)
	if got == "" {
		err = os.Remove(file)
	} else {
		err = os.WriteFile(file, []byte(got), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b || i >= len(w) || i >= len(g) {
			return "line " + itoa(i+1) + "\n- " + a + "\n+ " + b
		}
	}
	return "no difference"
}

// A second run on the output of the first changes no byte.
func TestRerunChangesNothing(t *testing.T) {
	for _, dir := range accepted(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			_, first, _ := execute(t, asResourceList(t, dir))
			first = withoutResults(first)
			code, second, stderr := execute(t, first)
			if code != exitOK {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			if second = withoutResults(second); second != first {
				t.Error(firstDifference(first, second))
			}
		})
	}
}

// withoutResults leaves out the findings, which a second run may no longer have.
func withoutResults(list string) string {
	before, _, _ := strings.Cut(list, "\nresults:\n")
	return strings.TrimSuffix(before, "\n") + "\n"
}

// What kustomize and kpt get means what the standalone program prints, with the same comments. The program keeps the text of what it edits, and the others
// write all of it anew.
func TestTransformerAgreesWithStandalone(t *testing.T) {
	for _, dir := range accepted(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			code, stdout, stderr := execute(t, asResourceList(t, dir))
			if code != exitOK {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			if got, want := unplaced(stderr), unplaced(readIf(t, filepath.Join(dir, "want.warn"))); got != want {
				t.Error(firstDifference(want, got))
			}
			got, want := meant(t, stdout), meant(t, read(t, filepath.Join(dir, "want.yaml")))
			if got != want {
				t.Error(firstDifference(want, got))
			}
		})
	}
}

// normal is a stream of objects, or a ResourceList of them, in one form, wherever it was kept.
func normal(t *testing.T, text string) string {
	t.Helper()
	var documents bytes.Buffer
	encoder := yaml.NewEncoder(&documents)
	for _, n := range readAll(t, text) {
		if err := encoder.Encode(n.YNode()); err != nil {
			t.Fatal(err)
		}
	}
	return documents.String()
}

// meant is what a stream of objects, or a ResourceList of them, means, and its comments.
func meant(t *testing.T, text string) string {
	t.Helper()
	var documents strings.Builder
	for _, n := range readAll(t, text) {
		var value any
		if err := n.YNode().Decode(&value); err != nil {
			t.Fatal(err)
		}
		comments := commentsIn(n.YNode())
		slices.Sort(comments)
		fmt.Fprintf(&documents, "%s---\n%s\n", must(yaml.Marshal(value)), strings.Join(comments, "\n"))
	}
	return documents.String()
}

// readAll returns the objects of a stream or a ResourceList, without what the pipeline notes on them.
func readAll(t *testing.T, text string) []*yaml.RNode {
	t.Helper()
	nodes, err := (&kio.ByteReader{Reader: strings.NewReader(text), OmitReaderAnnotations: true}).Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		manifest.NewItem(n.YNode()).DropPipelineAnnotations()
	}
	return nodes
}

// commentsIn are the lines of the comments of a node and of those below it.
func commentsIn(n *yaml.Node) (out []string) {
	for _, text := range []string{n.HeadComment, n.LineComment, n.FootComment} {
		for line := range strings.SplitSeq(text, "\n") {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
	}
	for _, below := range n.Content {
		out = append(out, commentsIn(below)...)
	}
	return out
}

// asResourceList is the case as kustomize sends it to a transformer.
func asResourceList(t *testing.T, dir string) string {
	t.Helper()
	list := yaml.MustParse("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n")
	for _, n := range documentsOf(t, filepath.Join(dir, "items.yaml")) {
		if err := list.PipeE(yaml.Lookup("items"), yaml.Append(n.YNode())); err != nil {
			t.Fatal(err)
		}
	}
	if items := list.Field("items").Value.YNode(); len(items.Content) > 0 {
		items.Style = 0
	}
	config := documentsOf(t, filepath.Join(dir, "profile.yaml"))[0]
	if err := list.PipeE(yaml.SetField("functionConfig", config)); err != nil {
		t.Fatal(err)
	}
	return list.MustString()
}

func documentsOf(t *testing.T, file string) []*yaml.RNode {
	t.Helper()
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := (&kio.ByteReader{Reader: bytes.NewReader(data), OmitReaderAnnotations: true}).Read()
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

// Every case must be one that a reader can tell from its files.
func TestGoldenCasesAreWhole(t *testing.T) {
	known := map[string]bool{"profile.yaml": true, "items.yaml": true, "want.yaml": true, "want.access": true, "want.warn": true, "want.err": true}
	for _, dir := range goldenCases(t) {
		files := map[string]bool{}
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files[d.Name()] = true
				if !known[d.Name()] {
					t.Errorf("%s: no case has such a file", path)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if !files["profile.yaml"] || files["want.yaml"] == files["want.err"] || files["want.yaml"] != files["want.access"] {
			t.Errorf("%s: needs profile.yaml, and either want.yaml with want.access, or want.err", dir)
		}
	}
}

func accepted(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, dir := range goldenCases(t) {
		if _, err := os.Stat(filepath.Join(dir, "want.yaml")); err == nil {
			out = append(out, dir)
		}
	}
	return out
}

func caseArgs(dir string) []string {
	args := []string{filepath.Join(dir, "profile.yaml")}
	if items := filepath.Join(dir, "items.yaml"); exists(items) {
		args = append(args, items)
	}
	return args
}

var placed = regexp.MustCompile(`(?m)^(ambient-profile: \w+: )(?:[\w/.-]+\.yaml(?::\d+:\d+)?: )?(?:AmbientProfile \S+: )?`)

// unplaced leaves out where a message was found: only a run on files knows the line, and the other may
// know the file of a package.
func unplaced(messages string) string { return placed.ReplaceAllString(messages, "$1") }

func readIf(t *testing.T, file string) string {
	if !exists(file) {
		return ""
	}
	return read(t, file)
}
