package generate

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// DexRule verifies the tokens of dex. The keys' address is written out, because istiod stops asking
// an issuer for it after 14 s and then waits for 20 minutes (Istio: jwks resolver).
func (t Tokens) DexRule() *security.JWTRule {
	return t.SessionRule(survey.DexIssuer, survey.DexIssuer+"/keys")
}

// findSessions decides which issuers people log in with, by the rules in force at the ingress
// Gateway after this run, and by which rules waypoints verify their tokens.
func (p *Plan) findSessions(found survey.Found) {
	tokens := p.Mesh.Tokens
	p.Logins, p.SessionsListed = found.Logins.Rules, tokens.SessionIssuers != nil
	if p.Platform != nil && !found.Logins.KeepsDex && !p.Platform.Login.NoDexRule {
		p.Logins = append(slices.Clip(p.Logins), survey.JWTRule{JWTRule: tokens.DexRule()})
	}
	if !p.SessionsListed {
		tokens.SessionIssuers = tokens.sessionIssuers(p.Logins)
	}
	if !p.Mesh.Waypoint.VerifyTokens {
		return
	}
	for _, issuer := range tokens.SessionIssuers {
		tokens.Sessions = append(tokens.Sessions, tokens.sessionRules(issuer, p.Logins)...)
	}
	for i := range p.Namespaces {
		p.Namespaces[i].findVerified(found)
	}
}

// sessionIssuers are the issuers whose rules write both headers: a client cannot bring one of its
// own in addition to their tokens. The cluster's own issuers name service accounts and no people.
func (t Tokens) sessionIssuers(rules []survey.JWTRule) []string {
	var issuers []string
	for _, rule := range rules {
		if rule.Issuer != "" && len(t.Unwritten(rule.JWTRule)) == 0 && !t.IsCluster(rule.Issuer) && !slices.Contains(issuers, rule.Issuer) {
			issuers = append(issuers, rule.Issuer)
		}
	}
	slices.Sort(issuers)
	return issuers
}

// IsCluster reports whether an issuer is one of the cluster's own.
func (t Tokens) IsCluster(issuer string) bool { return slices.Contains(t.Issuers, issuer) }

// Unwritten are those of the two headers that a rule does not write.
func (t Tokens) Unwritten(rule *security.JWTRule) []string {
	var missing []string
	for _, header := range []string{t.UserIDHeader, t.GroupsHeader} {
		if len(ClaimsTo(rule, header)) == 0 {
			missing = append(missing, header)
		}
	}
	return missing
}

// ClaimsTo are the claims that a rule writes to a header; HTTP does not tell its case.
func ClaimsTo(rule *security.JWTRule, header string) []string {
	var claims []string
	for _, c := range rule.OutputClaimToHeaders {
		if c.Claim != "" && strings.EqualFold(c.Header, header) {
			claims = append(claims, c.Claim)
		}
	}
	return claims
}

// sessionRules are the rules of a session issuer for waypoints: as the ingress Gateway has them, so
// that who gets in there also gets in here; else as dex has them.
func (t Tokens) sessionRules(issuer string, rules []survey.JWTRule) []*security.JWTRule {
	var out []*security.JWTRule
	for _, rule := range rules {
		if rule.Issuer == issuer {
			out = addRule(out, t.complete(rule.JWTRule))
		}
	}
	if len(out) == 0 {
		out = append(out, t.SessionRule(issuer, ""))
	}
	return out
}

// complete is a rule that writes both headers: with one that it does not write, the client's own
// would pass.
func (t Tokens) complete(rule *security.JWTRule) *security.JWTRule {
	rule = proto.Clone(rule).(*security.JWTRule)
	for _, c := range t.SessionRule("", "").OutputClaimToHeaders {
		if len(ClaimsTo(rule, c.Header)) == 0 {
			rule.OutputClaimToHeaders = append(rule.OutputClaimToHeaders, c)
		}
	}
	return rule
}

// addRule adds a rule unless it says what another one does; where the keys are is known if one of
// the two says it.
func addRule(rules []*security.JWTRule, rule *security.JWTRule) []*security.JWTRule {
	for _, known := range rules {
		one, other := proto.Clone(known).(*security.JWTRule), proto.Clone(rule).(*security.JWTRule)
		if !HasKeys(one) || !HasKeys(other) {
			one.JwksUri, one.Jwks, other.JwksUri, other.Jwks = "", "", "", ""
		}
		if !proto.Equal(one, other) {
			continue
		}
		if !HasKeys(known) {
			known.JwksUri, known.Jwks = rule.JwksUri, rule.Jwks
		}
		return rules
	}
	return append(rules, rule)
}

// HasKeys reports whether a rule says where its keys are; else istiod asks the issuer.
func HasKeys(rule *security.JWTRule) bool { return rule.JwksUri != "" || rule.Jwks != "" }

// findVerified decides for which Services tokens are verified, where not all are meant.
func (ns *Namespace) findVerified(found survey.Found) {
	for _, name := range ns.Waypoint.VerifyTokensFor {
		if found.ByID[manifest.ID{Kind: "Service", Namespace: ns.Name, Name: name}] != nil {
			ns.Verified = append(ns.Verified, name)
		}
	}
}
