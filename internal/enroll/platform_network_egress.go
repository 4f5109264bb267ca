package enroll

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// letOut adds the mesh's form of the egress rules to a NetworkPolicy, as a separate rule: in the same
// rule, 15008 would be allowed to its other peers as well.
func (m *meshNetwork) letOut(item *manifest.Item) {
	known := survey.PeerSet{}
	rules := survey.NetworkRules(item, survey.EgressRules)
	for _, rule := range rules {
		if to := manifest.Content(manifest.Field(rule, "to")); survey.PassesHBONE(manifest.Field(rule, "ports")) {
			known[survey.Everywhere] = known[survey.Everywhere] || len(to) == 0
			for _, peer := range to {
				known.Add(peer)
			}
		}
	}
	var missing []*yaml.Node
	for _, rule := range rules {
		for _, peer := range m.outward(rule, m.waypoints[item.Namespace] != "") {
			if !known.Has(peer) {
				known.Add(peer)
				missing = append(missing, peer)
			}
		}
	}
	if len(missing) == 0 {
		return
	}
	peers := &yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq, Content: missing}
	ports := &yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq, Content: []*yaml.Node{survey.HBONEPort()}}
	rule := mapOf("to", peers)
	rule.Content = append(rule.Content, manifest.Text("ports"), ports)
	egress := manifest.Field(item.Node, "spec", survey.EgressRules.Rules)
	egress.Content = append(egress.Content, rule)
	item.Changed = true
}

// outward returns the peers to which the traffic of a rule goes at port 15008. It returns none if the
// rule allows no TCP, or only DNS: name servers are not in the mesh. A peer without a namespace is in
// the policy's namespace, which may be in the mesh.
func (m *meshNetwork) outward(rule *yaml.Node, inMesh bool) []*yaml.Node {
	ports, to := manifest.Field(rule, "ports"), manifest.Content(manifest.Field(rule, "to"))
	if len(manifest.Content(ports)) > 0 && !slices.ContainsFunc(ports.Content, func(p *yaml.Node) bool { return survey.IsTCP(p) && !survey.IsDNS(p) }) {
		return nil
	}
	passes := survey.PassesHBONE(ports)
	if len(to) == 0 || slices.ContainsFunc(to, func(p *yaml.Node) bool { return survey.IsEverywhere(manifest.Dealias(p)) }) {
		if passes {
			return nil
		}
		// To every address, so to every namespace in the mesh; port 15008 of all other addresses stays closed.
		return []*yaml.Node{mapOf("namespaceSelector", mapOf("matchLabels", mapOf("istio.io/dataplane-mode", manifest.Text("ambient"))))}
	}
	var peers []*yaml.Node
	for _, peer := range to {
		peer = manifest.Dealias(peer)
		namespaces := manifest.Field(peer, "namespaceSelector")
		switch {
		case manifest.Field(peer, "ipBlock") != nil: // Kubernetes: for addresses outside the cluster
			continue
		case namespaces == nil && !inMesh, namespaces != nil && !m.holds(namespaces):
			continue
		}
		if !passes {
			peers = append(peers, plainCopy(peer))
		}
		// Traffic to some pods of a namespace goes through the waypoint.
		if pods := manifest.Field(peer, "podSelector"); !survey.IsWhole(pods) && manifest.Value(pods, "matchLabels", survey.WaypointClass) != "istio-waypoint" {
			peers = append(peers, waypointsOf(peer))
		}
	}
	return peers
}

// waypointsOf returns a peer for the waypoints of another peer's namespaces.
func waypointsOf(peer *yaml.Node) *yaml.Node {
	pods := mapOf("matchLabels", mapOf(survey.WaypointClass, manifest.Text("istio-waypoint")))
	if namespaces := manifest.Field(peer, "namespaceSelector"); namespaces != nil {
		out := mapOf("namespaceSelector", plainCopy(namespaces))
		out.Content = append(out.Content, manifest.Text("podSelector"), pods)
		return out
	}
	return mapOf("podSelector", pods)
}

// plainCopy returns a copy without comments and anchors.
func plainCopy(n *yaml.Node) *yaml.Node {
	n = manifest.Dealias(n)
	out := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value, Style: n.Style}
	for _, below := range n.Content {
		out.Content = append(out.Content, plainCopy(below))
	}
	return out
}
