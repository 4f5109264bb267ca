package access

import "testing"

// A Gateway that routes or policies name is not a pod among the clients, whatever its name.
func TestANamedGatewayIsNoPod(t *testing.T) {
	by := func(kind string) string {
		return small + "\n---\n" + route1("HTTPRoute", "r", "parentRefs: [{kind: "+kind+", name: door, namespace: edge}], "+routed("s")) +
			"\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: p, namespace: a}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{from: [{source: {principals: [cluster.local/ns/edge/sa/door-istio]}}]}]}"
	}
	for kind, want := range map[string]bool{"Gateway": true, "Other": false} {
		if got := load(t, by(kind)).namedFronts()["edge/door-istio"]; got != want {
			t.Errorf("%s: %v", kind, got)
		}
		if got := load(t, by(kind)).proxyOf("edge", "door-istio"); (got == "gateway edge/door") != want {
			t.Errorf("%s: %q", kind, got)
		}
	}
	if load(t, small+"\n---\n"+route1("HTTPRoute", "r", "parentRefs: [{name: waypoint}], "+routed("s"))).namedFronts()["a/waypoint-istio"] {
		t.Error("a Gateway of the manifests has the account that it says")
	}
}
