package access

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// testdata/judged holds questions about judged lines that no other recording of test/conformance confirms: worlds, and changes of one field each that
// change what happens to a request. test/dataplane makes a real API server, istiod and Envoys into each world, as it is and changed, and sends the
// request; those of testdata/judged/istiod, about sidecars, are put to Istio's code by test/conformance. answers.json is what happened.

// askedOf are the two directories, and who answers for each.
var askedOf = [...]struct{ dir, base, again string }{
	{"../../testdata/judged", "base.yaml", "cd test/dataplane && go test -run TestJudgedFieldsDecide . -update"},
	{"../../testdata/judged/istiod", "", "make conformance"},
}

// askedFile is one file: its first document, and the world, in which a document replaces one of the base with its kind and name.
type askedFile struct {
	name    string
	hash    string
	Cases   []askedCase   `yaml:"cases"`
	Changes []askedChange `yaml:"changes"`
	docs    []any
}

// askedCase is a case of an AccessCheck, and what happens: allow, deny, or refused by the API server, which has no such world.
type askedCase struct {
	Name    string `yaml:"name"`
	From    any    `yaml:"from"`
	To      any    `yaml:"to"`
	Request any    `yaml:"request"`
	Expect  string `yaml:"expect"`
	Referee string `yaml:"referee"` // not-judged, where the referee does not know
}

// askedChange is of one field: it is removed, or has another value.
type askedChange struct {
	Line    string `yaml:"line"`
	Of      string `yaml:"of"`
	At      []any  `yaml:"at"` // a text on the way is read as YAML
	To      any    `yaml:"to"`
	Case    string `yaml:"case"`
	Becomes string `yaml:"becomes"`
	Referee string `yaml:"referee"`
}

// askedAnswers are those of a run of test/dataplane.
type askedAnswers struct {
	Istiod  string            `json:"istiod"`
	Envoy   string            `json:"envoy"`
	Files   map[string]string `json:"files"` // a digest of each, with its base
	Answers []struct {
		Line   string `json:"line"`
		Before string `json:"before"`
		After  string `json:"after"`
	} `json:"answers"`
}

func askedFiles(t *testing.T, dir, base string) (out []askedFile) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s holds no file: %v", dir, err)
	}
	for _, file := range files {
		f := askedFile{name: filepath.Base(file)}
		if f.name == base {
			continue
		}
		parts := [][]byte{read(t, file)}
		docs := documentsOf(string(parts[0]))
		if err := yaml.Unmarshal([]byte(docs[0]), &f); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		docs = docs[1:]
		if base != "" {
			below := read(t, filepath.Join(dir, base))
			parts, docs = [][]byte{below, parts[0]}, append(docs, documentsOf(string(below))...)
		}
		f.hash = digest(parts...)
		seen := map[string]bool{}
		for _, doc := range docs {
			var o any
			if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if name := nameOfAny(o); !seen[name] {
				seen[name] = true
				f.docs = append(f.docs, o)
			}
		}
		out = append(out, f)
	}
	return out
}

// nameOfAny is "Kind namespace/name", or "Kind name".
func nameOfAny(o any) string {
	m, _ := o.(map[string]any)
	meta, _ := m["metadata"].(map[string]any)
	if ns := meta["namespace"]; ns != nil {
		return fmt.Sprintf("%s %s/%s", m["kind"], ns, meta["name"])
	}
	return fmt.Sprintf("%s %s", m["kind"], meta["name"])
}

// changed is a value with a change below it; it is an error where nothing stands there.
func changed(v any, at []any, to any) (any, error) {
	if len(at) == 0 {
		return to, nil
	}
	missing := fmt.Errorf("nothing at %v", at)
	switch v := v.(type) {
	case string:
		var inner any
		if err := yaml.Unmarshal([]byte(v), &inner); err != nil {
			return nil, err
		}
		inner, err := changed(inner, at, to)
		if err != nil {
			return nil, err
		}
		text, err := yaml.Marshal(inner)
		return string(text), err
	case map[string]any:
		key, _ := at[0].(string)
		old, ok := v[key]
		if !ok {
			return nil, missing
		}
		out := map[string]any{}
		for k, o := range v {
			out[k] = o
		}
		if len(at) == 1 && to == nil {
			delete(out, key)
			return out, nil
		}
		inner, err := changed(old, at[1:], to)
		out[key] = inner
		return out, err
	case []any:
		i, ok := at[0].(int)
		if !ok || i >= len(v) {
			return nil, missing
		}
		inner, err := changed(v[i], at[1:], to)
		out := slices.Clone(v)
		out[i] = inner
		return out, err
	}
	return nil, missing
}

