package fn

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// A message has a line only together with its file.
func TestMessagesOfTheRefereeAreLocated(t *testing.T) {
	item := func(file, text string) *manifest.Item {
		i := manifest.NewItem(yaml.MustParse(text).YNode())
		i.File = file
		return i
	}
	const service = "apiVersion: v1\nkind: Service\nmetadata: {name: "
	items := []*manifest.Item{
		item("a.yaml", service+"a, namespace: alice}"),
		item("b.yaml", service+"a}"), // in default
		item("c.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: alice}"),
		item("", service+"new, namespace: alice}"),
		item("", service+"kept, namespace: alice, annotations: {config.kubernetes.io/path: k.yaml}}"),
		item("d.yaml", service+"twice, namespace: alice}"), item("e.yaml", service+"twice, namespace: alice}"),
		item("rendered.yaml", service+"based, namespace: alice, annotations: {config.kubernetes.io/origin: \"path: ../base/service.yaml\\n\"}}"),
		item("rendered.yaml", service+"far, namespace: alice, annotations: {config.kubernetes.io/origin: \"path: s.yaml\\nrepo: https://github.com/a/b\\n\"}}"),
		item("f.yaml", "apiVersion: example.com/v1\nkind: Service\nmetadata: {name: other, namespace: alice}"),
	}
	for object, want := range map[diagnostic.Object]diagnostic.Position{
		{APIVersion: "v1", Kind: "Service", Namespace: "alice", Name: "a"}:                 {File: "a.yaml", Line: 7, Column: 3},
		{APIVersion: "v1", Kind: "Service", Namespace: "default", Name: "a"}:               {File: "b.yaml", Line: 7, Column: 3},
		{APIVersion: "v1", Kind: "Namespace", Name: "alice"}:                               {File: "c.yaml", Line: 7, Column: 3},
		{APIVersion: "v1", Kind: "Service", Namespace: "alice", Name: "new"}:               {},
		{APIVersion: "v1", Kind: "Service", Namespace: "alice", Name: "kept"}:              {File: "k.yaml"},
		{APIVersion: "v1", Kind: "Service", Namespace: "alice", Name: "twice"}:             {},
		{APIVersion: "v1", Kind: "Service", Namespace: "alice", Name: "based"}:             {File: "../base/service.yaml"}, // whose lines nobody knows
		{APIVersion: "v1", Kind: "Service", Namespace: "alice", Name: "far"}:               {File: "rendered.yaml", Line: 7, Column: 3},
		{APIVersion: "v1", Kind: "Service", Namespace: "alice", Name: "other"}:             {},
		{APIVersion: "example.com/v2", Kind: "Service", Namespace: "alice", Name: "other"}: {File: "f.yaml", Line: 7, Column: 3},
	} {
		found := []diagnostic.Diagnostic{{Object: object, Position: diagnostic.Position{Line: 7, Column: 3}}}
		if got := located(found, items)[0].Position; got != want {
			t.Errorf("%v: %v, want %v", object, got, want)
		}
	}
}
