package fn

import (
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// A default deny that is new names who is denied: a namespace without any policy, and the workloads that
// no policy selects.
func TestWhoADefaultDenyStops(t *testing.T) {
	const config = "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\nspec: {cluster: {platform: {enabled: true}}, profiles: [{name: ann, owner: {name: ann@example.com}}]}\n"
	workload := func(kind, name, labels string) string {
		return "---\napiVersion: apps/v1\nkind: " + kind + "\nmetadata: {name: " + name + ", namespace: shop}\nspec: {template: {metadata: {labels: {" + labels + "}}, spec: {containers: [{name: c}]}}}\n"
	}
	policy := func(meta, spec string) string {
		return "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {" + meta + "}\nspec: {" + spec + "}\n"
	}
	const (
		space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}\n"
		web   = "selector: {matchLabels: {app: web}}, rules: [{from: [{source: {namespaces: [shop]}}]}]"
		none  = "is in the mesh, and no AuthorizationPolicy of the input allows anything in it"
		stock = "is in the mesh, and no AuthorizationPolicy allows anything to the pods of Deployment stock"
	)
	both := space + workload("Deployment", "web", "app: web") + workload("Deployment", "stock", "app: stock")
	for _, c := range []struct{ name, input, want string }{
		{"no policy", both, none},
		{"a policy for one of two", both + policy("name: a, namespace: shop", web), stock},
		{"policies for both", both + policy("name: a, namespace: shop", web) + policy("name: b, namespace: shop", strings.Replace(web, "web", "stock", 1)), ""},
		{"a policy for all", both + policy("name: a, namespace: shop", "rules: [{}]"), ""},
		{"a policy of the root namespace", both + policy("name: a, namespace: istio-system", web), stock},
		{"a policy that is tried out", both + policy("name: a, namespace: shop, annotations: {istio.io/dry-run: 'true'}", "rules: [{}]"), none},
		{"a policy that denies", both + policy("name: a, namespace: shop", web) + policy("name: b, namespace: shop", "action: DENY, "+strings.Replace(web, "web", "stock", 1)), stock},
		{"a policy at a Service", both + policy("name: a, namespace: shop", web) + policy("name: b, namespace: shop", "targetRefs: [{kind: Service, name: stock}], rules: [{}]"), stock},
		{"a job", both + policy("name: a, namespace: shop", web) + policy("name: b, namespace: shop", strings.Replace(web, "web", "stock", 1)) + strings.Replace(workload("Job", "nightly", "app: nightly"), "apps/v1", "batch/v1", 1), ""},
		{"pods outside of the mesh", both + policy("name: a, namespace: shop", web) + policy("name: b, namespace: shop", strings.Replace(web, "web", "stock", 1)) + workload("Deployment", "out", "app: out, istio.io/dataplane-mode: none"), ""},
		{"a namespace outside of the mesh", strings.Replace(both, "istio.io/dataplane-mode: ambient", "a: b", 1), ""},
		{"a default deny that was there", both + policy("name: closed, namespace: istio-system", ""), ""},
		{"one of another revision", both + policy("name: closed, namespace: istio-system, labels: {istio.io/rev: canary}", ""), none},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, findings := readerOf(t, config, c.input).run()
			var got string
			for _, d := range findings {
				if d.Code == diagnostic.DefaultDenyStops {
					got += d.Object.Name + ": " + d.Found
				}
			}
			want := c.want
			if want != "" {
				want = "shop: " + want
			}
			if got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// istiod fetches the keys from outside of the mesh, so the proxy is not in it either.
func TestIstiodReachesTheProxyOfTheKeys(t *testing.T) {
	for labels, want := range map[string]string{
		"a: b":                             "      labels:\n        app.kubernetes.io/name: cluster-jwks-proxy\n    spec:",
		"istio.io/dataplane-mode: ambient": "        istio.io/dataplane-mode: none\n",
		"istio-injection: enabled":         "        sidecar.istio.io/inject: \"false\"\n",
	} {
		code, stdout, stderr := treeRun(t, strings.Replace(treeConfig, "cluster: {enabled: false}, ", "", 1), "apiVersion: v1\nkind: Namespace\nmetadata: {name: istio-system, labels: {"+labels+"}}\n")
		if code != exitOK {
			t.Fatal(stderr)
		}
		_, deployment, _ := strings.Cut(stdout, "kind: Deployment")
		deployment, _, _ = strings.Cut(deployment, "\n---\n")
		part(t, labels, deployment, want)
	}
}
