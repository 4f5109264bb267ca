package access

import (
	"strings"
	"testing"
)

// The line under the table counts namespaces, clients and what is not judged.
func TestSummary(t *testing.T) {
	const open = "kind: Namespace\napiVersion: v1\nmetadata: {name: b, labels: {istio.io/dataplane-mode: ambient}}\n---\nkind: Service\napiVersion: v1\nmetadata: {name: s, namespace: b}\nspec: {selector: {app: s}, ports: [{port: 80}]}"
	const filter = "\n---\nkind: EnvoyFilter\napiVersion: networking.istio.io/v1alpha3\nmetadata: {name: f, namespace: bob}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]}"
	for _, c := range []struct{ text, want string }{
		{open, "1 namespace, 1 client, every line judged"},
		{tenants(t), "3 namespaces, 19 clients, 1 of 28 lines NOT JUDGED"},
		{tenants(t) + filter, "3 namespaces, 22 clients, 8 of 41 lines NOT JUDGED"},
	} {
		r := load(t, c.text).Explain(kubeflow)
		if got := strings.TrimSpace(written(t, func(b *strings.Builder) error { return r.WriteSummary(b) })); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		if raw := written(t, func(b *strings.Builder) error { return r.WriteJSON(b) }); strings.Contains(raw, "clients") {
			t.Error(raw)
		}
	}
}
