package access

import (
	"strings"
	"testing"
)

// Which account an ingress runs as that the manifests lack, only its owner can say.
func TestFindingsTakeTheTenantsWordForTheIngress(t *testing.T) {
	text := tenants(t)
	at := strings.Index(text, "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway")
	end := strings.Index(text, "\n---\napiVersion: security.istio.io/v1\nkind: RequestAuthentication")
	bare := edit(t, text[:at]+text[end:], "sa/ambient-ingressgateway-istio", "sa/proxy")
	second := "\n---\n" + `kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: other, namespace: istio-system, annotations: {gateway.istio.io/service-account: proxy}}
spec: {gatewayClassName: istio, listeners: [{name: web, port: 80, protocol: HTTP}]}`
	both := edit(t, text, "sa/ambient-ingressgateway-istio", "sa/proxy") + second
	deny := "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: x, namespace: istio-system}\n" +
		"spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: NAME}], action: DENY, rules: [{}]}"
	of := func(ingress string) []Tenant {
		list := append([]Tenant(nil), twoTenants...)
		for i := range list {
			list[i].Ingress = ingress
		}
		return list
	}
	const proxy = "cluster.local/ns/istio-system/sa/proxy"
	for _, c := range []struct {
		name, text, ingress string
		want                int
	}{
		{"as its Gateway is usually called", bare, "", 2},
		{"as the tenants say", bare, proxy, 0},
		{"as the tenants say wrongly", bare, "cluster.local/ns/istio-system/sa/other", 2},
		{"what is not a principal has no effect", bare, "proxy", 2},
		{"in another trust domain, which the mesh decides", bare, "corp/ns/istio-system/sa/proxy", 0},
		{"but a Gateway that is there knows better", edit(t, text, "sa/ambient-ingressgateway-istio", "sa/proxy"), proxy, 2},
		{"of another namespace it does not", edit(t, edit(t, text, "sa/ambient-ingressgateway-istio", "sa/proxy"), "ns/istio-system/sa/proxy", "ns/edge/sa/proxy"), "cluster.local/ns/edge/sa/proxy", 0},
		{"nor one that is deployed by hand", edit(t, edit(t, text, "sa/ambient-ingressgateway-istio", "sa/proxy"), "  gatewayClassName: istio\n", "  gatewayClassName: istio\n  addresses: [{type: Hostname, value: proxy}]\n"), proxy, 0},
		{"nor one with several addresses", edit(t, edit(t, text, "sa/ambient-ingressgateway-istio", "sa/proxy"), "  gatewayClassName: istio\n", "  gatewayClassName: istio\n  addresses: [{value: 10.0.0.1}, {value: 10.0.0.2}]\n"), proxy, 0},
		{"of two Gateways the one that is deployed by hand", edit(t, both, "annotations: {gateway.istio.io/service-account: proxy}}\nspec: {", "labels: {}}\nspec: {addresses: [{type: Hostname, value: x}], ") + edit(t, deny, "NAME", "ambient-ingressgateway"), proxy, 0},
		{"of two Gateways the one in its namespace", edit(t, strings.TrimPrefix(second, "\n---\n"), "namespace: istio-system", "namespace: edge") + "\n---\n" + both + edit(t, edit(t, deny, "NAME", "other"), "namespace: istio-system", "namespace: edge"), proxy, 0},
		{"an address that Istio is to take is not by hand", edit(t, edit(t, text, "sa/ambient-ingressgateway-istio", "sa/proxy"), "  gatewayClassName: istio\n", "  gatewayClassName: istio\n  addresses: [{value: 10.0.0.1}]\n"), proxy, 2},
		{"of two Gateways that which runs so", both + edit(t, deny, "NAME", "other"), proxy, 2},
		{"and not the other", both + edit(t, deny, "NAME", "ambient-ingressgateway"), proxy, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := load(t, c.text).Findings(of(c.ingress)); len(got) != c.want {
				t.Errorf("%q", got)
			}
		})
	}
	// The same account counts where a policy opens the waypoint to all users.
	open := bare + "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: x, namespace: alice}\n" +
		"spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{from: [{source: {principals: [" + proxy + "]}}]}]}"
	if got := load(t, open).Findings(of(proxy)); len(got) != 1 || !strings.Contains(got[0].Found, "every request from the ingress, for any user") {
		t.Errorf("%q", got)
	}
}
