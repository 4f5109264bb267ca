package access

import "slices"

// destination is a Service or a kind of pods of either world.
type destination struct {
	name string
	pods bool
	free int // a port that nothing names, where it takes something at every port
	in   [2]destinationIn
}

// destinationIn is a destination in one world. One that a policy or a route of either world names, and that is not in the manifests, is assumed with default settings.
type destinationIn struct {
	to       To
	there    bool
	any      bool // it takes something at every port
	ports    []int
	waypoint bool // pods take requests, which a waypoint reads
}

// at reports whether the target takes anything at a port.
func (t *destinationIn) at(port int) bool {
	return t.there && (t.any || slices.Contains(t.ports, port))
}

// ports are those of either world.
func (t *destination) ports() []int {
	out := slices.Concat(t.in[0].ports, t.in[1].ports)
	slices.Sort(out)
	return slices.Compact(out)
}

// takes reports whether there is a question: a pod's address takes connections, and requests where a waypoint reads them.
func (t *destination) takes(tcp bool) bool {
	return tcp || !t.pods || t.in[0].waypoint || t.in[1].waypoint
}

// targets are all of a namespace, in order.
func (d *differ) targets(namespace string) []destination {
	var aims [2][]*aim
	var pods [2][]podAim
	for i, x := range d.askers {
		if s := x.w.look(namespace); x.hasTargets(s) {
			aims[i], pods[i] = x.aims(s), x.podAims(s)
		}
	}
	return append(d.services(namespace, aims), d.podsOf(namespace, pods)...)
}

// hasTargets reports whether there is anything to ask about a namespace.
func (x *asker) hasTargets(s *space) bool {
	if x.w.locked != nil {
		return s != &nowhere
	}
	return len(s.services)+len(s.policies)+len(s.notebooks)+len(s.workloads)+len(x.routed[s.name]) > 0 || s.profile
}

func (d *differ) services(namespace string, aims [2][]*aim) (out []destination) {
	var names []string
	for _, a := range slices.Concat(aims[0], aims[1]) {
		if !slices.Contains(names, a.name) {
			names = append(names, a.name)
		}
	}
	for _, name := range names {
		t := destination{name: name}
		var of [2]*aim
		for i := range aims {
			if at := slices.IndexFunc(aims[i], func(a *aim) bool { return a.name == name }); at >= 0 {
				of[i] = aims[i][at]
			}
		}
		for i, x := range d.askers {
			s := x.w.look(namespace)
			switch o := of[1-i]; {
			case of[i] != nil:
				t.in[i] = destinationIn{to: of[i].to, there: true, any: of[i].assumed, ports: of[i].allPorts()}
				if of[i].assumed {
					t.free = slices.Max(t.in[i].ports)
				}
			case o.assumed && s != &nowhere && s.service(name) == nil:
				t.in[i] = destinationIn{to: o.to, there: true, any: true}
			}
		}
		out = append(out, t)
	}
	return out
}

func (d *differ) podsOf(namespace string, pods [2][]podAim) (out []destination) {
	in := func(i int, pod *workload, to To) destinationIn {
		if l := d.askers[i].w.locked; l != nil {
			to.only = pod
			return destinationIn{to: to, there: true, any: true, waypoint: l.reads(to)}
		}
		s := d.askers[i].w.look(namespace)
		b := d.askers[i].w.podWaypoint(s, pod)
		to.only = pod
		return destinationIn{to: to, there: true, any: true, waypoint: b.gateway != nil || b.doubt != ""}
	}
	for i := range pods {
		for j := range pods[i] {
			p := &pods[i][j]
			at := slices.IndexFunc(out, func(t destination) bool { return t.name == p.name && !t.in[i].there })
			if at < 0 {
				at, out = len(out), append(out, destination{name: p.name, pods: true})
			}
			t := &out[at]
			t.in[i] = in(i, p.pod, p.to)
			t.in[i].ports, t.free = p.allPorts(d.askers[i].w.look(namespace)), p.free
			other := d.askers[1-i].w.look(namespace)
			if p.pod.assumed && other != &nowhere && !slices.ContainsFunc(pods[1-i], func(o podAim) bool { return o.name == p.name }) {
				t.in[1-i] = in(1-i, other.madeUp(p.name, p.pod.labels), p.to)
			}
		}
	}
	return out
}
