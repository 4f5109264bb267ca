package access

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// An owner is locked out exactly where no request gets to any Service.
func TestOwnersAreLockedOutOfAllRequests(t *testing.T) {
	on := onGateway("waypoint")
	const front, only = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway}], ", "istio.io/ingress-use-waypoint: \"true\"\n    istio-injection: disabled\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata:\n  name: waypoint\n  namespace: alice"
	labelled := func(label string) string {
		return edit(t, edit(t, tenants(t), only, strings.TrimPrefix(only, "istio.io/ingress-use-waypoint: \"true\"\n    ")), "metadata: {name: tet, namespace: alice}\nspec:\n  selector", "metadata: {name: tet, namespace: alice"+label+"}\nspec:\n  selector")
	}
	for _, c := range []struct{ name, text, want string }{
		{"by a DENY of GET and one of the rest", tenants(t) + aPolicy("alice", "x", on+"action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}, {to: [{operation: {notMethods: [GET]}}]}]"), "at waypoint alice/waypoint (rules[0] of AuthorizationPolicy alice/x); the owner is locked out; narrow rules[0] of AuthorizationPolicy alice/x"},
		{"except for one method", tenants(t) + aPolicy("alice", "x", on+"action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}, {to: [{operation: {notMethods: [GET, PATCH]}}]}]"), ""},
		{"by a DENY of all that the Gateway listens at", tenants(t) + aPolicy("istio-system", "x", front+"action: DENY, rules: [{to: [{operation: {ports: ['80']}}]}]"), "at gateway istio-system/ambient-ingressgateway (rules[0] of AuthorizationPolicy istio-system/x)"},
		{"by a DENY of a path and one of the rest", tenants(t) + aPolicy("istio-system", "x", front+"action: DENY, rules: [{to: [{operation: {paths: [/notebook/*]}}]}, {to: [{operation: {notPaths: ['/note*']}}]}, {to: [{operation: {paths: [/note*], notPaths: [/notebook/*]}}]}]"), "at gateway istio-system/ambient-ingressgateway"},
		{"past the waypoint", labelled(""), "at ztunnel"},
		{"except for a Service that asks for the waypoint", labelled(`, labels: {istio.io/ingress-use-waypoint: "true"}`), ""},
		{"except for pods that have their own policy", edit(t, tenants(t), "  - from: [{source: {principals: [cluster.local/ns/alice/sa/waypoint]}}]\n  - from: [{source: {namespaces: [alice]}}]\n", "") +
			aPolicy("alice", "x", "selector: {matchLabels: {statefulset: tet}}, rules: [{from: [{source: {principals: [cluster.local/ns/alice/sa/waypoint]}}]}]"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			for _, f := range load(t, c.text).Findings(twoTenants) {
				if f.Code == diagnostic.OwnerLockedOut && f.Object.Name == "alice" {
					got = f.Error()
				}
			}
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

// An owner who is reported as locked out gets in by none of the requests that are tried.
func TestALockedOutOwnerGetsInByNothing(t *testing.T) {
	base, lockedOut := tenants(t), 0
	for seed := range uint64(*setWorlds) {
		r := rand.New(rand.NewPCG(seed, 5))
		on := one(r, onGateway("waypoint"), "", "selector: {matchLabels: {statefulset: tet}}, ")
		text := base + aPolicy("alice", "x", on+"action: DENY, rules: ["+chanceRule(r)+", "+chanceRule(r)+some100(r, 50, ", {to: [{operation: {"+one(r, "notMethods: [GET]", "notPorts: ['90']", "paths: [/n*]", "notPaths: [/n*]")+"}}]}")+"]")
		w := load(t, text)
		a := newSelfCheck(w, twoTenants)
		a.users = a.ingressOf(&twoTenants[0])
		if in, _ := a.ownerGetsIn(&twoTenants[0], w.look("alice")); in != no {
			continue
		}
		lockedOut++
		for range 200 {
			q, _ := chanceRequest(r)
			q.From, q.To, q.TCP = From{User: "alice@example.com"}, To{Namespace: "alice", Service: one(r, "tet", "x", "ml-pipeline-visualizationserver")}, false
			if r.IntN(2) == 0 {
				q.Method, q.Path, q.Host, q.Headers = one(r, usualMethods...), "/notebook/alice/tet/"+one(r, "", "n", "api"), "", map[string]string{}
			}
			if v := w.Decide(q); v.Outcome == Allow {
				t.Errorf("seed %d: %s: %s%s", seed, q.text(), v.By(), strings.TrimPrefix(text, base))
			}
		}
	}
	t.Logf("%d are locked out", lockedOut)
	if lockedOut < *setWorlds/20 {
		t.Error("the worlds are one-sided")
	}
}
