package access

import (
	"strings"
	"testing"
)

// twoServices adds to the world of s a Service t of pods that no client may reach, and objects that are bound to s.
func twoServices(objects ...string) string {
	return small + strings.Join(append([]string{`
---
kind: Service
apiVersion: v1
metadata: {name: t, namespace: a}
spec: {selector: {app: t}, ports: [{name: http, port: 80}]}
---
kind: Pod
apiVersion: v1
metadata: {name: t, namespace: a, labels: {app: t}}
---
kind: AuthorizationPolicy
apiVersion: security.istio.io/v1
metadata: {name: shut, namespace: a}
spec: {selector: {matchLabels: {app: t}}}
---
kind: Namespace
apiVersion: v1
metadata: {name: other, labels: {istio.io/dataplane-mode: ambient}}`}, objects...), "\n---\n")
}

const ofS = "parentRefs: [{group: '', kind: Service, name: s, namespace: a}]"

func virtual(namespace, spec string) string {
	return "kind: VirtualService\napiVersion: networking.istio.io/v1\nmetadata: {name: v, namespace: " + namespace + "}\nspec: {" + spec + "}"
}

// A route that is bound to a Service is followed at its waypoint, behind the waypoint's policies, and no policy of the Service that it leads
// to is asked but those of ztunnel.
func TestRoutesOfAService(t *testing.T) {
	pod := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}, Path: "/x", Method: "GET"}
	split := "rules: [{backendRefs: [{name: s, port: 80}, {name: t, port: 80}]}]"
	for _, c := range []struct {
		name, text string
		want       Outcome
		by         string
	}{
		{"none", twoServices(), Allow, ""},
		{"to other pods", twoServices(route1("HTTPRoute", "r", ofS+", "+routed("t"))), Deny, "a/shut"},
		{"of a GRPCRoute", twoServices(route1("GRPCRoute", "r", ofS+", "+routed("t"))), Deny, "a/shut"},
		{"to its own", twoServices(route1("HTTPRoute", "r", ofS+", "+routed("s"))), Allow, ""},
		{"to both", twoServices(route1("HTTPRoute", "r", ofS+", "+split)), Allow, ""},
		{"for another port", twoServices(route1("HTTPRoute", "r", strings.Replace(ofS, "name: s,", "name: s, port: 100,", 1)+", "+routed("t"))), Allow, ""},
		{"for this port", twoServices(route1("HTTPRoute", "r", strings.Replace(ofS, "name: s,", "name: s, port: 80,", 1)+", "+routed("t"))), Deny, "a/shut"},
		{"for another path", twoServices(route1("HTTPRoute", "r", ofS+", rules: [{matches: [{path: {value: /y}}], backendRefs: [{name: t, port: 80}]}]")), Deny, "404"},
		{"by the longer path", twoServices(route1("HTTPRoute", "r", ofS+", rules: [{backendRefs: [{name: s, port: 80}]}, {matches: [{path: {value: /x}}], backendRefs: [{name: t, port: 80}]}]")), Deny, "a/shut"},
		{"whatever its hostnames", twoServices(route1("HTTPRoute", "r", "hostnames: [x.example], "+ofS+", "+routed("t"))), Deny, "a/shut"},
		{"of another namespace", edit(t, twoServices(route1("HTTPRoute", "r", ofS+", rules: [{backendRefs: [{name: t, namespace: a, port: 80}]}]")), "{name: r, namespace: a}", "{name: r, namespace: other}"), Allow, ""},
		{"two that are equal", twoServices(route1("HTTPRoute", "r", ofS+", "+routed("t")), route1("HTTPRoute", "r2", ofS+", "+routed("s"))), NotJudged, "equal match"},
		{"two that come to the same", twoServices(route1("HTTPRoute", "r", ofS+", "+routed("t")), route1("HTTPRoute", "r2", ofS+", "+routed("t"))), Deny, "a/shut"},
		{"a redirect", twoServices(route1("HTTPRoute", "r", ofS+", rules: [{filters: [{type: RequestRedirect}]}]")), NotJudged, "redirect"},
		{"to nothing", twoServices(route1("HTTPRoute", "r", ofS+", rules: [{}]")), NotJudged, "no backend"},
		{"to a port that is not there", twoServices(route1("HTTPRoute", "r", ofS+", rules: [{backendRefs: [{name: t, port: 81}]}]")), NotJudged, "port 81"},
		{"into a namespace that is not there", twoServices(route1("HTTPRoute", "r", ofS+", rules: [{backendRefs: [{name: t, namespace: z, port: 80}]}]")), NotJudged, "Namespace"},
		{"to another kind", twoServices(route1("HTTPRoute", "r", ofS+", rules: [{backendRefs: [{kind: Other, group: x, name: t, port: 80}]}]")), NotJudged, "Other"},
		{"a VirtualService to other pods", twoServices(virtual("a", "hosts: [s], http: [{route: [{destination: {host: t}}]}]")), Deny, "a/shut"},
		{"by its full host", twoServices(virtual("a", "hosts: [s.a.svc.cluster.local], http: [{route: [{destination: {host: t}}]}]")), Deny, "a/shut"},
		{"by a pattern", twoServices(virtual("a", "hosts: ['*.a.svc.cluster.local'], http: [{route: [{destination: {host: t}}]}]")), Deny, "a/shut"},
		{"for another host", twoServices(virtual("a", "hosts: [s.example], http: [{route: [{destination: {host: t}}]}]")), Allow, ""},
		{"to its own pods", twoServices(virtual("a", "hosts: [s], http: [{timeout: 5s, route: [{destination: {host: s}}]}]")), Allow, ""},
		{"not all of them", twoServices(virtual("a", "hosts: [s], http: [{match: [{uri: {prefix: /x}}], route: [{destination: {host: s}}]}]")), NotJudged, "VirtualService a/v"},
		{"to several", twoServices(virtual("a", "hosts: [s], http: [{match: [{uri: {prefix: /x}}], route: [{destination: {host: s}}]}, {route: [{destination: {host: t}}]}]")), NotJudged, "several"},
		{"a subset", twoServices(virtual("a", "hosts: [s], http: [{route: [{destination: {host: s, subset: v1}}]}]")), NotJudged, "VirtualService a/v"},
		{"a fault", twoServices(virtual("a", "hosts: [s], http: [{fault: {}, route: [{destination: {host: s}}]}]")), NotJudged, "VirtualService a/v"},
		{"of a gateway only", twoServices(virtual("a", "gateways: [x/y], hosts: [s], http: [{route: [{destination: {host: t}}]}]")), Allow, ""},
		{"of another namespace's", twoServices(virtual("other", "hosts: [s.a.svc.cluster.local], http: [{route: [{destination: {host: t.a.svc.cluster.local}}]}]")), Allow, ""},
		{"of connections only", twoServices(virtual("a", "hosts: [s], tcp: [{route: [{destination: {host: t}}]}]")), Allow, ""},
		{"together with a route", twoServices(virtual("a", "hosts: [s], http: [{route: [{destination: {host: s}}]}]"), route1("HTTPRoute", "r", ofS+", "+routed("s"))), NotJudged, "which comes first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v := decides(t, load(t, c.text), pod, c.want); !strings.Contains(v.By(), c.by) {
				t.Errorf("by %s, want %s", v.By(), c.by)
			}
		})
	}
}

