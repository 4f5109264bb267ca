package access

import (
	"fmt"
	"strings"
	"testing"
)

// An EndpointSlice that is written by hand adds addresses to a Service behind its waypoint; one that Kubernetes makes of the Service's pods adds none.
func TestEndpointSlices(t *testing.T) {
	const slice = "\n---\nkind: EndpointSlice\napiVersion: discovery.k8s.io/v1\nmetadata: {name: new, namespace: %s, labels: {%s}}\nendpoints: [{addresses: [10.3.4.5]}]"
	const byHand = "gateway, off mesh, sidecar, waypoint"
	for _, c := range []struct{ namespace, labels, want string }{
		{"a", "kubernetes.io/service-name: s", byHand},
		{"a", "kubernetes.io/service-name: s, endpointslice.kubernetes.io/managed-by: someone.example", byHand},
		{"a", "kubernetes.io/service-name: s, endpointslice.kubernetes.io/managed-by: endpointslicemirroring-controller.k8s.io", byHand},
		{"a", "kubernetes.io/service-name: s, endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io", ""},
		{"a", "kubernetes.io/service-name: t", ""},
		{"z", "kubernetes.io/service-name: s", ""},
		{"a", "app: s", ""},
	} {
		got := strings.Join(cloudedBy(t, load(t, cloudWorld), load(t, cloudWorld+fmt.Sprintf(slice, c.namespace, c.labels))), ", ")
		if got != c.want {
			t.Errorf("%s, %s: clouds %q, want %q", c.namespace, c.labels, got, c.want)
		}
	}
}
