package access

import (
	"strings"
	"testing"
)

const sessionRule = `
---
kind: RequestAuthentication
apiVersion: security.istio.io/v1
metadata: {name: people, namespace: edge}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front}]
  jwtRules: [{issuer: https://login.test, forwardOriginalToken: true, outputClaimToHeaders: [{claim: email, header: x-who}]}]
`

// frontPolicy is one more policy at the gateway.
func frontPolicy(name, spec string) string {
	return "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: " + name + ", namespace: edge}\nspec: {" + frontRef + spec + "}\n"
}

func meshProviders(providers string) string {
	return "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: '{extensionProviders: [" + providers + "]}'}\n"
}

const goodLogin = "{name: login, envoyExtAuthzHttp: {service: l, port: 80, includeRequestHeadersInCheck: [Cookie], headersToUpstreamOnAllow: [Authorization]}}"

// A session is a cookie, which only an authorizer that is asked turns into a token.
func TestASessionHasATokenWhereALoginIsAskedFor(t *testing.T) {
	const asks = "action: CUSTOM, provider: {name: login}, rules: [{to: [{operation: {notPaths: [/s/open*]}}], when: [{key: 'request.headers[authorization]', notValues: ['*']}]}]"
	const all = "action: CUSTOM, provider: {name: login}, rules: [{}]"
	who := frontPolicy("not-ann", "action: DENY, rules: [{when: [{key: 'request.auth.claims[email]', values: [ann@x]}]}]")
	tokens := frontPolicy("tokens", "action: DENY, rules: [{from: [{source: {notRequestPrincipals: ['*']}}]}]")
	byHeader := frontPolicy("by-header", "rules: [{when: [{key: 'request.headers[x-who]', values: [ann@x]}]}]")
	other := "\n---\nkind: RequestAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: robots, namespace: edge}\n" +
		"spec: {" + strings.TrimSuffix(frontRef, ", ") + ", jwtRules: [{issuer: https://robots.test, forwardOriginalToken: true}]}"
	base := small + ingress
	for _, c := range []struct {
		name, text, path string
		headers          map[string]string
		want             Outcome
		why              string
	}{
		{"asked", base + sessionRule + frontPolicy("c", asks) + who, "/s/x", nil, Deny, "not-ann"},
		{"exempt", base + sessionRule + frontPolicy("c", asks) + who, "/s/open/x", nil, Allow, ""},
		{"exempt, where a token is needed", base + sessionRule + frontPolicy("c", asks) + tokens, "/s/open/x", nil, Deny, "tokens"},
		{"asked, where a token is needed", base + sessionRule + frontPolicy("c", asks) + tokens, "/s/x", nil, Allow, ""},
		{"its own token does not come from a session", base + sessionRule + frontPolicy("c", asks), "/s/x", map[string]string{"Authorization": "Bearer x"}, Deny, "401"},
		{"and is none where all are asked", base + sessionRule + frontPolicy("c", all), "/s/x", map[string]string{"Authorization": "Bearer x"}, Allow, ""},
		{"asked by host", base + sessionRule + frontPolicy("c", "action: CUSTOM, provider: {name: login}, rules: [{to: [{operation: {hosts: [x.test]}}]}]") + tokens, "/s/x", nil, NotJudged, "asks the authorizer"},
		{"asked by host, to no effect", base + sessionRule + frontPolicy("c", "action: CUSTOM, provider: {name: login}, rules: [{to: [{operation: {hosts: [x.test]}}]}]"), "/s/x", nil, Allow, ""},
		{"a login that is elsewhere", base + sessionRule + tokens, "/s/x", nil, Allow, ""},
		{"one that the mesh has and nobody asks for", base + sessionRule + tokens + meshProviders(goodLogin), "/s/x", nil, NotJudged, "asks for a login"},
		{"the same, to no effect", base + sessionRule + meshProviders(goodLogin), "/s/x", nil, Allow, ""},
		{"a session that no rule reads", base + other + frontPolicy("c", asks), "/s/x", nil, NotJudged, "copies the claim email"},
		{"nor does any other", base + frontPolicy("c", asks), "/s/x", nil, Allow, ""},

		{"a provider that adds the token", base + sessionRule + frontPolicy("c", asks) + tokens + meshProviders(goodLogin), "/s/x", nil, Allow, ""},
		{"one that does not", base + sessionRule + frontPolicy("c", asks) + tokens + meshProviders(strings.Replace(goodLogin, "[Authorization]", "[x-team]", 1)), "/s/x", nil, Deny, "tokens"},
		{"one whose header no rule reads", base + edit(t, sessionRule, "forwardOriginalToken: true", "fromHeaders: [{name: X-Jwt}]") + frontPolicy("c", asks) + tokens + meshProviders(goodLogin), "/s/x", nil, Deny, "tokens"},
		{"one by the header that a rule reads", base + edit(t, sessionRule, "forwardOriginalToken: true", "fromHeaders: [{name: X-Jwt}]") + frontPolicy("c", asks) + tokens + meshProviders(strings.Replace(goodLogin, "[Authorization]", "[x-jwt]", 1)), "/s/x", nil, Allow, ""},
		{"a browser that holds the token itself", base + edit(t, sessionRule, "forwardOriginalToken: true", "fromCookies: [id]") + frontPolicy("c", asks) + tokens, "/s/open/x", nil, Allow, ""},
		{"one by a prefix", base + sessionRule + frontPolicy("c", asks) + tokens + meshProviders(strings.Replace(goodLogin, "[Authorization]", "[\"auth*\"]", 1)), "/s/x", nil, Allow, ""},
		{"one that sees no cookie", base + sessionRule + frontPolicy("c", asks) + tokens + meshProviders(strings.Replace(goodLogin, "[Cookie]", "[accept]", 1)), "/s/x", nil, NotJudged, "cookie"},
		{"one by its older field", base + sessionRule + frontPolicy("c", asks) + meshProviders(strings.Replace(goodLogin, "includeRequestHeadersInCheck", "includeHeadersInCheck", 1)), "/s/x", nil, Allow, ""},
		{"one that Istio refuses", base + sessionRule + frontPolicy("c", asks) + meshProviders(strings.Replace(goodLogin, "[Cookie]", "[\"*\"]", 1)), "/s/x", nil, NotJudged, "malformed"},
		{"one that says who the user is", base + frontPolicy("c", asks) + strings.Replace(byHeader, "x-who", "kubeflow-userid", 1) + meshProviders(strings.Replace(goodLogin, "[Authorization]", "[\"kubeflow-*\"]", 1)), "/s/x", nil, Allow, ""},
		{"one that may set what a policy reads", base + sessionRule + frontPolicy("c", asks) + frontPolicy("d", "action: DENY, rules: [{when: [{key: 'request.headers[x-team]', values: [red]}]}]") + meshProviders(strings.Replace(goodLogin, "[Authorization]", "[authorization, x-team]", 1)), "/s/x", map[string]string{"x-team": "blue"}, NotJudged, "x-team"},
		{"a gRPC one may set any", base + sessionRule + frontPolicy("c", asks) + frontPolicy("d", "action: DENY, rules: [{when: [{key: 'request.headers[x-team]', values: [red]}]}]") + meshProviders("{name: login, envoyExtAuthzGrpc: {service: l, port: 80}}"), "/s/x", nil, NotJudged, "x-team"},
		{"but not what the token says", base + sessionRule + frontPolicy("c", asks) + byHeader + meshProviders("{name: login, envoyExtAuthzGrpc: {service: l, port: 80}}"), "/s/x", nil, Allow, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Request{From: From{User: "ann@x"}, To: To{Namespace: "a", Service: "s"}, Path: c.path, Headers: c.headers}
			if v := decides(t, load(t, c.text), r, c.want); !strings.Contains(v.By(), c.why) {
				t.Errorf("by %q, want %q", v.By(), c.why)
			}
		})
	}
}

