package profile

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// A field that YAML does not have moves no other one: each value arrives at the field of its name.
func TestDecodeReadsFieldsAfterOneThatYAMLDoesNotHave(t *testing.T) {
	var got struct {
		First  string `yaml:"first"`
		Inner  string `yaml:"-"`
		Second string `yaml:"second"`
		Third  string `yaml:"third"`
	}
	if refused := decode(yaml.MustParse("{first: a, second: b, third: c}").YNode(), &got); len(refused.all) > 0 {
		t.Fatal(refused.all)
	}
	if got.First != "a" || got.Inner != "" || got.Second != "b" || got.Third != "c" {
		t.Errorf("read as %+v", got)
	}
}
