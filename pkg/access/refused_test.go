package access

import (
	"fmt"
	"strings"
	"testing"
)

// What Istio's validation refuses does not exist for Istio, so nothing that it takes part in is judged: never an ALLOW by it.
func TestPoliciesThatIstioRefuses(t *testing.T) {
	source := func(s string) string { return "rules: [{}, {from: [{source: {" + s + "}}]}]" }
	when := func(s string) string { return "rules: [{}, {when: [{" + s + "}]}]" }
	custom := func(s string) string { return "action: CUSTOM, provider: {name: x}, rules: [{}, {" + s + "}]" }
	long := strings.Repeat("x", 321)
	many := strings.TrimSuffix(strings.Repeat("a/b, ", 17), ", ")
	for _, c := range []struct{ name, spec, why string }{
		{"accounts with principals", source("serviceAccounts: [b/c], principals: ['*']"), "rules[1].from[0].source: must not combine serviceAccounts"},
		{"accounts with notNamespaces", source("serviceAccounts: [b/c], notNamespaces: [z]"), "must not combine serviceAccounts"},
		{"notServiceAccounts with namespaces", source("notServiceAccounts: [b/d], namespaces: [b]"), "must not combine serviceAccounts"},
		{"too many accounts", source("serviceAccounts: [" + many + "]"), "more than 16"},
		{"a long account", source("serviceAccounts: [" + long + "]"), "must be a name"},
		{"too many accounts in when", when("key: source.serviceAccount, values: [" + many + "]"), "more than 16"},
		{"two stars in a trust domain", source("trustDomains: ['*a*']"), "one star"},
		{"a star inside a trust domain", source("notTrustDomains: ['a*b']"), "one star"},
		{"a slash in a trust domain", source("trustDomains: [cluster.local/ns]"), "slash"},
		{"the same in when", when("key: source.trustDomain, notValues: ['a*b']"), "one star"},

		{"when without a key", when("values: [x]"), `when[0].key: "" is not an attribute`},
		{"an unknown key", when("key: source.colour, values: [x]"), "is not an attribute"},
		{"a key of v1alpha1", when("key: destination.name, values: [x]"), "is not an attribute"},
		{"a label as a key", when("key: 'destination.labels[app]', values: [x]"), "is not an attribute"},
		{"a header without a name", when("key: 'request.headers[]', values: [x]"), "is not an attribute"},
		{"a header without brackets", when("key: request.headers, values: [x]"), "is not an attribute"},
		{"a claim without a name", when("key: 'request.auth.claims[]', values: [x]"), "is not an attribute"},
		{"a filter without a name", when("key: 'experimental.envoy.filters.a[]', values: [x]"), "is not an attribute"},
		{"a filter without brackets", when("key: experimental.envoy.filters.a, values: [x]"), "is not an attribute"},
		{"when without values", when("key: source.namespace"), "must have values or notValues"},

		{"CUSTOM by principals", custom("from: [{source: {principals: ['*']}}]"), "because the action is CUSTOM"},
		{"CUSTOM by notNamespaces", custom("from: [{source: {notNamespaces: [z]}}]"), "because the action is CUSTOM"},
		{"CUSTOM by accounts", custom("from: [{source: {serviceAccounts: [b/c]}}]"), "because the action is CUSTOM"},
		{"CUSTOM by trust domains", custom("from: [{source: {trustDomains: [x]}}]"), "because the action is CUSTOM"},
		{"CUSTOM by request principals", custom("from: [{source: {notRequestPrincipals: ['*']}}]"), "because the action is CUSTOM"},
		{"CUSTOM by source.namespace", custom("when: [{key: source.namespace, values: [b]}]"), "because the action is CUSTOM"},
		{"CUSTOM by claims", custom("when: [{key: 'request.auth.claims[a]', values: [b]}]"), "because the action is CUSTOM"},
		{"CUSTOM by audiences", custom("when: [{key: request.auth.audiences, values: [b]}]"), "because the action is CUSTOM"},
		{"CUSTOM without a provider", "action: CUSTOM, rules: [{}]", "provider.name: must be set"},
		{"a provider of ALLOW", "provider: {name: x}, rules: [{}]", "provider: can be set only"},
		{"an action that is a number", "action: 0, rules: [{}]", "is not one of ALLOW"},

		{"selector with targetRefs", "selector: {matchLabels: {app: s}}, rules: [{}]", "only one of"},
		{"targetRef with targetRefs", "targetRef: {kind: Service, name: z}, rules: [{}]", "only one of"},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, onWaypoint(c.spec), c.why) })
	}
	refused(t, edit(t, onWaypoint("action: CUSTOM, provider: {name: x}, rules: [{to: [{operation: {paths: [/z]}}]}]"), "name: p, namespace: a",
		`name: p, namespace: a, annotations: {istio.io/dry-run: "false"}`), "dry-run]: cannot be set")
}

func refused(t *testing.T, text, why string) {
	t.Helper()
	r := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}
	if v := decides(t, load(t, text), r, NotJudged); !strings.Contains(v.Why, why) {
		t.Errorf("by %q, want %q", v.By(), why)
	}
}

