package access

import (
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

const (
	dexIssuer     = "http://dex.auth.svc.cluster.local:5556/dex"
	clusterIssuer = "https://kubernetes.default.svc.cluster.local"
	tokenAudience = "istio-ingressgateway.istio-system.svc.cluster.local"
)

// verifyTokens has alice's waypoint verify tokens again, for the targets that a test names, and deny what comes from the ingress without one.
func verifyTokens(target, deniedAt string) string {
	return `
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: verify-tokens, namespace: alice}
spec:
  targetRefs: ` + target + `
  jwtRules:
  - {issuer: "` + dexIssuer + `", forwardOriginalToken: true, fromHeaders: [{name: Authorization, prefix: 'Bearer '}], outputClaimToHeaders: [{claim: email, header: kubeflow-userid}, {claim: groups, header: kubeflow-groups}]}
  - {issuer: "` + clusterIssuer + `", forwardOriginalToken: true, fromHeaders: [{name: Authorization, prefix: 'Bearer '}], outputClaimToHeaders: [{claim: sub, header: kubeflow-userid}, {claim: groups, header: kubeflow-groups}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: verified-tokens-only, namespace: alice}
spec:
  action: DENY
  targetRefs: ` + deniedAt + `
  rules:
  - from: [{source: {principals: [cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio]}}]
    when: [{key: "request.auth.claims[iss]", notValues: ["` + dexIssuer + `", "` + clusterIssuer + `"]}]
  - from: [{source: {principals: [cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio]}}]
    when: [{key: "request.auth.claims[iss]", values: ["` + clusterIssuer + `"]}, {key: request.auth.audiences, notValues: [` + tokenAudience + `]}]
  - from: [{source: {principals: [cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio]}}]
    when: [{key: "request.headers[kubeflow-userid]", values: ['system:serviceaccount:*', ' *', "\t*", '* ', "*\t"]}, {key: "request.auth.claims[iss]", notValues: ["` + clusterIssuer + `"]}]
`
}

const (
	onAlicesWaypoint = "[{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]"
	onTet            = "[{group: '', kind: Service, name: tet}]"
)

// forgingRoute is a route on the shared Gateway to alice's notebook with a filter.
func forgingRoute(filter string) string {
	return `
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: forge, namespace: alice}
spec:
  parentRefs: [{name: ambient-ingressgateway, namespace: istio-system}]
  rules:
  - matches: [{path: {type: PathPrefix, value: /forge}}]
    filters: [{type: RequestHeaderModifier, requestHeaderModifier: ` + filter + `}]
    backendRefs: [{name: tet, port: 80}]
`
}

// headerlessIssuer is one at the ingress that writes no header and sorts before the login's.
const headerlessIssuer = `
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: robots, namespace: istio-system}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway}]
  jwtRules: [{issuer: accounts.example.com, forwardOriginalToken: true}]
`

// Each way to be alice without her token works where the waypoint trusts the gateway's header, and none where it verifies the token itself.
func TestAWaypointThatVerifiesTokensTrustsNoHeader(t *testing.T) {
	const set, add = "{set: [{name: Kubeflow-UserID, value: alice@example.com}]}", "{add: [{name: kubeflow-userid, value: alice@example.com}]}"
	lab := To{Namespace: "alice", Service: "tet"}
	forged := map[string]string{"kubeflow-userid": "alice@example.com"}
	robot := From{JWT: &JWT{Issuer: "accounts.example.com", Subject: "job", Claims: map[string]any{"email": "alice@example.com"}}}
	for _, c := range []struct {
		name, extra     string
		r               Request
		trusted, verify Outcome
	}{
		{"her session", "", Request{From: From{User: "alice@example.com"}, To: lab}, Allow, Allow},
		{"another's session", "", Request{From: From{User: "bob@example.com"}, To: lab, Headers: forged}, Deny, Deny},
		{"a token of her account", "", Request{From: From{Token: "alice/default-editor", Audience: tokenAudience}, To: lab}, Allow, Allow},
		{"anybody by a route that sets her name", forgingRoute(set), Request{From: From{Anonymous: true}, To: lab, Path: "/forge/x"}, Allow, Deny},
		{"bob by that route", forgingRoute(set), Request{From: From{User: "bob@example.com"}, To: lab, Path: "/forge/x"}, Allow, Deny},
		{"a token of bob's by that route", forgingRoute(set), Request{From: From{Token: "bob/default-editor", Audience: tokenAudience}, To: lab, Path: "/forge/x"}, Allow, Deny},
		{"a preflight by that route, of which no token is verified", forgingRoute(set), Request{From: From{Anonymous: true}, To: lab, Path: "/forge/x", Method: "OPTIONS", Headers: map[string]string{"Origin": "https://x", "Access-Control-Request-Method": "GET"}}, Allow, Deny},
		{"herself by that route", forgingRoute(set), Request{From: From{User: "alice@example.com"}, To: lab, Path: "/forge/x"}, Allow, Allow},
		{"anybody by a route that adds her name", forgingRoute(add), Request{From: From{Anonymous: true}, To: lab, Path: "/forge/x"}, Allow, Deny},
		{"a token of a robot's with her name", headerlessIssuer, Request{From: robot, To: lab, Headers: forged}, Allow, Deny},
		{"a robot's by the route", headerlessIssuer + forgingRoute(set), Request{From: robot, To: lab, Path: "/forge/x"}, Allow, Deny},
		{"her session whose token a route takes off", forgingRoute("{remove: [Authorization]}"), Request{From: From{User: "alice@example.com"}, To: lab, Path: "/forge/x"}, Allow, Deny},
		{"a session by a route that sets no token", forgingRoute("{set: [{name: authorization, value: Bearer EMPTY}]}"), Request{From: From{User: "alice@example.com"}, To: lab, Path: "/forge/x"}, Allow, Deny},
		{"a session by a route that sets a token", forgingRoute("{set: [{name: authorization, value: Bearer a.b.c}]}"), Request{From: From{User: "bob@example.com"}, To: lab, Path: "/forge/x"}, Deny, NotJudged},
		{"her session behind which a route adds another", forgingRoute("{add: [{name: authorization, value: Bearer a.b.c}]}"), Request{From: From{User: "alice@example.com"}, To: lab, Path: "/forge/x"}, Allow, NotJudged},
		{"a pod of hers", "", Request{From: From{ServiceAccount: "alice/default-editor"}, To: lab}, Allow, Allow},
		{"a pod of hers with her token", "", Request{From: From{ServiceAccount: "alice/default-editor", Token: "alice/default-editor"}, To: lab}, Allow, Allow},
		{"a pod of hers with a value that is not our token", "", Request{From: From{ServiceAccount: "alice/default-editor"}, To: lab, Headers: map[string]string{"Authorization": "Bearer EMPTY"}}, Allow, Deny},
		{"a pod of hers with a token of another issuer", "", Request{From: From{ServiceAccount: "alice/default-editor", JWT: &JWT{Issuer: "accounts.example.com"}}, To: lab}, Allow, Deny},
		{"the pipelines UI with her name and no token", "", Request{From: From{ServiceAccount: "kubeflow/ml-pipeline-ui"}, To: lab, Headers: forged}, Allow, Deny},
		{"the pipelines UI with her token", "", Request{From: From{ServiceAccount: "kubeflow/ml-pipeline-ui", JWT: &JWT{Issuer: dexIssuer, Claims: map[string]any{"email": "alice@example.com"}}}, To: lab, Headers: forged}, Allow, Allow},
		{"a pod of bob's with her token", "", Request{From: From{ServiceAccount: "bob/default-editor", JWT: &JWT{Issuer: dexIssuer, Claims: map[string]any{"email": "alice@example.com"}}}, To: lab}, Deny, Deny},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.r.Path == "" {
				c.r.Path = "/notebook/alice/tet/lab"
			}
			decides(t, load(t, tenants(t)+c.extra), c.r, c.trusted)
			decides(t, load(t, tenants(t)+c.extra+verifyTokens(onAlicesWaypoint, onAlicesWaypoint)), c.r, c.verify)
			decides(t, load(t, tenants(t)+c.extra+verifyTokens(onTet, onAlicesWaypoint)), c.r, c.verify)
			decides(t, load(t, tenants(t)+c.extra+verifyTokens(onTet, onTet)), c.r, c.verify)
		})
	}
}

