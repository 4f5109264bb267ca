package access

import (
	"strings"
	"testing"
)

func TestFindingsOfTheWebApplications(t *testing.T) {
	const (
		app = "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: spawner, namespace: kubeflow}\nspec: {selector: {app: spawner}, ports: [{port: 80, targetPort: 5000}]}" +
			"\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: spawner, namespace: kubeflow}\nspec: {parentRefs: [{namespace: istio-system, name: ambient-ingressgateway}], rules: [{backendRefs: [{name: spawner, port: 80}]}]}"
		open  = "selector: {matchLabels: {app: spawner}}, rules: [{}]"
		found = "AuthorizationPolicy kubeflow/x: spec.rules[0]: allows any pod in the mesh to reach Service kubeflow/spawner past the ingress Gateway; " +
			"the Service takes the header kubeflow-userid for what the ingress writes, so a pod of any tenant can be any user there"
		waypoint = "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: wp, namespace: kubeflow}\nspec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}"
		onApp    = "targetRefs: [{group: '', kind: Service, name: spawner}], "
	)
	closed := aPolicy("kubeflow", "pods", "rules: [{from: [{source: {principals: [cluster.local/ns/kubeflow/sa/wp]}}]}]")
	behind := edit(t, app, "namespace: kubeflow}\nspec: {selector", "namespace: kubeflow, labels: {istio.io/use-waypoint: wp}}\nspec: {selector") + waypoint + closed
	for _, c := range []struct{ name, text, want string }{
		{"a policy for everybody", app + aPolicy("kubeflow", "x", open), found},
		{"for its port", app + aPolicy("kubeflow", "x", "rules: [{to: [{operation: {ports: ['5000']}}]}]"), found},
		{"for another port", app + aPolicy("kubeflow", "x", "rules: [{to: [{operation: {ports: ['5001']}}]}]"), ""},
		{"for the ingress", app + aPolicy("kubeflow", "x", "rules: [{from: [{source: {namespaces: [istio-system]}}]}]"), ""},
		{"for other pods", app + aPolicy("kubeflow", "x", edit(t, open, "app: spawner", "app: other")), ""},
		{"what a DENY closes", app + aPolicy("kubeflow", "x", open) + aPolicy("kubeflow", "y", "action: DENY, rules: [{from: [{source: {notNamespaces: [istio-system, kubeflow]}}]}]"), ""},
		{"a Service that the ingress does not lead to", edit(t, app, "backendRefs: [{name: spawner", "backendRefs: [{name: other") + aPolicy("kubeflow", "x", open), ""},
		{"a route of another gateway", edit(t, app, "name: ambient-ingressgateway", "name: other") + aPolicy("kubeflow", "x", open), ""},
		{"at the waypoint", behind + aPolicy("kubeflow", "x", onApp+"rules: [{to: [{operation: {methods: [GET]}}]}]"), found},
		{"at the waypoint, for clients that name no user", behind + aPolicy("kubeflow", "x", onApp+"rules: [{when: [{key: 'request.headers[kubeflow-userid]', notValues: ['*']}]}]"), ""},
		{"at the waypoint, an open path", behind + aPolicy("kubeflow", "x", onApp+"rules: [{to: [{operation: {methods: [GET], paths: [/healthz]}}]}]"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := []Tenant{tenantOf("alice"), tenantOf("bob")}
			list[0].Platform = "kubeflow"
			var got []string
			for _, f := range load(t, tenants(t)+c.text).Findings(list) {
				got = append(got, f.Error())
			}
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}
