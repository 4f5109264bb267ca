package fn

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

const modelsConfig = `apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata: {name: kubeflow}
spec:
  profiles:
  - {name: alice, owner: {name: alice@example.com}}
  - {name: bob, owner: {name: bob@example.com}}
  access:
    monitoring: [{serviceAccount: monitoring/prometheus, ports: [8082]}]
`

// modelService is a Service, and modelPods are the pods of one.
const (
	modelService = "apiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: alice}\nspec: {%sselector: {app: %s}, ports: [{name: http, port: %d, targetPort: %[4]d}]}\n---\n"
	modelPods    = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s, namespace: alice}\nspec:\n  selector: {matchLabels: {app: %[1]s}}\n  template:\n    metadata: {labels: {app: %[1]s}}\n" +
		"    spec: {containers: [{name: kserve-container, image: \"example.com/model:1\", ports: [{containerPort: 8080}, {containerPort: 8082}]}]}\n---\n"
	modelRoute = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: %s, namespace: alice}\nspec:\n  hostnames: [%[1]s.example.com]\n" +
		"  parentRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway, namespace: istio-system}]\n" +
		"  rules: [{matches: [{path: {type: PathPrefix, value: /}}], backendRefs: [%s]}]\n---\n"
)

// reached is a row: what is asked for, as a case has it, and through which host.
var reached = []struct{ row, to, request, host string }{
	{"predictor", "service: iris-predictor", "port: 8080, path: /v1/models/iris:predict, method: POST", "iris"},
	{"transformer, to which the route leads", "service: wine-transformer", "port: 8080, path: /v1/models/wine:predict, method: POST", "wine"},
	{"predictor behind the transformer", "service: wine-predictor", "port: 8080, path: /v1/models/wine:predict, method: POST", ""},
	{"canary: a second backend of the route, 10 of 100", "service: rose-canary", "port: 8080, path: /v1/models/rose:predict, method: POST", "rose"},
	{"`-metrics` Service with an address, GET /metrics", "service: iris-metrics", "port: 8082, path: /metrics", ""},
	{"`-metrics` Service with an address, another path", "service: iris-metrics", "port: 8082, path: /stats", ""},
	{"`-metrics` Service without an address (headless), GET /metrics", "service: iris-metrics-pods, direct: true", "port: 8082, path: /metrics", ""},
	{"the pods' addresses, port 8082", "pod: {app: iris-predictor}, direct: true", "port: 8082, path: /metrics", ""},
	{"the pods' addresses, port 8080", "pod: {app: iris-predictor}, direct: true", "port: 8080, path: /v1/models/iris:predict", ""},
}

var reachers = []struct {
	column, from string
	outside      bool
}{
	{"owner", "user: alice@example.com", true},
	{"another user", "user: bob@example.com", true},
	{"token of the owner's account", "token: alice/default-editor, audiences: [istio-ingressgateway.istio-system.svc.cluster.local]", true},
	{"pod of the namespace", "serviceAccount: alice/default-editor", false},
	{"pod of another tenant", "serviceAccount: bob/default-editor", false},
	{"account of `access.monitoring` for 8082", "serviceAccount: monitoring/prometheus", false},
}

// modelsTable is who reaches what KServe makes of models, as the referee says of the output.
func modelsTable(t *testing.T) string {
	t.Helper()
	const backend = "{name: %s, port: 8080}"
	world := "apiVersion: v1\nkind: Namespace\nmetadata: {name: monitoring, labels: {istio.io/dataplane-mode: ambient}}\n---\n" + kserveGateway
	for _, app := range []string{"iris-predictor", "wine-predictor", "wine-transformer", "rose-predictor", "rose-canary"} {
		world += fmt.Sprintf(modelService, app, "", app, 8080) + fmt.Sprintf(modelPods, app)
	}
	world += fmt.Sprintf(modelService, "iris-metrics", "", "iris-predictor", 8082) + fmt.Sprintf(modelService, "iris-metrics-pods", "clusterIP: None, ", "iris-predictor", 8082) +
		fmt.Sprintf(modelRoute, "iris", fmt.Sprintf(backend, "iris-predictor")) + fmt.Sprintf(modelRoute, "wine", fmt.Sprintf(backend, "wine-transformer")) +
		fmt.Sprintf(modelRoute, "rose", "{name: rose-predictor, port: 8080, weight: 90}, {name: rose-canary, port: 8080, weight: 10}")
	code, stdout, stderr := treeRun(t, modelsConfig, world)
	if code != exitOK {
		t.Fatal(stderr)
	}
	dir := t.TempDir()
	check := "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AccessCheck\nmetadata: {name: models}\nspec:\n  cases:\n"
	for _, r := range reached {
		for _, by := range reachers {
			request := r.request
			if by.outside {
				if r.host == "" {
					continue
				}
				request += ", headers: {host: " + r.host + ".example.com}"
			}
			check += fmt.Sprintf("  - {name: \"%s, %s\", from: {%s}, to: {namespace: alice, %s}, request: {%s}, expect: allow}\n", r.row, by.column, by.from, r.to, request)
		}
	}
	write(t, filepath.Join(dir, "check.yaml"), check)
	write(t, filepath.Join(dir, "world.yaml"), stdout)
	results, err := Check(filepath.Join(dir, "check.yaml"), []string{filepath.Join(dir, "world.yaml")}, "1.31", strings.NewReader(""), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range results {
		got[r.Name] = map[string]string{"allow": "yes", "deny": "no"}[r.Got]
		if got[r.Name] == "" {
			got[r.Name] = r.Got + " " + r.By
		}
	}
	head := []string{"what"}
	for _, by := range reachers {
		head = append(head, by.column)
	}
	var rows [][]string
	for _, r := range reached {
		row := []string{r.row}
		for _, by := range reachers {
			cell, asked := got[r.row+", "+by.column]
			if !asked {
				cell = "no route"
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	return table("Who reaches a model", head, rows,
		"These are the [referee's](referee.md) answers about the output for two tenants, in Standard mode. A canary is a route with two backends, whoever made it. `-metrics` Services are those that a\n"+
			"ServingRuntime, an autoscaler or you make beside KServe's own. With an address they go through the waypoint, where every pod may GET `/metrics` by `access.openPaths`; set it to `[]` to close that.\n"+
			"Without an address they lead to the pods, where only the namespace and the accounts of `access.monitoring` get in.\n\n"+
			"**InferencePools** (`LLMInferenceService` with a scheduler). With real proxies of Istio 1.31 ([the question](../test/dataplane/testdata/asked/inference-pools)) a route of the ingress to a pool goes to the\n"+
			"waypoint, whose policies decide, and which then cannot deliver it: 403 for another user, and 503 for the owner. The same holds for a pool behind a route at the waypoint. A Service with an address\n"+
			"that selects the pool's pods works, for the clients in the first row of the table, without the endpoint picker. Not measured: an endpoint picker that answers.\n")
}

const kserveGateway = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: ambient-ingressgateway, namespace: istio-system}
spec:
  gatewayClassName: istio
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
---
`
