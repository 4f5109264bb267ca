package access

import (
	"fmt"
	"strings"
	"testing"
)

// listWorld is a Service behind a waypoint that takes the tokens of one issuer.
func listWorld(jwt string, policies ...string) string {
	out := `{kind: Namespace, apiVersion: v1, metadata: {name: lab, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}}
---
{kind: Namespace, apiVersion: v1, metadata: {name: guests, labels: {istio.io/dataplane-mode: ambient}}}
---
kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: waypoint, namespace: lab, labels: {istio.io/waypoint-for: service}}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
---
{kind: Service, apiVersion: v1, metadata: {name: scope, namespace: lab}, spec: {selector: {app: scope}, ports: [{name: http, port: 80}]}}
---
{kind: Pod, apiVersion: v1, metadata: {name: scope, namespace: lab, labels: {app: scope}}, spec: {serviceAccountName: scope, containers: [{name: c}]}}
---
kind: AuthorizationPolicy
apiVersion: security.istio.io/v1
metadata: {name: l4, namespace: lab}
spec: {rules: [{from: [{source: {principals: [cluster.local/ns/lab/sa/waypoint]}}]}]}
---
kind: RequestAuthentication
apiVersion: security.istio.io/v1
metadata: {name: jwt, namespace: lab}
spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], jwtRules: [{issuer: 'https://issuer.test', jwks: '{}'` + jwt + `}]}
`
	for i, p := range policies {
		out += fmt.Sprintf("---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: p%d, namespace: lab}\n"+
			"spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], %s}\n", i, p)
	}
	return out
}

var listWorlds = []struct{ name, jwt, policies, got, by string }{
	{"two elements of one claim", "", "rules: [{when: [{key: 'request.auth.claims[groups]', values: [ci]}, {key: 'request.auth.claims[groups]', values: [staff]}]}]",
		"allow", `with the claim groups ["ci", "staff"]`},
	{"a DENY for what lacks an element", "", "action: DENY, rules: [{when: [{key: 'request.auth.claims[groups]', notValues: [staff]}]}] | rules: [{when: [{key: 'request.auth.claims[groups]', values: [ci]}]}]",
		"allow", `with the claim groups ["ci", "staff"]`},
	{"three elements", "", "rules: [{when: [{key: 'request.auth.claims[g]', values: ['a*']}, {key: 'request.auth.claims[g]', values: ['*b'], notValues: ['a*b']}, {key: 'request.auth.claims[g]', values: [c]}]}]",
		"allow", `with the claim g ["`},
	{"an element of a nested claim", "", "rules: [{when: [{key: 'request.auth.claims[realm][roles]', values: [ci]}, {key: 'request.auth.claims[realm][roles]', values: [staff]}]}]",
		"allow", `with the claim [realm][roles] ["ci", "staff"]`},
	{"words that are one element", "", "rules: [{when: [{key: 'request.auth.claims[scope]', values: ['x y']}]}]", "allow", `with the claim scope ["x y"]`},
	{"a presenter", "", "rules: [{when: [{key: request.auth.presenter, values: [a]}, {key: request.auth.presenter, values: [b]}]}]", "allow", `with the claim azp ["a", "b"]`},
	{"another audience", ", audiences: [in]", "rules: [{when: [{key: request.auth.audiences, values: [out]}]}]", "allow", `with the audiences "in", "out"`},
	{"two audiences", "", "rules: [{when: [{key: request.auth.audiences, values: [in]}, {key: 'request.auth.claims[aud]', values: [out]}]}]", "allow", `with the audiences "in", "out"`},
	{"a list that no header shows", ", outputClaimToHeaders: [{claim: groups, header: x-groups}]",
		"action: DENY, rules: [{when: [{key: 'request.headers[x-groups]', values: ['c*']}]}] | rules: [{when: [{key: 'request.auth.claims[groups]', values: [ci]}]}]", "allow", `with the claim groups ["ci"]`},
	{"a header of a claim that is a mapping", ", outputClaimToHeaders: [{claim: realm, header: x-realm}]",
		"rules: [{when: [{key: 'request.auth.claims[realm][role]', values: [r]}, {key: 'request.headers[x-realm]', values: ['*']}]}]", "allow", "with a token of the issuer https://issuer.test"},
	{"a header that is not base64", ", outputClaimToHeaders: [{claim: groups, header: x-groups}]",
		"rules: [{when: [{key: 'request.headers[x-groups]', values: ['a b', 'c@*', '*.d', 'Wabc=d', x]}, {key: 'request.auth.claims[groups]', values: [staff]}]}]", "deny", "all requests"},
	{"a header that may be base64", ", outputClaimToHeaders: [{claim: groups, header: x-groups}]",
		"rules: [{when: [{key: 'request.headers[x-groups]', values: ['Wy*']}, {key: 'request.auth.claims[groups]', values: [staff]}]}]", "not-judged", "the header x-groups is not known"},
	{"an element and none", "", "action: DENY, rules: [{when: [{key: 'request.auth.claims[groups]', values: ['*']}]}] | rules: [{when: [{key: 'request.auth.claims[groups]', values: [ci]}]}]", "deny", "all requests"},
	{"a mapping and a text", "", "rules: [{when: [{key: 'request.auth.claims[realm][role]', values: [r]}, {key: 'request.auth.claims[realm]', values: ['*']}]}]", "deny", "all requests"},
	{"an audience of the rule", ", audiences: [in]", "rules: [{when: [{key: request.auth.audiences, values: [out]}, {key: 'request.auth.audiences', notValues: ['*n', '*n/']}]}]", "deny", "all requests"},
}

// A claim that no text and no single audience refutes is refuted by a list, and one that holds for lists too is proved.
func TestListsRefuteClaims(t *testing.T) {
	for _, c := range listWorlds {
		w := load(t, listWorld(c.jwt, strings.Split(c.policies, " | ")...))
		never := proofs(t, w, "\n  never:\n  - {name: n, from: {namespaces: [guests]}, to: {namespace: lab, service: scope}}\n")[0]
		if never.Got != c.got || never.OK != (c.got == "deny") || !strings.Contains(never.By, c.by) {
			t.Errorf("%s: never: %+v", c.name, never)
		}
		only := proofs(t, w, "\n  only:\n  - {name: o, to: {namespace: lab, service: scope}, who: [{namespace: lab}]}\n")[0]
		if only.OK != (c.got == "deny") || !only.OK && only.Got != c.got {
			t.Errorf("%s: only: %+v", c.name, only)
		}
	}
}
