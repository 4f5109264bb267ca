package survey

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Only a policy that istiod enforces for every workload closes the mesh.
func TestDeniesByDefault(t *testing.T) {
	spec := profile.Spec{}
	spec.Cluster.RootNamespace = "istio-system"
	for fields, want := range map[string]bool{
		"metadata: {name: a, namespace: istio-system}\nspec: {}":                                           true,
		"metadata: {name: a, namespace: istio-system}\nspec: {action: ALLOW, rules: []}":                   true,
		"metadata: {name: a, namespace: istio-system, annotations: {istio.io/dry-run: 'false'}}\nspec: {}": true,
		"metadata: {name: a, namespace: istio-system, annotations: {istio.io/dry-run: 'true'}}\nspec: {}":  false,
		"metadata: {name: a, namespace: istio-system, annotations: {istio.io/dry-run: 'yes'}}\nspec: {}":   false,
		"metadata: {name: a, namespace: istio-system, labels: {istio.io/rev: canary}}\nspec: {}":           false,
		"metadata: {name: a, namespace: kubeflow}\nspec: {}":                                               false,
		"metadata: {name: a, namespace: istio-system}\nspec: {action: DENY}":                               false,
		"metadata: {name: a, namespace: istio-system}\nspec: {rules: [{}]}":                                false,
		"metadata: {name: a, namespace: istio-system}\nspec: {selector: {matchLabels: {app: a}}}":          false,
		"metadata: {name: a, namespace: istio-system}\nspec: {targetRefs: [{kind: Service, name: a}]}":     false,
	} {
		item := manifest.NewItem(yaml.MustParse("apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n" + fields + "\n").YNode())
		if got := deniesByDefault(spec, NewIndex(spec, []*manifest.Item{item})); got != want {
			t.Errorf("%s: %v", fields, got)
		}
	}
}

// A tag without a name is read differently by the controllers that read the value.
func TestEmbeddedYAMLIsReadAsFilesAre(t *testing.T) {
	labels := manifest.NewItem(yaml.MustParse("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: namespace-labels-data, namespace: kubeflow}\ndata: {namespace-labels.yaml: 'team: ! yes'}\n").YNode())
	if found, err := LabelsOfAll(labels); err == nil {
		t.Errorf("labels %v", found)
	}
	gateway := manifest.NewID(IstioNetworking, "Gateway", "kubeflow", "kubeflow-gateway")
	for text, want := range map[string]bool{
		"[{name: kubeflow-gateway, namespace: kubeflow}]":       true,
		"[{name: other, namespace: kubeflow}]":                  false,
		"[{name: ! kubeflow-gateway, namespace: kubeflow-too}]": true, // whatever it means
		"": false,
	} {
		if got := inGatewayList(text, gateway); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
