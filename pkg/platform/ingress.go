package platform

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// ingress is the one way in from outside, and what it asks of whoever comes.
func ingress(p Platform) []generate.Object {
	gateway := p.withSeccomp(p.seccompOf(p.GatewayNamespace), ingressGateway(p))
	return append(gateway, allowToGateway(p), DexJWT(p.Mesh), login(p), requireToken(p))
}

// ingressGateway takes the routes of every namespace: who gets through is said by policies, here
// and in front of what the routes lead to.
func ingressGateway(p Platform) generate.Object {
	all := generate.Fields{"namespaces": generate.Fields{"from": "All"}}
	listeners := []generate.Fields{{"name": "default", "port": 80, "protocol": "HTTP", "allowedRoutes": all}}
	if p.TLSSecret != "" {
		listeners = append(listeners, generate.Fields{
			"name": "https", "port": 443, "protocol": "HTTPS", "allowedRoutes": all,
			"tls": generate.Fields{"mode": "Terminate", "certificateRefs": []generate.Fields{{"name": p.TLSSecret}}},
		})
	}
	return generate.Object{
		APIVersion: gatewayGroup + "/v1", Kind: "Gateway", Namespace: p.GatewayNamespace, Name: p.GatewayName,
		Labels:      GatewayLabels(p.Mesh),
		Annotations: p.gatewayAnnotations(),
		Fields:      generate.Fields{"spec": generate.Fields{"gatewayClassName": "istio", "listeners": listeners}},
	}
}

// GatewayLabels are those that Istio copies to the Gateway's pods.
func GatewayLabels(mesh *generate.Mesh) map[string]string {
	return map[string]string{"app": mesh.GatewayName}
}

// gatewayAnnotations have the Gateway run as the account that the policies let in.
func (p Platform) gatewayAnnotations() map[string]string {
	if p.GatewayAccount == "" {
		return nil
	}
	return map[string]string{"gateway.istio.io/service-account": p.GatewayAccount}
}

// allowToGateway: everybody, because the mesh denies by default and an unknown visitor must be
// able to log in. What nobody may do without a token, requireToken denies.
func allowToGateway(p Platform) generate.Object {
	return policy(p.GatewayNamespace, p.GatewayName, &security.AuthorizationPolicy{
		TargetRefs: on(gatewayGroup, "Gateway", p.GatewayName),
		Rules:      []*security.Rule{{}},
	})
}

// OpenToLogin are the paths on which people without a session get one. /dex/** is no more than
// /dex/*, but stands in every Kubeflow.
func OpenToLogin() []string { return []string{"/dex/*", "/dex/**", "/oauth2/*"} }

// requireToken: nobody without a verified token gets further than the login.
func requireToken(p Platform) generate.Object {
	return policy(p.GatewayNamespace, p.GatewayName+"-require-jwt", &security.AuthorizationPolicy{
		TargetRefs: on(gatewayGroup, "Gateway", p.GatewayName),
		Action:     security.AuthorizationPolicy_DENY,
		Rules: []*security.Rule{{
			From: []*security.Rule_From{{Source: &security.Source{NotRequestPrincipals: []string{"*"}}}},
			To:   []*security.Rule_To{{Operation: &security.Operation{NotPaths: OpenToLogin()}}},
		}},
	})
}
