package access

import (
	"cmp"
	"slices"
)

// newBehind notes the pods of a namespace to which a Service leads that led elsewhere: who reaches the Service is the same, and now reaches these. A Service or
// pods that are new themselves are compared as targets. Locks do not hold what is behind a Service.
func (d *differ) newBehind(name string) {
	old, next := d.askers[1-d.newer].w, d.askers[d.newer]
	if old.locked != nil || next.w.locked != nil {
		return
	}
	was, is := old.look(name), next.w.look(name)
	for _, svc := range is.services {
		before := was.service(svc.name)
		if before == nil || before.external || svc.external || len(svc.selector) == 0 {
			continue
		}
		for _, pod := range is.workloads {
			if !svc.selector.selects(pod.labels) {
				continue
			}
			at := slices.IndexFunc(was.workloads, func(o *workload) bool { return o.kind == pod.kind && o.name == pod.name })
			if at < 0 || svc.leadsAsBefore(pod, before, was.workloads[at]) {
				continue
			}
			door := door{by: &svc.origin, at: &To{Namespace: name, Service: svc.name}, from: name}
			if next.passes(&door, d.pool, anyone) != nil {
				d.out.Unknown = append(d.out.Unknown, "pods of "+cmp.Or(pod.kind, "pod")+" "+pod.name+" of "+name+": Service "+svc.id()+" leads to them now, at a port where it did not, and who reaches it is compared for the Service only")
			}
		}
	}
}

// leadsAsBefore reports whether a Service led to each port of a pod before to which it leads now. A port that the pod has listed only since is another
// one of it, and compared at the pod's address.
func (s *service) leadsAsBefore(pod *workload, before *service, was *workload) bool {
	selected := before.selector.selects(was.labels)
	return !slices.ContainsFunc(s.ports, func(p servicePort) bool {
		at := s.target(p.number, pod)
		listed := func(w *workload) bool {
			return slices.ContainsFunc(w.ports, func(o namedPort) bool { return o.number == at })
		}
		led := selected && slices.ContainsFunc(before.ports, func(o servicePort) bool { return before.target(o.number, was) == at })
		moved := selected && len(was.ports) > 0 && !listed(was) && listed(pod)
		return at != 0 && !led && !moved
	})
}
