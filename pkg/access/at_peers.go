package access

import "slices"

// strict judges a connection without an identity: STRICT denies it (Istio 1.31: serviceregistry/ambient convertedSelectorPeerAuthentications and
// convertPeerAuthentication). Of several PeerAuthentications of one scope the oldest counts, which manifests do not show unless they say when each
// was created: then each is judged. more: a PeerAuthentication that may select the pod.
func (w *World) strict(s *space, pod *workload, more *peerAuthentication, number int) ruling {
	mesh, own, workload := w.peersOf(s, pod, more)
	var first ruling
	for i, m := range oldest(mesh) {
		for j, n := range oldest(own) {
			for k, p := range oldest(workload) {
				r := (&peerModes{m, n, p}).at(number)
				if i+j+k == 0 {
					first = r
				} else if r.outcome != first.outcome {
					return ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtZtunnel}, "which of the PeerAuthentications of one scope is the oldest is not known")}
				}
			}
		}
	}
	return first
}

// peersOf are the PeerAuthentications that reach a pod, by scope. Those of the root namespace with a selector, an empty one included, reach no pod of
// another namespace, and those with labels none at all (fetchPeerAuthentications).
func (w *World) peersOf(s *space, pod *workload, more *peerAuthentication) (mesh, own, workload []*peerAuthentication) {
	root := w.mesh.rootNamespace
	for _, p := range w.look(root).peers {
		if !p.selected && (!p.hasSelector || s.name == root) {
			mesh = append(mesh, p)
		}
	}
	if s.name == root {
		return mesh, nil, nil
	}
	for _, p := range s.peers {
		switch {
		case !p.selected:
			own = append(own, p)
		case p == more || p.selector.selects(pod.labels):
			workload = append(workload, p)
		}
	}
	return mesh, own, workload
}

// oldest are those of one scope that may be the oldest; one that is nil for none.
func oldest(all []*peerAuthentication) (out []*peerAuthentication) {
	first := ""
	for _, p := range all {
		if p.created != "" && (first == "" || p.created < first) {
			first = p.created
		}
	}
	for _, p := range all {
		alike := slices.ContainsFunc(out, func(o *peerAuthentication) bool { return o.mode == p.mode && slices.Equal(o.ports, p.ports) })
		if (p.created == "" || p.created == first) && !alike {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return []*peerAuthentication{nil}
	}
	return out
}

// peerModes are the PeerAuthentications of mesh, namespace and workload that count for one pod; nil is none.
type peerModes struct{ mesh, own, workload *peerAuthentication }

// parent is the PeerAuthentication of mesh or namespace that says STRICT, nil where none does.
func (m *peerModes) parent() *peerAuthentication {
	p := m.mesh
	if m.own != nil && m.own.mode != "" {
		p = m.own
	}
	if p == nil || p.mode != "STRICT" {
		return nil
	}
	return p
}

// at judges a port; 0 is one that is not known.
func (m *peerModes) at(number int) ruling {
	denies := func(p *peerAuthentication) ruling {
		if p == nil {
			return ruling{outcome: Allow}
		}
		return ruling{outcome: Deny, Step: Step{Point: Point{Kind: AtZtunnel}, Policy: p.id(), Rule: -1, Why: "STRICT: no identity"}}
	}
	if m.workload == nil {
		return denies(m.parent())
	}
	if number == 0 {
		one := m.at(-1) // a port of which nothing is said
		for _, p := range m.workload.ports {
			if p.number != 0 && m.at(p.number).outcome != one.outcome {
				return ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtZtunnel}, "which PeerAuthentication applies depends on a port that is not given")}
			}
		}
		return one
	}
	mode := m.workload.port(number)
	open := mode == "PERMISSIVE" || mode == "DISABLE"
	switch parent := m.parent(); {
	case m.workload.mode == "STRICT" && !open, m.workload.mode != "STRICT" && mode == "STRICT":
		return denies(m.workload)
	case m.workload.mode != "" || parent == nil:
		return denies(nil)
	case !slices.ContainsFunc(m.workload.ports, func(p portMode) bool { return p.mode == "PERMISSIVE" }):
		return denies(parent) // DISABLE alone is not an exception from what is inherited
	case m.own != nil && m.own.mode == "":
		return ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtZtunnel}, "what istiod makes of "+m.workload.id()+" below a namespace's PeerAuthentication without a mode is not judged")}
	case open:
		return denies(nil)
	default:
		return denies(parent)
	}
}

// port is the mode of a port, "" where none is said.
func (p *peerAuthentication) port(number int) string {
	for _, one := range p.ports {
		if one.number == number {
			return one.mode
		}
	}
	return ""
}
