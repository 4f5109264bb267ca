package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// dex is nothing where no object makes its namespace: the API server would refuse the route.
func dex(p Platform) []Object {
	if p.Login.NoDex {
		return nil
	}
	return []Object{p.httpRoute(survey.DexNamespace, "dex", route{path: "/dex/", service: "dex", port: 5556})}
}

// dexJWT has the ingress Gateway verify the tokens of people and say in headers who they are.
func dexJWT(m *Mesh) Object {
	return authentication(m.GatewayNamespace, survey.DexJWT, onGateway(m.GatewayName), m.Tokens.DexRule())
}
