package generate

import security "istio.io/api/security/v1"

const noForgedIdentity = "-no-forged-identity"

// ForgedIdentityName is the policy at the ingress Gateway against identities that a client makes up.
func (m Mesh) ForgedIdentityName() string { return m.GatewayName + noForgedIdentity }

// denyForgedIdentity is enforced by the ingress Gateway, on requests that already hold a header.
//
// It denies three kinds of requests. First, sessions whose e-mail looks like a service account, or
// starts or ends with whitespace that HTTP/1 would strip to give another user's name. Second, a header
// without any verified token, which a CORS preflight could carry because it skips the JWT checks
// (Envoy: bypass_cors_preflight). Third, a header with a token of an issuer that writes none, because
// Envoy 1.39 strips only the headers of the rule that it tries, and stops at the first rule that
// accepts (jwt_authn verifier). It denies no other request, and none of a login without the header.
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

// madeUp matches a user header that looks like a service account, or starts or ends with whitespace.
func (t Tokens) madeUp() *security.Condition {
	return header(t.UserIDHeader, "system:serviceaccount:*", " *", "\t*", "* ", "*\t")
}
