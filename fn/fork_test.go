package fn

import (
	"strings"
	"testing"
)

// A fork's gateway in the place of Kubeflow's is the old gateway: by the selector of Kubeflow's Gateway.
func TestAGatewayOfAFork(t *testing.T) {
	const config = "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\nspec: {cluster: {platform: {enabled: true}}, profiles: [{name: ann, owner: {name: ann@example.com}}]}\n"
	workload := func(name, account string) string {
		return "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + ", namespace: istio-system}\nspec: {template: {metadata: {labels: {app: " + name + "}}, spec: {serviceAccountName: " + account + ", containers: [{name: c}]}}}\n"
	}
	const gateway = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: kubeflow-gateway, namespace: kubeflow}\nspec: {selector: {app: front}, servers: [{hosts: ['*'], port: {number: 80, name: http, protocol: HTTP}}]}\n"
	const policies = "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: web, namespace: kubeflow}\nspec: {selector: {matchLabels: {app: web}}, rules: [{from: [{source: {principals: [cluster.local/ns/istio-system/sa/front-account]}}]}]}\n" +
		"---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: front-require-jwt, namespace: istio-system}\nspec:\n  action: DENY\n  selector: {matchLabels: {app: front}}\n" +
		"  rules: [{from: [{source: {notRequestPrincipals: ['*']}}], to: [{operation: {notPaths: [/dex/*, /oauth2/*, /status]}}]}]\n"
	for _, c := range []struct {
		name, input string
		known       bool
	}{
		{"its workload", gateway + workload("front", "front-account") + policies, true},
		{"next to one of Kubeflow's name that nothing selects", gateway + workload("front", "front-account") + workload("istio-ingressgateway", "other") + policies, true},
		{"no workload", gateway + policies, false},
		{"another workload", gateway + workload("back", "front-account") + policies, false},
		{"a workload elsewhere", gateway + strings.Replace(workload("front", "front-account"), "istio-system", "edge", 1) + policies, false},
		{"two workloads", gateway + workload("front", "front-account") + strings.Replace(workload("front", "second"), "name: front,", "name: front-2,", 1) + policies, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := treeRun(t, config, c.input)
			if code != exitOK {
				t.Fatal(stderr)
			}
			if unknown := strings.Contains(stderr, "[AP0641] Gateway kubeflow/kubeflow-gateway"); unknown == c.known {
				t.Error(stderr)
			}
			if replaced := strings.Contains(stdout, "metadata: {name: web, namespace: kubeflow}\nspec: {selector: {matchLabels: {app: web}}, rules: [{from: [{source: {principals: [cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio]}}]}]}"); replaced != c.known {
				t.Error(stdout)
			}
			if kept := strings.Contains(stderr, `AuthorizationPolicy istio-system/front-require-jwt: was kept, but exempts "/status" from the login`); kept != c.known {
				t.Error(stderr)
			}
		})
	}
}
