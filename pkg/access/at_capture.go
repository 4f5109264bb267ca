package access

// membership is how a pod takes part in the mesh.
type membership uint8

const (
	outside  membership = iota // no proxy sees its traffic
	captured                   // ztunnel does
	sidecar                    // an Envoy of its own, which this package does not judge
	unclear                    // its Namespace is not in the manifests
)

// member tells how a pod of a namespace takes part: the label istio.io/dataplane-mode on the pod, else on its Namespace, is `ambient`; a
// sidecar or the host's network keeps a pod out (istio-cni pod selectors and podHasSidecar). Injection: label sidecar.istio.io/inject on
// the pod, else istio-injection or istio.io/rev on the Namespace.
func (s *space) member(pod *workload) membership {
	inject, set := pod.labels.get("sidecar.istio.io/inject")
	if !pod.hostNetwork && (set && inject == "true" || !set && s.injects()) {
		return sidecar
	}
	mode, set := pod.labels.get("istio.io/dataplane-mode")
	switch {
	case pod.hostNetwork:
		return outside
	case set && mode == "ambient":
		return captured
	case set && mode == "none":
		return outside
	case !s.declared:
		return unclear
	case s.labels.value("istio.io/dataplane-mode") == "ambient":
		return captured
	}
	return outside
}

func (s *space) injects() bool {
	if v, ok := s.labels.get("istio-injection"); ok {
		return v == "enabled"
	}
	_, rev := s.labels.get("istio.io/rev")
	// A revision label beside dataplane-mode chooses the ambient control plane and injects nothing there.
	return rev && s.labels.value("istio.io/dataplane-mode") != "ambient"
}

func (s *space) service(name string) *service { return s.named[name] }

// pods gives the kinds of pods behind a Service; a made up one where the manifests hold none.
func (s *space) pods(svc *service) []*workload {
	var out []*workload
	if len(svc.selector) > 0 {
		for _, pod := range s.workloads {
			if svc.selector.selects(pod.labels) {
				out = append(out, pod)
			}
		}
	}
	if len(out) == 0 {
		out = append(out, &workload{name: svc.name, labels: svc.selector, account: "default", assumed: true})
	}
	return out
}

// podsWith gives the kinds of pods that carry all of the labels, a made up one with exactly these where there is none.
func (s *space) podsWith(l labels) []*workload {
	var out []*workload
	for _, pod := range s.workloads {
		if l.selects(pod.labels) {
			out = append(out, pod)
		}
	}
	if len(out) == 0 {
		out = append(out, &workload{name: "pod", labels: l, account: "default", assumed: true})
	}
	return out
}

// clientMember tells how the pods of a ServiceAccount take part: of several kinds the one that is most in the mesh, and a pod in the mesh
// where the Namespace is not in the manifests, since that is what a case with a ServiceAccount speaks of.
func (s *space) clientMember(account string) membership {
	best, found := outside, false
	for _, pod := range s.workloads {
		if pod.account == account {
			found = true
			if m := s.member(pod); m == captured || best == outside {
				best = m
			}
		}
	}
	if !found {
		best = s.member(&workload{assumed: true})
	}
	if best == unclear {
		return captured
	}
	return best
}
