package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

func dex(p Platform) []Object {
	return []Object{p.httpRoute("auth", "dex", route{path: "/dex/", service: "dex", port: 5556})}
}

// dexJWT has the ingress Gateway verify the tokens of people and say in headers who they are.
func dexJWT(m *Mesh) Object {
	return authentication(m.GatewayNamespace, survey.DexJWT, onGateway(m.GatewayName), m.Tokens.DexRule())
}
