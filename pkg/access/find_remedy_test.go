package access

import (
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// A remedy is one that helps: where the label is set, istio-cni's ConfigMap is what leaves the pods out.
func TestRemediesOfPodsOffTheMesh(t *testing.T) {
	const space = "kind: Namespace\napiVersion: v1\nmetadata: {name: quay, labels: {istio.io/dataplane-mode: ambient}}"
	const cni = "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: istio-cni-config, namespace: istio-system}\ndata: "
	const pod = "\n---\nkind: DaemonSet\napiVersion: apps/v1\nmetadata: {name: gauge, namespace: quay}\nspec: {template: {metadata: {labels: {app: gauge}}, spec: {hostNetwork: true, containers: [{name: c}]}}}"
	for _, c := range []struct {
		name, text, want string
		code             diagnostic.Code
	}{
		{"no label", strings.Replace(space, "ambient}", "none}", 1), "label it istio.io/dataplane-mode: ambient", diagnostic.NamespaceOffMesh},
		{"excluded", space + cni + "{EXCLUDE_NAMESPACES: 'kube-system,quay'}", "remove it from EXCLUDE_NAMESPACES in ConfigMap istio-cni-config", diagnostic.NamespaceOffMesh},
		{"not selected", space + cni + "{AMBIENT_ENABLEMENT_SELECTOR: '[{podSelector: {matchLabels: {in: mesh}}}]'}", "correct AMBIENT_ENABLEMENT_SELECTOR in ConfigMap istio-cni-config, which does not select its pods", diagnostic.NamespaceOffMesh},
		{"the node's network", space + pod, "remove hostNetwork: true, or run it in a namespace of its own", diagnostic.PodsLeaveMesh},
	} {
		got := ""
		for _, f := range load(t, c.text).Findings([]Tenant{{Namespace: "quay"}}) {
			if f.Code == c.code {
				got = f.Remedy
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
