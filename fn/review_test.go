package fn

import (
	"path/filepath"
	"strings"
	"testing"
)

// The referee exempts what the configuration opens, and nothing else: it learns the open paths, the scrapers and the ingress Gateway.
func TestTheRefereeKnowsTheConfiguration(t *testing.T) {
	const head = "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\n" +
		"spec:\n  profiles: [{name: ann, owner: {name: ann@example.com}}, {name: monitors, owner: {name: mo@example.com}}]\n  cluster: {enabled: false}\n"
	const (
		atWaypoint = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: stats, namespace: ann}\n" +
			"spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{from: [{source: {notNamespaces: [istio-system]}}], to: [{operation: {methods: [GET], paths: [/stats]}}]}]}\n"
		atPods = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: scrape, namespace: ann}\n" +
			"spec: {rules: [{from: [{source: {principals: [cluster.local/ns/monitors/sa/prom]}}], to: [{operation: {ports: ['9100']}}]}]}\n"
		gateway = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: front, namespace: ann}\nspec: {gatewayClassName: istio, listeners: [{name: web, port: 80, protocol: HTTP}]}\n---\n" +
			"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: front, namespace: ann}\nspec: {parentRefs: [{name: front}], rules: [{backendRefs: [{name: lab, port: 80}]}]}\n---\n" +
			"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: front, namespace: ann}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front}], rules: [{}]}\n"
		controllers = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ns-owner-access-istio, namespace: ann}\nspec:\n  rules:\n" +
			"  - when: [{key: 'request.headers[kubeflow-userid]', values: [ann@example.com]}]\n    from: [{source: {principals: [cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account, cluster.local/ns/kubeflow/sa/ml-pipeline-ui]}}]\n" +
			"  - when: [{key: source.namespace, values: [ann]}]\n  - to: [{operation: {paths: [/healthz, /metrics, /wait-for-drain]}}]\n" +
			"  - from: [{source: {principals: [cluster.local/ns/kubeflow/sa/notebook-controller-service-account]}}]\n    to: [{operation: {methods: [GET], paths: ['*/api/kernels']}}]\n"
	)
	for _, c := range []struct{ name, access, input, want string }{
		{"a path that is not open", "", atWaypoint, "[AP0703] AuthorizationPolicy ann/stats: spec.rules[0]: allows any pod in the mesh through the waypoint"},
		{"a path that the configuration opens", "  access: {openPaths: [/stats]}\n", atWaypoint, ""},
		{"a scraper that nobody asked for", "", atPods, "[AP0703] AuthorizationPolicy ann/scrape: spec.rules[0]: allows pods of monitors"},
		{"a scraper of the configuration", "  access: {monitoring: [{serviceAccount: monitors/prom, ports: [9100]}]}\n", atPods, ""},
		{"a scraper of the configuration, at another port", "  access: {monitoring: [{serviceAccount: monitors/prom, ports: [9101]}]}\n", atPods, "[AP0703] AuthorizationPolicy ann/scrape: spec.rules[0]: allows pods of monitors"},
		{"the only Gateway of the input is not the ingress", "", gateway, "[AP0724] Gateway ann/front: admits clients without a login"},
		{"unless the configuration names it", "  ingress: {gateway: ann-edge/front}\n", strings.ReplaceAll(gateway, "front, namespace: ann}", "front, namespace: ann-edge}"), ""},
		{"the profile-controller's own policy", "", controllers, ""},
		{"a policy of its name", "", strings.Replace(controllers, "values: [ann@", "values: [zoe@", 1), "[AP0701] AuthorizationPolicy ann/ns-owner-access-istio: spec.rules[0]: uses request.headers[kubeflow-userid]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			config, input := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "input.yaml")
			write(t, config, head+c.access)
			write(t, input, c.input)
			code, _, stderr := execute(t, "", config, input)
			if referee := strings.Contains(stderr, "[AP07"); code != 0 || c.want == "" && referee || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d, %s\nwant %q", code, stderr, c.want)
			}
		})
	}
}
