package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// What is not judged at the ingress, at a tenant's waypoint or everywhere is said, once for each object.
func TestFindingsNameClouds(t *testing.T) {
	const object = "\n---\nkind: %s\napiVersion: networking.istio.io/v1alpha3\nmetadata: {name: new, namespace: %s}\nspec: {%s}"
	const lab = "\n---\nkind: Service\napiVersion: v1\nmetadata: {name: lab, namespace: bob}\nspec: {selector: {app: lab}, ports: [{name: http, port: 80}]}"
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
		{"ServiceEntry", "alice", "hosts: [lab.bob.svc.cluster.local]", []string{"Service bob/lab leads to"}},
		{"ServiceEntry", "alice", "hosts: [lab.other.svc.cluster.local]", nil},
		{"DestinationRule", "bob", "host: lab, trafficPolicy: {tls: {mode: SIMPLE}}", []string{"waypoint bob/waypoint sends to Service bob/lab"}},
		{"DestinationRule", "bob", "host: lab, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}", nil},
		{"DestinationRule", "bob", "host: nothing, trafficPolicy: {tls: {mode: SIMPLE}}", nil},
		{"VirtualService", "bob", "hosts: [lab], http: [{fault: {}, route: [{destination: {host: elsewhere}}]}]", []string{"waypoint bob/waypoint sends to Service bob/lab"}},
		{"VirtualService", "bob", "hosts: [nothing], http: [{fault: {}, route: [{destination: {host: elsewhere}}]}]", nil},
		{"WorkloadEntry", "bob", "address: 10.1.2.3, labels: {app: lab}", []string{"Service bob/lab leads to"}},
		{"Rampart", "bob", "", []string{"Namespace bob does"}},
		{"Rampart", "istio-system", "", []string{"all of the mesh does"}},
		{"Telemetry", "istio-system", "", []string{"all of the mesh does"}}, // of a group that is not its own
	} {
		w := load(t, tenants(t)+lab+fmt.Sprintf(object, c.kind, c.namespace, c.spec))
		var got []string
		for _, f := range w.Findings([]Tenant{{Namespace: "alice", Waypoint: "waypoint"}, {Namespace: "bob", Waypoint: "waypoint"}}) {
			if f.Code == diagnostic.VerdictsClouded {
				got = append(got, f.Found)
				if f.Remedy != "remove the "+c.kind+", or check by hand whom it allows" && f.Remedy != "remove the field "+f.Field+", or check by hand whom it allows" {
					t.Errorf("remedy %q", f.Remedy)
				}
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

// What touches an ingress Gateway that is not in the manifests is reported as well: a case through it is NOT JUDGED too.
func TestFindingsNameCloudsOfAGatewayThatIsNotThere(t *testing.T) {
	const namespace = "kind: Namespace\napiVersion: v1\nmetadata: {name: cove, labels: {istio.io/dataplane-mode: ambient}}" +
		"\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: p, namespace: cove}\nspec: {rules: [{from: [{source: {principals: [cluster.local/ns/shore/sa/gateway-istio]}}]}]}"
	const filter = "\n---\nkind: EnvoyFilter\napiVersion: networking.istio.io/v1alpha3\nmetadata: {name: new, namespace: shore}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: %s}]}"
	for name, want := range map[string]bool{"gateway": true, "other": false} {
		reported := false
		for _, f := range load(t, namespace+fmt.Sprintf(filter, name)).Findings([]Tenant{{Namespace: "cove", Gateway: "shore/gateway", Ingress: "cluster.local/ns/shore/sa/gateway-istio"}}) {
			reported = reported || f.Code == diagnostic.VerdictsClouded && strings.Contains(f.Found, "Gateway shore/gateway does")
		}
		if reported != want {
			t.Errorf("%s: reported %v", name, reported)
		}
	}
}
