package generate

import security "istio.io/api/security/v1"

func oauth2Proxy(p Platform) []Object {
	return []Object{p.httpRoute("oauth2-proxy", "oauth2-proxy", route{path: "/oauth2/", service: "oauth2-proxy", port: 80})}
}

// login asks oauth2-proxy about whoever brings no token: it turns the session's cookie into one,
// or sends the browser to log in. A request with a token is left to requireToken, so that
// programs are not sent to a login page.
func login(p Platform) Object {
	// Kubeflow: meshConfig.extensionProviders names it so.
	return policy(p.GatewayNamespace, p.GatewayName+"-oauth2-proxy", ask("oauth2-proxy", onGateway(p.GatewayName),
		everything().to(&security.Operation{NotPaths: OpenToLogin()}).when(noHeader("authorization")),
	))
}
