package generate

import security "istio.io/api/security/v1"

// tokenIssuer has the ingress Gateway verify Kubernetes tokens and say in headers whose they are.
//
// It lets nobody in by itself. Both headers are listed because Istio strips a client's own only
// when a rule writes that header (Istio: authn, outputClaimToHeaders).
func tokenIssuer(c Cluster) Object {
	var rules []*security.JWTRule
	for _, issuer := range c.Issuers {
		rules = append(rules, &security.JWTRule{
			Issuer:               issuer,
			Audiences:            c.Audiences,
			JwksUri:              c.JWKSURI,
			ForwardOriginalToken: true,
			FromHeaders:          []*security.JWTHeader{{Name: "Authorization", Prefix: "Bearer "}},
			OutputClaimToHeaders: []*security.ClaimToHeader{
				{Claim: "sub", Header: c.UserIDHeader},
				{Claim: "groups", Header: c.GroupsHeader},
			},
		})
	}
	return Object{
		APIVersion: "security.istio.io/v1", Kind: "RequestAuthentication",
		Namespace: c.GatewayNamespace, Name: "m2m-token-issuer",
		Fields: spec(&security.RequestAuthentication{TargetRefs: onGateway(c.GatewayName), JwtRules: rules}),
	}
}
