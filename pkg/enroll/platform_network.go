package enroll

import (
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

const (
	namespaceName = "kubernetes.io/metadata.name"
	// gatewayPods labels the pods of a Gateway (Istio: deploymentcontroller).
	gatewayPods = "gateway.networking.k8s.io/gateway-name"
)

// patchNetworkPolicies lets mesh traffic through where its plain form was let through: of a pod
// in the mesh a NetworkPolicy only sees port 15008, and the ingress is another pod now. Which
// port is meant in the mesh is said by the policies that ztunnel enforces.
func (e *enrolment) patchNetworkPolicies(wanted []generate.Object) {
	routed := map[string]bool{}
	for _, o := range wanted {
		routed[o.Namespace] = routed[o.Namespace] || o.Kind == "HTTPRoute"
	}
	e.live("networking.k8s.io", "NetworkPolicy", func(item *Item) {
		for _, rule := range content(field(field(item.Node, "spec"), "ingress")) {
			rule = dealias(rule)
			if e.inMesh(item.Namespace) {
				letHBONE(item, rule)
			}
			if e.inMesh(item.Namespace) || routed[item.Namespace] {
				e.letGateway(item, rule)
			}
		}
	})
	e.gatewayIsolated()
}

// letHBONE adds 15008 to a rule that names ports and peers. One without peers is for the API
// server, which does not speak HBONE.
func letHBONE(item *Item, rule *yaml.Node) {
	ports := field(rule, "ports")
	if len(content(ports)) == 0 || len(content(field(rule, "from"))) == 0 {
		return
	}
	hbone := &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap, Content: []*yaml.Node{
		scalar("port"), {Kind: yaml.ScalarNode, Tag: yaml.NodeTagInt, Value: "15008"}, scalar("protocol"), scalar("TCP"),
	}}
	if !slices.ContainsFunc(ports.Content, func(p *yaml.Node) bool { return value(dealias(p), "port") == "15008" }) {
		ports.Content = append(ports.Content, hbone)
		item.Changed = true
	}
}

// letGateway adds the new gateway to a rule that lets in the old one.
func (e *enrolment) letGateway(item *Item, rule *yaml.Node) {
	mesh := e.plan.Mesh
	peers := field(rule, "from")
	if !slices.ContainsFunc(content(peers), func(p *yaml.Node) bool { return e.missesGateway(dealias(p)) }) {
		return
	}
	peer := mapOf("namespaceSelector", mapOf("matchLabels", mapOf(namespaceName, scalar(mesh.GatewayNamespace))))
	peer.Content = append(peer.Content, scalar("podSelector"), mapOf("matchLabels", mapOf(gatewayPods, scalar(mesh.GatewayName))))
	if !slices.ContainsFunc(peers.Content, func(p *yaml.Node) bool { return equal(p, peer) }) {
		peers.Content = append(peers.Content, peer)
		item.Changed = true
	}
}

// missesGateway tells whether a peer lets in the old gateway and not the new one.
func (e *enrolment) missesGateway(peer *yaml.Node) bool {
	if !selects(field(peer, "namespaceSelector"), namespaceName, oldGatewayNamespace) {
		return false
	}
	pods := field(peer, "podSelector")
	if pods == nil || len(pods.Content) == 0 {
		return e.plan.Mesh.GatewayNamespace != oldGatewayNamespace
	}
	return selects(pods, "app", oldGatewayLabels["app"]) || selects(pods, "istio", oldGatewayLabels["istio"])
}

// selects tells whether a label selector names a value of a key.
func selects(selector *yaml.Node, key, wanted string) bool {
	if value(field(selector, "matchLabels"), key) == wanted {
		return true
	}
	for _, expression := range content(field(selector, "matchExpressions")) {
		expression = dealias(expression)
		if value(expression, "key") == key && value(expression, "operator") == "In" &&
			slices.ContainsFunc(content(field(expression, "values")), func(n *yaml.Node) bool { return n.Value == wanted }) {
			return true
		}
	}
	return false
}

// isolates tells whether a NetworkPolicy closes every pod of its namespace to what it does not name.
func isolates(item *Item) bool {
	spec := field(item.Node, "spec")
	pods, types := field(spec, "podSelector"), content(field(spec, "policyTypes"))
	ingress := len(types) == 0 || slices.ContainsFunc(types, func(n *yaml.Node) bool { return n.Value == "Ingress" })
	return ingress && (pods == nil || len(pods.Content) == 0)
}

// gatewayIsolated finds a namespace whose NetworkPolicies keep visitors from the new gateway.
func (e *enrolment) gatewayIsolated() {
	mesh := e.plan.Mesh
	var closed *Item
	var open bool
	e.live("networking.k8s.io", "NetworkPolicy", func(item *Item) {
		if item.Namespace != mesh.GatewayNamespace {
			return
		}
		if isolates(item) && closed == nil {
			closed = item
		}
		open = open || selects(field(field(item.Node, "spec"), "podSelector"), gatewayPods, mesh.GatewayName)
	})
	if closed != nil && !open {
		e.warn(closed, "closes every pod of its namespace, and no NetworkPolicy is for the new gateway", "visitors may not reach it",
			fmt.Sprintf("write a NetworkPolicy for the pods labelled %s: %s that lets in ports 80 and 443", gatewayPods, mesh.GatewayName))
	}
}

func mapOf(key string, n *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap, Content: []*yaml.Node{scalar(key), n}}
}