// What is assumed of a login is said, and only where it is.
func TestAnAssumedLoginIsPrinted(t *testing.T) {
	r := Request{From: From{User: "ann@x"}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	for text, want := range map[string]bool{
		small + ingress + sessionRule: true,
		small + ingress + sessionRule + frontPolicy("c", "action: CUSTOM, provider: {name: login}, rules: [{}]"): false,
	} {
		if got := strings.Contains(strings.Join(load(t, text).Decide(r).Assumed, "\n"), "a login before Gateway edge/front"); got != want {
			t.Errorf("assumed: %v, want %v", got, want)
		}
	}
}

// A file does not say which of two issuers is the cluster's.
func TestWhichIssuerTheClustersTokensBear(t *testing.T) {
	rules := func(issuers ...string) string {
		text := small + ingress + "\n---\nkind: RequestAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: j, namespace: edge}\nspec: {" + frontRef + "jwtRules: ["
		for _, i := range issuers {
			text += "{issuer: '" + i + "', forwardOriginalToken: true, outputClaimToHeaders: [{claim: sub, header: x-who}]}, "
		}
		return text + "]}"
	}
	const one, two = "https://kubernetes.default.svc", "https://oidc.eks.eu-west-1.amazonaws.com/id/A"
	deny := func(issuer string) string {
		return frontPolicy("d", "action: DENY, rules: [{from: [{source: {requestPrincipals: ['"+issuer+"/*']}}]}]")
	}
	bare := func(text string) string {
		return edit(t, text, ", outputClaimToHeaders: [{claim: sub, header: x-who}]", "")
	}
	r := Request{From: From{Token: "b/c"}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	for _, c := range []struct {
		name, text string
		want       Outcome
	}{
		{"the only one", rules(one) + deny(one), Deny},
		{"and no other", rules(one) + deny(two), Allow},
		{"the first of two", rules(one, two) + deny(one), NotJudged},
		{"the second of two", rules(one, two) + deny(two), NotJudged},
		{"both", rules(one, two) + deny(one) + strings.Replace(deny(two), "name: d,", "name: e,", 1), Deny},
		{"neither", rules(one, two), Allow},
		{"by its issuer alone", bare(rules(one)), Allow},
		{"a cloud's too", bare(rules(two)), Allow},
		{"of two that copy nothing", bare(rules(one, two)) + deny(two), NotJudged},
		{"no rule for any", rules("https://login.test") + strings.Replace(sessionRule, "x-who", "x-whose", 1) + deny("https://login.test"), Deny},
	} {
		t.Run(c.name, func(t *testing.T) { decides(t, load(t, c.text), r, c.want) })
	}
	v := load(t, bare(rules("https://robots.test"))).Decide(r)
	if v.Outcome != Deny || !strings.Contains(strings.Join(v.Assumed, "\n"), "the issuer of the cluster's tokens") {
		t.Errorf("%s, assumed %q", v.By(), v.Assumed)
	}
}
