package platform

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

func dex(p Platform) []generate.Object {
	return []generate.Object{p.httpRoute("auth", "dex", route{Path: "/dex/", Service: "dex", Port: 5556})}
}

// DexJWT has the ingress Gateway verify the tokens of people and say in headers who they are.
func DexJWT(mesh *generate.Mesh) generate.Object {
	return generate.Object{
		APIVersion: "security.istio.io/v1", Kind: "RequestAuthentication", Namespace: mesh.GatewayNamespace, Name: "dex-jwt",
		Fields: generate.Fields{"spec": &security.RequestAuthentication{
			TargetRefs: on(gatewayGroup, "Gateway", mesh.GatewayName),
			JwtRules:   []*security.JWTRule{mesh.Tokens.DexRule()},
		}},
	}
}
