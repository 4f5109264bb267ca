package access

import (
	"strings"
	"testing"
)

// A policy of another vendor clouds what it is attached to, and nothing else.
func TestPoliciesOfOthers(t *testing.T) {
	const gw, route = "group: gateway.networking.k8s.io, kind: Gateway, name: ", "group: gateway.networking.k8s.io, kind: HTTPRoute, name: "
	viaGateway, viaWaypoint, ofIt := "gateway, gateway no", "gateway, gateway no, waypoint, waypoint no", "gateway, gateway no, off mesh, sidecar, waypoint, waypoint no"
	const everyWay = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no"
	before := load(t, cloudWorld)
	for _, c := range []struct{ namespace, spec, want string }{
		{"edge", "targetRefs: [{" + gw + "front}]", viaGateway},
		{"edge", "targetRef: {" + gw + "front}", viaGateway},
		{"edge", "targetRefs: [{" + gw + "front, sectionName: web}]", viaGateway},
		{"edge", "targetRefs: [{" + gw + "back}, {" + gw + "front}]", viaGateway},
		{"edge", "targetRefs: [{" + gw + "back}]", ""},
		{"b", "targetRefs: [{" + gw + "front}]", ""},
		{"b", "targetRefs: [{" + gw + "front, namespace: edge}]", viaGateway},
		{"a", "targetRefs: [{" + gw + "waypoint}]", viaWaypoint},
		{"a", "targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio}]", viaWaypoint},
		{"a", "targetRefs: [{group: '', kind: Service, name: s}]", ofIt},
		{"a", "targetRefs: [{kind: Service, name: s}]", ofIt},
		{"a", "targetRefs: [{kind: Service, name: t}]", ""},
		{"a", "targetRefs: [{" + route + "r}]", viaGateway},
		{"a", "targetRefs: [{" + route + "z}]", ""},
		{"b", "targetRefs: [{" + route + "r}]", ""},
		{"a", "targetRefs: [{group: gateway.networking.k8s.io, kind: GRPCRoute, name: r}]", ""},
		{"a", "targetSelectors: [{group: gateway.networking.k8s.io, kind: HTTPRoute, matchLabels: {app: s}}]", everyWay},
		{"b", "targetSelectors: [{group: gateway.networking.k8s.io, kind: HTTPRoute, matchLabels: {app: s}}]", ""},
		// What scales pods names them as well.
		{"a", "targetRef: {apiVersion: apps/v1, kind: Deployment, name: s}", ""},
		{"a", "targetSelectors: [{group: apps, kind: Deployment}]", ""},
	} {
		for _, api := range []string{"kuadrant.io/v1", "gateway.envoyproxy.io/v1alpha1"} {
			after := load(t, cloudWorld+"\n---\nkind: GuardPolicy\napiVersion: "+api+"\nmetadata: {name: new, namespace: "+c.namespace+"}\nspec: {"+c.spec+"}")
			if got := strings.Join(cloudedBy(t, before, after), ", "); got != c.want {
				t.Errorf("in %s, %s: %s, want %s", c.namespace, c.spec, got, c.want)
			}
		}
	}
	policy := "kind: GuardPolicy\napiVersion: kuadrant.io/v1\nmetadata: {name: new, namespace: a}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: %}]}"
	v := decides(t, load(t, cloudWorld+"\n---\n"+strings.Replace(policy, "%", "HTTPRoute, name: r", 1)), cloudQuestions["gateway"], NotJudged)
	if !strings.Contains(v.By(), "what GuardPolicy a/new (line ") || !strings.HasSuffix(v.By(), ", a policy of another vendor, makes of it is not judged") {
		t.Error(v.By())
	}
	// By the listeners of a ListenerSet.
	set := "kind: ListenerSet\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: more, namespace: a}\nspec: {parentRef: {name: front, namespace: edge}, listeners: [{name: l, port: 8080, protocol: HTTP}]}"
	text := edit(t, twoDoors(set, route1("HTTPRoute", "s", "parentRefs: [{kind: ListenerSet, name: more}], "+routed("s"))), "  gatewayClassName: istio\n", "  gatewayClassName: istio\n  allowedListeners: {namespaces: {from: All}}\n")
	decides(t, load(t, text), toS, Allow)
	decides(t, load(t, text+"\n---\n"+strings.Replace(policy, "%", "ListenerSet, name: more", 1)), toS, NotJudged)
	decides(t, load(t, text+"\n---\n"+strings.Replace(policy, "%", "ListenerSet, name: others", 1)), toS, Allow)
}

// Of an HTTPRoute and a GRPCRoute of one name Istio serves one.
func TestRoutesOfOneName(t *testing.T) {
	h, g := route1("HTTPRoute", "r", "hostnames: [h.example], "+toFront+", "+routed("s")), "hostnames: [g.example], "+toFront+", "+routed("t")
	q := asked("h.example", "")
	decides(t, load(t, twoDoors(h, route1("GRPCRoute", "g", g))), q, Allow)
	decides(t, load(t, twoDoors(h, route1("HTTPRoute", "g", g))), q, Allow)
	decides(t, load(t, twoDoors(h, route1("GRPCRoute", "r", g))), q, NotJudged)
	decides(t, load(t, twoDoors(h, edit(t, route1("GRPCRoute", "r", g), "namespace: a}", "namespace: b}"))), q, Allow)
	// A route hangs on a Gateway by its group and kind; where none leads to the Service, one is assumed.
	for from, hangs := range map[string]bool{"group: gateway.networking.k8s.io, ": true, "kind: Gateway, ": true, "group: example.com, ": false, "group: '', ": false, "kind: Gate, ": false, "kind: Service, ": false} {
		v := decides(t, load(t, twoDoors(edit(t, h, "parentRefs: [{", "parentRefs: [{"+from))), q, Allow)
		if len(v.Assumed) == 0 != hangs {
			t.Errorf("%s: %v", from, v.Assumed)
		}
	}
	// So does a ListenerSet.
	set := "kind: ListenerSet\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: more, namespace: a}\nspec: {parentRef: {FROMname: front, namespace: edge}, listeners: [{name: l, port: 8080, protocol: HTTP}]}"
	for from, hangs := range map[string]bool{"": true, "group: gateway.networking.k8s.io, ": true, "group: example.com, ": false, "kind: Gate, ": false} {
		text := twoDoors(strings.Replace(set, "FROM", from, 1), route1("HTTPRoute", "s", "parentRefs: [{kind: ListenerSet, name: more}], "+routed("s")))
		v := decides(t, load(t, edit(t, text, "  gatewayClassName: istio\n", "  gatewayClassName: istio\n  allowedListeners: {namespaces: {from: All}}\n")), toS, Allow)
		if len(v.Assumed) == 0 != hangs {
			t.Errorf("%s: %v", from, v.Assumed)
		}
	}
}
