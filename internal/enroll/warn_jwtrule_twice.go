package enroll

import (
	"fmt"
	"slices"
	"strings"

	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// warnRulesTwice warns about rules that contradict an earlier one for their issuer. Ours comes first.
func warnRulesTwice(plan generate.Plan, notes *survey.Notes, rules []survey.JWTRule) {
	var earlier []survey.JWTRule
	for _, rule := range rules {
		if rule.Item == nil {
			earlier = append(earlier, rule)
		}
	}
	for _, rule := range rules {
		if rule.Item != nil && (plan.Mesh.Tokens.IsCluster(rule.Issuer) || slices.Contains(plan.Mesh.Tokens.SessionIssuers, rule.Issuer)) {
			warnRuleTwice(plan, notes, rule, earlier)
			earlier = append(earlier, rule)
		}
	}
}

// warnRuleTwice warns about a rule for an issuer that names users which differs from an earlier one, or
// from the one that we write for the cluster's, in its keys or in where it takes the user from:
// Istio accepts a token that one rule accepts.
func warnRuleTwice(plan generate.Plan, notes *survey.Notes, rule survey.JWTRule, earlier []survey.JWTRule) {
	tokens := plan.Mesh.Tokens
	at := "accepts tokens of " + rule.Issuer + " "
	const one = "Istio accepts a token that any one rule accepts, so "
	known, other := rulesBefore(plan, rule, earlier)
	if generate.HasKeys(rule.JWTRule) && !slices.ContainsFunc(known, func(r *security.JWTRule) bool { return sameKeys(r, rule.JWTRule) }) &&
		(plan.Mesh.Tokens.IsCluster(rule.Issuer) || slices.ContainsFunc(known, generate.HasKeys)) {
		effect := one + "anyone with these keys can be any user"
		switch {
		case plan.Mesh.Tokens.IsCluster(rule.Issuer):
			effect += " or service account"
		case plan.Mesh.Waypoint.VerifyTokens:
			effect += ", at the waypoints too, whose " + generate.VerifyTokensName + " has both rules"
		}
		warnRule(notes, diagnostic.OtherKeys, rule, at+"that other keys sign than "+other+" says", effect, "remove the rule, or give both the same keys")
	}
	claims := generate.ClaimsTo(rule.JWTRule, tokens.UserIDHeader)
	if len(claims) > 0 && len(known) > 0 && !slices.ContainsFunc(known, func(r *security.JWTRule) bool { return slices.Equal(generate.ClaimsTo(r, tokens.UserIDHeader), claims) }) {
		warnRule(notes, diagnostic.OtherClaim, rule, at+"and writes "+tokens.UserIDHeader+" from the claim "+strings.Join(claims, " and ")+", unlike "+other,
			one+"anyone with such a token is also the user that this claim names", "write the header from the same claim in both, or remove one of the rules")
	}
}

// rulesBefore are the rules that a rule is measured by, and whose they are: ours for the cluster's
// issuers, else the earlier ones of the input that name users.
func rulesBefore(plan generate.Plan, rule survey.JWTRule, earlier []survey.JWTRule) (known []*security.JWTRule, whose string) {
	tokens := plan.Mesh.Tokens
	if plan.Mesh.Tokens.IsCluster(rule.Issuer) {
		return []*security.JWTRule{tokens.Rule(rule.Issuer, tokens.Audiences)}, "cluster.tokens"
	}
	for _, r := range earlier {
		if r.Issuer != rule.Issuer || len(generate.ClaimsTo(r.JWTRule, tokens.UserIDHeader)) == 0 {
			continue
		}
		known = append(known, r.JWTRule)
		if whose == "" {
			whose = "the platform's own rule"
			if r.Item != nil {
				whose = fmt.Sprintf("jwtRules[%d] of %s", r.Index, r.Item)
			}
		}
	}
	return known, whose
}
