package survey

import (
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// direction is one of the two halves of a NetworkPolicy.
type direction struct{ kind, Rules, peers string }

// The directions of a NetworkPolicy.
var (
	IngressRules = direction{"Ingress", "ingress", "from"}
	EgressRules  = direction{"Egress", "egress", "to"}
)

// inForce reports whether a NetworkPolicy is about a direction. Kubernetes: without policyTypes
// about ingress always, and about egress if it has rules for it.
func inForce(item *manifest.Item, d direction) bool {
	spec := manifest.Field(item.Node, "spec")
	types := manifest.Content(manifest.Field(spec, "policyTypes"))
	if len(types) == 0 {
		return d == IngressRules || len(manifest.Content(manifest.Field(spec, d.Rules))) > 0
	}
	return slices.ContainsFunc(types, func(n *yaml.Node) bool { return manifest.Dealias(n).Value == d.kind })
}

// NetworkRules are the rules of a direction that are in force.
func NetworkRules(item *manifest.Item, d direction) []*yaml.Node {
	if !inForce(item, d) {
		return nil
	}
	var rules []*yaml.Node
	for _, rule := range manifest.Content(manifest.Field(item.Node, "spec", d.Rules)) {
		rules = append(rules, manifest.Dealias(rule))
	}
	return rules
}

// Closes reports whether a NetworkPolicy closes pods with these labels to what it does not name; with
// none, every pod.
func Closes(item *manifest.Item, d direction, pod map[string]string) bool {
	return inForce(item, d) && Matches(manifest.Field(item.Node, "spec", "podSelector"), pod, false)
}

// PassesHBONE reports whether ports of a rule let TCP port 15008 through; no ports are all.
func PassesHBONE(ports *yaml.Node) bool {
	return len(manifest.Content(ports)) == 0 || slices.ContainsFunc(ports.Content, func(n *yaml.Node) bool {
		n = manifest.Dealias(n)
		if !IsTCP(n) {
			return false
		}
		from := manifest.Value(n, "port")
		first, err := strconv.Atoi(from)
		if from == "" || err != nil {
			return from == "" // every port; a port with a name is one of the application's
		}
		last := first
		if end, err := strconv.Atoi(manifest.Value(n, "endPort")); err == nil {
			last = end
		}
		return first <= 15008 && 15008 <= last
	})
}

// IsTCP reports whether a port of a rule is TCP, which Kubernetes takes where it says nothing.
// ztunnel carries nothing else.
func IsTCP(port *yaml.Node) bool {
	protocol := manifest.Value(manifest.Dealias(port), "protocol")
	return protocol == "TCP" || protocol == ""
}

// IsDNS reports whether a port of a rule is for name servers (CoreDNS: dns, dns-tcp).
func IsDNS(port *yaml.Node) bool {
	return slices.Contains([]string{"53", "dns", "dns-tcp"}, manifest.Value(manifest.Dealias(port), "port")) && manifest.Value(manifest.Dealias(port), "endPort") == ""
}

// HBONEPort is the port of traffic between pods of the mesh (Istio: HBONE).
func HBONEPort() *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap, Content: []*yaml.Node{
		manifest.Text("port"), {Kind: yaml.ScalarNode, Tag: yaml.NodeTagInt, Value: "15008"}, manifest.Text("protocol"), manifest.Text("TCP"),
	}}
}

// PeerSet are peers of NetworkPolicies.
type PeerSet map[string]bool

// Peers that match many pods.
const (
	// Everywhere is every address.
	Everywhere = "everywhere"
	// allPods and the text of a namespaceSelector: every pod of its namespaces.
	allPods       = "every pod of "
	allNamespaces = allPods + "every namespace"
)

// Add adds a peer.
func (s PeerSet) Add(peer *yaml.Node) {
	peer = manifest.Dealias(peer)
	s[canonical(peer)] = true
	namespaces := manifest.Field(peer, "namespaceSelector")
	switch {
	case IsEverywhere(peer):
		s[Everywhere] = true
	case manifest.Field(peer, "ipBlock") != nil || !IsWhole(manifest.Field(peer, "podSelector")):
	case namespaces != nil && IsWhole(namespaces):
		s[allNamespaces] = true
	default:
		s[allPods+canonical(namespaces)] = true
	}
}

// Has reports whether a peer is among them, alone or with others.
func (s PeerSet) Has(peer *yaml.Node) bool {
	peer = manifest.Dealias(peer)
	return s[Everywhere] || s[canonical(peer)] ||
		manifest.Field(peer, "ipBlock") == nil && (s[allNamespaces] || s[allPods+canonical(manifest.Field(peer, "namespaceSelector"))])
}

// canonical is the same text for all that equal takes for the same.
func canonical(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	n = manifest.Dealias(n)
	parts := make([]string, 0, len(n.Content))
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			parts = append(parts, strconv.Quote(n.Content[i].Value)+": "+canonical(n.Content[i+1]))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	case yaml.SequenceNode:
		for _, below := range n.Content {
			parts = append(parts, canonical(below))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		return n.ShortTag() + strconv.Quote(n.Value)
	}
}

// IsWhole reports whether a selector selects everything.
func IsWhole(selector *yaml.Node) bool {
	return len(manifest.Content(manifest.Field(selector, "matchLabels"))) == 0 && len(manifest.Content(manifest.Field(selector, "matchExpressions"))) == 0
}

// IsEverywhere reports whether a peer is every address. An ipBlock that leaves addresses out is most
// often the way to say "outside of the cluster".
func IsEverywhere(peer *yaml.Node) bool {
	block := manifest.Field(peer, "ipBlock")
	cidr := manifest.Value(block, "cidr")
	return (cidr == "0.0.0.0/0" || cidr == "::/0") && len(manifest.Content(manifest.Field(block, "except"))) == 0
}

// WaypointClass labels the pods of Gateways by their class (Istio: deploymentcontroller).
const WaypointClass = GatewayGroup + "/gateway-class-name"

// WaypointPod are the labels of a waypoint's pods (Istio 1.31: files/waypoint.yaml).
func WaypointPod(name string) map[string]string {
	return map[string]string{
		GatewayPods: name, WaypointClass: "istio-waypoint", "gateway.istio.io/managed": "istio.io-mesh-controller",
		"istio.io/dataplane-mode": "none", "istio.io/waypoint-for": "service", "sidecar.istio.io/inject": "false",
		"service.istio.io/canonical-name": name, "service.istio.io/canonical-revision": "latest",
	}
}

// GatewayPods labels the pods of a Gateway (Istio: deploymentcontroller).
const GatewayPods = GatewayGroup + "/gateway-name"
