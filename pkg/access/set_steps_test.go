package access

import (
	"fmt"
	"strings"
	"testing"
)

// manyClaims is one Service whose rules ask for independent claims, so that the kinds of requests multiply, and tokens of some issuers.
func manyClaims(t *testing.T, issuers int) *World {
	t.Helper()
	return load(t, manyClaimsText(t, issuers))
}

func manyClaimsText(t *testing.T, issuers int) string {
	t.Helper()
	var trusted, allow, deny strings.Builder
	for i := range issuers {
		fmt.Fprintf(&trusted, "  - {issuer: 'https://i%d', jwksUri: 'https://i%d/k'}\n", i, i)
	}
	for _, c := range "abcdef" {
		fmt.Fprintf(&allow, "  - when: [{key: 'request.auth.claims[%c]', values: [a1, a2], notValues: [a3]}]\n", c)
	}
	for _, c := range []string{"ab", "cd", "ef"} {
		fmt.Fprintf(&deny, "  - when: [{key: 'request.auth.claims[%c]', values: [b1, b2], notValues: [b3]}, {key: 'request.auth.claims[%c]', notValues: [b3]}]\n", c[0], c[1])
	}
	return tenants(t) + "\n---\napiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: ra, namespace: alice}\nspec:\n" +
		"  targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: waypoint}]\n  jwtRules:\n" + trusted.String() +
		"---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: allow, namespace: alice}\nspec:\n" +
		"  targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: waypoint}]\n  action: ALLOW\n  rules:\n" + allow.String() +
		"---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: deny, namespace: alice}\nspec:\n" +
		"  targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: waypoint}]\n  action: DENY\n  rules:\n" + deny.String()
}

// A search for a rule without a line that does not come to its end knows nothing of the rule: it is not judged, and never dead.
func TestSearchThatStopsKillsNoRule(t *testing.T) {
	w := load(t, manyClaimsText(t, 1)+policyOf("z", "{targetRefs: "+onAlicesWaypoint+`, rules: [{to: [{operation: {paths: [/a], notPaths: ['/a*']}}]}]}`))
	x := newAsker(w)
	var sought *lost
	for _, p := range w.namespaces["alice"].policies {
		if p.name == "z" {
			sought = &lost{policy: p}
		}
	}
	g := goal{To{Namespace: "alice", Service: "tet"}, 80, false}
	for _, q := range w.inquiries(g.to, g.port, g.tcp) {
		if q.kind == aPodJWT && q.from.JWT.Issuer == "https://i0" {
			x.seekOne([]*lost{sought}, q, x.pool.About())
		}
	}
	if sought.rank != foundUnknown || sought.why == "" {
		t.Errorf("%d: %q", sought.rank, sought.why)
	}
}

// What a namespace costs is bounded, however many kinds of requests its rules tell apart, and what is not looked at is said.
func TestStepsAreBounded(t *testing.T) {
	w := manyClaims(t, 6)
	x := newAsker(w)
	x.report = &Report{}
	s := w.namespaces["alice"]
	pool := x.pool.About()
	v := &survey{x: x, s: s, aims: x.aims(s), pool: pool}
	for i, a := range v.aims {
		for _, port := range a.allPorts() {
			v.ask(goal{a.to, port, false}, spot{aim: i, port: port})
		}
	}
	rest := 0
	for _, r := range v.rows {
		if r.what == allElse && r.outcome == NotJudged {
			rest++
		}
	}
	if rest == 0 {
		t.Error("no line is about all else")
	}
	if most := 130_000_000; pool.Steps() > most { // without bounds it does not end
		t.Errorf("%d steps, at most %d", pool.Steps(), most)
	}
	t.Logf("%d questions, %d steps", v.asks, pool.Steps())
	if len(x.report.Errors) > 0 {
		t.Error(x.report.Errors)
	}
}
