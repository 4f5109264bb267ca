package access

import (
	"strings"
	"testing"
)

// tokenRules is a RequestAuthentication at the gateway.
func tokenRules(name, rules string) string {
	return "\n---\nkind: RequestAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: " + name + ", namespace: edge}\nspec: {" + frontRef + "jwtRules: [" + rules + "]}\n"
}

// A value that is not a token of an issuer is rejected wherever a rule looks, and nowhere else.
func TestWhereEnvoyLooksForTokens(t *testing.T) {
	to, anonymous := To{Namespace: "a", Service: "s"}, From{Anonymous: true}
	jwt := From{JWT: &JWT{Issuer: "https://i.test", Subject: "x"}}
	claims := frontPolicy("d", "action: DENY, rules: [{from: [{source: {requestPrincipals: ['https://i.test/x']}}]}]")
	for _, c := range []struct {
		name, rule string
		from       From
		path       string
		headers    map[string]string
		want       Outcome
	}{
		{"by default in access_token", "", anonymous, "/s/x?access_token=y", nil, Deny},
		{"whose name may be escaped", "", anonymous, "/s/x?q=1&access%5Ftoken=y", nil, Deny},
		{"an empty one", "", anonymous, "/s/x?access_token", nil, Deny},
		{"not in another parameter", "", anonymous, "/s/x?token=y", nil, Allow},
		{"nor there, where a header is named", "fromHeaders: [{name: X-Token}]", anonymous, "/s/x?access_token=y", map[string]string{"authorization": "Bearer y"}, Allow},
		{"in that header", "fromHeaders: [{name: X-Token}]", anonymous, "/s/x", map[string]string{"x-token": ""}, Deny},
		{"in a parameter", "fromParams: [t]", anonymous, "/s/x?t=y", nil, Deny},
		{"in a cookie", "fromCookies: [t]", anonymous, "/s/x", map[string]string{"cookie": "a=b; t=y"}, Deny},
		{"in no other cookie", "fromCookies: [t]", anonymous, "/s/x", map[string]string{"cookie": "a=b; tt=y"}, Allow},
		{"a good one in a parameter", "fromParams: [t]", jwt, "/s/x?t=good", nil, Deny},
		{"a good one in a cookie", "fromCookies: [t]", jwt, "/s/x", nil, Deny},
		{"a good one in a header", "fromHeaders: [{name: X-Token}]", jwt, "/s/x", nil, Deny},
		{"two in one header", "", jwt, "/s/x", map[string]string{"authorization": "Bearer y"}, NotJudged},
		{"two tokens", "", jwt, "/s/x?access_token=y", nil, NotJudged},
	} {
		t.Run(c.name, func(t *testing.T) {
			rule := "{issuer: https://i.test"
			if c.rule != "" {
				rule += ", " + c.rule
			}
			text := small + ingress + tokenRules("j", rule+"}") + claims
			decides(t, load(t, text), Request{From: c.from, To: to, Path: c.path, Headers: c.headers}, c.want)
		})
	}
	// A header without a prefix holds the token alone, so one after Bearer is none.
	two := "{issuer: https://i.test}, {issuer: https://j.test, fromHeaders: [{name: authorization}]}"
	decides(t, load(t, small+ingress+tokenRules("j", two)), Request{From: jwt, To: to, Path: "/s/x"}, Allow)
	decides(t, load(t, small+ingress+tokenRules("j", two)), Request{From: From{JWT: &JWT{Issuer: "https://k.test"}}, To: to, Path: "/s/x"}, Deny)
}

