package access

import (
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

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
		{"of the second", &token{issuer: "b", audiences: []string{"in"}}, value{}, knownValue("s"), symbolic.In(some)},
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
		if r.takes(&token{audiences: []string{c.token}}) != c.want {
			t.Errorf("%s for %q: not %v", c.rule, c.token, c.want)
		}
	}
	if r := (jwtRule{}); !r.takes(&token{}) || !r.takes(&token{audiences: []string{"x"}}) {
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

// A token counts where a rule looks for it. Elsewhere it is as if there were none, and where a rule looks in vain it takes nothing.
func TestATokenIsFoundWhereARuleLooks(t *testing.T) {
	bearer, plain, query := location{"authorization", "Bearer "}, location{"x-jwt", ""}, location{}
	for _, c := range []struct {
		name  string
		rule  jwtRule
		at    location
		found bool
	}{
		{"the default", jwtRule{locations: []location{bearer}}, bearer, true},
		{"another header", jwtRule{locations: []location{plain}}, bearer, false},
		{"the second of two", jwtRule{locations: []location{plain, bearer}}, bearer, true},
		{"another prefix", jwtRule{locations: []location{{"authorization", "JWT "}}}, bearer, false},
		{"the end of the prefix", jwtRule{locations: []location{{"authorization", "rer "}}}, bearer, true},
		{"a parameter", jwtRule{params: []string{"t"}}, query, true},
		{"a parameter and a header", jwtRule{params: []string{"t"}, locations: []location{bearer}}, query, true},
		{"a cookie", jwtRule{cookies: []string{"t"}}, query, false},
		{"no parameter", jwtRule{locations: []location{bearer}}, query, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := attributes{headers: headers{{"x-a", knownValue("root")}}}
			c.rule.issuer, c.rule.copies = "i", []claimHeader{{"sub", "x-a"}}
			refused := at.authenticate([]*jwtRule{&c.rule}, &token{issuer: "i", at: c.at, in: inParam + "t", claims: claims{{"sub", knownValue("s")}}})
			if want := map[bool]value{true: knownValue("s"), false: {}}[c.found]; refused.status != 0 || at.header("x-a") != want || (at.claims != nil) != c.found {
				t.Errorf("refused %v, header %v, claims %v", refused, at.header("x-a"), at.claims)
			}
		})
	}
}

// A claim that is a list matches by its elements, and its header is base64, as which only such texts are in doubt; an empty claim writes no header.
func TestClaimsOfSeveralValues(t *testing.T) {
	tok := (&JWT{Issuer: "i", Audiences: []string{"a", "b"}, Claims: map[string]any{
		"groups": []string{"x", "y"}, "name": "", "realm": map[string]any{"roles": []string{"r"}},
	}}).token(nil)
	tok.at = location{"authorization", "Bearer "}
	rule := jwtRule{issuer: "i", audiences: []string{"b"}, locations: []location{tok.at}, copies: []claimHeader{
		{"groups", "x-groups"}, {"name", "x-name"}, {"realm", "x-realm"}, {"realm.roles", "x-roles"}, {"iss", "x-iss"},
	}}
	at := attributes{headers: headers{{"x-name", knownValue("root")}}}
	if refused := at.authenticate([]*jwtRule{&rule}, tok); refused.status != 0 {
		t.Fatal(refused)
	}
	for name, want := range map[string]value{"x-groups": symbolic.Encoded(symbolic.EncodedList), "x-name": {}, "x-realm": symbolic.Encoded(symbolic.EncodedMapping), "x-roles": symbolic.Encoded(symbolic.EncodedList), "x-iss": knownValue("i")} {
		if got := at.header(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	for claim, want := range map[string]verdict3{"groups=y": yes, "groups=z": no, "groups=*": yes, "aud=a": yes, "aud=c": no, "realm\x00roles=r": yes, "other=x": no} {
		name, pattern, _ := strings.Cut(claim, "=")
		if got := at.matchClaim(name, pattern); got != want {
			t.Errorf("%s: %v, want %v", claim, got, want)
		}
	}
}
