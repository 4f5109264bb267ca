package fn

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The members of a group get in by the claim of a verified token, in whatever form their identity
// provider writes it. Nobody gets in by the groups header, by the claim of another issuer, by a group
// that merely begins alike, or past the ingress Gateway.
func TestMembersOfAGroup(t *testing.T) {
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
  - {issuer: https://ci.example.com, jwksUri: https://ci.example.com/keys, forwardOriginalToken: true}
---
apiVersion: v1
kind: Namespace
metadata: {name: istio-system}
---
apiVersion: v1
kind: Service
metadata: {name: lab, namespace: vision}
spec: {selector: {notebook-name: lab}, ports: [{name: http-lab, port: 80, targetPort: 8888}]}
`
	const allow, deny = "allow", "deny"
	session := func(claims string) string {
		return "{jwt: {issuer: https://login.example.com, subject: s, claims: {email: dan@example.com, " + claims + "}}}"
	}
	cases := map[string]string{}
	for _, c := range []struct{ claim, name, from, headers, expect string }{
		{"groups", "a list", session("groups: [staff, vision-team]"), "", allow},
		{"groups", "a string", session("groups: vision-team"), "", allow},
		{"groups", "a list of a contributor", session("groups: [auditors]"), "", allow},
		{"groups", "a list without it", session("groups: [staff]"), "", deny},
		{"groups", "no claim", session("roles: [vision-team]"), "", deny},
		{"groups", "one that begins alike", session("groups: [vision-team-guests, vision]"), "", deny},
		{"groups", "in another case", session("groups: [Vision-Team]"), "", deny},
		{"groups", "several in one string", session("groups: 'staff vision-team'"), "", deny},
		{"groups", "a list in a string", session(`groups: '["vision-team"]'`), "", deny},
		{"groups", "nested where it is not", session("groups: {names: [vision-team]}"), "", deny},
		{"groups", "the header of a session", session("groups: [staff]"), "kubeflow-groups: vision-team", deny},
		{"groups", "the header without a token", "{anonymous: true}", "kubeflow-groups: vision-team", deny},
		{"groups", "both headers", "{anonymous: true}", "kubeflow-groups: vision-team, kubeflow-userid: vision-team", deny},
		{"groups", "a user called like the group", session("email: vision-team, groups: [staff]"), "", deny},
		{"groups", "another issuer", "{jwt: {issuer: https://ci.example.com, subject: s, claims: {groups: [vision-team]}}}", "", deny},
		{"groups", "a Kubernetes token with the claim", "{jwt: {issuer: https://kubernetes.default.svc, subject: 'system:serviceaccount:ci:job', audiences: [istio-ingressgateway.istio-system.svc.cluster.local], claims: {groups: [vision-team]}}}", "", deny},
		{"groups", "a pod with the header", "{serviceAccount: shop/web}", "kubeflow-groups: vision-team", deny},
		{"[realm_access][roles]", "nested", session("realm_access: {roles: [vision-team]}"), "", allow},
		{"[realm_access][roles]", "nested elsewhere", session("roles: [vision-team]"), "", deny},
		{"[a.b]", "a name with a dot", session("a.b: [vision-team]"), "", allow},
		{"[a.b]", "a name with a dot, nested", session("a: {b: [vision-team]}"), "", deny},
		{"https://example.com/groups", "a URL", session("https://example.com/groups: [vision-team]"), "", allow},
		{"https://example.com/groups", "a URL, by another name", session("groups: [vision-team]"), "", deny},
	} {
		cases[c.claim] += "  - {name: '" + c.name + "', from: " + strings.ReplaceAll(c.from, "email: dan@example.com, email:", "email:") +
			", to: {namespace: vision, service: lab}, request: {path: /notebook/vision/lab/x, headers: {" + c.headers + "}}, expect: " + c.expect + "}\n"
	}
	for claim, list := range cases {
		dir := t.TempDir()
		for name, text := range map[string]string{
			"items.yaml": items,
			"check.yaml": "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AccessCheck\nmetadata: {name: check}\nspec:\n  cases:\n" + list,
			"config.yaml": "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\nspec:\n  profiles:\n" +
				"  - {name: vision, owner: {kind: Group, name: vision-team}, contributors: [{kind: Group, name: auditors, role: edit}], notebooks: [{name: lab}]}\n" +
				"  waypoint: {verifyTokens: true}\n  identity: {groupsClaim: '" + claim + "'}\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		code, rendered, stderr := execute(t, "", filepath.Join(dir, "config.yaml"), filepath.Join(dir, "items.yaml"))
		if code != exitOK {
			t.Fatal(stderr)
		}
		if code, table, stderr := execute(t, rendered, "check", filepath.Join(dir, "check.yaml")); code != exitOK {
			t.Errorf("%s: %s%s", claim, table, stderr)
		}
	}
}
