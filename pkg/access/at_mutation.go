package access

import (
	paths "path"
	"strings"
)

// picksSpace reports whether a mutator is asked about objects of a namespace.
func (u *mutator) picksSpace(s *space) verdict3 {
	named := func(all []string) bool {
		for _, pattern := range all {
			if ok, _ := paths.Match(pattern, s.name); ok {
				return true
			}
		}
		return false
	}
	if len(u.in) > 0 && !named(u.in) || named(u.notIn) {
		return no
	}
	return u.namespaces.picks(s.selectable(), s.declared)
}

// picksPod reports whether it is asked about a pod, or about what makes it.
func (u *mutator) picksPod(s *space, pod *workload) verdict3 {
	kind := strings.ToLower(pod.kind)
	if !contains(u.kinds, "*") && !contains(u.kinds, "pod") && !contains(u.kinds, kind) {
		return no
	}
	return min(u.picksSpace(s), u.objects.picksPod(pod))
}

// mutate makes of a pod what may be admitted.
func (s *space) mutate(pod *workload) {
	all := s.rules().mutators
	for i := range all {
		u := &all[i]
		switch {
		case u.picksPod(s, pod) == no:
		case u.stirs != "" && pod.unsure == "":
			pod.unsure = u.String() + " may change the pods: " + u.stirs
		default:
			pod.adds = append(pod.adds[:len(pod.adds):len(pod.adds)], u.keys...)
		}
	}
}

// mutatedSpace is the cloud over a namespace of which a mutator may change the Namespace or its Services.
func (w *World) mutatedSpace(s *space) *cloud {
	for i := range w.capture.mutators {
		if u := &w.capture.mutators[i]; u.spaces && u.stirs != "" && u.picksSpace(s) != no && !w.ofController(&u.when) {
			return &cloud{origin: u.origin, at: u.place, why: u.stirs}
		}
	}
	return nil
}

// mutatedGateway is the cloud over a Gateway of which a mutator may change the pods.
func (w *World) mutatedGateway(g *gateway) *cloud {
	pod := *g.pod
	pod.kind = "Deployment"
	for i := range w.capture.mutators {
		if u := &w.capture.mutators[i]; u.stirs != "" && u.picksPod(w.space(g.namespace), &pod) != no {
			return &cloud{origin: u.origin, at: u.place, why: u.stirs}
		}
	}
	return nil
}
