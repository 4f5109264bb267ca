package generate

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// oauth2Proxy is nothing where no object makes its namespace: the API server would refuse the route.
func oauth2Proxy(p Platform) []Object {
	if p.Login.NoOAuth2Proxy {
		return nil
	}
	return []Object{p.httpRoute(survey.OAuth2Proxy, "oauth2-proxy", route{path: "/oauth2/", service: "oauth2-proxy", port: 80})}
}

// login asks oauth2-proxy about anyone who brings no token: it turns the session's cookie into one,
// or sends the browser to log in. A request with a token is left to requireToken, so that
// programs are not sent to a login page. Istio denies every request of a CUSTOM policy whose provider
// meshConfig does not define (pilot/pkg/security/authz/builder/extauthz.go).
func login(p Platform) Object {
	return policy(p.GatewayNamespace, p.GatewayName+"-oauth2-proxy", ask(survey.OAuth2Proxy, onGateway(p.GatewayName),
		p.pastLogin(everything()).when(noHeader("authorization")),
	))
}
