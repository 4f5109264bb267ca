package generate

import security "istio.io/api/security/v1"

const noForgedIdentity = "-no-forged-identity"

// ForgedIdentityName is the policy at the ingress Gateway against identities that a client makes up.
func (m Mesh) ForgedIdentityName() string { return m.GatewayName + noForgedIdentity }

// denyForgedIdentity is enforced by the ingress Gateway, on requests that already hold a header.
//
// Turned away: a session whose e-mail reads like a service account, or begins or ends with a blank
// that HTTP/1 would trim into someone's name; a header without any verified token, which a CORS
// preflight could carry because it skips the JWT checks (Envoy: bypass_cors_preflight); and a
// header with a token of an issuer that writes none, because Envoy 1.39 strips only the headers of
// the rule that it tries, and stops at the first rule that accepts (jwt_authn verifier).
// Everybody else passes on; a login without header is never blocked.
func denyForgedIdentity(c Cluster) Object {
	rules := []rule{
		everything().when(c.madeUp(), issuerOtherThan(c.Issuers)),
		withoutToken().when(header(c.UserIDHeader, "*")),
	}
	if len(c.SessionIssuers) > 0 {
		rules = append(rules, everything().when(header(c.UserIDHeader, "*"), issuerOtherThan(c.all())))
	}
	return policy(c.GatewayNamespace, c.GatewayName+noForgedIdentity, deny(onGateway(c.GatewayName), rules...))
}

// withoutToken is anyone who brings no token that a rule accepts.
func withoutToken() rule {
	return fromSource(&security.Source{NotRequestPrincipals: []string{"*"}})
}

const issuerClaim = "request.auth.claims[iss]"

// issuerOtherThan holds where none of the issuers signed the token, or where there is none.
func issuerOtherThan(issuers []string) *security.Condition {
	return &security.Condition{Key: issuerClaim, NotValues: issuers}
}

// madeUp holds where the user header reads like a service account, or begins or ends with a blank.
func (t Tokens) madeUp() *security.Condition {
	return header(t.UserIDHeader, "system:serviceaccount:*", " *", "\t*", "* ", "*\t")
}
