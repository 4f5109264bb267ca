package access

import "slices"

// goal is what all requests of a claim go to: a Service at a port, or pods by their address.
type goal struct {
	to   To
	port int
	tcp  bool
}

// goals are all Services of a namespace at each port, or one of them, and the pods by their addresses at each port that something names, and
// at one that nothing does.
func (x *asker) goals(s *space, service string) (out []goal) {
	for _, a := range x.aims(s) {
		if service != "" && a.name != service {
			continue
		}
		for _, port := range a.allPorts() {
			out = append(out, goal{a.to, port, false}, goal{a.to, port, true})
		}
	}
	if service != "" {
		if out == nil {
			for _, port := range x.aim(s, service).allPorts() {
				out = append(out, goal{To{Namespace: s.name, Service: service}, port, false}, goal{To{Namespace: s.name, Service: service}, port, true})
			}
		}
		return append(out, goal{To{Namespace: s.name, Service: service, Direct: true}, 0, true})
	}
	for _, p := range x.podAims(s) {
		requests := x.w.podWaypoint(s, p.pod)
		for _, port := range p.allPorts(s) {
			if out = append(out, goal{p.to, port, true}); requests.gateway != nil || requests.doubt != "" {
				out = append(out, goal{p.to, port, false})
			}
		}
	}
	return out
}

// allPorts are those of a Service. One that is not in the manifests may have any: those that a policy names, the usual one, and one that nothing names.
func (a *aim) allPorts() (out []int) {
	if a.fixed != nil {
		return a.fixed
	}
	if a.svc != nil {
		for _, p := range a.svc.ports {
			out = append(out, p.number)
		}
		if len(out) == 0 {
			out = []int{0}
		}
		return out
	}
	out = append(namedPorts(a.policies), 80)
	for free := 65535; ; free-- {
		if !slices.Contains(out, free) {
			out = append(out, free)
			break
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(n int) bool { return n == 0 })
}

// namedPorts are the ports that policies name.
func namedPorts(policies []*policy) (out []int) {
	for _, p := range policies {
		p.each(func(c *condition) {
			if c.attribute == port {
				for _, v := range slices.Concat(c.values, c.notValues) {
					out = append(out, portOf(v))
				}
			}
		})
	}
	return out
}

// allPorts are those of a kind of pods that something names, and one that nothing does.
func (a *podAim) allPorts(s *space) []int {
	out := append(namedPorts(a.policies), append([]int{a.free}, a.ports...)...)
	for _, p := range a.pod.ports {
		out = append(out, p.number)
	}
	for _, svc := range s.services {
		if len(svc.selector) > 0 && svc.selector.selects(a.pod.labels) {
			for _, p := range svc.ports {
				out = append(out, svc.target(p.number, a.pod))
			}
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(n int) bool { return n == 0 })
}

// portOf is a port that a policy writes.
func portOf(v string) (n int) {
	for _, d := range v {
		n = n*10 + int(d-'0')
	}
	return n
}
