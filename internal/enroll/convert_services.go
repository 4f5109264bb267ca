package enroll

import (
	"slices"
	"strings"

	"istio.io/api/label"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// A place is a namespace that has a waypoint, and the Services behind it.
type place struct {
	namespace, waypoint string
	// principals are the waypoints that ztunnel sees as the peers of requests to Services there.
	principals []string
	// all reports that every Service is behind the waypoint, also one that is not in the input.
	all bool
	// behind are the Services behind the waypoint if not all are.
	behind []string
	// past says in a message which requests bypass the waypoint.
	past string
}

// placesOf returns the namespaces that have one of our waypoints, by name.
func placesOf(plan generate.Plan) map[string]place {
	out := make(map[string]place, len(plan.Namespaces)+1)
	for _, ns := range plan.Namespaces {
		out[ns.Name] = place{namespace: ns.Name, waypoint: ns.Waypoint.Name, principals: []string{ns.WaypointPrincipal}, all: true, past: "at pod addresses and headless Services"}
	}
	if plan.Platform != nil {
		out[profile.KubeflowNamespace] = place{
			namespace: profile.KubeflowNamespace, waypoint: profile.KubeflowWaypoint, principals: []string{plan.Platform.WaypointPrincipal},
			behind: plan.Platform.BehindWaypoint, past: "for requests from the ingress Gateway, at pod addresses, and at Services that are not behind " + profile.KubeflowWaypoint,
		}
	}
	return out
}

// passed reports whether requests to a Service pass the waypoint of its place.
func (p place) passed(s survey.Service) bool {
	if own := s.Label(label.IoIstioUseWaypoint.Name); own != "" && !survey.IsNotebook(s.Item) {
		return own == p.waypoint
	}
	return p.all || slices.Contains(p.behind, s.Name)
}

// selected are the Services of a place whose pods a selector selects.
type selected struct {
	// whole have only selected pods, partly also others.
	whole, partly []survey.Service
	// past are Services that are not behind the waypoint.
	past []survey.Service
	// unknown have pods that are not in the input, and that the selector may select.
	unknown []survey.Service
}

// selectedBy finds the Services of a place whose pods are selected. A Service whose pods are not in
// the input is unknown.
func selectedBy(in *survey.Index, p place, wanted survey.Labels) selected {
	var out selected
	var pods []survey.Labels
	for _, w := range in.WorkloadsOf(p.namespace) {
		if w.Labels.Cover(wanted) {
			pods = append(pods, w.Labels)
		}
	}
	for _, s := range in.ServicesOf(p.namespace) {
		switch {
		case s.Labels.Cover(wanted):
			out.add(p, s, &out.whole)
		case s.Found && slices.ContainsFunc(pods, func(pod survey.Labels) bool { return pod.Cover(s.Selector) }):
			out.add(p, s, &out.partly)
		case !s.Found && p.passed(s) && !s.Selector.Contradict(wanted):
			out.unknown = append(out.unknown, s)
		}
	}
	return out
}

func (s *selected) add(p place, found survey.Service, to *[]survey.Service) {
	if !p.passed(found) {
		to = &s.past
	}
	*to = append(*to, found)
}

// copied returns a copy of a tree without comments and with sorted keys, as in our manifests.
func copied(n *yaml.Node) *yaml.Node {
	n = manifest.Dealias(n)
	out := &yaml.Node{Kind: n.Kind, Tag: n.ShortTag(), Value: n.Value}
	if n.Kind == yaml.ScalarNode {
		return manifest.Quoted(out)
	}
	for _, below := range n.Content {
		out.Content = append(out.Content, copied(below))
	}
	if n.Kind == yaml.MappingNode {
		sortKeys(out)
	}
	if len(out.Content) == 0 {
		out.Style = yaml.FlowStyle
	}
	return out
}

func sortKeys(n *yaml.Node) {
	type entry struct{ key, value *yaml.Node }
	var entries []entry
	for i := 0; i+1 < len(n.Content); i += 2 {
		entries = append(entries, entry{n.Content[i], n.Content[i+1]})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(a.key.Value, b.key.Value) })
	n.Content = n.Content[:0]
	for _, one := range entries {
		n.Content = append(n.Content, one.key, one.value)
	}
}
