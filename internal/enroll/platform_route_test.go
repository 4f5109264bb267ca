package enroll

import (
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// A VirtualService is removed only where the HTTPRoute does all of what it does, and nothing else.
func TestOnlyARouteThatDoesTheSameReplaces(t *testing.T) {
	const (
		web    = "match: [{uri: {prefix: /jupyter/}}], route: [{destination: {host: jupyter-web-app-service.kubeflow.svc.cluster.local, port: {number: 80}}}]"
		header = "headers: {request: {set: {x-forwarded-prefix: /jupyter}}}"
		ui     = "match: [{uri: {prefix: /pipeline}}], route: [{destination: {host: ml-pipeline-ui}}]"
	)
	for _, test := range []struct {
		name, http string
		want       diagnostic.Code
		found      string
	}{
		{"as Kubeflow has it", web + ", rewrite: {uri: /}, " + header, diagnostic.RouteReplaced, ""},
		{"without the rewrite", web + ", " + header, diagnostic.RouteNotConverted, "with another rewrite, header or timeout than Kubeflow"},
		{"with the path itself as rewrite", web + ", rewrite: {uri: /jupyter/}, " + header, diagnostic.RouteNotConverted, "with another rewrite, header or timeout than Kubeflow"},
		{"with a pattern", web + `, rewrite: {uriRegexRewrite: {match: "^/jupyter/(.*)$", rewrite: '/lab/\1'}}, ` + header, diagnostic.RouteNotConverted, "has spec.http[0].rewrite.uriRegexRewrite"},
		{"with another host", web + ", rewrite: {uri: /, authority: lab.example.com}, " + header, diagnostic.RouteNotConverted, "has spec.http[0].rewrite.authority"},
		{"with an unknown field of the rewrite", web + ", rewrite: {uri: /, someday: x}, " + header, diagnostic.RouteNotConverted, "has spec.http[0].rewrite.someday"},
		{"with an unknown field of the destination", strings.Replace(web, "{host:", "{someday: x, host:", 1) + ", rewrite: {uri: /}, " + header, diagnostic.RouteNotConverted, "has spec.http[0].route[0].destination.someday"},
		{"with a rewrite that changes nothing", ui + ", rewrite: {uri: /pipeline}, timeout: 300s", diagnostic.RouteReplaced, ""},
		{"with the same timeout in minutes", ui + ", timeout: 5m", diagnostic.RouteReplaced, ""},
		{"without the timeout", ui, diagnostic.RouteNotConverted, "with another rewrite, header or timeout than Kubeflow"},
		{"to a host outside of the cluster", "match: [{uri: {prefix: /pipeline}}], timeout: 300s, route: [{destination: {host: ml-pipeline-ui.kubeflow.example.com}}]", diagnostic.RouteNotConverted, "leads to ml-pipeline-ui.kubeflow.example.com, which is not a Service of the cluster"},
		{"two matches whose order differs", "match: [{uri: {prefix: /a/}}, {uri: {prefix: /a/b/}}], rewrite: {uri: /}, route: [{destination: {host: ml-pipeline-ui, port: {number: 80}}}]", diagnostic.RouteNotConverted, "leads some requests by spec.http[0].match[0] and not by spec.http[0].match[1]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			findings := placed(t, "{platform: {enabled: true}}",
				"apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: kubeflow-gateway, namespace: kubeflow}\nspec: {selector: {istio: ingressgateway}, servers: [{hosts: ['*'], port: {name: http, number: 80, protocol: HTTP}}]}",
				"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v, namespace: kubeflow}\nspec: {gateways: [kubeflow-gateway], hosts: ['*'], http: [{"+test.http+"}]}")
			for _, d := range findings {
				if d.Object.Kind == "VirtualService" {
					if d.Code != test.want || !strings.Contains(d.Found, test.found) {
						t.Errorf("%s: %s", d.Code, d.Found)
					}
					return
				}
			}
			t.Error("no message about the VirtualService")
		})
	}
}

// placed are the messages of a run over objects.
func placed(t *testing.T, cluster string, objects ...string) []diagnostic.Diagnostic {
	t.Helper()
	findings, _ := run(t, cluster, objects...)
	return findings
}

// run returns the messages of a run over objects, and what became of the objects.
func run(t *testing.T, cluster string, objects ...string) ([]diagnostic.Diagnostic, []*manifest.Item) {
	t.Helper()
	p, err := profile.Parse(yaml.MustParse("apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\n" +
		"spec: {profiles: [{name: alice, owner: {name: alice@example.com}}], cluster: " + cluster + "}\n").YNode())
	if err != nil {
		t.Fatal(err)
	}
	var items []*manifest.Item
	for _, text := range objects {
		items = append(items, manifest.NewItem(yaml.MustParse(text).YNode()))
	}
	found, _, err := survey.Look(p, items)
	if err != nil {
		t.Fatal(err)
	}
	plan := generate.NewPlan(p, found)
	_, findings, err := Place(plan, found, generate.Manifests(plan))
	if err != nil {
		t.Fatal(err)
	}
	return findings, items
}