// A Service that verifies nothing, behind a waypoint that denies what it cannot verify, is closed to the ingress and to nobody else.
func TestAServiceThatIsNotVerifiedIsClosedToTheIngress(t *testing.T) {
	other := To{Namespace: "alice", Service: "ml-pipeline-visualizationserver"}
	w := load(t, tenants(t)+verifyTokens(onTet, onAlicesWaypoint))
	decides(t, w, Request{From: From{User: "alice@example.com"}, To: other}, Deny)
	decides(t, w, Request{From: From{ServiceAccount: "alice/default-editor"}, To: other}, Allow)
	decides(t, w, Request{From: From{ServiceAccount: "alice/default-editor"}, To: other, Headers: map[string]string{"authorization": "Bearer EMPTY"}}, Allow)
}

// The tokens that the waypoint is to see are those that the ingress forwards.
func TestATokenThatTheIngressKeepsIsNotVerifiedAgain(t *testing.T) {
	text := strings.Replace(tenants(t), "    forwardOriginalToken: true\n", "", 1)
	r := Request{From: From{User: "alice@example.com"}, To: To{Namespace: "alice", Service: "tet"}, Path: "/notebook/alice/tet/lab"}
	decides(t, load(t, text), r, Allow)
	decides(t, load(t, text+verifyTokens(onAlicesWaypoint, onAlicesWaypoint)), r, Deny)
}

