package manifest

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

const findIn = `kind: Policy
metadata:
  name: p
  labels: {istio.io/rev: a, istio: b, "istio.io/rev.x": c, "a b": d}
spec:
  rules:
  - from: &from
    - source: {principals: [x]}
    to:
    - {operation: {paths: [/a]}}
    - operation:
        methods: [GET]
  - from: *from
data:
  ca.crt: e
`

func documentOf(t *testing.T, text string) *yaml.Node {
	t.Helper()
	document, _, err := document{data: []byte(text)}.parse()
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestFind(t *testing.T) {
	top := documentOf(t, findIn)
	for path, want := range map[string]struct {
		line, column int
		found        bool
	}{
		"":                                      {1, 1, true},
		"kind":                                  {1, 7, true},
		"metadata":                              {3, 3, true},
		"metadata.labels":                       {4, 11, true},
		"metadata.labels.istio":                 {4, 36, true},
		"metadata.labels.istio.io/rev":          {4, 26, true},
		"metadata.labels.istio.io/rev.x":        {4, 57, true},
		"metadata.labels[istio.io/rev]":         {4, 26, true},
		`metadata.labels."a b"`:                 {4, 67, true},
		"metadata.labels.missing":               {4, 11, false},
		"metadata.annotations.x":                {3, 3, false},
		"spec.rules[0].to[1].operation":         {12, 9, true},
		"spec.rules[0].to[0].operation":         {10, 19, true},
		"spec.rules[0].to[1].operation.paths":   {12, 9, false},
		"spec.rules[0].to[2].operation":         {10, 5, false},
		"spec.rules[0].to[-1]":                  {10, 5, false},
		"spec.rules[0].to[x]":                   {10, 5, false},
		"spec.rules[0].to[1":                    {10, 5, false},
		"spec.rules.to":                         {7, 3, false},
		"spec.rules[1].from":                    {13, 11, true},
		"spec.rules[1].from[0].source":          {8, 15, true},
		"spec.rules[1].from[1]":                 {13, 11, false},
		"kind.name":                             {1, 7, false},
		"data[ca.crt]":                          {15, 11, true},
		"data.ca.crt":                           {15, 11, true},
		"data.ca":                               {15, 3, false},
		"spec.rules[0].from[0].source.ports[0]": {8, 15, false},
	} {
		n, found := Find(top, path)
		if n.Line != want.line || n.Column != want.column || found != want.found {
			t.Errorf("%s: line %d, column %d, found %v; want %+v", path, n.Line, n.Column, found, want)
		}
	}
	if n, found := Find(nil, "a"); n != nil || found {
		t.Errorf("found %v in nothing", n)
	}
}

// A message about a field points to it, or to what lacks it; in a ResourceList, which kustomize and
// kpt write anew, to the file that the object is kept in.
func TestReportPointsToTheField(t *testing.T) {
	item := NewItem(documentOf(t, findIn))
	item.File = "policies.yaml"
	for field, want := range map[string]string{
		"":                              "policies.yaml:1:1: [AP0701] Policy p: is odd",
		"spec.rules[0].to[1].operation": "policies.yaml:12:9: [AP0701] Policy p: spec.rules[0].to[1].operation: is odd",
		"spec.rules[0].when":            "policies.yaml:7:5: [AP0701] Policy p: spec.rules[0].when: is odd",
	} {
		if got := item.Report(diagnostic.RulesLost, field, "is odd", "", "").Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	item.File = ""
	if got, want := item.Report(diagnostic.RulesLost, "kind", "is odd", "", "").Error(), "[AP0701] Policy p: kind: is odd"; got != want {
		t.Errorf("without a file: %q, want %q", got, want)
	}
	item.Mark("annotations", PathAnnotationToo, "alice/policies.yaml")
	if got, want := item.Report(diagnostic.RulesLost, "kind", "is odd", "", "").Error(), "alice/policies.yaml: [AP0701] Policy p: kind: is odd"; got != want {
		t.Errorf("in a package: %q, want %q", got, want)
	}
}
