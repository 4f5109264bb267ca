package access

// twin is another Service that leads to the pods of one, at the ports where it does.
type twin struct {
	svc   *service
	ports []int
}

// twins are the Services that select pods of a Service and lead to the same port of theirs. Who comes to the pods by one of them meets its labels, its
// policies and, where it is headless, no waypoint.
func (x *asker) twins(s *space, name string) (out []twin) {
	svc := (&trip{w: x.w}).service(s, name)
	if len(svc.selector) == 0 {
		return nil // which pods are behind it is not known, and no verdict is given
	}
	for _, other := range s.services {
		if other.name == name || other.external || len(other.selector) == 0 {
			continue
		}
		t := twin{svc: other}
		for _, p := range other.ports {
			if s.sharePort(svc, other, p.number) {
				t.ports = append(t.ports, p.number)
			}
		}
		if len(t.ports) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// sharePort reports whether a port of another Service is that of a pod that a Service leads to, too. A port by a name that no container has may be any.
func (s *space) sharePort(svc, other *service, number int) bool {
	for _, pod := range s.common(svc, other) {
		at := other.target(number, pod)
		if at == 0 || len(svc.ports) == 0 {
			return true
		}
		for _, p := range svc.ports {
			if to := svc.target(p.number, pod); to == at || to == 0 {
				return true
			}
		}
	}
	return false
}

// common are the kinds of pods that two Services may both select. Where the manifests hold none, they share those that one of them selects if the other
// one asks for no more.
func (s *space) common(a, b *service) (out []*workload) {
	for _, pod := range s.workloads {
		if (a.selector.selects(pod.labels) || len(pod.adds) > 0 && pod.mayCarry(a.selector)) && (b.selector.selects(pod.labels) || len(pod.adds) > 0 && pod.mayCarry(b.selector)) {
			out = append(out, pod)
		}
	}
	if len(out) == 0 && (a.selector.selects(b.selector) || b.selector.selects(a.selector)) {
		out = append(out, &workload{})
	}
	return out
}

// byTwin asks who comes to the pods of a claim's Service by another Service.
func (h *hearing) byTwin(s *space, service string) (worst proof) {
	for _, t := range h.x.twins(s, service) {
		for _, port := range t.ports {
			for _, tcp := range [2]bool{false, true} {
				for _, q := range h.x.w.inquiries(To{Namespace: s.name, Service: t.svc.name}, port, tcp) {
					p := h.inquire(&q)
					if p.failed && (!worst.failed || worst.outcome == NotJudged && p.outcome == Allow) {
						worst = p
						worst.by = "Service " + t.svc.id() + " leads to the same pods: " + p.by
					}
				}
			}
		}
	}
	return worst
}
