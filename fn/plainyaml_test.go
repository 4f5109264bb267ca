package fn

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// plainYAML writes what the library writes, to the byte, whatever stands in a text.
func FuzzPlainYAML(f *testing.F) {
	for _, s := range []string{"alice@example.com", "*", " x", "x ", "a: b", "- a", "#", "a #b", "{a}", "[a]", "0x1", "on", "~", "'", "\"", "\\", "\t", "é", "?", "!", "&a", "%", "@", "`", ":", "a:", ",", "---", "..."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o := generate.Object{
			APIVersion: "v1", Kind: "ConfigMap", Name: s, Namespace: "ns",
			Annotations: map[string]string{"owner": s},
			Fields: generate.Fields{
				"empty": generate.Fields{}, "list": []string{s, "x", s}, "maps": []generate.Fields{{"a": s, "b": 1}, {}, {"c": []string{s}}}, "bool": true,
				"deep": generate.Fields{"deeper": generate.Fields{"value": s}},
			},
		}
		n := o.Node()
		if !plain(n) || !utf8.ValidString(s) { // YAML that is no UTF-8 was refused when it was read
			t.Skip("for the library")
		}
		for _, form := range []form{documentForm, sequenceForm} {
			var theirs bytes.Buffer
			ours, err := newWriter(form).text(n)
			if err != nil {
				t.Fatal(err)
			}
			library := n
			if form == sequenceForm {
				library = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{n}}
			}
			if err := encode(&theirs, library); err != nil {
				t.Fatal(err)
			}
			if string(ours) != theirs.String() {
				t.Errorf("%q: %s", s, firstDifference(theirs.String(), string(ours)))
			}
		}
	})
}

// Everything that is made for a tenant takes the short way, but for texts of several lines.
func TestManifestsArePlain(t *testing.T) {
	p := must(profile.Parse(yaml.MustParse(read(t, goldenDir+"/contributors-of-each-role-get-in/profile.yaml")).YNode()))
	for _, o := range generate.Manifests(generate.NewPlan(p)) {
		if !plain(o.Node()) {
			t.Errorf("%s %s goes through the library", o.Kind, o.Name)
		}
	}
}
