package access

// end is one end of a connection: a pod, as far as a NetworkPolicy sees it. complete: it has no other labels.
type end struct {
	namespace string
	labels    labels
	complete  bool
	profile   bool // its Namespace is a profile's, which may have labels of the profile-controller that the manifests do not show
}

// admits reports whether a NetworkPolicy lets the pods that it isolates connect to a peer, or a peer to them, at a TCP port of the receiver.
func (w *World) admits(p *networkPolicy, way direction, peer *end, port int) verdict3 {
	out := no
	for i := range p.rules[way] {
		r := &p.rules[way][i]
		if r.hasPort(port) {
			out = max(out, w.hasPeer(p, r, peer))
		}
	}
	return out
}

// hasPort reports whether a rule is for a TCP port. A named one is a container's, and Istio's containers give 15008 and 15012 no name.
func (r *networkRule) hasPort(port int) bool {
	for _, p := range r.ports {
		if p.all || p.from <= port && port <= p.to {
			return true
		}
	}
	return len(r.ports) == 0
}

func (w *World) hasPeer(p *networkPolicy, r *networkRule, peer *end) verdict3 {
	if len(r.peers) == 0 {
		return yes
	}
	out := no
	for i := range r.peers {
		out = max(out, w.isPeer(p, &r.peers[i], peer))
	}
	return out
}

func (w *World) isPeer(p *networkPolicy, want *networkPeer, peer *end) verdict3 {
	switch {
	case want.everywhere:
		return yes
	case want.addresses:
		return maybe
	}
	out := is(peer.namespace == p.namespace)
	if want.namespaces != nil {
		s := w.look(peer.namespace)
		own := append(labels{{"kubernetes.io/metadata.name", peer.namespace}}, s.labels...)
		out = want.namespaces.picks(own, s.declared && !peer.profile)
	}
	if want.pods != nil {
		out = min(out, want.pods.picks(peer.labels, peer.complete))
	}
	return out
}

// blockers are the NetworkPolicies that isolate a pod while none lets a connection through; nil where it may pass.
func (w *World) blockers(policies []*networkPolicy, way direction, pod, peer *end, port int) (out []*networkPolicy) {
	for _, p := range policies {
		if !p.isolates[way] {
			continue
		}
		picked := p.pods.picks(pod.labels, pod.complete)
		if picked != no && w.admits(p, way, peer, port) != no {
			return nil
		}
		if picked == yes {
			out = append(out, p)
		}
	}
	return out
}
