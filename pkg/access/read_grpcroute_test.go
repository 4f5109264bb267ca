package access

import "testing"

func TestMatchesOfAGRPCRoute(t *testing.T) {
	for _, c := range []struct{ match, fits, not string }{
		{"{method: {service: p.S, method: M}}", "/p.S/M", "/p.S/M/"},
		{"{method: {service: p.S}}", "/p.S/M", "/p.SX/M"},
		{"{method: {method: M}}", "/p.S/M", "/p/S/M"},
		{"{method: {type: RegularExpression, service: 'p[.].*', method: 'G.*'}}", "/p.S/Get", "/q.S/Get"},
		{"{method: {type: RegularExpression, service: 'p[.].*'}}", "/p.S/Get", "/p.S/"},
		{"{headers: [{name: x-a, value: b}]}", "/any/thing", ""},
	} {
		m, bad := parseMethodMatch(manifests(t, c.match)[0])
		if bad != nil {
			t.Fatal(bad)
		}
		a := attributes{path: knownValue(c.fits), headers: headers{{"x-a", knownValue("b")}}}
		if m.fits(&a, "") != yes {
			t.Errorf("%s does not fit %s", c.match, c.fits)
		}
		if a.path = knownValue(c.not); c.not != "" && m.fits(&a, "") != no {
			t.Errorf("%s fits %s", c.match, c.not)
		}
	}
	for _, wrong := range []string{"{method: {type: Other, service: S}}", "{method: {type: RegularExpression, service: '('}}", "{headers: [{name: a, type: RegularExpression, value: '('}]}"} {
		if _, bad := parseMethodMatch(manifests(t, wrong)[0]); bad == nil {
			t.Error(wrong)
		}
	}
}

// GRPCRoutes stand among the HTTPRoutes, by the same order, and what has no method comes last.
func TestGRPCRoutes(t *testing.T) {
	method := func(to string) string {
		return "rules: [{matches: [{method: {service: p.S, method: M}}], backendRefs: [{name: " + to + ", port: 80}]}]"
	}
	all := "rules: [{backendRefs: [{name: t, port: 80}]}]"
	r := toS
	r.Path = "/p.S/M"
	for name, c := range map[string]struct {
		text string
		want Outcome
	}{
		"exact before an HTTPRoute's prefix": {twoDoors(route1("GRPCRoute", "g", toFront+", "+method("s")), route1("HTTPRoute", "h", toFront+", "+routed("t"))), Allow},
		"an HTTPRoute before all methods":    {twoDoors(route1("GRPCRoute", "g", toFront+", "+all), route1("HTTPRoute", "h", toFront+", "+routed("s"))), Allow},
		"elsewhere":                          {twoDoors(route1("GRPCRoute", "g", toFront+", "+method("t")), route1("HTTPRoute", "h", toFront+", "+routed("s"))), NotJudged},
		"a filter that Istio does not know":  {twoDoors(route1("GRPCRoute", "g", toFront+", rules: [{filters: [{type: ExtensionRef}], backendRefs: [{name: t, port: 80}]}, {matches: [{method: {service: p.S}}], backendRefs: [{name: s, port: 80}]}]")), NotJudged},
	} {
		t.Run(name, func(t *testing.T) { decides(t, load(t, c.text), r, c.want) })
	}
	// What a filter sets is what the waypoint sees, and a header that is removed and set is set.
	set := "rules: [{matches: [{method: {service: p.S}}], filters: [{type: RequestHeaderModifier, requestHeaderModifier: {remove: [x-user], set: [{name: X-User, value: root}]}}], backendRefs: [{name: s, port: 80}]}]"
	policy := "kind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: p, namespace: a}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{when: [{key: 'request.headers[x-user]', values: [root]}]}]}"
	labeled := edit(t, twoDoors(route1("GRPCRoute", "g", toFront+", "+set), policy), "istio.io/use-waypoint: waypoint", `istio.io/use-waypoint: waypoint, istio.io/ingress-use-waypoint: "true"`)
	decides(t, load(t, labeled), r, Allow)
	// A grant is for a kind.
	other := edit(t, twoDoors(route1("GRPCRoute", "g", toFront+", rules: [{backendRefs: [{name: s, namespace: a, port: 80}]}]")), "metadata: {name: g, namespace: a}", "metadata: {name: g, namespace: b}")
	grant := func(kind string) string {
		return "\n---\nkind: ReferenceGrant\napiVersion: gateway.networking.k8s.io/v1beta1\nmetadata: {name: g, namespace: a}\nspec: {from: [{group: gateway.networking.k8s.io, kind: " + kind + ", namespace: b}], to: [{group: '', kind: Service}]}"
	}
	decides(t, load(t, other+grant("HTTPRoute")), r, NotJudged)
	decides(t, load(t, other+grant("GRPCRoute")), r, Allow)
}
