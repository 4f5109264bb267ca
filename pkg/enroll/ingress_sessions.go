package enroll

import (
	"fmt"
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
	if len(tokens.SessionIssuers) == 0 {
		e.tellNoSession(rules)
	}
	for _, rule := range rules {
		e.jwtRuleTrouble(rule, listed)
	}
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

// tellNoSession says that the third rule of the policy is left out, and what to write.
func (e *enrolment) tellNoSession(rules []jwtRule) {
	const object, found = "spec.identity.sessionIssuers", "no issuer that people log in with is known"
	mesh := e.plan.Mesh
	if mesh.Waypoint.VerifyTokens {
		e.errs = append(e.errs, fmt.Errorf("spec.waypoint.verifyTokens: the waypoints would refuse everybody who logs in, because %s; "+
			"list the issuers in spec.identity.sessionIssuers, or put the RequestAuthentication of the Gateway %s/%s into the input", found, mesh.GatewayNamespace, mesh.GatewayName))
		return
	}
	if e.plan.Cluster == nil {
		return
	}
	effect := fmt.Sprintf("%s does not refuse a %s that a client sends with a token of another issuer", mesh.ForgedIdentityName(), mesh.UserIDHeader)
	remedy := fmt.Sprintf("list the issuers, or put the RequestAuthentication of the Gateway %s/%s into the input", mesh.GatewayNamespace, mesh.GatewayName)
	if e.ingressGateway() == nil && len(rules) == 0 {
		e.note(object, found, effect+"; "+remedy)
		return
	}
	e.find(object, found, effect, remedy)
}
