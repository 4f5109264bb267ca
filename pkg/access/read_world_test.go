package access

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// manifests splits a stream of documents the way a reader would.
func manifests(t testing.TB, text string) []*yaml.Node {
	t.Helper()
	var out []*yaml.Node
	for _, doc := range strings.Split(text, "\n---\n") {
		if strings.HasPrefix(doc, "# ") && onlyComments.MatchString(doc) {
			continue
		}
		n, err := parsed(doc)
		if err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		out = append(out, n.YNode())
	}
	return out
}

// parsed reads an object as the program does, which spreads merge keys out.
func parsed(doc string) (*yaml.RNode, error) {
	n, err := yaml.Parse(doc)
	if err != nil || !strings.Contains(doc, "<<: ") {
		return n, err
	}
	var value any
	if err := n.YNode().Decode(&value); err != nil {
		return nil, err
	}
	text, err := yaml.Marshal(value)
	if err != nil {
		return nil, err
	}
	return yaml.Parse(string(text))
}

func load(t testing.TB, text string) *World {
	t.Helper()
	w, err := Load(slices.Values(manifests(t, text)))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func tenants(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/tenants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// edit replaces a part of manifests that must be there.
func edit(t testing.TB, text, old, with string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("the manifests do not hold %q", old)
	}
	return strings.ReplaceAll(text, old, with)
}

// The referee must not share a mistake with what it judges, nor trust a policy for its name.
func TestKnowsNothingOfWhatItJudges(t *testing.T) {
	const module = "github.com/kubeflow-ambient/ambient-profile/"
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if own, ok := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), module); ok && own != "internal/manifest" && own != "internal/diagnostic" && own != "internal/symbolic" && f.Name.Name != "access_test" {
				t.Errorf("%s imports %s", name, own)
			}
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			text, ok := n.(*ast.BasicLit)
			for _, our := range []string{"ns-owner-", "ns-l4-", "ns-l7-", "ambient-ingressgateway", "owned-by", "user-"} {
				if ok && strings.Contains(text.Value, our) {
					t.Errorf("%s knows the name %s", name, text.Value)
				}
			}
			return true
		})
	}
}

func TestLoadNamesObjectAndField(t *testing.T) {
	_, err := Load(slices.Values(manifests(t, `
kind: Service
apiVersion: v1
metadata: {name: x, namespace: a, labels: {n: 1}}
---
kind: AuthorizationPolicy
apiVersion: security.istio.io/v1
metadata: {namespace: a}
---
kind: HTTPRoute
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: r, namespace: a}
spec: {rules: [{matches: [{path: {type: RegularExpression, value: "("}}]}]}
---
kind: Surprise
apiVersion: example.com/v1
`)))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`Service a/x: metadata.labels: "1" must be a string (n);`, "AuthorizationPolicy: metadata.name: is missing;",
		"HTTPRoute a/r: spec.rules[0].matches[0].path.value: is not a regular expression"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q in:\n%v", want, err)
		}
	}
}

// A World is read only: what is settled on first use is settled once.
func TestDecideConcurrently(t *testing.T) {
	w := load(t, tenants(t))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, from := range []From{{User: "alice@example.com"}, {Token: "alice/default-editor", Audience: audienceIngress}, {ServiceAccount: "alice/default-editor"}} {
				if v := w.Decide(Request{From: from, To: To{Namespace: "alice", Service: "tet"}}); v.Outcome != Allow {
					t.Error(v.By())
				}
			}
		})
	}
	wg.Wait()
}

func TestEmptyWorld(t *testing.T) {
	w, err := Load(slices.Values([]*yaml.Node{}))
	if err != nil {
		t.Fatal(err)
	}
	if v := w.Decide(Request{From: From{OffMesh: true}, To: To{Namespace: "a", Service: "s"}}); v.Outcome != NotJudged {
		t.Error(v.By())
	}
	if f := w.Findings([]Tenant{{Namespace: "a"}}); len(f) != 0 {
		t.Error(f)
	}
	for _, write := range []func(*strings.Builder) error{
		func(b *strings.Builder) error { return w.Explain(kubeflow).WriteTable(b) },
		func(b *strings.Builder) error { return w.Explain(kubeflow).WriteMermaid(b) },
		func(b *strings.Builder) error { return w.Explain(kubeflow).WriteJSON(b) },
		func(b *strings.Builder) error { return WriteResultsJSON(b, nil) },
	} {
		written(t, write)
	}
}
