package manifest_test

import (
	"os"
	"testing"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// plainYAML writes what the library writes, byte for byte, for any string.
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
		if !manifest.Plain(n) || !utf8.ValidString(s) { // YAML that is not UTF-8 was rejected when it was read
			t.Skip("for the library")
		}
		for _, sequence := range []bool{false, true} {
			ours, err := manifest.ByUs(n, sequence)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := manifest.ByLibrary(n, sequence)
			if err != nil {
				t.Fatal(err)
			}
			if string(ours) != string(theirs) {
				t.Errorf("%q: the library writes\n%s\nwe write\n%s", s, theirs, ours)
			}
		}
	})
}

// Everything that is made for a tenant takes the short way, except for texts of several lines.
func TestManifestsArePlain(t *testing.T) {
	text, err := os.ReadFile("../../testdata/golden/contributors-of-each-role-get-in/profile.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(yaml.MustParse(string(text)).YNode())
	if err != nil {
		t.Fatal(err)
	}
	found, _, err := survey.Look(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range generate.Manifests(generate.NewPlan(p, found)) {
		if !manifest.Plain(o.Node()) {
			t.Errorf("%s %s goes through the library", o.Kind, o.Name)
		}
	}
}
