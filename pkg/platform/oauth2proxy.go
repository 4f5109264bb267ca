package platform

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

func oauth2Proxy(p Platform) []generate.Object {
	return []generate.Object{p.httpRoute("oauth2-proxy", "oauth2-proxy", route{Path: "/oauth2/", Service: "oauth2-proxy", Port: 80})}
}

// login asks oauth2-proxy about whoever brings no token: it turns the session's cookie into one,
// or sends the browser to log in. A request with a token is left to requireToken, so that
// programs are not sent to a login page.
func login(p Platform) generate.Object {
	return policy(p.GatewayNamespace, p.GatewayName+"-oauth2-proxy", &security.AuthorizationPolicy{
		TargetRefs: on(gatewayGroup, "Gateway", p.GatewayName),
		Action:     security.AuthorizationPolicy_CUSTOM,
		// Kubeflow: meshConfig.extensionProviders names it so.
		ActionDetail: &security.AuthorizationPolicy_Provider{Provider: &security.AuthorizationPolicy_ExtensionProvider{Name: "oauth2-proxy"}},
		Rules: []*security.Rule{{
			To:   []*security.Rule_To{{Operation: &security.Operation{NotPaths: OpenToLogin()}}},
			When: []*security.Condition{{Key: header("authorization"), NotValues: []string{"*"}}},
		}},
	})
}