// verdict is the referee's answer to a case in a world: allow, deny or not-judged.
func (c *askedCase) verdict(t *testing.T, docs []any) string {
	t.Helper()
	var nodes []*yaml.Node
	for _, o := range docs {
		nodes = append(nodes, nodeOfAny(t, o))
	}
	n, err := yaml.Parse(istiodOf("1.31"))
	if err != nil {
		t.Fatal(err)
	}
	nodes = append(nodes, n.YNode())
	world, err := Load(slices.Values(nodes))
	if err != nil {
		t.Fatal(err)
	}
	one := map[string]any{"name": c.Name, "from": c.From, "to": c.To, "expect": "allow"}
	if c.Request != nil {
		one["request"] = c.Request
	}
	check, err := ParseCheck(nodeOfAny(t, map[string]any{
		"apiVersion": "ambient.kubeflow.org/v1alpha1", "kind": "AccessCheck", "metadata": map[string]any{"name": "asked"}, "spec": map[string]any{"cases": []any{one}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.ToLower(world.Decide(check.Cases[0].Request).Outcome.String()), " ", "-")
}

func nodeOfAny(t *testing.T, o any) *yaml.Node {
	t.Helper()
	text, err := yaml.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	n, err := yaml.Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return n.YNode()
}

// worlds of a change: as it is, and changed.
func (f *askedFile) worlds(t *testing.T, ch askedChange) (c *askedCase, before, after []any) {
	t.Helper()
	i := slices.IndexFunc(f.docs, func(o any) bool { return nameOfAny(o) == ch.Of })
	k := slices.IndexFunc(f.Cases, func(c askedCase) bool { return c.Name == ch.Case })
	if i < 0 || k < 0 {
		t.Fatalf("%s: no %s, or no case %q", f.name, ch.Of, ch.Case)
	}
	now, err := changed(f.docs[i], ch.At, ch.To)
	if err != nil {
		t.Fatalf("%s: %s: %v", f.name, ch.Line, err)
	}
	after = slices.Clone(f.docs)
	after[i] = now
	return &f.Cases[k], f.docs, after
}

// isOf reports whether a change is of the field that its line is about, or replaces what holds that field.
func (ch askedChange) isOf() bool {
	section, path, _ := strings.Cut(ch.Line, ": ")
	var at []string
	for _, step := range ch.At {
		if name, ok := step.(string); ok {
			at = append(at, name)
		}
	}
	got := strings.TrimPrefix(strings.Join(at, "."), "data.mesh.")
	kind, _, _ := strings.Cut(ch.Of, " ")
	switch {
	case section == "meshConfig":
		return kind == "ConfigMap" && covers(got, path, ch.To)
	case section == "Pods":
		return kind == "Pod" && covers(got, path, ch.To)
	case strings.Contains(path, " "):
		of, path, _ := strings.Cut(path, " ")
		return kind == of && covers(got, path, ch.To)
	}
	return at[len(at)-1] == path
}

func covers(got, path string, to any) bool {
	return got == path || strings.HasPrefix(got, path+".") || to != nil && strings.HasPrefix(path, got+".")
}

// refereeSays returns what the referee must answer where this happened: the same, or what a file gives instead. A world that the API server rejects does not
// exist, so the referee need not know about it.
func refereeSays(happened, referee string) string {
	if referee != "" {
		return referee
	}
	if happened == "refused" {
		return "not-judged"
	}
	return happened
}

// TestJudgedFieldsWereAsked holds the referee to what happened before and after the change of each field.
func TestJudgedFieldsWereAsked(t *testing.T) {
	if n := len(askedLines(t)); n < 60 {
		t.Errorf("%d lines were asked", n)
	}
}

// askedLines are the judged lines that decide what happens by the answers, and the referee agrees.
func askedLines(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, of := range askedOf {
		var run askedAnswers
		if err := json.Unmarshal(read(t, filepath.Join(of.dir, "answers.json")), &run); err != nil {
			t.Fatal(err)
		}
		if run.Istiod == "" {
			t.Errorf("%s: no istiod answered", of.dir)
		}
		next := 0
		for _, f := range askedFiles(t, of.dir, of.base) {
			if run.Files[f.name] != f.hash {
				t.Errorf("%s was not asked as it is now: %s", f.name, of.again)
			}
			for _, ch := range f.Changes {
				if next >= len(run.Answers) || run.Answers[next].Line != ch.Line {
					t.Fatalf("%s: answers.json has no answer about %s: %s", f.name, ch.Line, of.again)
				}
				f.hold(t, ch, run.Answers[next].Before, run.Answers[next].After)
				next++
				out[ch.Line] = true
			}
		}
		if next != len(run.Answers) {
			t.Errorf("answers.json of %s has %d answers, and %d were asked for", of.dir, len(run.Answers), next)
		}
	}
	return out
}

// hold compares what happened with what the file says, and the referee with both.
func (f *askedFile) hold(t *testing.T, ch askedChange, before, after string) {
	t.Helper()
	c, was, is := f.worlds(t, ch)
	if !ch.isOf() {
		t.Errorf("%s: %s is not changed at %v", f.name, ch.Line, ch.At)
	}
	if before != c.Expect || after != ch.Becomes || before == after {
		t.Errorf("%s: %s: %s, then %s; want %s, then %s, and not the same", f.name, ch.Line, before, after, c.Expect, ch.Becomes)
	}
	first, then := c.verdict(t, was), c.verdict(t, is)
	if want, next := refereeSays(before, c.Referee), refereeSays(after, ch.Referee); first != want || then != next || first == then {
		t.Errorf("%s: %s: the referee says %s, then %s; want %s, then %s, and not the same", f.name, ch.Line, first, then, want, next)
	}
}
