package diagnostic

import (
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Results are what kyaml, and so kpt, reads: nothing is in a field that it does not know.
func TestResultsAreThoseOfKyaml(t *testing.T) {
	all := []Diagnostic{
		{Code: RulesLost, Position: Position{File: "a/b.yaml", Index: 2}, Object: configMap("a"), Field: "data[x]", Found: "is odd", Effect: "it has no effect", Remedy: "write 1"},
		{Code: RulesLost, Position: Position{File: "a/b.yaml"}, Object: config("kubeflow"), Field: "spec.x", Found: "is odd"},
		{Code: ModelHostsUnknown, Object: Object{Kind: "ConfigMap", Name: "a"}, Field: "data", Found: "yes"},
		{Found: "a\x1bb"},
	}
	text, err := yaml.Marshal(Results(all))
	if err != nil {
		t.Fatal(err)
	}
	var got framework.Results
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&got); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	ref := func(version, kind, namespace, name string) *yaml.ResourceIdentifier {
		return &yaml.ResourceIdentifier{TypeMeta: yaml.TypeMeta{APIVersion: version, Kind: kind}, NameMeta: yaml.NameMeta{Name: name, Namespace: namespace}}
	}
	want := framework.Results{
		{Message: "[AP0701] is odd; it has no effect; write 1", Severity: framework.Warning, ResourceRef: ref("v1", "ConfigMap", "kubeflow", "a"), Field: &framework.Field{Path: "data[x]"}, File: &framework.File{Path: "a/b.yaml", Index: 2}},
		{Message: "[AP0701] is odd", Severity: framework.Warning, ResourceRef: ref("ambient.kubeflow.org/v1alpha1", "AmbientProfile", "", "kubeflow"), Field: &framework.Field{Path: "spec.x"}, File: &framework.File{Path: "a/b.yaml"}},
		{Message: "[AP0345] ConfigMap a: data: yes", Severity: framework.Info, Field: &framework.Field{Path: "data"}},
		{Message: `a\x1bb`, Severity: framework.Error},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %s\nwant %s", got.Error(), want.Error())
	}
	if line, want := got[0].String(), "[warning] v1/ConfigMap/kubeflow/a data[x]: [AP0701] is odd; it has no effect; write 1"; line != want {
		t.Errorf("kyaml prints %q, want %q", line, want)
	}
}

// Two objects are two results, even where they share a line on stderr.
func TestEachObjectHasAResult(t *testing.T) {
	all := []Diagnostic{{Object: configMap("a"), Found: "is odd"}, {Object: configMap("b"), Found: "is odd"}}
	if n := len(Results(all).Content); n != 2 {
		t.Errorf("%d results, want 2", n)
	}
}