// One good reference next to a bad one shows where the policy was meant to apply.
func TestAttachmentsThatIstioRefuses(t *testing.T) {
	good := "{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}"
	for ref, why := range map[string]string{
		"{group: gateway.networking.k8s.io, kind: Gateway}":                        "targetRefs[1].name: must not be empty",
		"{group: gateway.networking.k8s.io, kind: Gateway, name: g, namespace: a}": "targetRefs[1].namespace: must not be set",
		"{name: g}": `targetRefs[1].kind: "" is not one of`,
		"{group: gateway.networking.k8s.io, kind: HTTPRoute, name: g}": "targetRefs[1].kind:",
		"{kind: Gateway, group: core, name: g}":                        "targetRefs[1].group:",
		"{kind: Gateway, name: g}":                                     "targetRefs[1].group:",
		"{kind: Service, group: apps, name: g}":                        "targetRefs[1].group:",
		"{kind: ServiceEntry, name: g}":                                "targetRefs[1].group:",
		"null":                                                         "targetRefs[1].name",
	} {
		refused(t, withPolicy(fmt.Sprintf("{targetRefs: [%s, %s], rules: [{}]}", good, ref)), why)
	}
	for selector, why := range map[string]string{
		"[app]": "must be a mapping", "{matchLabels: {app: 1}}": "must be a string",
	} {
		refused(t, withPolicy("{selector: "+selector+", rules: [{}]}"), why)
	}
	for _, label := range []string{"app: 's*'", "'a*': s", "'': s"} { // these pick no pod either way
		if p := load(t, withPolicy("{selector: {matchLabels: {"+label+"}}, rules: [{}]}")).namespaces["a"].policies[0]; p.bad == nil {
			t.Errorf("%s is taken", label)
		}
	}
	decides(t, load(t, onWaypoint("rules: [{from: [{source: {trustDomains: ['*', 'cluster*', '*local', c]}}]}]")), Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}, Allow)
	fine := "{targetRefs: [" + good + ", {kind: Service, name: s}, {kind: Service, group: core, name: s}, {kind: ServiceEntry, group: networking.istio.io, name: e}], rules: [{}]}"
	decides(t, load(t, withPolicy(fine)), Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}, Allow)
}

// Whether a token is asked for at all hangs on a RequestAuthentication that the API server takes.
func TestAuthenticationsThatIstioRefuses(t *testing.T) {
	user := Request{From: From{User: "u@x"}, To: To{Namespace: "a", Service: "s"}, Path: "/s/"}
	text := small + ingress + jwt
	decides(t, load(t, text), user, Allow)
	const dex, targets = "issuer: https://dex", "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front}]"
	for _, c := range []struct{ old, with, why string }{
		{dex, "issuer: ''", "jwtRules[0].issuer: must be set"},
		{dex, "issuer: 7", "jwtRules[0].issuer:"},
		{dex, "issuer: https://dex, jwksUri: 'ftp://dex'", "jwtRules[0].jwksUri:"},
		{dex, "issuer: https://dex, jwksUri: 'https://[dex'", "jwtRules[0].jwksUri:"},
		{dex, "issuer: https://dex, jwks: 'keys'", "jwtRules[0].jwks:"},
		{"audiences: [in]", "audiences: ['']", "jwtRules[1].audiences:"},
		{"audiences: [in]", "audiences: in", "jwtRules[1].audiences:"},
		{"claim: email,", "", "jwtRules[0].outputClaimToHeaders[0]:"},
		{"header: X-Groups", "header: ''", "jwtRules[0].outputClaimToHeaders[1]:"},
		{"header: X-Groups", "header: 'X Groups'", "jwtRules[0].outputClaimToHeaders[1]:"},
		{"header: X-Groups", "header: X.Groups", "jwtRules[0].outputClaimToHeaders[1]:"},
		{dex, "issuer: https://dex, fromHeaders: [{prefix: x}]", "jwtRules[0].fromHeaders[0].name:"},
		{dex, "issuer: https://dex, fromParams: ['']", "jwtRules[0].fromParams:"},
		{dex, "issuer: https://dex, fromCookies: ['']", "jwtRules[0].fromCookies:"},
		{"  jwtRules:", "  jwtRules:\n  - null", "jwtRules[0]: must be a mapping"},
		{targets, targets + "\n  selector: {matchLabels: {app: x}}", "only one of"},
		{"kind: Gateway, name: front}]\n  jwt", "kind: Gateway, name: front}, {kind: Gateway, name: front}]\n  jwt", "targetRefs[1].group"},
	} {
		if v := decides(t, load(t, edit(t, text, c.old, c.with)), user, NotJudged); !strings.Contains(v.Why, c.why) {
			t.Errorf("%s: by %q, want %q", c.with, v.By(), c.why)
		}
	}
	// A denial by it is none either.
	bad := edit(t, text, "audiences: [in]", "audiences: [in, '']")
	decides(t, load(t, bad), Request{From: From{Token: "a/s", Audience: "out"}, To: user.To, Path: "/s/"}, NotJudged)
	decides(t, load(t, edit(t, text, dex, "jwksUri: http://dex/keys, fromHeaders: [{name: authorization}], fromParams: [t]")), user, Allow)
	// At a waypoint too.
	atWaypoint := edit(t, strings.TrimPrefix(jwt, "\n"), "namespace: edge", "namespace: a")
	atWaypoint = small + edit(t, edit(t, atWaypoint, "name: front", "name: waypoint"), dex, "issuer: ''")
	refused(t, atWaypoint, "jwtRules[0].issuer: must be set")
	decides(t, load(t, atWaypoint), Request{From: From{ServiceAccount: "b/c"}, To: user.To, Headers: map[string]string{"Authorization": "Bearer x"}}, NotJudged)
}
