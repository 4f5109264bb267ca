package access

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// door is what may lead a request to a target although it was sent elsewhere, past the policies that are for the target's Services: a route of the mesh, or
// what names pods in addition to a Service. at is the Service that it starts from; without one, it is unknown who gets through.
type door struct {
	by   *origin
	at   *To
	from string // the namespace that it starts in, "" for any
	to   string // what it leads to: a Service, or pods
	in   string // the field that says so, "" for all of the object
	why  string // what it is, where it is no way of requests
}

// text is why nobody knows who reaches the target.
func (d *door) text() string { return "NOT JUDGED: " + named(d.by) + ": " + d.reason() }

func (d *door) reason() string {
	return cmp.Or(d.why, "it may lead to the target past the policies that are for its Services")
}

// meshEntry is a ServiceEntry.
type meshEntry struct {
	origin
	hosts   []string
	labels  labels
	selects bool // pods of its own namespace (ServiceEntry.workloadSelector), or WorkloadEntries there
	names   bool // or addresses. What DNS has for its hosts, proxies call without an identity (Istio 1.31: xds/endpoints, networking.istio.io/tunnel)
}

func (w *World) readEntry(m meta, n *yaml.Node) *fault {
	s, spec := w.space(m.namespace), field(n, "spec")
	resolution := textOf(field(spec, "resolution"))
	hosts, _ := texts(field(spec, "hosts"))
	s.entries = append(s.entries, meshEntry{
		origin: m.in(s), hosts: hosts, labels: lenientLabels(valueAt(n, "metadata", "labels")), selects: field(spec, "workloadSelector") != nil,
		names: field(spec, "endpoints") != nil || (resolution == "" || resolution == "NONE") && field(spec, "addresses") != nil,
	})
	return nil
}

// doors are those to a Service of a namespace, or without one to anything in it. asked are the targets that are asked for anyway.
func (w *World) doors(s *space, service string, asked []goal) (out []door) {
	for _, o := range w.onwardsInto(s.name) {
		if _, name, _ := strings.Cut(o.to, "/"); (service == "" || name == service) && w.taken(&o) {
			out = w.onwardDoor(out, &o, name, asked)
		}
	}
	for _, svc := range s.services {
		for i := range svc.ports {
			if svc.ports[i].udp && (service == "" || svc.name == service) {
				port := "port " + portText(svc.ports[i].number)
				out = append(out, door{by: &svc.origin, in: "spec.ports[" + strconv.Itoa(i) + "]", to: svc.name + ", " + port + " (not TCP)", why: port + " is not TCP, and no proxy sees what is sent there"})
			}
		}
	}
	return append(out, w.sideDoors(s, service)...)
}

// onwardDoor adds a route of the mesh that leads to a Service, unless it starts from a target that is asked for.
func (w *World) onwardDoor(out []door, o *onwardRoute, name string, asked []goal) []door {
	from, start, _ := strings.Cut(o.from, "/")
	known := func(g goal) bool {
		return start != "" && g.to.Namespace == from && g.to.Service == start && !g.to.Direct
	}
	d := door{by: o.by, from: from, to: name}
	if slices.ContainsFunc(asked, known) {
		return out
	}
	if start != "" && !o.stream && w.look(from).service(start) != nil {
		d.at = &To{Namespace: from, Service: start}
	}
	if slices.ContainsFunc(out, func(o door) bool { return o.key() == d.key() }) {
		return out
	}
	return append(out, d)
}

// key is the same for a door that stays as it is.
func (d *door) key() string {
	at := ""
	if d.at != nil {
		at = join(d.at.Namespace, d.at.Service)
	}
	return d.by.kind + " " + d.by.id() + " " + at + " " + d.to
}

// questions are those about the Service that a door starts from, of clients whose requests its routes take: they are in waypoints and in the sidecars of clients,
// not in ingress Gateways (Istio 1.31: the gateway mesh of a route).
func (x *asker) questions(d *door) (out []inquiry) {
	a := x.aim(x.w.look(d.at.Namespace), d.at.Service)
	byIngress := a.svc == nil || x.w.ingressUsesWaypoint(a.svc)
	for _, port := range a.allPorts() {
		for _, q := range x.w.inquiries(*d.at, port, false) {
			if q.kind.ofPod() || q.kind.ingress() && byIngress {
				out = append(out, q)
			}
		}
	}
	return out
}

// sideDoors are what names pods of a namespace beside its Services: its ServiceEntries that select pods, and addresses that somebody wrote, where the
// waypoint before them is one that the namespace has, too, or one from which its pods take connections. What is in the namespace itself counts only for one
// Service of it: who asks about all asks about that as well.
func (w *World) sideDoors(s *space, service string) (out []door) {
	for i := range s.entries {
		if e := &s.entries[i]; e.selects || e.names {
			out = append(out, door{by: &e.origin, to: podsBeside})
		}
	}
	add := func(all []writtenAddress) {
		for _, a := range all {
			switch {
			case a.inside != s:
				out = append(out, door{by: a.by, to: podsBeside})
			case service != "" && a.service != "" && a.service != service:
				out = append(out, door{by: a.by, at: &To{Namespace: s.name, Service: a.service}, from: s.name, to: podsBeside})
			}
		}
	}
	written := w.addresses()
	if len(w.writtenByGateways) > 0 && slices.ContainsFunc(w.allIngresses(), func(g *gateway) bool { return w.takesFrom(s, g) }) {
		add(w.writtenByGateways)
	}
	if len(written) == 0 {
		return out
	}
	own := w.waypointsOf(s)
	for _, g := range w.writtenAt {
		if slices.Contains(own, g) || w.takesFrom(s, g) {
			add(written[g])
		}
	}
	return out
}

