package enroll

import (
	"strings"
	"testing"

	security "istio.io/api/security/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
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
	found, _, err := survey.Look(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	plan := generate.NewPlan(p, found)
	_, findings, err := Place(plan, found, generate.Manifests(plan))
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

func claims(rule *security.JWTRule) string {
	var all []string
	for _, c := range rule.OutputClaimToHeaders {
		all = append(all, c.Claim+":"+c.Header)
	}
	return strings.Join(all, " ")
}
