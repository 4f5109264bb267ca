package generate

import security "istio.io/api/security/v1"

// ForgedIdentityName is the policy at the ingress Gateway against identities that a client makes up.
func (m Mesh) ForgedIdentityName() string { return m.GatewayName + "-no-forged-identity" }

// denyForgedIdentity is enforced by the ingress Gateway, on requests that already hold a header.
//
// Turned away: a session whose e-mail reads like a service account, or begins or ends with a blank
// that HTTP/1 would trim into somebody's name; a header without any verified token, which a CORS
// preflight could carry because it skips the JWT checks (Envoy: bypass_cors_preflight); and a
// header with a token of an issuer that writes none, because Envoy 1.39 strips only the headers of
// the rule that it tries, and stops at the first rule that accepts (jwt_authn verifier).
// Everybody else passes on; a login without header is never blocked.
func denyForgedIdentity(c Cluster) Object {
	rules := []*security.Rule{
		{When: []*security.Condition{c.madeUp(), {Key: issuerClaim, NotValues: c.Issuers}}},
		{
			From: []*security.Rule_From{{Source: &security.Source{NotRequestPrincipals: []string{"*"}}}},
			When: []*security.Condition{header(c.UserIDHeader, "*")},
		},
	}
	if len(c.SessionIssuers) > 0 {
		rules = append(rules, &security.Rule{
			When: []*security.Condition{header(c.UserIDHeader, "*"), {Key: issuerClaim, NotValues: c.all()}},
		})
	}
	return policy(c.GatewayNamespace, c.GatewayName+"-no-forged-identity", &security.AuthorizationPolicy{
		TargetRefs: onGateway(c.GatewayName),
		Action:     security.AuthorizationPolicy_DENY,
		Rules:      rules,
	})
}

const issuerClaim = "request.auth.claims[iss]"

// madeUp holds where the user header reads like a service account, or begins or ends with a blank.
func (t Tokens) madeUp() *security.Condition {
	return header(t.UserIDHeader, "system:serviceaccount:*", " *", "\t*", "* ", "*\t")
}
