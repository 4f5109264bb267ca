package generate

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// TokenIssuerName is the RequestAuthentication of the cluster's own issuers.
const TokenIssuerName = survey.TokenIssuer

// tokenIssuer has the ingress Gateway verify Kubernetes tokens and say in headers whose they are.
// It lets nobody in by itself.
func tokenIssuer(c Cluster) Object {
	var rules []*security.JWTRule
	for _, issuer := range c.Issuers {
		rules = append(rules, c.Rule(issuer, c.Audiences))
	}
	return authentication(c.GatewayNamespace, TokenIssuerName, &security.RequestAuthentication{TargetRefs: onGateway(c.GatewayName), JwtRules: rules})
}

// authentication is a RequestAuthentication.
func authentication(namespace, name string, s *security.RequestAuthentication) Object {
	return Object{
		APIVersion: "security.istio.io/v1", Kind: "RequestAuthentication", Namespace: namespace, Name: name,
		Fields: spec(s),
	}
}
