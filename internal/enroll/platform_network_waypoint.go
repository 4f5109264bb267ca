package enroll

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// ofWaypoints returns the NetworkPolicies that profiles' waypoints need if those of the namespace
// isolate them as well: every client of a pod reaches it through the waypoint.
func (m *meshNetwork) ofWaypoints(plan generate.Plan) []generate.Object {
	var out []generate.Object
	for _, ns := range plan.Namespaces {
		if len(m.of[ns.Name]) == 0 {
			continue
		}
		passage := m.passageIn(ns.Name)
		passage.Out = m.confined(ns.Name)
		if passage.In || passage.Out {
			o := generate.WaypointNetworkPolicy(ns.Name, ns.Waypoint.Name, plan.Mesh.RootNamespace, passage)
			o.Own(plan.Name)
			out = append(out, o)
		}
	}
	return out
}

// passageIn is for the clients that a NetworkPolicy of the namespace allows to reach some pod, while
// none allows them to reach the waypoint. Which pod such a client may reach is then up to the
// waypoint's policies; no NetworkPolicy can restrict it any more.
func (m *meshNetwork) passageIn(namespace string) generate.Passage {
	pod := survey.WaypointPod(m.waypoints[namespace])
	var closed, everyone bool
	var clients []*yaml.Node
	known := survey.PeerSet{}
	known.Add(m.waypointPeer(namespace)) // as letWaypoints leaves it
	for _, item := range m.of[namespace] {
		waypoint := survey.Closes(item, survey.IngressRules, pod)
		closed = closed || waypoint
		for _, rule := range survey.NetworkRules(item, survey.IngressRules) {
			from, ports := manifest.Content(manifest.Field(rule, "from")), manifest.Field(rule, "ports")
			switch {
			case len(manifest.Content(ports)) > 0 && !slices.ContainsFunc(ports.Content, survey.IsTCP):
			case waypoint && survey.PassesHBONE(ports) && len(from) == 0:
				return generate.Passage{}
			case waypoint && survey.PassesHBONE(ports):
				for _, peer := range from {
					known.Add(peer)
				}
			case len(from) == 0:
				everyone = true
			default:
				clients = append(clients, from...)
			}
		}
	}
	if !closed || everyone {
		return generate.Passage{In: closed}
	}
	var passage generate.Passage
	for _, client := range clients {
		if !known.Has(client) {
			known.Add(client)
			passage.In, passage.From = true, append(passage.From, plain(client))
		}
	}
	return passage
}

// confined reports whether NetworkPolicies keep a namespace's waypoint from reaching some address.
func (m *meshNetwork) confined(namespace string) bool {
	pod := survey.WaypointPod(m.waypoints[namespace])
	closed := false
	for _, item := range m.of[namespace] {
		if !survey.Closes(item, survey.EgressRules, pod) {
			continue
		}
		closed = true
		for _, rule := range survey.NetworkRules(item, survey.EgressRules) {
			if len(manifest.Content(manifest.Field(rule, "to")))+len(manifest.Content(manifest.Field(rule, "ports"))) == 0 {
				return false
			}
		}
	}
	return closed
}

// letWaypoints adds the waypoint to the clients of a rule: what they send to a Service behind the
// waypoint arrives at the pod from the waypoint.
func (m *meshNetwork) letWaypoints() {
	open := map[string]bool{}
	for namespace := range m.of {
		open[namespace] = m.waypoints[namespace] == "" || m.waypointReachesAll(namespace)
	}
	for _, item := range m.policies {
		_, ofGateway := survey.ValuesOf(manifest.Field(item.Node, "spec", "podSelector"), survey.GatewayPods)
		if ofGateway || open[item.Namespace] {
			continue
		}
		for _, rule := range survey.NetworkRules(item, survey.IngressRules) {
			from := manifest.Field(rule, "from")
			if len(manifest.Content(from)) == 0 || !survey.PassesHBONE(manifest.Field(rule, "ports")) || m.letsWaypoint(item.Namespace, from.Content) {
				continue
			}
			from.Content = append(from.Content, m.waypointPeer(item.Namespace))
			item.Changed = true
		}
	}
}

// waypointReachesAll reports whether a NetworkPolicy for every pod allows the waypoint.
func (m *meshNetwork) waypointReachesAll(namespace string) bool {
	return slices.ContainsFunc(m.of[namespace], func(item *manifest.Item) bool {
		return survey.IsWhole(manifest.Field(item.Node, "spec", "podSelector")) && slices.ContainsFunc(survey.NetworkRules(item, survey.IngressRules), func(rule *yaml.Node) bool {
			from := manifest.Content(manifest.Field(rule, "from"))
			return survey.PassesHBONE(manifest.Field(rule, "ports")) && (len(from) == 0 || m.letsWaypoint(namespace, from))
		})
	})
}

func (m *meshNetwork) letsWaypoint(namespace string, peers []*yaml.Node) bool {
	return slices.ContainsFunc(peers, func(p *yaml.Node) bool { return m.isWaypoint(manifest.Dealias(p), namespace) })
}

func (m *meshNetwork) waypointPeer(namespace string) *yaml.Node {
	return mapOf("podSelector", mapOf("matchLabels", mapOf(survey.GatewayPods, manifest.Text(m.waypoints[namespace]))))
}

// plain returns a peer in the form of a generated manifest: maps, lists and strings.
func plain(n *yaml.Node) any {
	switch n = manifest.Dealias(n); n.Kind {
	case yaml.MappingNode:
		out := generate.Fields{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			out[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return out
	case yaml.SequenceNode:
		out := []any{}
		for _, below := range n.Content {
			out = append(out, plain(below))
		}
		return out
	default:
		return n.Value
	}
}
