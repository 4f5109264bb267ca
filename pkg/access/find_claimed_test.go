package access

import (
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Where the ingress passes on the user header that a client wrote, the waypoints take the client for that user. Where it does not, or the manifests do not say who
// logs users in, nothing is said.
func TestFindingsOfUserHeadersThatClientsWrite(t *testing.T) {
	all := tenants(t)
	const (
		front  = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway}], "
		custom = front + "action: CUSTOM, provider: {name: oauth2-proxy}, "
	)
	from := strings.Index(all, "apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: session")
	to := strings.Index(all, "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: ambient-ingressgateway-no-forged-identity")
	end := strings.Index(all, "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: alice")
	// Envoy 1.40 takes the header off a preflight; Istio 1.31 has Envoy 1.39.
	const istiod = "\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: istiod, namespace: istio-system}\nspec: {template: {spec: {containers: [{name: discovery, image: 'istio/pilot:1.31.0'}]}}}"
	unknown, bare := all[:to]+all[end:], all[:from]+all[end:]
	logins := unknown + istiod
	deny := func(rule string) string { return aPolicy("istio-system", "x", front+"action: DENY, rules: ["+rule+"]") }
	const hasHeader = "when: [{key: 'request.headers[kubeflow-userid]', values: ['*']}]"
	for _, c := range []struct{ name, text, want string }{
		{"with the policy for them", all, ""},
		{"without it, in an unknown release", unknown, ""},
		{"without it", logins, "Gateway istio-system/ambient-ingressgateway: passes on the header kubeflow-userid that a client without a login sends with a CORS preflight; " +
			"the waypoint of namespace alice takes the client for alice@example.com (rules[0] of AuthorizationPolicy alice/ns-owner-access-istio-l7-allow), so any client can act as that user; " +
			"attach an AuthorizationPolicy to this Gateway that denies requests with the header and without a token"},
		{"with one for preflights", logins + deny("{to: [{operation: {methods: [OPTIONS]}}]}"), ""},
		{"with one for most preflights", logins + deny("{to: [{operation: {methods: [OPTIONS], notPaths: ['/x*']}}]}"), "with a CORS preflight"},
		{"with one that the waypoint has", logins + deny("{from: [{source: {notRequestPrincipals: ['*']}}], "+hasHeader+"}"), ""},
		{"without any login", bare, ""},
		{"with an authorizer for some paths", bare + aPolicy("istio-system", "x", custom+"rules: [{to: [{operation: {notPaths: ['/x*', '/notebook/alice/tet/x*']}}]}]"), "passes on the header kubeflow-userid that a client without a login sends; the waypoint of namespace alice takes"},
		{"with an authorizer for all", bare + aPolicy("istio-system", "x", custom+"rules: [{}]"), ""},
		{"with an authorizer for some paths, and a policy for the header", bare + aPolicy("istio-system", "x", custom+"rules: [{to: [{operation: {notPaths: ['/notebook/alice/tet/x*']}}]}]") + strings.Replace(deny("{"+hasHeader+"}"), "name: x", "name: y", 1), ""},
		{"of a waypoint that wants a token", logins + aPolicy("alice", "x", onGateway("waypoint")+"action: DENY, rules: [{from: [{source: {notRequestPrincipals: ['*']}}]}]") + waypointTakes +
			aPolicy("bob", "x", onGateway("waypoint")+"action: DENY, rules: [{"+hasHeader+"}]"), ""},
		{"of one waypoint of two that wants a token", logins + aPolicy("alice", "x", onGateway("waypoint")+"action: DENY, rules: [{from: [{source: {notRequestPrincipals: ['*']}}]}]") + waypointTakes, "the waypoint of namespace bob takes the client for bob@example.com"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range load(t, c.text).Findings(twoTenants) {
				if f.Code == diagnostic.UserHeaderTaken {
					got = append(got, f.Error())
				}
			}
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}
