package generate

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// tokenIssuer has the ingress Gateway verify Kubernetes tokens and say in headers whose they are.
// It grants no access.
func tokenIssuer(c Cluster) Object {
	var rules []*security.JWTRule
	for _, issuer := range c.Issuers {
		rules = append(rules, c.Rule(issuer, c.Audiences))
	}
	return authentication(c.GatewayNamespace, survey.TokenIssuer, onGateway(c.GatewayName), rules...)
}

// authentication is a RequestAuthentication.
func authentication(namespace, name string, at target, rules ...*security.JWTRule) Object {
	return Object{
		APIVersion: "security.istio.io/v1", Kind: "RequestAuthentication", Namespace: namespace, Name: name,
		Fields: spec(&security.RequestAuthentication{TargetRefs: at.refs, JwtRules: rules}),
	}
}
