package enroll

import (
	"strings"
	"testing"

	security "istio.io/api/security/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// An issuer that is listed by hand, and whose rule nobody can see, is verified as dex is; a warning
// says what was assumed.
func TestListedIssuerWithoutARule(t *testing.T) {
	p, err := profile.Parse(yaml.MustParse(`
apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata: {name: kubeflow}
spec:
  profiles: [{name: alice, owner: {name: alice@example.com}}]
  identity: {sessionIssuers: [https://login.example.com]}
  waypoint: {verifyTokens: true}
`).YNode())
	if err != nil {
		t.Fatal(err)
	}
	plan := generate.NewPlan(p)
	_, findings, err := Apply(plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(findings) != 1 || findings[0].Severity() != diagnostic.Warning || findings[0].Field != "spec.identity.sessionIssuers[0]" {
		t.Errorf("%v", findings)
	}
	rules := plan.Mesh.Tokens.Sessions
	if len(rules) != 1 || rules[0].Issuer != "https://login.example.com" || rules[0].JwksUri != "" || !rules[0].ForwardOriginalToken {
		t.Fatalf("%v", rules)
	}
	if h := rules[0].FromHeaders; len(h) != 1 || h[0].Name != "Authorization" || h[0].Prefix != "Bearer " {
		t.Errorf("%v", h)
	}
	if got := claims(rules[0]); got != "email:kubeflow-userid groups:kubeflow-groups" {
		t.Error(got)
	}
}

// A header that the ingress Gateway's rule does not write is written by the waypoints: else the
// client's own would pass.
func TestSessionRuleIsCompleted(t *testing.T) {
	tokens := &generate.Tokens{UserIDHeader: "kubeflow-userid", GroupsHeader: "kubeflow-groups"}
	plan := generate.Plan{Mesh: &generate.Mesh{Tokens: tokens}}
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
		if got := claims(completeRule(plan, rule)); got != want {
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
