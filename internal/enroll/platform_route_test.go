package enroll

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// The rule that a warning says to write does what the VirtualService did, and is valid in a flow-style
// document, whatever its strings hold.
func TestSuggestedRuleDoesTheSame(t *testing.T) {
	const service = "kind: Service\nmetadata: {name: s, namespace: a}\nspec: {ports: [{port: 8080}]}\n"
	input := survey.NewIndex(profile.Spec{}, []*manifest.Item{manifest.NewItem(yaml.MustParse("apiVersion: v1\n" + service).YNode())})
	for _, r := range []oldRoute{
		{path: "/a/", service: "s", namespace: "a", port: "80", rewrite: "/a/"},
		{path: "/a/", service: "s", namespace: "a", port: "80", rewrite: "/", prefix: "/a", timeout: "300s"},
		{path: "/a, {b}: #c", service: "s", namespace: "a", port: "80", rewrite: "[x]", prefix: "true"},
		{path: "/a/", service: "s", namespace: "a", rewrite: "/a/"},
	} {
		text := r.rule(input)
		parsed, err := yaml.Parse("spec: {rules: [" + text + "]}")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		rule := manifest.Field(parsed.YNode(), "spec", "rules").Content[0]
		wantPort := r.port
		if wantPort == "" {
			wantPort = "8080"
		}
		backend := manifest.Field(rule, "backendRefs").Content[0]
		path := manifest.Value(manifest.Field(rule, "matches").Content[0], "path", "value")
		if !r.doesTheSame(rule) || path != r.path || manifest.Value(backend, "name") != "s" || manifest.Value(backend, "port") != wantPort {
			t.Errorf("%+v: wrote %s", r, text)
		}
	}
}
