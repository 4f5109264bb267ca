package access

import "testing"

// Rules are tried in the order of their issuers, and each takes off the headers that it writes before it looks at the token: those of a rule
// behind the one that accepts stay as the client sent them.
func TestHeadersAreStrippedRuleByRule(t *testing.T) {
	rules := []*jwtRule{
		{issuer: "a", copies: []claimHeader{{"sub", "x-a"}}, locations: []location{{"authorization", "Bearer "}}},
		{issuer: "b", copies: []claimHeader{{"sub", "x-b"}}, payload: "x-payload", audiences: []string{"in"}, locations: []location{{"authorization", "Bearer "}}},
	}
	for _, c := range []struct {
		name    string
		shown   *token
		a, b, p value
	}{
		{"none", nil, value{}, value{}, value{}},
		{"of the first", &token{issuer: "a"}, knownValue("s"), knownValue("root"), knownValue("root")},
		{"of the second", &token{issuer: "b", audiences: []string{"in"}}, value{}, knownValue("s"), value{state: some}},
		{"of nobody", &token{issuer: "c"}, value{}, value{}, value{}},
		{"for nobody", &token{issuer: "b", audiences: []string{"out"}}, value{}, value{}, value{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.shown != nil {
				c.shown.claims, c.shown.at = claims{{"sub", knownValue("s")}}, location{"authorization", "Bearer "}
			}
			for _, anyHeader := range []bool{false, true} {
				at := attributes{anyHeader: anyHeader, headers: headers{{"x-a", knownValue("root")}, {"x-b", knownValue("root")}, {"x-payload", knownValue("root")}}}
				at.authenticate(rules, c.shown)
				if a, b, p := at.header("x-a"), at.header("x-b"), at.header("x-payload"); a != c.a || b != c.b || p != c.p {
					t.Errorf("x-a %v, x-b %v, x-payload %v", a, b, p)
				}
			}
		})
	}
}

// Envoy compares audiences without scheme and one trailing slash (check_audience.cc sanitizeAudience).
func TestAudiences(t *testing.T) {
	for _, c := range []struct {
		rule, token string
		want        bool
	}{
		{"kubeflow", "kubeflow", true}, {"kubeflow", "kubeflo", false}, {"https://kubeflow", "kubeflow", true}, {"kubeflow", "http://kubeflow/", true},
		{"kubeflow/", "https://kubeflow", true}, {"kubeflow//", "kubeflow", false}, {"Kubeflow", "kubeflow", false}, {"ftp://kubeflow", "kubeflow", false},
		{"https://", "", false}, {"in", "", false},
	} {
		r := jwtRule{audiences: []string{"other", c.rule}}
		if r.takes([]string{c.token}) != c.want {
			t.Errorf("%s for %q: not %v", c.rule, c.token, c.want)
		}
	}
	if r := (jwtRule{}); !r.takes(nil) || !r.takes([]string{"x"}) {
		t.Error("a rule without audiences takes any")
	}
}

// The order of the manifests does not matter, that of the issuers does.
func TestRulesAreTriedByIssuer(t *testing.T) {
	deny := atFront("{"+frontRef+"action: DENY, rules: [{when: [{key: 'request.headers[x-robot]', values: [root]}]}]}") + edit(t, jwt, "{claim: sub, header: X-User}", "{claim: sub, header: X-Robot}")
	r := Request{From: From{User: "u@x"}, To: To{Namespace: "a", Service: "s"}, Path: "/s/", Headers: map[string]string{"X-Robot": "root"}}
	decides(t, load(t, deny), r, Deny)
	decides(t, load(t, edit(t, edit(t, deny, "issuer: https://dex", "issuer: https://z"), "issuer: https://k8s", "issuer: https://b")), r, Allow)
}
