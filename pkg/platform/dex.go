package platform

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// dexIssuer is how Kubeflow configures dex.
const dexIssuer = "http://dex.auth.svc.cluster.local:5556/dex"

func dex(p Platform) []generate.Object {
	return []generate.Object{p.httpRoute("auth", "dex", route{Path: "/dex/", Service: "dex", Port: 5556})}
}

// sessionIssuer has the ingress Gateway verify the tokens of people and say in headers who they
// are. Both headers are listed, because Istio strips a client's own only where a rule writes it.
func sessionIssuer(p Platform) generate.Object {
	return generate.Object{
		APIVersion: "security.istio.io/v1", Kind: "RequestAuthentication", Namespace: p.GatewayNamespace, Name: "dex-jwt",
		Fields: generate.Fields{"spec": &security.RequestAuthentication{
			TargetRefs: on(gatewayGroup, "Gateway", p.GatewayName),
			JwtRules: []*security.JWTRule{{
				Issuer:               dexIssuer,
				ForwardOriginalToken: true,
				FromHeaders:          []*security.JWTHeader{{Name: "Authorization", Prefix: "Bearer "}},
				OutputClaimToHeaders: []*security.ClaimToHeader{
					{Claim: "email", Header: p.UserIDHeader},
					{Claim: "groups", Header: p.GroupsHeader},
				},
			}},
		}},
	}
}