// waypointsOf are those of a namespace and of its Services.
func (w *World) waypointsOf(s *space) (out []*gateway) {
	add := func(b binding) {
		if b.gateway != nil && !slices.Contains(out, b.gateway) {
			out = append(out, b.gateway)
		}
	}
	add(w.bind(s, nil, "service"))
	for _, svc := range s.services {
		add(w.serviceWaypoint(svc))
	}
	return out
}

const podsBeside = "pods"

// writtenAddress is a ServiceEntry or a Service that names addresses and not pods.
type writtenAddress struct {
	by      *origin
	inside  *space
	service string // that has it, "" for a ServiceEntry
}

// takesFrom reports whether the pods of a namespace may take connections from the pods of a Gateway.
func (w *World) takesFrom(s *space, g *gateway) bool {
	from := From{ServiceAccount: join(g.namespace, g.account)}
	pods := (&asker{w: w}).podAims(s)
	for i := range pods {
		for _, port := range pods[i].allPorts(s) {
			if w.Decide(Request{From: from, To: pods[i].to, Port: port, TCP: true}).Outcome != Deny {
				return true
			}
		}
	}
	return false
}

// addresses are all that somebody wrote, by the waypoint before them. Those that routes of ingress Gateways lead to are noted, too.
func (w *World) addresses() map[*gateway][]writtenAddress {
	w.onceAddresses.Do(func() {
		w.written = map[*gateway][]writtenAddress{}
		hosts := map[string]bool{} // that are no Services
		w.eachLead(func(_ *origin, bound bool, b backend) {
			if namespace, _ := b.service(); namespace == "" && !bound {
				hosts[cmp.Or(b.host, b.name)] = true
			}
		})
		add := func(b binding, one writtenAddress, led bool) {
			if b.gateway != nil {
				if w.written[b.gateway] == nil {
					w.writtenAt = append(w.writtenAt, b.gateway)
				}
				w.written[b.gateway] = append(w.written[b.gateway], one)
			}
			if led {
				w.writtenByGateways = append(w.writtenByGateways, one)
			}
		}
		for _, name := range w.names {
			s := w.namespaces[name]
			for i := range s.entries {
				if e := &s.entries[i]; e.names || e.selects && len(s.clouds.endpoints) > 0 {
					add(w.bind(s, e.labels, "service"), writtenAddress{&e.origin, s, ""}, slices.ContainsFunc(e.hosts, func(h string) bool { return hosts[h] }))
				}
			}
			for _, svc := range s.services {
				if c := w.cloudOnEndpoints(svc); c != nil {
					add(w.serviceWaypoint(svc), writtenAddress{&c.origin, s, svc.name}, w.led()[svc.id()])
				} else if len(svc.selector) == 0 && !svc.external {
					add(w.serviceWaypoint(svc), writtenAddress{&svc.origin, s, svc.name}, w.led()[svc.id()])
				}
			}
		}
	})
	return w.written
}

// enter asks who gets through the doors to a claim's target. Whether that leads there is not known, so it is NOT JUDGED.
func (h *hearing) enter(doors []door) (out proof) {
	for i := range doors {
		d := &doors[i]
		if d.at == nil {
			return proof{NotJudged, true, d.text()}
		}
		for _, q := range h.x.questions(d) {
			if p := h.inquire(&q); p.failed {
				return proof{NotJudged, true, d.text() + ": " + p.by}
			}
		}
	}
	return proof{}
}

// detours are the lines about who gets to the namespace through its doors.
func (t *survey) detours() (out []Access) {
	for _, d := range t.x.w.doors(t.s, "", t.x.goals(t.s, "")) {
		a := Access{Who: "anyone", Kind: "anyone", Reaches: "NOT JUDGED: " + d.to, Outcome: NotJudged.String(), By: d.text(), detour: true}
		if d.at != nil {
			r := t.x.passes(&d, t.pool, anyone)
			if r == nil {
				continue
			}
			a.Who, a.Witness = "clients of Service "+join(d.at.Namespace, d.at.Service), r.text()
		}
		out = append(out, a)
	}
	return out
}

// anyone takes every client.
func anyone(*inquiry, *Request, *symbolic.Trace) bool { return true }

// passes is a request of some client that gets through a door, nil for none. A question that the sets do not answer may have one.
func (x *asker) passes(d *door, pool *symbolic.Pool, meant func(*inquiry, *Request, *symbolic.Trace) bool) (found *Request) {
	for _, q := range x.questions(d) {
		s := x.w.search(&q, pool, maxQuestions, func(r Request) (Verdict, *symbolic.Trace, bool) {
			o := &open{trace: &symbolic.Trace{}}
			if !meant(&q, &r, o.trace) {
				return Verdict{Outcome: Deny}, o.trace, true
			}
			v := x.w.answer(r, o)
			if v.Outcome == Deny || v.Outcome == NotJudged && v.moot || x.w.toldElsewhere(q.kind, &r) {
				return v, o.trace, true
			}
			found = &r
			return v, o.trace, false
		})
		if found == nil && s.failed != "" {
			found = &Request{To: q.to, Port: q.port, From: q.from}
		}
		if found != nil {
			return found
		}
	}
	return nil
}
