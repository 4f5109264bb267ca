package enroll

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// letOut adds the mesh's form of the egress rules to a NetworkPolicy, as a rule of its own: in the
// rule itself, 15008 would be opened to its other peers as well.
func (m *meshNetwork) letOut(item *Item) {
	known := peerSet{}
	rules := networkRules(item, egressRules)
	for _, rule := range rules {
		if to := content(field(rule, "to")); passesHBONE(field(rule, "ports")) {
			known[everywhere] = known[everywhere] || len(to) == 0
			for _, peer := range to {
				known.add(peer)
			}
		}
	}
	var missing []*yaml.Node
	for _, rule := range rules {
		for _, peer := range m.outward(rule, m.waypoints[item.Namespace] != "") {
			if !known.has(peer) {
				known.add(peer)
				missing = append(missing, peer)
			}
		}
	}
	if len(missing) == 0 {
		return
	}
	peers := &yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq, Content: missing}
	ports := &yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq, Content: []*yaml.Node{hbonePort()}}
	rule := mapOf("to", peers)
	rule.Content = append(rule.Content, scalar("ports"), ports)
	egress := field(field(item.Node, "spec"), egressRules.rules)
	egress.Content = append(egress.Content, rule)
	item.Changed = true
}

// outward are the peers that the traffic of a rule goes to at port 15008. None where it carries no
// TCP, or only questions to name servers, which are not in the mesh. A peer without a namespace is in
// the policy's own, which may be in the mesh.
func (m *meshNetwork) outward(rule *yaml.Node, inMesh bool) []*yaml.Node {
	ports, to := field(rule, "ports"), content(field(rule, "to"))
	if len(content(ports)) > 0 && !slices.ContainsFunc(ports.Content, func(p *yaml.Node) bool { return isTCP(p) && !isDNS(p) }) {
		return nil
	}
	passes := passesHBONE(ports)
	if len(to) == 0 || slices.ContainsFunc(to, func(p *yaml.Node) bool { return isEverywhere(dealias(p)) }) {
		if passes {
			return nil
		}
		// To every address, so to every namespace of the mesh; port 15008 of all other addresses stays closed.
		return []*yaml.Node{mapOf("namespaceSelector", mapOf("matchLabels", mapOf("istio.io/dataplane-mode", scalar("ambient"))))}
	}
	var peers []*yaml.Node
	for _, peer := range to {
		peer = dealias(peer)
		namespaces := field(peer, "namespaceSelector")
		switch {
		case field(peer, "ipBlock") != nil: // Kubernetes: for addresses outside of the cluster
			continue
		case namespaces == nil && !inMesh, namespaces != nil && !m.holds(namespaces):
			continue
		}
		if !passes {
			peers = append(peers, plainCopy(peer))
		}
		// What goes to some pods of a namespace goes there by way of the waypoint.
		if pods := field(peer, "podSelector"); !isWhole(pods) && value(field(pods, "matchLabels"), waypointClass) != "istio-waypoint" {
			peers = append(peers, waypointsOf(peer))
		}
	}
	return peers
}

// waypointsOf are the waypoints of a peer's namespaces.
func waypointsOf(peer *yaml.Node) *yaml.Node {
	pods := mapOf("matchLabels", mapOf(waypointClass, scalar("istio-waypoint")))
	if namespaces := field(peer, "namespaceSelector"); namespaces != nil {
		out := mapOf("namespaceSelector", plainCopy(namespaces))
		out.Content = append(out.Content, scalar("podSelector"), pods)
		return out
	}
	return mapOf("podSelector", pods)
}

// plainCopy is a copy without comments and anchors.
func plainCopy(n *yaml.Node) *yaml.Node {
	n = dealias(n)
	out := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value, Style: n.Style}
	for _, below := range n.Content {
		out.Content = append(out.Content, plainCopy(below))
	}
	return out
}
