package access

// servicesByLabel are the Services of a namespace with a selector, by the first label of it.
type servicesByLabel map[label][]*service

func (s *space) servicesByLabel() servicesByLabel {
	out := servicesByLabel{}
	for _, svc := range s.services {
		if !svc.external && len(svc.selector) > 0 {
			out[svc.selector[0]] = append(out[svc.selector[0]], svc)
		}
	}
	return out
}

// leading are the Services that lead to pods with these labels: by an address of their own, and headless ones.
func (in servicesByLabel) leading(pods labels) (addressed, headless bool) {
	for _, l := range pods {
		for _, svc := range in[l] {
			if svc.selector.selects(pods) {
				addressed, headless = addressed || !svc.headless, headless || svc.headless
			}
		}
	}
	return addressed, headless
}

// forPeers reports whether the pods that a NetworkPolicy is for are known to be those of a headless Service, by which the
// parts of a distributed job find each other, and of no Service with an address. No waypoint is on the way to such a pod.
func (in servicesByLabel) forPeers(p *networkPolicy) bool {
	addressed, headless := in.leading(p.pods.labels)
	return headless && !addressed
}

// unaddressed reports whether no Service with an address leads to a pod, nor may lead to one whose controller adds labels.
func (in servicesByLabel) unaddressed(pod *workload) bool {
	addressed, _ := in.leading(pod.labels)
	if addressed || len(pod.adds) == 0 {
		return !addressed
	}
	for _, services := range in {
		for _, svc := range services {
			if !svc.headless && pod.mayCarry(svc.selector) {
				return false
			}
		}
	}
	return true
}
