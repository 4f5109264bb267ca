package access

import "testing"

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
