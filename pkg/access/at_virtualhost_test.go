package access

import (
	"fmt"
	"strings"
	"testing"
)

// Envoy picks one virtual host, and the routes of a wider one are not merged into it.
func TestOneVirtualHost(t *testing.T) {
	s := route1("HTTPRoute", "s", toFront+", "+routed("s"))
	claim := route1("HTTPRoute", "claim", "hostnames: [kf.example], "+toFront+", rules: [{matches: [{path: {value: /mine}}], backendRefs: [{name: t, port: 80}]}]")
	w := load(t, twoDoors(s, claim))
	if v := decides(t, w, asked("kf.example", ""), Deny); !strings.Contains(v.Why, "404") {
		t.Error(v.By())
	}
	decides(t, w, asked("KF.example:80", ""), Deny)
	decides(t, w, asked("other.example", ""), Allow)
	decides(t, w, asked("", ""), Allow)
	alone := load(t, twoDoors(claim)) // no route leads there, and one for this host would not be assumed among those of another
	decides(t, alone, asked("kf.example", ""), NotJudged)
	decides(t, alone, asked("other.example", ""), Allow)
	wild := load(t, twoDoors(s, strings.Replace(claim, "kf.example", "'*.example'", 1)))
	decides(t, wild, asked("kf.example", ""), Deny)
	decides(t, wild, asked("example", ""), Allow)
	// The longer suffix counts.
	w = load(t, twoDoors(strings.Replace(s, "spec: {", "spec: {hostnames: ['*.b.example'], ", 1), strings.Replace(claim, "kf.example", "'*.example'", 1)))
	decides(t, w, asked("x.b.example", ""), Allow)
	decides(t, w, asked("x.c.example", ""), Deny)
}

// Who may send any Host may choose the virtual host: the worst of those that lead to the target is reported.
func TestAnUnknownHostIsAnyHost(t *testing.T) {
	guarded := twoDoors(
		route1("HTTPRoute", "s", toFront+", "+routed("s")),
		route1("HTTPRoute", "back", "hostnames: [back.example], "+toFront+", rules: [{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-user, value: root}]}}], backendRefs: [{name: s, port: 80}]}]"),
		"kind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: p, namespace: a}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{when: [{key: 'request.headers[x-user]', values: [root]}]}]}",
	)
	w := load(t, edit(t, guarded, "istio.io/use-waypoint: waypoint", `istio.io/use-waypoint: waypoint, istio.io/ingress-use-waypoint: "true"`))
	decides(t, w, asked("", ""), Allow)
	decides(t, w, asked("back.example", ""), Allow)
	decides(t, w, asked("other.example", ""), Deny)
	without := asked("", "")
	without.Path = ""
	decides(t, w, without, Allow)
}

// Istio takes the older of two routes with an equal match, and a file does not show which that is.
func TestEqualRoutes(t *testing.T) {
	s, t2 := route1("HTTPRoute", "r1", toFront+", "+routed("s")), route1("HTTPRoute", "r2", toFront+", "+routed("t"))
	for _, text := range []string{twoDoors(s, t2), twoDoors(t2, s), twoDoors(strings.Replace(s, "name: r1", "name: r9", 1), t2)} {
		if v := decides(t, load(t, text), toS, NotJudged); !strings.Contains(v.Why, "has an equal match") {
			t.Error(v.By())
		}
	}
	// Both lead to the same.
	decides(t, load(t, twoDoors(s, strings.Replace(s, "name: r1", "name: r2", 1))), toS, Allow)
	// One route's own order is the file's.
	decides(t, load(t, twoDoors(route1("HTTPRoute", "r", toFront+", rules: [{backendRefs: [{name: s, port: 80}]}, {backendRefs: [{name: t, port: 80}]}]"))), toS, Allow)
	// Another hostname is another virtual host.
	decides(t, load(t, twoDoors(s, strings.Replace(t2, "spec: {", "spec: {hostnames: [t.example], ", 1))), asked("s.example", ""), Allow)
}

// Routes of one listener's hostname and of the route's own meet in one virtual host, in an order that a file does not show.
func TestTwoListsOfOneHost(t *testing.T) {
	doors := func(routes ...string) string {
		return strings.Replace(twoDoors(routes...), "{name: plain, port: 80,", "{name: plain, port: 80, hostname: '*.example',", 1)
	}
	s := route1("HTTPRoute", "s", toFront+", rules: [{matches: [{path: {value: /x}}], backendRefs: [{name: s, port: 80}]}]")
	other := route1("HTTPRoute", "t", "hostnames: ['*.example'], "+toFront+", rules: [{matches: [{path: {type: Exact, value: /x}}], backendRefs: [{name: t, port: 80}]}]")
	r := asked("a.example", "plain")
	decides(t, load(t, doors(s, other)), r, NotJudged)
	// What catches all comes last in any case.
	decides(t, load(t, doors(s, strings.Replace(other, "type: Exact, value: /x", "value: /", 1))), r, Allow)
}

// A route that compares a header which nobody knows may or may not take the request.
func TestARouteByAnUnknownHeader(t *testing.T) {
	by := route1("HTTPRoute", "t", toFront+", rules: [{matches: [{headers: [{name: X-Groups, value: g}]}], backendRefs: [{name: t, port: 80}]}]")
	w := load(t, twoDoors(route1("HTTPRoute", "s", toFront+", "+routed("s")), by)+jwt)
	user := toS
	user.From = From{User: "u@x"}
	decides(t, w, user, NotJudged)
	decides(t, w, toS, Allow) // without a token the header is absent
}

func TestLookupsDoNotGrowWithTenants(t *testing.T) {
	var routes []string
	for i := range 300 {
		routes = append(routes, route1("HTTPRoute", fmt.Sprintf("r%d", i), fmt.Sprintf("hostnames: [h%d.example], %s, %s", i, toFront, routed(fmt.Sprintf("s%d", i)))))
	}
	w := load(t, twoDoors(routes...))
	for _, table := range w.tables(w.ingresses[0]) {
		if h := table.host("h7.example"); h == nil || len(h.lists) != 1 || len(h.lists[0].all) != 1 {
			t.Error("h7.example has other routes than its own")
		}
		if n := len(table.byBackend["a/s7"]); n != 1 {
			t.Errorf("%d virtual hosts for one Service", n)
		}
	}
}
