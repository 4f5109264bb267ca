package access

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// What is not judged at the ingress, at a tenant's waypoint or everywhere is said, once for each object.
func TestFindingsNameClouds(t *testing.T) {
	const object = "\n---\nkind: %s\napiVersion: networking.istio.io/v1alpha3\nmetadata: {name: new, namespace: %s}\nspec: {%s}"
	const to = "targetRefs: [{group: gateway.networking.k8s.io, kind: %s, name: %s}]"
	for _, c := range []struct {
		kind, namespace, spec string
		want                  []string
	}{
		{"EnvoyFilter", "istio-system", fmt.Sprintf(to, "Gateway", "ambient-ingressgateway"), []string{"Gateway istio-system/ambient-ingressgateway does"}},
		{"EnvoyFilter", "istio-system", fmt.Sprintf(to, "Gateway", "another"), nil},
		{"EnvoyFilter", "istio-system", "", []string{"Gateway istio-system/ambient-ingressgateway does"}},
		{"EnvoyFilter", "istio-system", fmt.Sprintf(to, "GatewayClass", "istio-waypoint"), []string{"waypoint alice/waypoint does"}},
		{"EnvoyFilter", "bob", fmt.Sprintf(to, "Gateway", "waypoint"), []string{"waypoint bob/waypoint does"}},
		{"EnvoyFilter", "bob", "", nil},
		{"ServiceEntry", "bob", "hosts: [example.com]", nil},
		{"Rampart", "bob", "", []string{"Namespace bob does"}},
		{"Rampart", "istio-system", "", []string{"all of the mesh does"}},
		{"Telemetry", "istio-system", "", []string{"all of the mesh does"}}, // of a group that is not its own
	} {
		w := load(t, tenants(t)+fmt.Sprintf(object, c.kind, c.namespace, c.spec))
		var got []string
		for _, f := range w.Findings([]Tenant{{Namespace: "alice", Waypoint: "waypoint"}, {Namespace: "bob", Waypoint: "waypoint"}}) {
			if f.Code == diagnostic.VerdictsClouded {
				got = append(got, f.Found)
				if f.Object.Name != "new" || f.Position.Line == 0 {
					t.Errorf("about %+v at %+v", f.Object, f.Position)
				}
			}
		}
		for i := range got {
			got[i] = got[i][len("may change what "):]
		}
		if !slices.EqualFunc(got, c.want, func(a, b string) bool { return len(a) > len(b) && a[:len(b)] == b }) {
			t.Errorf("%s in %s %s: %q, want %q", c.kind, c.namespace, c.spec, got, c.want)
		}
	}
}

// A Gateway of another class is named where its routes lead to a tenant.
func TestFindingsNameGatewaysOfOtherClasses(t *testing.T) {
	const gate = "\n---\nkind: Gateway\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: side, namespace: edge}\nspec: {gatewayClassName: doorman, listeners: [{name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}"
	route := func(namespace string) string {
		return "\n---\nkind: HTTPRoute\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: side, namespace: " + namespace + "}\nspec: {parentRefs: [{name: side, namespace: edge}], rules: [{backendRefs: [{name: lab, port: 80}]}]}"
	}
	for namespace, want := range map[string]string{
		"bob":   "may change what Gateway edge/side does (class doorman is not one of Istio's Envoys, so Istio's policies may not hold there)",
		"other": "",
	} {
		got := ""
		for _, f := range load(t, tenants(t)+gate+route(namespace)).Findings([]Tenant{{Namespace: "alice", Waypoint: "waypoint"}, {Namespace: "bob", Waypoint: "waypoint"}}) {
			if f.Code == diagnostic.VerdictsClouded {
				got += f.Found
			}
		}
		if got != want {
			t.Errorf("%s: %q", namespace, got)
		}
	}
}
