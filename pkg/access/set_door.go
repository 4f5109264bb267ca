package access

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// door is what may lead a request to a target although it was sent elsewhere, past the policies that are for the target's Services: a route of the mesh, or
// what names pods in addition to a Service. at is the Service that it starts from; without one, it is unknown who gets through.
type door struct {
	by  *origin
	at  *To
	why string // what it is, where it is no way of requests
}

// meshEntry is a ServiceEntry.
type meshEntry struct {
	origin
	selects   bool // pods of its own namespace (ServiceEntry.workloadSelector)
	endpoints bool // or names addresses
}

func (w *World) readEntry(m meta, n *yaml.Node) *fault {
	s, spec := w.space(m.namespace), field(n, "spec")
	s.entries = append(s.entries, meshEntry{m.in(s), field(spec, "workloadSelector") != nil, field(spec, "endpoints") != nil})
	return nil
}

// doors are those to a Service of a namespace, or without one to anything in it. asked are the targets that are asked for anyway.
func (x *asker) doors(s *space, service string, asked []goal) (out []door) {
	onwards := x.w.onwards()
	for _, to := range slices.Sorted(maps.Keys(onwards)) {
		ns, name, _ := strings.Cut(to, "/")
		if ns != s.name || service != "" && name != service {
			continue
		}
		for _, o := range onwards[to] {
			from, start, _ := strings.Cut(o.from, "/")
			known := func(g goal) bool {
				return start != "" && g.to.Namespace == from && g.to.Service == start && !g.to.Direct
			}
			switch {
			case slices.ContainsFunc(asked, known):
			case start != "" && !o.stream && x.w.look(from).service(start) != nil:
				out = append(out, door{by: o.by, at: &To{Namespace: from, Service: start}})
			default:
				out = append(out, door{by: o.by})
			}
		}
	}
	for _, svc := range s.services {
		for i := range svc.ports {
			if svc.ports[i].udp && (service == "" || svc.name == service) {
				out = append(out, door{by: &svc.origin, why: "port " + portText(svc.ports[i].number) + " is not TCP, and no proxy sees what is sent there"})
			}
		}
	}
	return append(out, x.w.sideDoors(s)...)
}

// sideDoors are what names pods of a namespace beside its Services: its ServiceEntries that select pods, and addresses that somebody wrote, where the
// waypoint before them is one that the namespace has, too.
func (w *World) sideDoors(s *space) (out []door) {
	for i := range s.entries {
		if s.entries[i].selects {
			out = append(out, door{by: &s.entries[i].origin})
		}
	}
	own := []*gateway{w.bind(s, nil, "service").gateway}
	for _, svc := range s.services {
		own = append(own, w.serviceWaypoint(svc).gateway)
	}
	shares := func(b binding) bool { return b.gateway != nil && slices.Contains(own, b.gateway) }
	for _, name := range w.names {
		other := w.namespaces[name]
		for i := range other.entries {
			if e := &other.entries[i]; e.endpoints && (other == s || shares(w.bind(other, nil, "service"))) {
				out = append(out, door{by: &e.origin})
			}
		}
		for _, svc := range other.services {
			if other != s && len(svc.selector) == 0 && !svc.external && shares(w.serviceWaypoint(svc)) {
				out = append(out, door{by: &svc.origin})
			}
		}
	}
	return out
}

// enter asks who gets through the doors to a claim's target. Whether that leads there is not known, so it is NOT JUDGED.
func (h *hearing) enter(doors []door) (out proof) {
	for _, d := range doors {
		what := "NOT JUDGED: " + named(d.by) + ": " + cmp.Or(d.why, "it may lead to the target past the policies that are for its Services")
		if d.at == nil {
			return proof{NotJudged, true, what}
		}
		for _, port := range h.x.aim(h.x.w.look(d.at.Namespace), d.at.Service).allPorts() {
			for _, q := range h.x.w.inquiries(*d.at, port, false) {
				if p := h.inquire(&q); p.failed {
					return proof{NotJudged, true, what + ": " + p.by}
				}
			}
		}
	}
	return proof{}
}