// A waypoint ignores a RequestAuthentication with a selector, so a policy on the Service that asks for a request principal grants no access.
func TestTokensBySelectorAreNoWaypoints(t *testing.T) {
	policy := "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: asks, namespace: alice}\n" +
		"spec: {action: DENY, targetRefs: " + onTet + ", rules: [{from: [{source: {notRequestPrincipals: ['*']}}]}]}"
	rule := "\n---\nkind: RequestAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: x, namespace: alice}\nspec: {SCOPE, jwtRules: [{issuer: '" + dexIssuer + "', forwardOriginalToken: true}]}"
	r := Request{From: From{User: "alice@example.com"}, To: To{Namespace: "alice", Service: "tet"}, Path: "/notebook/alice/tet/lab"}
	for scope, want := range map[string]Outcome{"selector: {matchLabels: {notebook-name: tet}}": Deny, "targetRefs: " + onTet: Allow} {
		decides(t, load(t, tenants(t)+policy+strings.Replace(rule, "SCOPE", scope, 1)), r, want)
	}
}

// Where the waypoint verifies tokens the owner still comes with one, and who has none that it takes is locked out.
func TestFindingsSendTheOwnerWithAToken(t *testing.T) {
	locked := func(text string) bool {
		for _, f := range load(t, text).Findings(twoTenants) {
			if f.Code == diagnostic.OwnerLockedOut && f.Object.Name == "alice" {
				return true
			}
		}
		return false
	}
	verified := verifyTokens(onAlicesWaypoint, onAlicesWaypoint)
	for text, want := range map[string]bool{
		tenants(t) + verified:                                                                                    false,
		tenants(t) + verifyTokens(onTet, onAlicesWaypoint):                                                       false,
		tenants(t) + verifyTokens(onTet, onTet):                                                                  false,
		tenants(t) + edit(t, verified, dexIssuer, "https://other"):                                               true,
		strings.Replace(tenants(t), "    forwardOriginalToken: true\n", "", 1) + verified:                        true,
		edit(t, tenants(t), "claim: email, header: kubeflow-userid", "claim: email, header: x-other") + verified: false, // the login is elsewhere
	} {
		if got := locked(text); got != want {
			t.Errorf("locked out: %v, want %v", got, want)
		}
	}
}

// Of an issuer that writes no user header explain asks what its tokens reach with the owner's name.
func TestExplainAsksForOtherIssuers(t *testing.T) {
	stops := `
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: issuers, namespace: istio-system}
spec:
  action: DENY
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway}]
  rules:
  - when: [{key: "request.headers[kubeflow-userid]", values: ['*']}, {key: "request.auth.claims[iss]", notValues: ["` + dexIssuer + `", "` + clusterIssuer + `"]}]
`
	for text, want := range map[string]Outcome{headerlessIssuer: Allow, headerlessIssuer + stops: Deny} {
		found, got := false, Deny
		for _, n := range load(t, tenants(t)+text).Explain(kubeflow).Namespaces {
			for _, a := range n.Access {
				if n.Namespace == "alice" && a.Who == "token of the issuer accounts.example.com" {
					if found = true; a.Outcome == Allow.String() {
						got = Allow
					}
				}
			}
		}
		if got != want {
			t.Errorf("%v, want %v", got, want)
		}
		if !found {
			t.Error("nobody asks for accounts.example.com")
		}
	}
}
