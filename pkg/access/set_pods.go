package access

import (
	"slices"
	"strings"
)

// podAim is a kind of pods to ask for by its address, with what ztunnel takes for it.
type podAim struct {
	name     string
	assumed  bool // only a policy speaks of them
	to       To
	pod      *workload
	policies []*policy
	free     int   // a port that nothing names
	ports    []int // that DENY rules and PeerAuthentications name
}

// podAims are the kinds of pods of a namespace, plain ones where the manifests hold none, and those that only the selector of a policy speaks of.
func (x *asker) podAims(s *space) (out []podAim) {
	if x.w.locked != nil {
		return x.w.locked.podAims(s)
	}
	add := func(name string, pod *workload, assumed bool) {
		a := podAim{name: name, assumed: assumed, to: To{Namespace: s.name, Pod: map[string]string{}, only: pod}, pod: pod, policies: x.w.atZtunnel(s.name, pod)}
		if s.member(pod) == sidecar {
			a.policies = x.w.atProxy(s.name, pod)
		}
		a.findPorts(s)
		out = append(out, a)
	}
	for _, pod := range s.workloads {
		add(pod.name, pod, false)
	}
	if len(s.workloads) == 0 {
		add("pod", s.madeUp("pod", nil), false)
	}
	var made []labels
	for _, p := range s.policies {
		if p.inForce() && len(p.targets) == 0 && len(p.selector) > 0 &&
			!slices.ContainsFunc(s.workloads, func(pod *workload) bool { return p.selector.selects(pod.labels) }) &&
			!slices.ContainsFunc(made, func(l labels) bool { return slices.Equal(l, p.selector) }) {
			made = append(made, p.selector)
			add("pods with "+p.selector.text()+" (assumed)", s.madeUp("pod", p.selector), true)
		}
	}
	return out
}

func (l labels) text() string {
	var out []string
	for _, one := range l {
		out = append(out, one.key+"="+one.value)
	}
	return strings.Join(out, ",")
}

func (a *podAim) findPorts(s *space) {
	named := map[int]bool{}
	for _, p := range a.policies {
		p.each(func(c *condition) {
			if c.attribute != port {
				return
			}
			for _, v := range slices.Concat(c.values, c.notValues) {
				if n := portOf(v); !named[n] {
					named[n] = true
					if p.action == deny {
						a.ports = append(a.ports, n)
					}
				}
			}
		})
	}
	for _, p := range s.peers {
		for _, m := range p.ports {
			if !named[m.number] {
				named[m.number] = true
				a.ports = append(a.ports, m.number)
			}
		}
	}
	a.free = 1
	for named[a.free] {
		a.free++
	}
}
