package generate

import (
	"slices"
	"strings"

	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// ingress is the one way in from outside, and what it asks of anyone who comes.
func ingress(p Platform) []Object {
	out := behindOptions(p.GatewaySeccomp, ingressGateway(p))
	out = append(out, allowToGateway(p))
	if !p.Login.NoDexRule {
		out = append(out, dexJWT(p.Mesh))
	}
	if !p.Login.NoProvider {
		out = append(out, login(p))
	}
	return append(out, requireToken(p))
}

// ingressGateway takes the routes of every namespace: who gets through is said by policies, here
// and in front of what the routes lead to.
func ingressGateway(p Platform) Object {
	all := allowedRoutes{routeNamespaces{From: "All"}}
	listeners := []listener{{Name: "default", Port: 80, Protocol: "HTTP", AllowedRoutes: all}}
	if p.TLSSecret != "" {
		listeners = append(listeners, listener{
			Name: "https", Port: 443, Protocol: "HTTPS", AllowedRoutes: all,
			TLS: listenerTLS{Mode: "Terminate", CertificateRefs: []certificateRef{{p.TLSSecret}}},
		})
	}
	return Object{
		APIVersion: survey.GatewayGroup + "/v1", Kind: "Gateway", Namespace: p.GatewayNamespace, Name: p.GatewayName,
		Labels:      survey.GatewayLabels(p.GatewayName),
		Annotations: p.gatewayAnnotations(),
		Fields: spec(gatewaySpec{
			GatewayClassName: "istio",
			Infrastructure:   withOptions(p.GatewayName, p.GatewaySeccomp != ""),
			Listeners:        listeners,
		}),
	}
}

// ListenerNames are the names of the listeners of the ingress Gateway.
func (p Platform) ListenerNames() []string {
	if p.TLSSecret == "" {
		return []string{"default"}
	}
	return []string{"default", "https"}
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
func allowToGateway(p Platform) Object {
	return policy(p.GatewayNamespace, p.GatewayName, allow(onGateway(p.GatewayName), everything()))
}

// loginOfKubeflow are the paths on which people without a session get one. /dex/** is the same as
// /dex/*, but every Kubeflow has it.
func loginOfKubeflow() []string { return []string{"/dex/*", "/dex/**", "/oauth2/*"} }

// OpenToLogin reports whether people need no session on a path; with more, on all paths that begin with it.
func (p Platform) OpenToLogin(path string, more bool) bool {
	return slices.ContainsFunc(p.LoginPaths, func(open string) bool {
		literal := strings.TrimRight(open, "*")
		return literal == open && path == open && !more || literal != open && strings.HasPrefix(path, literal)
	})
}

// pastLogin is a rule for every path but those of the login.
func (p Platform) pastLogin(r rule) rule {
	if len(p.LoginPaths) == 0 {
		return r
	}
	return r.to(&security.Operation{NotPaths: p.LoginPaths})
}

// RequireTokenName is the policy at the ingress Gateway that requires a token.
func (m Mesh) RequireTokenName() string { return m.GatewayName + "-require-jwt" }

// requireToken: nobody without a verified token gets further than the login.
func requireToken(p Platform) Object {
	return policy(p.GatewayNamespace, p.RequireTokenName(), deny(onGateway(p.GatewayName), p.pastLogin(withoutToken())))
}