// Connections have routes of their own.
func TestConnectionsOfAService(t *testing.T) {
	tcp := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}, Port: 90, TCP: true}
	decides(t, load(t, twoServices(route1("HTTPRoute", "r", ofS+", "+routed("t")))), tcp, Allow)
	decides(t, load(t, twoServices(route1("TCPRoute", "r", ofS+", "+routed("t")))), tcp, NotJudged)
	decides(t, load(t, twoServices(virtual("a", "hosts: [s], tcp: [{route: [{destination: {host: t}}]}]"))), tcp, NotJudged)
}

// The policies of the waypoint come first.
func TestAWaypointJudgesBeforeItRoutes(t *testing.T) {
	text := onWaypoint("rules: [{to: [{operation: {methods: [GET]}}]}]") + "\n---\n" + route1("HTTPRoute", "r", ofS+", rules: [{filters: [{type: RequestRedirect}]}]")
	r := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}, Method: "POST"}
	decides(t, load(t, text), r, Deny)
	// Pod addresses pass the waypoint and its routes by.
	r.To = To{Namespace: "a", Service: "s", Direct: true}
	decides(t, load(t, twoServices(route1("HTTPRoute", "r", ofS+", "+routed("t")))), r, Allow)
}

// A client with a sidecar follows the routes of the mesh itself.
func TestASidecarFollowsRoutes(t *testing.T) {
	client := "kind: Namespace\napiVersion: v1\nmetadata: {name: legacy, labels: {istio-injection: enabled}}"
	r := Request{From: From{ServiceAccount: "legacy/c"}, To: To{Namespace: "a", Service: "s"}}
	decides(t, load(t, twoServices(client)), r, Allow)
	for _, o := range []string{
		route1("HTTPRoute", "r", ofS+", "+routed("t")), virtual("legacy", "hosts: [s.a.svc.cluster.local], http: [{route: [{destination: {host: t.a.svc.cluster.local}}]}]"),
	} {
		if v := decides(t, load(t, twoServices(client, o)), r, NotJudged); !strings.Contains(v.Why, "sidecar follows") {
			t.Error(v.By())
		}
	}
	direct := r
	direct.To.Direct = true
	decides(t, load(t, twoServices(client, route1("HTTPRoute", "r", ofS+", "+routed("t")))), direct, Allow)
}

// From the ingress a headless Service goes to the waypoint, which has no address to go to.
func TestAHeadlessServiceBehindTheIngress(t *testing.T) {
	text := func(port, mark string) string {
		head := edit(t, twoDoors(route1("HTTPRoute", "r", toFront+", rules: [{backendRefs: [{name: h, port: "+port+"}]}]")), "istio.io/use-waypoint: waypoint", "istio.io/use-waypoint: waypoint"+mark)
		return head + "\n---\nkind: Service\napiVersion: v1\nmetadata: {name: h, namespace: a}\nspec: {clusterIP: None, selector: {app: s}, ports: [{name: http, port: " + port + "}]}"
	}
	const marked = `, istio.io/ingress-use-waypoint: "true"`
	r := Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "h"}, Path: "/x"}
	if v := decides(t, load(t, text("80", marked)), r, Deny); !strings.Contains(v.Why, "503") {
		t.Error(v.By())
	}
	decides(t, load(t, text("80", "")), r, Allow)            // past the waypoint, to the pods
	decides(t, load(t, text("15000", marked)), r, NotJudged) // Envoy's own interface
	policy := "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: p, namespace: a}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]}"
	if v := decides(t, load(t, text("15000", marked)+policy), r, Deny); v.Policy != "a/p" {
		t.Error(v.By())
	}
}