// Policies compare the words of scope, permission and the claims that a rule names; a header gets the text.
func TestClaimsThatAreWords(t *testing.T) {
	r := Request{From: From{JWT: &JWT{Issuer: "https://i.test", Claims: map[string]any{"scope": "read  write", "roles": "cook baker", "free": "a b"}}}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	rules := tokenRules("j", "{issuer: https://i.test, spaceDelimitedClaims: [roles], outputClaimToHeaders: [{claim: roles, header: x-roles}]}")
	for when, want := range map[string]Outcome{
		"key: 'request.auth.claims[scope]', values: [write]": Deny, "key: 'request.auth.claims[scope]', values: ['read  write']": Allow,
		"key: 'request.auth.claims[roles]', values: [baker]": Deny, "key: 'request.auth.claims[free]', values: [a]": Allow, "key: 'request.auth.claims[free]', values: ['a b']": Deny,
		"key: 'request.headers[x-roles]', values: ['cook baker']": Deny,
	} {
		text := small + ingress + rules + frontPolicy("d", "action: DENY, rules: [{when: [{"+when+"}]}]")
		decides(t, load(t, text), r, want)
	}
}

// Istio 1.32 asks for a token whose presence is required, and earlier releases do not know the field.
func TestARequiredToken(t *testing.T) {
	to := To{Namespace: "a", Service: "s"}
	required := "{issuer: https://i.test, audiences: [in], presence: REQUIRED}"
	text := small + ingress + tokenRules("j", required+", {issuer: https://j.test}")
	jwt := func(issuer, audience string) From {
		return From{JWT: &JWT{Issuer: issuer, Audiences: []string{audience}}}
	}
	for _, c := range []struct {
		from From
		want Outcome
	}{
		{From{Anonymous: true}, NotJudged}, {jwt("https://i.test", "in"), Allow}, {jwt("https://i.test", "out"), Deny}, {jwt("https://j.test", "in"), NotJudged},
	} {
		decides(t, load(t, text), Request{From: c.from, To: to, Path: "/s/x"}, c.want)
	}
	decides(t, load(t, edit(t, text, "REQUIRED", "OPTIONAL")), Request{From: From{Anonymous: true}, To: to, Path: "/s/x"}, Allow)
	decides(t, load(t, edit(t, text, "REQUIRED", "ALWAYS")), Request{From: From{Anonymous: true}, To: to, Path: "/s/x"}, NotJudged)
	preflight := map[string]string{"origin": "https://x", "access-control-request-method": "GET"}
	decides(t, load(t, text), Request{From: From{Anonymous: true}, To: to, Path: "/s/x", Method: "OPTIONS", Headers: preflight}, Allow)
	// At a waypoint too.
	atWaypoint := edit(t, edit(t, tokenRules("j", required), "namespace: edge", "namespace: a"), "name: front", "name: waypoint")
	decides(t, load(t, small+atWaypoint), Request{From: From{ServiceAccount: "b/c"}, To: to}, NotJudged)
	decides(t, load(t, small+atWaypoint), Request{From: From{ServiceAccount: "b/c", JWT: &JWT{Issuer: "https://i.test", Audiences: []string{"in"}}}, To: to}, Allow)
}

// A rule without an issuer takes what is signed by its keys, and whose they are is not in the manifests.
func TestARuleThatGoesByKeys(t *testing.T) {
	r := Request{From: From{JWT: &JWT{Issuer: "https://i.test", Subject: "x"}}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	byKeys := tokenRules("k", "{jwksUri: 'https://i.test/keys'}")
	decides(t, load(t, small+ingress+byKeys), r, NotJudged)
	decides(t, load(t, small+ingress+byKeys+tokenRules("j", "{issuer: https://i.test}")), r, Allow)
	decides(t, load(t, small+ingress+byKeys), Request{From: From{Anonymous: true}, To: r.To, Path: "/s/x"}, Allow)
}

// Of two rules for one issuer the older is tried first, which only manifests from a cluster show.
func TestTheOrderOfRulesForOneIssuer(t *testing.T) {
	r := Request{From: From{JWT: &JWT{Issuer: "https://i.test", Subject: "x", Audiences: []string{"in"}}}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x", Headers: map[string]string{"x-b": "root"}}
	one, two := tokenRules("one", "{issuer: https://i.test, outputClaimToHeaders: [{claim: sub, header: x-a}]}"), tokenRules("two", "{issuer: https://i.test, outputClaimToHeaders: [{claim: sub, header: x-b}]}")
	forged := frontPolicy("d", "action: DENY, rules: [{when: [{key: 'request.headers[x-b]', values: [root]}]}]")
	base := small + ingress + forged
	aged := func(text, at string) string {
		return edit(t, text, ", namespace: edge}", ", namespace: edge, creationTimestamp: '"+at+"'}")
	}
	const old, young = "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z"
	for _, c := range []struct {
		name, text string
		want       Outcome
	}{
		{"no ages", base + one + two, NotJudged},
		{"to no effect", small + ingress + one + two, Allow},
		{"of the same text", base + one + strings.Replace(one, "name: one", "name: uno", 1), Deny},
		{"in one object", base + tokenRules("both", "{issuer: https://i.test, outputClaimToHeaders: [{claim: sub, header: x-b}]}, {issuer: https://i.test}"), Allow},
		{"the first is older", base + aged(one, old) + aged(two, young), Deny},
		{"the second is older", base + aged(one, young) + aged(two, old), Allow},
		{"with one without an age that is for another Gateway", base + aged(one, young) + aged(two, old) + edit(t, tokenRules("other", "{issuer: https://i.test}"), frontRef, "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: back}], "), Allow},
		{"with one without an age", base + aged(one, old) + aged(two, young) + tokenRules("z", "{issuer: https://i.test, audiences: [out], outputClaimToHeaders: [{claim: sub, header: x-b}]}"), NotJudged},
		{"of one second, by name", base + aged(two, old) + aged(one, old), Deny},
		{"one age alone", base + aged(one, old) + two, NotJudged},
		{"the gateway's namespace comes before the root", base + two + strings.Replace(strings.Replace(one, "namespace: edge", "namespace: istio-system", 1), frontRef, "selector: {matchLabels: {app: front}}, ", 1), Allow},
		{"three, of which one does not take the token", base + one + two + tokenRules("three", "{issuer: https://i.test, audiences: [out]}"), NotJudged},
	} {
		t.Run(c.name, func(t *testing.T) { decides(t, load(t, c.text), r, c.want) })
	}
}

// A client shows its token in whichever place some rule of the issuer looks.
func TestTheClientChoosesThePlaceOfItsToken(t *testing.T) {
	r := Request{From: From{JWT: &JWT{Issuer: "https://i.test", Claims: map[string]any{"email": "root@x"}}}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	const copies, plain = "{issuer: https://i.test, fromHeaders: [{name: x-a}], outputClaimToHeaders: [{claim: email, header: x-user}]}", "{issuer: https://i.test}"
	named := frontPolicy("d", "rules: [{when: [{key: 'request.headers[x-user]', values: [root@x]}]}]")
	anyToken := frontPolicy("d", "rules: [{from: [{source: {requestPrincipals: ['*']}}]}, {when: [{key: 'request.auth.claims[iss]', values: [https://i.test]}]}]")
	decides(t, load(t, small+ingress+tokenRules("j", copies)+named), r, Allow)
	decides(t, load(t, small+ingress+tokenRules("j", plain)+named), r, Deny)
	for _, rules := range []string{copies + ", " + plain, plain + ", " + copies} {
		decides(t, load(t, small+ingress+tokenRules("j", rules)+named), r, NotJudged)
		decides(t, load(t, small+ingress+tokenRules("j", rules)+anyToken), r, Allow)
	}
}

// Envoy takes a token that it does not forward off a header, and leaves a cookie; of a parameter its releases differ.
func TestTokensThatAreNotForwardedFromCookies(t *testing.T) {
	r := Request{From: From{JWT: &JWT{Issuer: "https://i.test", Subject: "x"}}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	atWaypoint := "\n---\nkind: RequestAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: w, namespace: a}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], jwtRules: [{issuer: https://i.test, PLACE}]}" +
		"\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: w, namespace: a}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{from: [{source: {requestPrincipals: ['https://i.test/x']}}]}]}"
	world := strings.Replace(small, "istio.io/use-waypoint: waypoint", "istio.io/use-waypoint: waypoint, istio.io/ingress-use-waypoint: 'true'", 1) + ingress
	for place, want := range map[string]Outcome{"fromHeaders: [{name: x-a}]": Deny, "fromCookies: [t]": NotJudged, "fromParams: [t]": NotJudged} {
		text := world + tokenRules("j", "{issuer: https://i.test, "+place+"}") + strings.Replace(atWaypoint, "PLACE", place, 1)
		decides(t, load(t, text), r, want)
		decides(t, load(t, edit(t, text, "{issuer: https://i.test, "+place+"}", "{issuer: https://i.test, forwardOriginalToken: true, "+place+"}")), r, Allow)
	}
}

// Envoy adds each claim to its header, and takes off what a rule writes before it looks for the token.
func TestHeadersThatARuleWritesTwice(t *testing.T) {
	r := Request{From: From{JWT: &JWT{Issuer: "https://i.test", Subject: "x", Claims: map[string]any{"email": "u@x"}}}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	named := func(value string) string {
		return frontPolicy("d", "rules: [{when: [{key: 'request.headers[x-user]', values: ["+value+"]}]}]")
	}
	world := func(rule, policy string) *World { return load(t, small+ingress+tokenRules("j", rule)+policy) }
	const twice = "{issuer: https://i.test, outputClaimToHeaders: [{claim: email, header: X-User}, {claim: sub, header: x-user}]}"
	decides(t, world(twice, named("x")), r, NotJudged)
	decides(t, world(twice, named("u@x")), r, NotJudged)
	decides(t, world("{issuer: https://i.test, outputPayloadToHeader: x-user, outputClaimToHeaders: [{claim: email, header: X-User}]}", named("u@x")), r, NotJudged)
	decides(t, world("{issuer: https://i.test, outputClaimToHeaders: [{claim: none, header: X-User}, {claim: sub, header: x-user}]}", named("x")), r, Allow)
	decides(t, world("{issuer: https://i.test, outputClaimToHeaders: [{claim: email, header: Host}]}", named("x")), r, NotJudged)
	decides(t, world("{issuer: https://i.test, outputPayloadToHeader: host}", named("x")), r, NotJudged)
	anybody := frontPolicy("d", "rules: [{from: [{source: {requestPrincipals: ['*']}}]}]")
	decides(t, world("{issuer: https://i.test}", anybody), r, Allow)
	decides(t, world("{issuer: https://i.test, outputClaimToHeaders: [{claim: email, header: Authorization}]}", anybody), r, NotJudged)
	decides(t, world("{issuer: https://a.test, outputClaimToHeaders: [{claim: email, header: Authorization}]}, {issuer: https://i.test}", anybody), r, NotJudged)
	decides(t, world("{issuer: https://i.test}, {issuer: https://z.test, outputClaimToHeaders: [{claim: email, header: Authorization}]}", anybody), r, Allow)
}
