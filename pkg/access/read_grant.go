package access

import "sigs.k8s.io/kustomize/kyaml/yaml"

// grant is one ReferenceGrant: routes of these kinds and namespaces may use Services of its own, all or the named ones.
type grant struct {
	from  []string // kind/namespace
	all   bool
	names []string
}

func (w *World) readGrant(m meta, n *yaml.Node) *fault {
	s, g := w.space(m.namespace), grant{}
	for _, f := range list(field(field(n, "spec"), "from")) {
		if textOf(field(f, "group")) == gatewayGroup {
			g.from = append(g.from, join(textOf(field(f, "kind")), textOf(field(f, "namespace"))))
		}
	}
	for _, t := range list(field(field(n, "spec"), "to")) {
		if textOf(field(t, "kind")) == "Service" && textOf(field(t, "group")) == "" {
			name := textOf(field(t, "name"))
			g.all = g.all || name == ""
			g.names = append(g.names, name)
		}
	}
	s.grants = append(s.grants, g)
	return nil
}

// permits: a backendRef into another namespace needs a ReferenceGrant there (gateway conversion buildDestination).
func (w *World) permits(from origin, b backend) bool {
	if from.namespace == b.namespace || b.byHost {
		return true
	}
	for _, g := range w.look(b.namespace).grants {
		if contains(g.from, join(from.kind, from.namespace)) && (g.all || contains(g.names, b.name)) {
			return true
		}
	}
	return false
}
