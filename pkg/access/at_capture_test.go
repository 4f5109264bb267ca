package access

import (
	"strings"
	"testing"
)

// A policy at the waypoint that allows GET, and one at ztunnel that allows only the waypoint.
const closed = `
---
kind: AuthorizationPolicy
apiVersion: security.istio.io/v1
metadata: {name: l7, namespace: a}
spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{to: [{operation: {methods: [GET]}}]}]}
---
kind: AuthorizationPolicy
apiVersion: security.istio.io/v1
metadata: {name: l4, namespace: a}
spec: {rules: [{from: [{source: {principals: [cluster.local/ns/a/sa/waypoint]}}]}]}
`

func TestBindingAndCapture(t *testing.T) {
	get := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}
	labels := "istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint"
	open := strings.Split(closed, "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: l4")[0]
	for _, c := range []struct {
		name, text, old, with string
		want                  Outcome
		by                    string
	}{
		{"through the waypoint", small + closed, "x", "x", Allow, "waypoint a/waypoint: a/l7 rule 0"},
		{"no waypoint Gateway: L4 keeps it closed", small + closed, "name: waypoint, namespace: a", "name: gone, namespace: a", Deny, "ztunnel: a/l4"},
		{"no waypoint Gateway and no L4: open", small + open, "name: waypoint, namespace: a", "name: gone, namespace: a", Allow, "no ALLOW policy"},
		{"the Service opts out", small + closed, "{name: s, namespace: a}", "{name: s, namespace: a, labels: {istio.io/use-waypoint: none}}", Deny, "ztunnel: a/l4"},
		{"the Service asks for another", small + closed, "{name: s, namespace: a}", "{name: s, namespace: a, labels: {istio.io/use-waypoint: other}}", Deny, "ztunnel"},
		{"the Service asks for it itself", edit(t, small+closed, ", istio.io/use-waypoint: waypoint", ""), "{name: s, namespace: a}", "{name: s, namespace: a, labels: {istio.io/use-waypoint: waypoint}}", Allow, "waypoint"},
		{"nobody asks", small + closed, ", istio.io/use-waypoint: waypoint", "", Deny, "ztunnel"},
		{"a waypoint for workloads", small + closed, "{name: waypoint, namespace: a}", "{name: waypoint, namespace: a, labels: {istio.io/waypoint-for: workload}}", Deny, "ztunnel"},
		{"a waypoint for all", small + closed, "{name: waypoint, namespace: a}", "{name: waypoint, namespace: a, labels: {istio.io/waypoint-for: all}}", Allow, "waypoint"},
		{"a waypoint for none", small + closed, "{name: waypoint, namespace: a}", "{name: waypoint, namespace: a, labels: {istio.io/waypoint-for: none}}", Deny, "ztunnel"},
		{"a waypoint of another namespace that does not admit", small + closed, labels, labels + ", istio.io/use-waypoint-namespace: b", Deny, "ztunnel"},
		{"a Gateway that is not a waypoint", small + closed, "gatewayClassName: istio-waypoint", "gatewayClassName: istio", NotJudged, "class istio"},
		{"a canary", small + closed, labels, labels + ", istio.io/use-waypoint-canary: c", NotJudged, "canary"},
		{"another account for the waypoint", small + closed, "{name: waypoint, namespace: a}", "{name: waypoint, namespace: a, annotations: {gateway.istio.io/service-account: z}}", Deny, "ztunnel"},
		{"headless", small + closed, "spec: {selector: {app: s}", "spec: {clusterIP: None, selector: {app: s}", Deny, "ztunnel"},
		{"ExternalName", small + closed, "spec: {selector: {app: s}", "spec: {type: ExternalName, selector: {app: s}", NotJudged, "ExternalName"},
		{"a pod that opts out", edit(t, small+closed, "istio.io/use-waypoint: waypoint", "x: y"), "labels: {app: s}}", "labels: {app: s, istio.io/dataplane-mode: none}}", Allow, "not in the mesh"},
		{"behind a waypoint that denies it is still closed", edit(t, small+closed, "[GET]", "[POST]"), "labels: {app: s}}", "labels: {app: s, istio.io/dataplane-mode: none}}", Deny, "waypoint"},
		{"a pod on the host's network", edit(t, small+closed, "istio.io/use-waypoint: waypoint", "x: y"), "serviceAccountName: s,", "serviceAccountName: s, hostNetwork: true,", Allow, "not in the mesh"},
		{"a namespace outside", small + closed, "istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint", "x: y", Allow, "not in the mesh"},
		{"a pod that opts in", edit(t, small+closed, labels, "x: y"), "labels: {app: s}}", "labels: {app: s, istio.io/dataplane-mode: ambient}}", Deny, "ztunnel"},
		{"sidecars", small + closed, labels, "istio-injection: enabled", Deny, "sidecar: a/l4"},
		{"a sidecar by the pod's label", edit(t, small+closed, ", istio.io/use-waypoint: waypoint", ""), "labels: {app: s}}", `labels: {app: s, sidecar.istio.io/inject: "true"}}`, Deny, "sidecar: a/l4"},
		{"no Namespace object", small + closed, "metadata: {name: a, labels", "metadata: {name: z, labels", NotJudged, "Namespace a is not in the manifests"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.old == "x" {
				c.old, c.with = "kind", "kind"
			}
			v := decides(t, load(t, edit(t, c.text, c.old, c.with)), get, c.want)
			if !strings.Contains(v.By(), c.by) {
				t.Errorf("by %q, want %q", v.By(), c.by)
			}
		})
	}
}

