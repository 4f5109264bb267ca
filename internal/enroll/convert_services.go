package enroll

import (
	"slices"
	"strconv"
	"strings"

	"istio.io/api/label"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// notebookServices are the Services that the notebook controller makes for the Notebooks of a
// namespace, in the input or in the configuration, but those that the input has itself.
func (in *Index) notebookServices(namespace string, have []service) []service {
	known := map[string]bool{}
	for _, s := range have {
		known[s.name] = true
	}
	var out []service
	add := func(item *manifest.Item) {
		if !known[item.Name] {
			known[item.Name] = true
			out = append(out, service{Item: item, name: item.Name, selector: labels{{"statefulset", item.Name}}})
		}
	}
	for _, item := range in.items {
		if item.Namespace == namespace && isNotebook(item) {
			add(item)
		}
	}
	for _, name := range in.notebooks[namespace] {
		add(&manifest.Item{ID: manifest.NewID("kubeflow.org", "Notebook", namespace, name)})
	}
	return out
}

func isNotebook(i *manifest.Item) bool { return i.Group == "kubeflow.org" && i.Kind == "Notebook" }

// notebookLabels are the labels of a Notebook's pods (notebook-controller: generateStatefulSet).
func notebookLabels(item *manifest.Item) labels {
	out := labelsOf(manifest.Field(item.Node, "metadata", "labels"))
	for _, own := range []pair{{"notebook-name", item.Name}, {"statefulset", item.Name}} {
		if at, found := slices.BinarySearchFunc(out, own, comparePairs); found {
			out[at] = own
		} else {
			out = slices.Insert(out, at, own)
		}
	}
	return out
}

// place is a namespace that has a waypoint, and what stands behind it.
type place struct {
	namespace, waypoint string
	// principals are the waypoints that ztunnel sees as the peers of requests to Services there.
	principals []string
	// all reports that every Service stands behind the waypoint, also one that is not in the input.
	all bool
	// behind are the Services behind the waypoint where not all are.
	behind []string
	// past says, for people, which requests do not pass the waypoint.
	past string
}

// passed reports whether requests to a Service pass the waypoint of its place.
func (p place) passed(s service) bool {
	if own := s.Label(label.IoIstioUseWaypoint.Name); own != "" && !isNotebook(s.Item) {
		return own == p.waypoint
	}
	return p.all || slices.Contains(p.behind, s.name)
}

// selected are the Services of a place whose pods a selector selects.
type selected struct {
	// whole have only selected pods, partly also others.
	whole, partly []service
	// past are Services that the waypoint does not see.
	past []service
	// unknown have pods that the input does not have, and that the selector may select.
	unknown []service
}

// selectedBy finds the Services of a place. Every Service may have selected pods in the end; what
// the input does not say is unknown.
func (in *Index) selectedBy(p place, wanted labels) selected {
	var out selected
	var pods []labels
	for _, w := range in.workloadsOf(p.namespace) {
		if w.labels.cover(wanted) {
			pods = append(pods, w.labels)
		}
	}
	for _, s := range in.servicesOf(p.namespace) {
		switch {
		case s.labels.cover(wanted):
			out.add(p, s, &out.whole)
		case s.found && slices.ContainsFunc(pods, func(pod labels) bool { return pod.cover(s.selector) }):
			out.add(p, s, &out.partly)
		case !s.found && p.passed(s) && !s.selector.contradict(wanted):
			out.unknown = append(out.unknown, s)
		}
	}
	return out
}

func (s *selected) add(p place, found service, to *[]service) {
	if !p.passed(found) {
		to = &s.past
	}
	*to = append(*to, found)
}

// contradict reports whether no pod can have all labels of both.
func (l labels) contradict(others labels) bool {
	for _, other := range others {
		if rest := l.from(other.key); len(rest) > 0 && rest[0].key == other.key && rest[0].value != other.value {
			return true
		}
	}
	return false
}

// mappedPort is a port of a Service, and the port of its pods behind it.
type mappedPort struct{ service, pod string }

// portsOf are the ports of a Service. known is false where the input does not say which port of
// the pods is meant.
func (in *Index) portsOf(s service) (ports []mappedPort, known bool) {
	if isNotebook(s.Item) {
		if s.Node == nil { // it is in the configuration only
			return nil, false
		}
		return []mappedPort{{"80", notebookPort(s.Item)}}, true
	}
	for _, p := range manifest.Content(manifest.Field(s.Node, "spec", "ports")) {
		p = manifest.Dealias(p)
		port, target := manifest.Value(p, "port"), manifest.Value(p, "targetPort")
		if target == "" {
			target = port
		}
		if _, err := strconv.Atoi(target); err != nil {
			if target = in.podPort(s, target); target == "" {
				return nil, false
			}
		}
		ports = append(ports, mappedPort{port, target})
	}
	return ports, true
}

// notebookPort is the port of a Notebook's first container (notebook-controller: generateService).
func notebookPort(item *manifest.Item) string {
	if containers := manifest.Content(manifest.Field(podSpec(item), "containers")); len(containers) > 0 {
		if ports := manifest.Content(manifest.Field(manifest.Dealias(containers[0]), "ports")); len(ports) > 0 {
			if port := manifest.Value(manifest.Dealias(ports[0]), "containerPort"); port != "" {
				return port
			}
		}
	}
	return "8888"
}

// podPort is the number of a named port of a Service's pods, or "" where they do not agree.
func (in *Index) podPort(s service, name string) string {
	found := ""
	for _, w := range in.workloadsOf(s.Namespace) {
		if !w.labels.cover(s.selector) {
			continue
		}
		port := namedPort(w.Item, name)
		if port == "" || found != "" && found != port {
			return ""
		}
		found = port
	}
	return found
}

// names of Services, for people; of many the first few.
func serviceNames(services []service) string {
	var list []string
	for i, s := range services {
		if i == 5 {
			list = append(list, strconv.Itoa(len(services)-i)+" more")
			break
		}
		list = append(list, s.name)
	}
	return names(list)
}

// copied is a tree of our own, without comments and with its keys in order, as a manifest of ours
// has it.
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
