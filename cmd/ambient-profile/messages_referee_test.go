package main

import (
	"bytes"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// The function writes what keeps the referee from finding these. Here it judges manifests that lack it.
const (
	inMesh    = "apiVersion: v1\nkind: Namespace\nmetadata: {name: alice, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}\n"
	waypoints = "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: waypoint, namespace: alice, labels: {istio.io/waypoint-for: service}}\nspec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}\n"
)

// judged are manifests in which the referee finds what no golden case shows.
var judged = map[diagnostic.Code]string{
	diagnostic.PodsUnprotected:     inMesh + waypoints,
	diagnostic.WaypointUnprotected: inMesh + waypoints,
	diagnostic.NamespaceOffMesh:    "apiVersion: v1\nkind: Namespace\nmetadata: {name: alice}\n",
	diagnostic.VerdictsClouded: inMesh + waypoints + "---\napiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: limits, namespace: alice}\n" +
		"spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]}\n",
	diagnostic.GatewayOpen: strings.Replace(inMesh, "waypoint}", "waypoint, istio.io/ingress-use-waypoint: \"true\"}", 1) + waypoints + "---\n" +
		"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: demo, namespace: demos}\nspec: {gatewayClassName: istio, listeners: [{name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}\n---\n" +
		"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: lab, namespace: alice}\nspec: {parentRefs: [{name: demo, namespace: demos}], rules: [{backendRefs: [{name: lab, port: 80}]}]}\n---\n" +
		"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: demos, namespace: alice}\n" +
		"spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{from: [{source: {serviceAccounts: [demos/demo-istio]}}]}]}\n",
	diagnostic.UserHeaderTaken: strings.Replace(inMesh, "waypoint}", "waypoint, istio.io/ingress-use-waypoint: \"true\"}", 1) + waypoints + "---\n" +
		"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: ambient-ingressgateway, namespace: istio-system}\nspec: {gatewayClassName: istio, listeners: [{name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}\n---\n" +
		"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: login, namespace: istio-system}\n" +
		"spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway}], action: CUSTOM, provider: {name: oauth2-proxy}, rules: [{to: [{operation: {notPaths: [/assets/*]}}]}]}\n---\n" +
		"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: owner, namespace: alice}\n" +
		"spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{from: [{source: {principals: [cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio]}}], when: [{key: 'request.headers[kubeflow-userid]', values: [alice@example.com]}]}]}\n",
	diagnostic.AmbientOff: inMesh + waypoints + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio-cni-config, namespace: istio-system}\ndata: {AMBIENT_ENABLED: \"false\"}\n---\n" +
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: istiod, namespace: istio-system}\nspec: {template: {spec: {containers: [{name: discovery, image: \"docker.io/istio/pilot:1.31.0\"}]}}}\n",
	diagnostic.WaypointNotUsed: strings.Replace(inMesh, ", istio.io/use-waypoint: waypoint", "", 1) + waypoints,
}

// found is the message with a code that the referee has of manifests.
func found(t *testing.T, code diagnostic.Code) string {
	t.Helper()
	var nodes []*yaml.Node
	for _, text := range strings.Split(judged[code], "---\n") {
		nodes = append(nodes, yaml.MustParse(text).YNode())
	}
	world := must(access.Load(func(yield func(*yaml.Node) bool) {
		for _, n := range nodes {
			if !yield(n) {
				return
			}
		}
	}))
	for _, d := range world.Findings([]access.Tenant{{Namespace: "alice", Owner: "alice@example.com", Waypoint: "waypoint", Gateway: "istio-system/ambient-ingressgateway"}}) {
		if d.Code == code {
			var out bytes.Buffer
			d.Position = diagnostic.Position{}
			diagnostic.Print(&out, []diagnostic.Diagnostic{d})
			return strings.TrimSuffix(out.String(), "\n")
		}
	}
	t.Errorf("%s is not found", code)
	return ""
}
