package enroll

import (
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

const namespaceName = "kubernetes.io/metadata.name"

// patchNetworkPolicies allows traffic in the mesh if its plain form was allowed. Between two pods of
// the mesh, a NetworkPolicy sees only TCP port 15008; traffic for a Service behind a waypoint goes to
// the waypoint and comes from it; and the ingress is another pod now. Ports inside the mesh are
// restricted by the policies that ztunnel enforces. It returns the NetworkPolicies that the waypoints
// need themselves.
func patchNetworkPolicies(plan generate.Plan, input *survey.Index, notes *survey.Notes, wanted []generate.Object) []generate.Object {
	routed := map[string]bool{}
	for _, o := range wanted {
		routed[o.Namespace] = routed[o.Namespace] || o.Kind == "HTTPRoute"
	}
	network := patchMeshNetwork(plan, input)
	for _, item := range network.policies {
		mesh := network.waypoints[item.Namespace] != ""
		for _, rule := range survey.NetworkRules(item, survey.IngressRules) {
			if mesh {
				letHBONE(item, rule)
			}
			if mesh || routed[item.Namespace] {
				letGateway(plan, input, item, rule)
			}
		}
		// An ingress Gateway is not behind ztunnel, and speaks HBONE to the mesh directly.
		if mesh || item.Namespace == plan.Mesh.GatewayNamespace {
			network.letOut(item)
		}
	}
	out := network.ofWaypoints(plan)
	network.letWaypoints()
	gatewayIsolated(plan, input, notes)
	return out
}

// letHBONE adds 15008 to an ingress rule that names ports, with or without peers: the API server
// calls a webhook in plain text, but pods of the mesh would call it at 15008.
func letHBONE(item *manifest.Item, rule *yaml.Node) {
	ports := manifest.Field(rule, "ports")
	if survey.PassesHBONE(ports) || !slices.ContainsFunc(manifest.Content(ports), survey.IsTCP) {
		return
	}
	ports.Content = append(ports.Content, survey.HBONEPort())
	item.Changed = true
}

// letGateway adds the new gateway to a rule that allows the old one.
func letGateway(plan generate.Plan, input *survey.Index, item *manifest.Item, rule *yaml.Node) {
	mesh := plan.Mesh
	peers := manifest.Field(rule, "from")
	if !slices.ContainsFunc(manifest.Content(peers), func(p *yaml.Node) bool { return missesGateway(plan, input, manifest.Dealias(p)) }) {
		return
	}
	peer := mapOf("namespaceSelector", mapOf("matchLabels", mapOf(namespaceName, manifest.Text(mesh.GatewayNamespace))))
	peer.Content = append(peer.Content, manifest.Text("podSelector"), mapOf("matchLabels", mapOf(survey.GatewayPods, manifest.Text(mesh.GatewayName))))
	if !slices.ContainsFunc(peers.Content, func(p *yaml.Node) bool { return manifest.Equal(p, peer) }) {
		peers.Content = append(peers.Content, peer)
		item.Changed = true
	}
}

// missesGateway reports whether a peer allows the old gateway and not the new one.
func missesGateway(plan generate.Plan, input *survey.Index, peer *yaml.Node) bool {
	if !selects(manifest.Field(peer, "namespaceSelector"), namespaceName, survey.OldGatewayNamespace) {
		return false
	}
	pods := manifest.Field(peer, "podSelector")
	if pods == nil || len(pods.Content) == 0 {
		return plan.Mesh.GatewayNamespace != survey.OldGatewayNamespace
	}
	return selects(pods, "app", survey.OldGatewayLabels["app"]) || selects(pods, "istio", survey.OldGatewayLabels["istio"]) ||
		input.IsForked() && input.SelectsOldGateway(manifest.Field(pods, "matchLabels"))
}

// selects reports whether a label selector names a value of a key.
func selects(selector *yaml.Node, key, wanted string) bool {
	values, _ := survey.ValuesOf(selector, key)
	return slices.Contains(values, wanted)
}

// gatewayIsolated reports NetworkPolicies that keep users from the new gateway.
func gatewayIsolated(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	mesh := plan.Mesh
	var closed *manifest.Item
	var open bool
	input.Live("networking.k8s.io", "NetworkPolicy", func(item *manifest.Item) {
		if item.Namespace != mesh.GatewayNamespace {
			return
		}
		if survey.Closes(item, survey.IngressRules, nil) && closed == nil {
			closed = item
		}
		open = open || selects(manifest.Field(item.Node, "spec", "podSelector"), survey.GatewayPods, mesh.GatewayName)
	})
	if closed != nil && !open {
		notes.Warn(diagnostic.GatewayIsolated, closed, "isolates every pod in its namespace, and no NetworkPolicy selects the pods of the new gateway", "users may not be able to reach the gateway",
			fmt.Sprintf("add a NetworkPolicy for pods labeled %s: %s that allows ports 80 and 443", survey.GatewayPods, mesh.GatewayName))
	}
}

func mapOf(key string, n *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap, Content: []*yaml.Node{manifest.Text(key), n}}
}
