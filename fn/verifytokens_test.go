package fn

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A route that says who the user is, and a token of an issuer that does not: with verified tokens
// nobody becomes alice by them, and alice and her account still get in. Without, the route does.
func TestVerifiedTokensStopAForgedUser(t *testing.T) {
	const items = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: ambient-ingressgateway, namespace: istio-system}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: login, namespace: istio-system}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway}]
  jwtRules:
  - issuer: https://login.example.com
    jwksUri: https://login.example.com/keys
    forwardOriginalToken: true
    outputClaimToHeaders: [{claim: email, header: kubeflow-userid}, {claim: groups, header: kubeflow-groups}]
---
apiVersion: v1
kind: Namespace
metadata: {name: istio-system}
---
apiVersion: v1
kind: Service
metadata: {name: lab, namespace: alice}
spec: {selector: {notebook-name: lab}, ports: [{name: http-lab, port: 80, targetPort: 8888}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: forge, namespace: alice}
spec:
  parentRefs: [{name: ambient-ingressgateway, namespace: istio-system}]
  rules:
  - matches: [{path: {type: PathPrefix, value: /forge/}}]
    filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: kubeflow-userid, value: alice@example.com}]}}]
    backendRefs: [{name: lab, port: 80}]
`
	const check = `apiVersion: ambient.kubeflow.org/v1alpha1
kind: AccessCheck
metadata: {name: check}
spec:
  cases:
  - {name: bob by the route, from: {user: bob@example.com}, to: {namespace: alice, service: lab}, request: {path: /forge/x}, expect: FORGED}
  - {name: nobody by the route, from: {anonymous: true}, to: {namespace: alice, service: lab}, request: {path: /forge/x}, expect: FORGED}
  - {name: alice by the route, from: {user: alice@example.com}, to: {namespace: alice, service: lab}, request: {path: /forge/x}, expect: allow}
  - {name: alice, from: {user: alice@example.com}, to: {namespace: alice, service: lab}, request: {path: /notebook/alice/lab/x}, expect: allow}
  - {name: her account, from: {token: alice/default-editor, audience: istio-ingressgateway.istio-system.svc.cluster.local}, to: {namespace: alice, service: lab}, request: {path: /notebook/alice/lab/x}, expect: allow}
  - {name: her account for another audience, from: {token: alice/default-editor, audience: vault}, to: {namespace: alice, service: lab}, request: {path: /notebook/alice/lab/x}, expect: deny}
  - {name: a pod of hers without a token, from: {serviceAccount: alice/default}, to: {namespace: alice, service: lab}, request: {path: /x}, expect: allow}
`
	for verify, forged := range map[string]string{"true": "deny", "false": "allow"} {
		config := "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\nspec:\n  profiles:\n" +
			"  - {name: alice, owner: {name: alice@example.com}, notebooks: [{name: lab}]}\n  - {name: bob, owner: {name: bob@example.com}}\n" +
			"  waypoint: {verifyTokens: " + verify + "}\n"
		dir := t.TempDir()
		for name, text := range map[string]string{"config.yaml": config, "items.yaml": items, "check.yaml": strings.ReplaceAll(check, "FORGED", forged)} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		code, rendered, stderr := execute(t, "", filepath.Join(dir, "config.yaml"), filepath.Join(dir, "items.yaml"))
		if code != exitOK {
			t.Fatal(stderr)
		}
		if code, table, stderr := execute(t, rendered, "check", filepath.Join(dir, "check.yaml")); code != exitOK {
			t.Errorf("verifyTokens: %s: %s%s", verify, table, stderr)
		}
	}
}
