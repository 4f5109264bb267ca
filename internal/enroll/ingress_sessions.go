package enroll

import (
	"slices"
	"strings"

	security "istio.io/api/security/v1"
)

// findSessions decides which issuers people log in with, by the rules in force at the ingress
// Gateway, and warns about rules there by which a token could name another user.
func (e *enrolment) findSessions() {
	tokens := e.plan.Mesh.Tokens
	rules := e.ingressRules()
	listed := tokens.SessionIssuers != nil
	if !listed {
		tokens.SessionIssuers = e.sessionIssuers(rules)
	}
	switch {
	case len(tokens.SessionIssuers) == 0:
		e.tellNoSession(rules)
	case !listed:
		e.tellSessions()
	}
	for _, rule := range rules {
		e.jwtRuleTrouble(rule, listed)
	}
	e.rulesTwice(rules)
	if e.plan.Mesh.Waypoint.VerifyTokens {
		tokens.Sessions = e.sessionRules(rules)
		e.findVerified()
	}
}

// sessionIssuers are the issuers whose rules write both headers: a client cannot bring one of its
// own beside their tokens. The cluster's own issuers name service accounts and no people.
func (e *enrolment) sessionIssuers(rules []jwtRule) []string {
	var issuers []string
	for _, rule := range rules {
		if rule.Issuer != "" && len(e.unwritten(rule)) == 0 && !e.isCluster(rule.Issuer) && !slices.Contains(issuers, rule.Issuer) {
			issuers = append(issuers, rule.Issuer)
		}
	}
	slices.Sort(issuers)
	return issuers
}

func (e *enrolment) isCluster(issuer string) bool {
	return slices.Contains(e.plan.Mesh.Tokens.Issuers, issuer)
}

// unwritten are those of the two headers that a rule does not write.
func (e *enrolment) unwritten(rule jwtRule) []string {
	var missing []string
	for _, header := range []string{e.plan.Mesh.Tokens.UserIDHeader, e.plan.Mesh.Tokens.GroupsHeader} {
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
