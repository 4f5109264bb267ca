package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/fn"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// The files say what the types and their comments say now.
func TestSchemasOfOutputsAreFresh(t *testing.T) {
	for _, o := range outputs() {
		want, err := o.text("..")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(o.file()); err != nil || string(got) != string(want) {
			t.Errorf("schema/%s is stale (%v); run make schema and commit it", o.file(), err)
		}
	}
}

// What the verbs write is as their schemas say, and each field of a schema is in something that they write.
func TestOutputsAreAsTheirSchemasSay(t *testing.T) {
	trees := []string{"../examples/quickstart/output.yaml", "../pkg/access/testdata/tenants.yaml", "../examples/platform/output.yaml", "../testdata/golden/routes-and-networkpolicies-beside-the-ingress-are-warned-about/want.yaml",
		"../testdata/golden/names-that-look-alike-are-warned-about/want.yaml"}
	written := map[string][][]byte{}
	add := func(verb string, write func(io.Writer) error) {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		written[verb] = append(written[verb], out.Bytes())
	}
	none := strings.NewReader("")
	for _, file := range trees {
		files := []string{file}
		add("explain", must(fn.Explain(files, "", none, io.Discard)).WriteJSON)
		add("lint", must(fn.Lint(files, "", none)).WriteJSON)
		r := access.Request{From: access.From{User: "bob@example.com"}, To: access.To{Namespace: "alice", Service: "tet"}, Method: "GET", Path: "/x"}
		add("ask", must(fn.Ask(r, files, "", none, io.Discard)).WriteJSON)
		results := must(fn.Check("../examples/access-check/accesscheck.yaml", files, "", none, io.Discard))
		add("check", func(out io.Writer) error { return access.WriteResultsJSON(out, results) })
	}
	add("diff", must(fn.Diff(trees[0], trees[1], nil, "", none, io.Discard)).WriteJSON)
	for _, o := range outputs() {
		var schema any
		if err := json.Unmarshal(must(o.text("..")), &schema); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, text := range written[o.verb] {
			var value any
			if err := json.Unmarshal(text, &value); err != nil {
				t.Fatal(err)
			}
			if wrong := validate(o.verb, schema, value); len(wrong) > 0 {
				t.Errorf("%s", strings.Join(wrong, "\n"))
			}
			paths("", value, seen)
		}
		for _, path := range fieldsOf("", schema) {
			if !seen[path] && !rare[o.verb+path] {
				t.Errorf("%s%s is in nothing that was written", o.verb, path)
			}
		}
	}
}

// rare are the fields that only errors of the program, larger manifests and their annotations give.
var rare = map[string]bool{
	"explain.notJudged[].like": true, "explain.notJudged[].like[]": true, "explain.dead[].like": true, "explain.dead[].like[]": true, "explain.internalErrors": true, "explain.internalErrors[]": true, "diff.internalErrors": true, "diff.internalErrors[]": true,
	"diff.notCompared": true, "diff.notCompared[]": true, "ask.limit": true, "lint.findings[].ignored": true,
}

// paths are the fields that a value has.
func paths(at string, value any, seen map[string]bool) {
	seen[at] = true
	switch v := value.(type) {
	case map[string]any:
		for key, one := range v {
			paths(at+"."+key, one, seen)
		}
	case []any:
		for _, one := range v {
			paths(at+"[]", one, seen)
		}
	}
}

// fieldsOf are the fields that a schema has.
func fieldsOf(at string, schema any) []string {
	out := []string{at}
	s := schema.(map[string]any)
	if items, ok := s["items"]; ok {
		out = append(out, fieldsOf(at+"[]", items)...)
	}
	if properties, ok := s["properties"].(map[string]any); ok {
		for key, one := range properties {
			out = append(out, fieldsOf(at+"."+key, one)...)
		}
	}
	return out
}
