package access

import (
	"reflect"
	"strings"
	"testing"
)

// The claims that a case gives are the session's, and what it does not give is unknown. Of a Kubernetes token all that policies name is known.
func TestClaimsOfACase(t *testing.T) {
	base := small + ingress + sessionRule + tokenRules("k", "{issuer: 'https://kubernetes.default.svc', audiences: [in], outputClaimToHeaders: [{claim: sub, header: x-sub}]}")
	to := To{Namespace: "a", Service: "s"}
	ann := From{User: "ann@x", Claims: map[string]any{"groups": []string{"red", "blue"}, "sub": "7", "realm": map[string]any{"role": "r"}}}
	robot := From{Token: "a/s", Audiences: []string{"out", "in"}, Claims: map[string]any{"team": "red"}}
	for _, c := range []struct {
		from From
		when string
		want Outcome
	}{
		{ann, "key: 'request.auth.claims[groups]', values: [blue]", Deny},
		{ann, "key: 'request.auth.claims[groups]', values: [green]", Allow},
		{From{User: "ann@x"}, "key: 'request.auth.claims[groups]', values: [green]", NotJudged},
		{ann, "key: 'request.auth.claims[realm][role]', values: [r]", Deny},
		{ann, "key: request.auth.principal, values: ['https://login.test/7']", Deny},
		{ann, "key: request.auth.principal, values: ['https://login.test/8']", Allow},
		{ann, "key: 'request.auth.claims[team]', values: [red]", NotJudged},
		{robot, "key: 'request.auth.claims[team]', values: [red]", Deny},
		{robot, "key: 'request.auth.claims[team]', values: [blue]", Allow},
		{robot, "key: 'request.auth.claims[other]', values: [blue]", Allow},
		{robot, "key: request.auth.audiences, values: [out]", Deny},
		{robot, "key: request.auth.audiences, values: [elsewhere]", Allow},
		{robot, "key: 'request.auth.claims[kubernetes.io][pod][name]', values: [x]", NotJudged},
		{From{Token: "a/s", Audience: "in"}, "key: request.auth.audiences, values: [in]", Deny},
		{From{Token: "a/s", Audiences: []string{"out"}}, "key: request.auth.audiences, values: [x]", Deny}, // 403
	} {
		text := base + frontPolicy("d", "action: DENY, rules: [{when: [{"+c.when+"}]}]")
		decides(t, load(t, text), Request{From: c.from, To: to, Path: "/s/x"}, c.want)
	}
	// A pod shows the same at a waypoint.
	atWaypoint := edit(t, edit(t, tokenRules("k", "{issuer: 'https://kubernetes.default.svc', audiences: [in]}"), "namespace: edge", "namespace: a"), "name: front", "name: waypoint")
	robot.ServiceAccount = "b/c"
	decides(t, load(t, onWaypoint("rules: [{when: [{key: 'request.auth.claims[team]', values: [red]}]}]")+atWaypoint), Request{From: robot, To: to}, Allow)
	robot.Claims = nil
	decides(t, load(t, onWaypoint("rules: [{when: [{key: 'request.auth.claims[team]', values: [red]}]}]")+atWaypoint), Request{From: robot, To: to}, Deny)
}

// A header that rules compare with something else than a user is not the one that a login writes, and an issuer whose rule copies sub somewhere else is not
// that of the cluster's tokens.
func TestWhatNamesAUser(t *testing.T) {
	to := To{Namespace: "a", Service: "s"}
	lets := func(header, value string) string {
		policy := onWaypoint("rules: [{when: [{key: 'request.headers[" + header + "]', values: ['" + value + "']}]}]")
		return edit(t, policy, "istio.io/use-waypoint: waypoint", `istio.io/use-waypoint: waypoint, istio.io/ingress-use-waypoint: "true"`) + ingress
	}
	for _, c := range []struct {
		header, value string
		from          From
		want          Outcome
	}{
		{"x-debug", "1", From{User: "1"}, Deny},
		{"x-debug", "1", From{User: "u@x"}, Deny},
		{"x-mail", "u@x", From{User: "u@x"}, Allow},
		{"kubeflow-userid", "1", From{User: "1"}, Allow},
	} {
		decides(t, load(t, lets(c.header, c.value)), Request{From: c.from, To: to, Path: "/s/x"}, c.want)
	}
	decides(t, load(t, lets("x-debug", "1")), Request{From: From{User: "u@x"}, To: to, Path: "/s/x", Headers: map[string]string{"x-debug": "1"}}, Allow)

	token := Request{From: From{Token: "b/c"}, To: to, Path: "/s/x"}
	for header, want := range map[string]Outcome{"x-sub": Deny, "kubeflow-userid": Allow} { // 401: no rule takes the issuer
		text := small + ingress + tokenRules("k", "{issuer: 'https://ci.test', outputClaimToHeaders: [{claim: sub, header: "+header+"}]}")
		decides(t, load(t, text), token, want)
		if r := load(t, text).Explain(Roles{}); len(r.Assumed) == 0 {
			t.Errorf("%s: explain assumes nothing", header)
		}
	}
}

// A witness has all of its token, so that it can be asked as it is printed.
func TestWitnessesHaveTheirClaims(t *testing.T) {
	for want, f := range map[string]From{
		"user u@x with the claim groups [\"a\", \"b\"] with the claim [realm][role]: r": {User: "u@x", Claims: map[string]any{"groups": []string{"a", "b"}, "realm": map[string]any{"role": "r"}}},
		"a token of the issuer i with the audience a with the claim g: x":               {JWT: &JWT{Issuer: "i", Audiences: []string{"a"}, Claims: map[string]any{"g": "x"}}},
		"token b/c with the audiences \"x\", \"y\"":                                     {Token: "b/c", Audiences: []string{"x", "y"}},
	} {
		r := Request{From: f, To: To{Namespace: "a", Service: "s"}, Method: "GET", Path: "/"}
		if got, _, _ := strings.Cut(r.text(), ", GET"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f := From{JWT: &JWT{Issuer: "i"}}
	for _, text := range []string{"sub=me", "g=x", "g=y", "[realm][role]=a=b", "https://x.io/g=z"} {
		if err := f.ParseClaim(text); err != nil {
			t.Error(err)
		}
	}
	want := map[string]any{"g": []string{"x", "y"}, "realm": map[string]any{"role": "a=b"}, "https://x.io/g": "z"}
	if f.JWT.Subject != "me" || !reflect.DeepEqual(f.JWT.Claims, want) {
		t.Errorf("%+v", f.JWT)
	}
	for _, text := range []string{"g", "=x", "realm=x", "[g][x]=y"} {
		if f.ParseClaim(text) == nil {
			t.Errorf("%q is a claim", text)
		}
	}
	if (&From{Anonymous: true}).ParseClaim("a=b") == nil {
		t.Error("nobody has a claim")
	}
}