func TestWaypointOfAnotherNamespace(t *testing.T) {
	text := edit(t, small+closed, "istio.io/use-waypoint: waypoint", "istio.io/use-waypoint: shared, istio.io/use-waypoint-namespace: b") + `
---
kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: shared, namespace: b}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE, allowedRoutes: {namespaces: {from: All}}}]}
`
	get := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}
	v := decides(t, load(t, text), get, Deny) // a/l4 knows a/waypoint only
	if v.Point.Kind != AtZtunnel || len(v.Steps) != 2 || v.Steps[0].Point != (Point{AtWaypoint, "b/shared"}) {
		t.Errorf("%v", v.Steps)
	}
	decides(t, load(t, edit(t, text, "cluster.local/ns/a/sa/waypoint", "cluster.local/ns/b/sa/shared")), get, Allow)
	selector := edit(t, edit(t, text, "cluster.local/ns/a/sa/waypoint", "cluster.local/ns/b/sa/shared"), "{from: All}", "{from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: a}}}")
	decides(t, load(t, selector), get, Allow)
	decides(t, load(t, edit(t, selector, "metadata.name: a", "metadata.name: c")), get, Deny)
}

func TestPodAddressesAndClients(t *testing.T) {
	w := load(t, small+closed)
	pod := To{Namespace: "a", Pod: map[string]string{"app": "s"}}
	decides(t, w, Request{From: From{ServiceAccount: "b/c"}, To: pod}, Deny)
	decides(t, w, Request{From: From{ServiceAccount: "a/waypoint"}, To: pod}, Allow)
	decides(t, w, Request{From: From{OffMesh: true}, To: pod}, Deny)
	// A waypoint for pod addresses sees them.
	all := load(t, edit(t, small+closed, "{name: waypoint, namespace: a}", "{name: waypoint, namespace: a, labels: {istio.io/waypoint-for: all}}"))
	decides(t, all, Request{From: From{ServiceAccount: "b/c"}, To: pod}, Allow)
	decides(t, all, Request{From: From{ServiceAccount: "b/c"}, To: pod, Method: "POST"}, Deny)
	decides(t, all, Request{From: From{OffMesh: true}, To: pod}, Deny)
	// A client's namespace that the manifests put outside the mesh, or give sidecars.
	out := small + closed + "\n---\nkind: Namespace\napiVersion: v1\nmetadata: {name: b, labels: {x: y}}"
	decides(t, load(t, out), Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}, Deny)
	by := load(t, edit(t, edit(t, out, "cluster.local/ns/a/sa/waypoint", "cluster.local/ns/b/sa/c"), "x: y", "istio-injection: enabled"))
	if v := decides(t, by, Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}, Method: "POST"}, Allow); v.Point.Kind != AtZtunnel {
		t.Error(v.By())
	}
	// Two kinds of pods behind one Service: the worst counts.
	mixed := small + closed + "\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: t, namespace: a, labels: {app: s, istio.io/dataplane-mode: none}}\nspec: {}"
	if v := decides(t, load(t, mixed), Request{From: From{OffMesh: true}, To: To{Namespace: "a", Service: "s"}}, Allow); !strings.Contains(v.Why, "t, one of 2") {
		t.Error(v.By())
	}
}

func TestPeerAuthentication(t *testing.T) {
	peer := func(namespace, spec string) string {
		return "\n---\nkind: PeerAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: p-" + namespace + ", namespace: " + namespace + "}\nspec: " + spec
	}
	off := Request{From: From{OffMesh: true}, To: To{Namespace: "a", Service: "s"}}
	in := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}
	for _, c := range []struct {
		name, text string
		want       Outcome
	}{
		{"none", "", Allow},
		{"mesh", peer("istio-system", "{mtls: {mode: STRICT}}"), Deny},
		{"namespace", peer("a", "{mtls: {mode: STRICT}}"), Deny},
		{"namespace before mesh", peer("istio-system", "{mtls: {mode: STRICT}}") + peer("a", "{mtls: {mode: PERMISSIVE}}"), Allow},
		{"UNSET inherits", peer("istio-system", "{mtls: {mode: STRICT}}") + peer("a", "{}"), Deny},
		{"workload", peer("a", "{selector: {matchLabels: {app: s}}, mtls: {mode: STRICT}}"), Deny},
		{"other workload", peer("a", "{selector: {matchLabels: {app: t}}, mtls: {mode: STRICT}}"), Allow},
		{"port", peer("a", "{selector: {matchLabels: {app: s}}, portLevelMtls: {8080: {mode: STRICT}}}"), Deny},
		{"other port", peer("a", "{selector: {matchLabels: {app: s}}, mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: PERMISSIVE}}}"), Allow},
		{"another namespace's", peer("b", "{mtls: {mode: STRICT}}"), Allow},
	} {
		t.Run(c.name, func(t *testing.T) {
			decides(t, load(t, small+c.text), off, c.want)
			decides(t, load(t, small+c.text), in, Allow)
		})
	}
}

func TestRequestsThatCannotBeAnswered(t *testing.T) {
	w := load(t, small)
	for _, r := range []Request{
		{},
		{From: From{User: "u", Anonymous: true}, To: To{Namespace: "a", Service: "s"}},
		{From: From{User: "u", Audience: "x"}, To: To{Namespace: "a", Service: "s"}},
		{From: From{OffMesh: true}, To: To{Namespace: "a"}},
		{From: From{OffMesh: true}, To: To{Service: "s"}},
		{From: From{User: "u"}, To: To{Namespace: "a", Service: "s", Direct: true}},
		{From: From{ServiceAccount: "c"}, To: To{Namespace: "a", Service: "s"}},
		{From: From{OffMesh: true}, To: To{Namespace: "a", Service: "s"}, Path: "x"},
	} {
		if v := w.Decide(r); v.Outcome != NotJudged || v.Point.Kind != AtRequest {
			t.Errorf("%+v: %v %s", r, v.Outcome, v.By())
		}
	}
}
