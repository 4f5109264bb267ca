package generate

import (
	"strings"
	"testing"

	security "istio.io/api/security/v1"
)

// A header that the ingress Gateway's rule does not write is written by the waypoints: else the
// client's own would pass.
func TestSessionRuleIsCompleted(t *testing.T) {
	tokens := Tokens{UserIDHeader: "kubeflow-userid", GroupsHeader: "kubeflow-groups"}
	for written, want := range map[string]string{
		"":                            "email:kubeflow-userid groups:kubeflow-groups",
		"sub:Kubeflow-UserID":         "sub:Kubeflow-UserID groups:kubeflow-groups",
		"roles:kubeflow-groups":       "roles:kubeflow-groups email:kubeflow-userid",
		"sub:x-user sub:x-user-again": "sub:x-user sub:x-user-again email:kubeflow-userid groups:kubeflow-groups",
	} {
		rule := &security.JWTRule{Issuer: "https://login.example.com"}
		for _, c := range strings.Fields(written) {
			claim, header, _ := strings.Cut(c, ":")
			rule.OutputClaimToHeaders = append(rule.OutputClaimToHeaders, &security.ClaimToHeader{Claim: claim, Header: header})
		}
		if got := claims(tokens.complete(rule)); got != want {
			t.Errorf("%s: %s, want %s", written, got, want)
		}
		if claims(rule) != written {
			t.Errorf("%s: the ingress Gateway's own rule was changed", written)
		}
	}
}

// Two rules that say the same are one; the keys of the one are the keys of both.
func TestSameRuleIsAddedOnce(t *testing.T) {
	rule := func(issuer, uri string, audiences ...string) *security.JWTRule {
		return &security.JWTRule{Issuer: issuer, JwksUri: uri, Audiences: audiences}
	}
	var rules []*security.JWTRule
	for _, r := range []*security.JWTRule{
		rule("https://a", ""), rule("https://a", "https://a/keys"), rule("https://a", ""),
		rule("https://a", "https://a/other"), rule("https://a", "", "x"), rule("https://b", ""),
	} {
		rules = addRule(rules, r)
	}
	var got []string
	for _, r := range rules {
		got = append(got, r.Issuer+" "+r.JwksUri+" "+strings.Join(r.Audiences, ","))
	}
	if want := "https://a https://a/keys |https://a https://a/other |https://a  x|https://b  "; strings.Join(got, "|") != want {
		t.Errorf("%q, want %q", strings.Join(got, "|"), want)
	}
}

func claims(rule *security.JWTRule) string {
	var out []string
	for _, c := range rule.OutputClaimToHeaders {
		out = append(out, c.Claim+":"+c.Header)
	}
	return strings.Join(out, " ")
}
