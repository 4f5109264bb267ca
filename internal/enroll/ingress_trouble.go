package enroll

import (
	"fmt"
	"slices"
	"strings"
)

// chosen are claims that people write themselves at many issuers (OpenID Connect Core 5.1, 5.7).
var chosen = []string{"name", "nickname", "preferred_username", "given_name", "family_name"}

// jwtRuleTrouble warns about a rule of the input by which a token names a user that its issuer
// does not vouch for. listed: the configuration lists the session issuers.
func (e *enrolment) jwtRuleTrouble(rule jwtRule, listed bool) {
	if rule.item == nil {
		return
	}
	at := fmt.Sprintf("jwtRules[%d] ", rule.index)
	tokens := e.plan.Mesh.Tokens
	session := slices.Contains(tokens.SessionIssuers, rule.Issuer)
	missing := e.unwritten(rule)
	if rule.Issuer == "" {
		e.warn(rule.item, at+"names no issuer", "a token that its keys sign is accepted whatever issuer it claims, the cluster's own included, and so names any user or service account",
			"write the issuer, or take the rule off the ingress Gateway")
	}
	if len(missing) > 0 {
		e.warn(rule.item, at+"accepts tokens of "+issuerName(rule.Issuer)+" and does not write "+strings.Join(missing, " and "), e.forgery(rule, missing),
			e.writeBoth(rule, listed))
	}
	for _, claim := range claimsTo(rule.JWTRule, tokens.UserIDHeader) {
		if slices.Contains(chosen, claim) {
			e.warn(rule.item, at+"writes "+tokens.UserIDHeader+" from the claim "+claim, "at many issuers people choose that claim themselves, and so become another user by its name",
				"write the header from email or sub")
		}
	}
	e.audienceTrouble(rule, at)
	if listed && !session && len(missing) == 0 && !e.isCluster(rule.Issuer) {
		e.note(rule.item.String(), at+"accepts tokens of "+issuerName(rule.Issuer)+", which spec.identity.sessionIssuers does not list",
			"requests with such a token are refused as soon as it names a user")
	}
	if session && !hasKeys(rule.JWTRule) {
		e.keysTrouble(rule, at)
	}
}

// writeBoth is the remedy for a rule that does not write both headers.
func (e *enrolment) writeBoth(rule jwtRule, listed bool) string {
	const write, take = "list both headers in outputClaimToHeaders", "or take the rule off the ingress Gateway"
	if listed || rule.Issuer == "" || e.isCluster(rule.Issuer) {
		return write + ", " + take
	}
	return write + " (its issuer then counts as a login, unless spec.identity.sessionIssuers is set), " + take
}

func issuerName(issuer string) string {
	if issuer == "" {
		return "any issuer"
	}
	return issuer
}

// forgery says who becomes whom by a header that a rule does not write: Envoy leaves the client's
// own in the request.
func (e *enrolment) forgery(rule jwtRule, missing []string) string {
	mesh := e.plan.Mesh
	named := slices.Contains(missing, mesh.UserIDHeader)
	switch {
	case !named:
		return "whoever has such a token writes " + mesh.Tokens.GroupsHeader + " by hand and is a member of any group"
	case e.plan.Cluster == nil || len(mesh.Tokens.SessionIssuers) == 0 || rule.Issuer == "" || slices.Contains(mesh.Tokens.SessionIssuers, rule.Issuer) || e.isCluster(rule.Issuer):
		return "whoever has such a token writes " + mesh.UserIDHeader + " by hand and is any user"
	default:
		return "whoever has such a token writes " + mesh.UserIDHeader + " by hand, which nothing but the policy " + mesh.ForgedIdentityName() + " stops"
	}
}

// audienceTrouble warns about a rule that accepts the cluster's tokens for audiences that the
// configuration does not name. Istio accepts a token that any one rule accepts.
func (e *enrolment) audienceTrouble(rule jwtRule, at string) {
	tokens := e.plan.Mesh.Tokens
	if !e.isCluster(rule.Issuer) || tokens.Audiences == nil {
		return
	}
	found := "for any audience"
	if len(rule.Audiences) > 0 {
		others := slices.DeleteFunc(slices.Clone(rule.Audiences), func(a string) bool { return slices.Contains(tokens.Audiences, a) })
		if len(others) == 0 {
			return
		}
		found = "for the audience " + strings.Join(others, ", ")
	}
	e.warn(rule.item, at+"accepts tokens of "+rule.Issuer+" "+found, "Istio accepts a token that one rule accepts, so that cluster.tokens.audiences is not checked any more",
		"take the rule off the ingress Gateway, or give it the audiences of cluster.tokens.audiences")
}

// keysTrouble tells of a login whose keys istiod must discover.
func (e *enrolment) keysTrouble(rule jwtRule, at string) {
	found := at + "has no jwksUri"
	effect := "if the issuer does not answer within 14 s when istiod first asks where its keys are, every login is refused (401) until istiod asks again, up to 20 minutes later"
	if e.plan.Mesh.Waypoint.VerifyTokens {
		e.warn(rule.item, found, effect+", at the gateway and at the waypoints", "write jwksUri")
		return
	}
	e.note(rule.item.String(), found, effect+"; jwksUri avoids that")
}
