package enroll

import (
	"slices"
	"strings"

	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// findSessions decides which issuers people log in with, by the rules in force at the ingress
// Gateway, and warns about rules there by which a token could name another user.
func findSessions(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	tokens := plan.Mesh.Tokens
	rules := rulesAtIngress(plan, input, notes)
	listed := tokens.SessionIssuers != nil
	if !listed {
		tokens.SessionIssuers = sessionIssuers(plan, rules)
	}
	switch {
	case len(tokens.SessionIssuers) == 0:
		tellNoSession(plan, input, notes, rules)
	case !listed:
		tellSessions(plan, notes)
	}
	for _, rule := range rules {
		jwtRuleTrouble(plan, notes, rule, listed)
	}
	rulesTwice(plan, notes, rules)
	if plan.Mesh.Waypoint.VerifyTokens {
		tokens.Sessions = sessionRules(plan, input, notes, rules)
		findVerified(plan, input, notes)
	}
}

// sessionIssuers are the issuers whose rules write both headers: a client cannot bring one of its
// own beside their tokens. The cluster's own issuers name service accounts and no people.
func sessionIssuers(plan generate.Plan, rules []jwtRule) []string {
	var issuers []string
	for _, rule := range rules {
		if rule.Issuer != "" && len(unwritten(plan, rule)) == 0 && !isCluster(plan, rule.Issuer) && !slices.Contains(issuers, rule.Issuer) {
			issuers = append(issuers, rule.Issuer)
		}
	}
	slices.Sort(issuers)
	return issuers
}

func isCluster(plan generate.Plan, issuer string) bool {
	return slices.Contains(plan.Mesh.Tokens.Issuers, issuer)
}

// unwritten are those of the two headers that a rule does not write.
func unwritten(plan generate.Plan, rule jwtRule) []string {
	var missing []string
	for _, header := range []string{plan.Mesh.Tokens.UserIDHeader, plan.Mesh.Tokens.GroupsHeader} {
		if len(claimsTo(rule.JWTRule, header)) == 0 {
			missing = append(missing, header)
		}
	}
	return missing
}

// claimsTo are the claims that a rule writes to a header; HTTP does not tell its case.
func claimsTo(rule *security.JWTRule, header string) []string {
	var claims []string
	for _, c := range rule.OutputClaimToHeaders {
		if c.Claim != "" && strings.EqualFold(c.Header, header) {
			claims = append(claims, c.Claim)
		}
	}
	return claims
}
