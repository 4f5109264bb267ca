package generate

import security "istio.io/api/security/v1"

// denyForgedIdentity is enforced by the ingress Gateway, on requests that already hold a header.
//
// Turned away: a session whose e-mail reads like a service account, or begins or ends with a blank
// that HTTP/1 would trim into somebody's name; and a header without any verified token, which a
// CORS preflight could carry because it skips the JWT checks (Envoy: bypass_cors_preflight).
// Everybody else passes on; a login without header is never blocked.
func denyForgedIdentity(c Cluster) Object {
	return policy(c.GatewayNamespace, c.GatewayName+"-no-forged-identity", &security.AuthorizationPolicy{
		TargetRefs: onGateway(c.GatewayName),
		Action:     security.AuthorizationPolicy_DENY,
		Rules: []*security.Rule{
			{When: []*security.Condition{
				header(c.UserIDHeader, "system:serviceaccount:*", " *", "\t*", "* ", "*\t"),
				{Key: "request.auth.claims[iss]", NotValues: c.Issuers},
			}},
			{
				From: []*security.Rule_From{{Source: &security.Source{NotRequestPrincipals: []string{"*"}}}},
				When: []*security.Condition{header(c.UserIDHeader, "*")},
			},
		},
	})
}
