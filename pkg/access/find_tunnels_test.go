package access

import (
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// A policy that opens a waypoint to connections opens no pod, unless a pod bears the waypoint's label.
func TestPoliciesForAWaypointsPods(t *testing.T) {
	const world = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: istiod, namespace: istio-system}
spec: {selector: {matchLabels: {app: istiod}}, template: {metadata: {labels: {app: istiod}}, spec: {containers: [{name: discovery, image: "example.com/pilot:1.31.4", env: [{name: ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES, value: "true"}]}]}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: alice, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint, istio.io/ingress-use-waypoint: "true"}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: alice, labels: {istio.io/waypoint-for: service}}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: closed, namespace: alice}
spec: {rules: [{from: [{source: {namespaces: [alice]}}]}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: tunnels, namespace: alice}
spec: {selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: waypoint}}, rules: [{from: [{source: {principals: ['*']}}]}]}
`
	const pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: alice, labels: {gateway.networking.k8s.io/gateway-name: waypoint}}\nspec: {containers: [{name: a, image: b}]}\n"
	for text, want := range map[string]bool{
		world:       false,
		world + pod: true,
		strings.Replace(world, "gateway-name: waypoint}}", "gateway-name: another}}", 1): true,
	} {
		got := false
		for _, f := range load(t, text).Findings([]Tenant{{Namespace: "alice", Waypoint: "waypoint", Gateway: "istio-system/front"}}) {
			got = got || f.Code == diagnostic.StrangersAllowed && f.Object.Name == "tunnels"
		}
		if got != want {
			t.Errorf("reported: %t, want %t", got, want)
		}
	}
}
