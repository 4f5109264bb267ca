package generate

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Tokens is how tokens are verified at the ingress Gateway, and at waypoints that verify them too.
type Tokens struct {
	UserIDHeader, GroupsHeader string
	// Issuers sign the tokens of service accounts.
	Issuers []string
	// Audiences is nil where any will do.
	Audiences []string
	// JWKSURI is "" where Istio discovers the keys from the issuer.
	JWKSURI string
	// SessionIssuers sign the tokens of people who log in; nil where none is known.
	SessionIssuers []string
	// Sessions are the rules of the session issuers for waypoints, nil where waypoints verify nothing.
	Sessions []*security.JWTRule
}

func newTokens(gatewayNamespace string, s profile.Spec) *Tokens {
	t := &Tokens{
		UserIDHeader:   s.Identity.UserIDHeader,
		GroupsHeader:   s.Identity.GroupsHeader,
		Issuers:        s.Cluster.Tokens.Issuers,
		JWKSURI:        s.Cluster.Tokens.JWKS.URI,
		SessionIssuers: s.Identity.SessionIssuers,
	}
	if audiences := s.Cluster.Tokens.Audiences; audiences[0] != "*" {
		t.Audiences = audiences
	}
	if s.Cluster.Tokens.JWKS.Source == profile.Proxy {
		t.JWKSURI = "http://" + jwksProxyName + "." + gatewayNamespace + ".svc.cluster.local" + jwksPath
	}
	return t
}

// Rule verifies the tokens of one of the cluster's issuers.
func (t Tokens) Rule(issuer string, audiences []string) *security.JWTRule {
	return &security.JWTRule{
		Issuer:               issuer,
		Audiences:            audiences,
		JwksUri:              t.JWKSURI,
		ForwardOriginalToken: true,
		FromHeaders:          []*security.JWTHeader{{Name: "Authorization", Prefix: "Bearer "}},
		OutputClaimToHeaders: t.claims("sub"),
	}
}

// SessionRule verifies the tokens of an issuer that people log in with, as dex signs them.
func (t Tokens) SessionRule(issuer, jwksURI string) *security.JWTRule {
	return &security.JWTRule{
		Issuer:               issuer,
		JwksUri:              jwksURI,
		ForwardOriginalToken: true,
		FromHeaders:          []*security.JWTHeader{{Name: "Authorization", Prefix: "Bearer "}},
		OutputClaimToHeaders: t.claims("email"),
	}
}

// claims are the claims that become headers. Both headers are listed because Istio strips a
// client's own only when a rule writes that header (Istio: authn, outputClaimToHeaders).
func (t Tokens) claims(user string) []*security.ClaimToHeader {
	return []*security.ClaimToHeader{
		{Claim: user, Header: t.UserIDHeader},
		{Claim: "groups", Header: t.GroupsHeader},
	}
}

// all are the issuers that may name a user.
func (t Tokens) all() []string {
	return append(t.SessionIssuers[:len(t.SessionIssuers):len(t.SessionIssuers)], t.Issuers...)
}
