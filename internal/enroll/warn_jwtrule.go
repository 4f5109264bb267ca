package enroll

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// warnJWTRule warns about a rule of the input by which a token names a user that its issuer
// does not vouch for. listed: the configuration lists the session issuers.
func warnJWTRule(plan generate.Plan, notes *survey.Notes, rule survey.JWTRule, listed bool) {
	if rule.Item == nil {
		return
	}
	tokens := plan.Mesh.Tokens
	session := slices.Contains(tokens.SessionIssuers, rule.Issuer)
	missing := plan.Mesh.Tokens.Unwritten(rule.JWTRule)
	if rule.Issuer == "" {
		warnRule(notes, diagnostic.RuleWithoutIssuer, rule, "names no issuer",
			"a token that its keys sign is accepted with any issuer, including the cluster's own, so anyone with these keys can name any user or service account",
			"write the issuer, or remove the rule from the ingress Gateway")
	}
	if len(missing) > 0 {
		warnRule(notes, diagnostic.HeaderNotWritten, rule, "accepts tokens of "+issuerName(rule.Issuer)+" and does not write "+strings.Join(missing, " and "), forgery(plan, rule, missing),
			writeBoth(plan, rule, listed))
	}
	for _, claim := range generate.ClaimsTo(rule.JWTRule, tokens.UserIDHeader) {
		if slices.Contains(profile.ChosenClaims, claim) {
			warnRule(notes, diagnostic.ChosenClaim, rule, "writes "+tokens.UserIDHeader+" from the claim "+claim, "at many issuers people choose that claim themselves, so a person can become another user",
				"write the header from email or sub")
		}
	}
	warnAudience(plan, notes, rule)
	if listed && !session && len(missing) == 0 && !plan.Mesh.Tokens.IsCluster(rule.Issuer) {
		warnRule(notes, diagnostic.IssuerNotListed, rule, "accepts tokens of "+issuerName(rule.Issuer)+", which spec.identity.sessionIssuers does not list",
			"a request with such a token is refused if the token names a user", "")
	}
	if session && !generate.HasKeys(rule.JWTRule) {
		warnKeys(plan, notes, rule)
	}
}

// writeBoth is the remedy for a rule that does not write both headers.
func writeBoth(plan generate.Plan, rule survey.JWTRule, listed bool) string {
	const take = "or remove the rule from the ingress Gateway"
	write := "list both headers in outputClaimToHeaders"
	if plan.Mesh.Waypoint.VerifyTokens && !rule.ForwardOriginalToken {
		write += " and set forwardOriginalToken: true"
	}
	if listed || rule.Issuer == "" || plan.Mesh.Tokens.IsCluster(rule.Issuer) {
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
func forgery(plan generate.Plan, rule survey.JWTRule, missing []string) string {
	mesh := plan.Mesh
	named := slices.Contains(missing, mesh.UserIDHeader)
	switch {
	case !named:
		return "anyone with such a token can write " + mesh.Tokens.GroupsHeader + " and be a member of any group"
	case plan.Cluster == nil || len(mesh.Tokens.SessionIssuers) == 0 || rule.Issuer == "" || slices.Contains(mesh.Tokens.SessionIssuers, rule.Issuer) || plan.Mesh.Tokens.IsCluster(rule.Issuer):
		return "anyone with such a token can write " + mesh.UserIDHeader + " and be any user"
	default:
		return "anyone with such a token can write " + mesh.UserIDHeader + ", and only the policy " + mesh.ForgedIdentityName() + " stops that"
	}
}

// warnAudience warns about a rule that accepts the cluster's tokens for audiences that the
// configuration does not name. Istio accepts a token that any one rule accepts.
func warnAudience(plan generate.Plan, notes *survey.Notes, rule survey.JWTRule) {
	tokens := plan.Mesh.Tokens
	if !plan.Mesh.Tokens.IsCluster(rule.Issuer) || tokens.Audiences == nil {
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
	warnRule(notes, diagnostic.AudienceNotChecked, rule, "accepts tokens of "+rule.Issuer+" "+found, "Istio accepts a token that any one rule accepts, so cluster.tokens.audiences is no longer checked",
		"remove the rule from the ingress Gateway, or give it the audiences of cluster.tokens.audiences")
}

// warnKeys reports a login whose keys istiod must discover.
func warnKeys(plan generate.Plan, notes *survey.Notes, rule survey.JWTRule) {
	const found = "has no jwksUri"
	effect := "if the issuer does not answer within 14 s when istiod first asks where its keys are, every login is refused (401) until istiod asks again, up to 20 minutes later"
	if plan.Mesh.Waypoint.VerifyTokens {
		warnRule(notes, diagnostic.KeysDiscoveredTwice, rule, found, effect+", at the gateway and at the waypoints", "write jwksUri")
		return
	}
	warnRule(notes, diagnostic.KeysDiscovered, rule, found, effect, "write jwksUri to avoid that")
}

// warnRule reports something about a JWT rule of the input.
func warnRule(notes *survey.Notes, code diagnostic.Code, rule survey.JWTRule, found, effect, remedy string) {
	notes.WarnAt(code, rule.Item, fmt.Sprintf("spec.jwtRules[%d]", rule.Index), found, effect, remedy)
}
