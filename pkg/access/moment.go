package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// Ends are the two worlds that a change of a cluster goes from and to, against which each moment of it is held.
type Ends struct {
	askers  [2]*asker
	pool    *symbolic.Pool
	moments int
}

// NewEnds are the beginning and the end of a change.
func NewEnds(begin, end *World) *Ends {
	end.mark = " at the end" // a list is known by its name
	return &Ends{askers: [2]*asker{newAsker(begin), newAsker(end)}, pool: symbolic.NewPool()}
}

// Moment is what is known of one moment of a change.
type Moment struct {
	Opened  []Surplus // what it allows, and neither end does: at most one for each target and kind of client
	Unknown []Surplus // what it may allow, and neither end does for sure
	Asked   int       // questions
}

// Safe reports whether it is sure that the moment allows nothing that neither end allows.
func (m *Moment) Safe() bool { return len(m.Opened)+len(m.Unknown) == 0 }

// Surplus is one request that a moment allows, and what allows it. Where it is not known, By says why.
type Surplus struct {
	Request string
	By      string
	Because Object // of the policy, if one allows it
}

// Object is an object of the manifests by its name.
type Object struct{ Kind, Namespace, Name string }

// thirds are the worlds that a question is asked in.
const (
	atBegin = iota
	atEnd
	atMoment
	allWorlds
)

// spotOf is a target at a port, in each world.
type spotOf struct {
	in   [allWorlds]destinationIn
	port int
	tcp  bool
}

// At holds a moment against the two ends: all requests to a part of the targets. It stops at the first surplus of each question, and after the first one of
// all if only one is asked for.
func (e *Ends) At(moment *World, one bool, part Part) Moment {
	m := e.compare(moment, one)
	namespaces := part.Namespaces
	if namespaces == nil {
		for _, x := range m.askers {
			namespaces = union(namespaces, x.w.names)
		}
		slices.Sort(namespaces)
	}
	for _, mesh := range []func(*World) string{func(w *World) string { return w.mesh.domains[0] }, func(w *World) string { return fmt.Sprint(w.mesh.normalization) }} {
		if a := mesh(moment); a != mesh(e.askers[0].w) || a != mesh(e.askers[1].w) {
			m.out.Unknown = append(m.out.Unknown, Surplus{By: "the trust domain or the path normalization of the mesh changes: no request is the same"})
			return m.out
		}
	}
	for _, name := range namespaces {
		if slices.Contains(part.Except, name) {
			continue
		}
		m.pool = e.pool.About()
		for _, s := range m.spots(name) {
			if part.Touches != nil && m.touching(&s, part.Touches) != part.Set {
				continue
			}
			if m.ask(&s); one && !m.out.Safe() {
				return m.out
			}
		}
	}
	return m.out
}

func (e *Ends) compare(moment *World, one bool) *compared {
	e.moments++
	moment.mark = fmt.Sprintf(" at moment %d", e.moments)
	return &compared{askers: [allWorlds]*asker{e.askers[0], e.askers[1], newAsker(moment)}, pool: e.pool, one: one}
}

// compared is a moment that is held against the ends.
type compared struct {
	askers [allWorlds]*asker
	pool   *symbolic.Pool
	one    bool
	out    Moment
}

// spots are the targets of a namespace, at the ports that something names in any world.
func (m *compared) spots(namespace string) (out []spotOf) {
	add := func(i int, to To, ports []int, requests bool, same func(o *spotOf) bool) {
		for _, port := range ports {
			for _, tcp := range [2]bool{false, true} {
				if !tcp && !requests {
					continue
				}
				at := slices.IndexFunc(out, func(o spotOf) bool { return o.port == port && o.tcp == tcp && !o.in[i].there && same(&o) })
				if at < 0 {
					at, out = len(out), append(out, spotOf{port: port, tcp: tcp})
				}
				out[at].in[i] = destinationIn{to: to, there: true, any: true}
			}
		}
	}
	for i, x := range m.askers {
		s := x.w.look(namespace)
		if s == &nowhere {
			continue
		}
		for _, a := range x.aims(s) {
			add(i, a.to, a.allPorts(), true, func(o *spotOf) bool { return o.first().only == nil && o.first().Service == a.name })
		}
		for _, p := range x.podAims(s) {
			to := p.to
			to.only = p.pod
			b := x.w.podWaypoint(s, p.pod)
			add(i, to, p.allPorts(s), b.gateway != nil || b.doubt != "" || s.member(p.pod) == sidecar, func(o *spotOf) bool { return o.first().only != nil && o.first().only.name == p.name })
		}
	}
	for i := range out {
		m.complete(namespace, &out[i])
	}
	return out
}

// first is what the target is in the first world that has it.
func (s *spotOf) first() *To {
	for i := range s.in {
		if s.in[i].there {
			return &s.in[i].to
		}
	}
	return &To{}
}

// complete finds a target at a port in the worlds in which nothing names that port. One that is not there at all is not made up.
func (m *compared) complete(namespace string, spot *spotOf) {
	to := *spot.first()
	for i, x := range m.askers {
		s := x.w.look(namespace)
		if spot.in[i].there || s == &nowhere {
			continue
		}
		switch to.only {
		case nil:
			svc := s.service(to.Service)
			there := svc == nil || len(svc.ports) == 0 || slices.ContainsFunc(svc.ports, func(p servicePort) bool { return p.number == spot.port })
			spot.in[i] = destinationIn{to: to, there: there}
		default:
			for _, pod := range s.workloads {
				if pod.account == to.only.account && slices.Equal(pod.labels, to.only.labels) && (!spot.in[i].there || pod.name == to.only.name) {
					own := to
					own.only = pod
					spot.in[i] = destinationIn{to: own, there: true}
				}
			}
			if !spot.in[i].there && to.only.assumed {
				own := to
				own.only = s.madeUp(to.only.name, to.only.labels)
				spot.in[i] = destinationIn{to: own, there: true}
			}
		}
	}
}

// ask asks for each kind of client, of any of the worlds.
func (m *compared) ask(s *spotOf) {
	var all []inquiry
	for i, x := range m.askers {
		if !s.in[i].there {
			continue
		}
		for _, q := range x.w.inquiries(s.in[i].to, s.port, s.tcp) {
			if !slices.ContainsFunc(all, func(o inquiry) bool {
				return o.kind == q.kind && (o.from.JWT == nil || o.from.JWT.Issuer == q.from.JWT.Issuer)
			}) {
				all = append(all, q)
			}
		}
	}
	if !s.in[atMoment].there {
		return
	}
	for i := range all {
		all[i].to = s.in[atMoment].to
		m.out.Asked++
		if m.explore(s, &all[i]); m.one && !m.out.Safe() {
			return
		}
	}
}

// explore looks for a request of a question that the moment allows, and neither end.
func (m *compared) explore(s *spotOf, q *inquiry) {
	var opened, unknown *Surplus
	space, err := q.space(m.askers[atMoment].w, m.pool)
	if err == nil {
		_, err = symbolic.Explore(space, nil, maxQuestions, func(axes []*symbolic.Axis, points []symbolic.Point) (bool, *symbolic.Trace, bool) {
			trace := &symbolic.Trace{}
			r := q.request(axes, points)
			r.plain = q.shows()
			found, sure := m.surplus(s, r, trace)
			switch {
			case found == nil:
			case sure:
				opened = found
			case unknown == nil:
				unknown = found
			}
			return found != nil, trace, opened == nil && (unknown == nil || !m.one)
		})
	}
	if err != nil && opened == nil && unknown == nil {
		unknown = &Surplus{Request: q.kind.String() + " to " + q.text(), By: err.Error()}
	}
	if opened != nil {
		m.out.Opened = append(m.out.Opened, *opened)
	} else if unknown != nil {
		m.out.Unknown = append(m.out.Unknown, *unknown)
	}
}

// surplus is that the moment allows a request and neither end does, nil where it is sure that it is not so. What the manifests leave open has one answer in
// all three worlds.
func (m *compared) surplus(s *spotOf, r Request, trace *symbolic.Trace) (found *Surplus, sure bool) {
	at, sure := m.uncovered(s, r, trace, anyReading)
	if at == nil || sure {
		return at, sure
	}
	for _, read := range [2]reading{asRequests, asBytes} {
		if s.tcp && read == asRequests { // requests at this port are asked about on their own
			continue
		}
		switch again, sure := m.uncovered(s, r, trace, read); {
		case sure:
			return again, true
		case again != nil:
			return at, false
		}
	}
	return nil, false
}

// uncovered looks for answers to the open questions under which the moment allows a request, and neither end does. If that depends on how a sidecar reads
// the traffic, read says how, in all worlds alike. Traffic without the client's identity counts as that of a client without one, which is asked about separately.
func (m *compared) uncovered(s *spotOf, r Request, trace *symbolic.Trace, read reading) (found *Surplus, sure bool) {
	o := &open{trace: trace, read: read, http2: true} // over HTTP/1 every Envoy, a sidecar's too, refuses the same methods
	for run := 1; ; run++ {
		if v, known := m.overtakes(s, r, o); v != nil && (found == nil || known) {
			found, sure = m.found(s, r, v), known
		}
		if sure {
			return found, sure
		}
		switch flipped, more := o.another(); {
		case !more:
			return found, sure
		case run == maxRuns:
			v := Verdict{}.unsettled(flipped)
			return m.found(s, r, &v), false
		}
	}
}

// overtakes reports what allows a request at the moment, or may, if neither end allows it for sure.
func (m *compared) overtakes(s *spotOf, r Request, o *open) (by *Verdict, known bool) {
	now := m.decide(atMoment, s, r, o)
	if now.standing() < isUncharted || now.standing() == isUntold {
		return nil, false
	}
	need := isAllowed
	if now.noRoute {
		need = isUnrouted
	}
	by, known = &now, !now.standing().unknown()
	for _, i := range [2]int{atBegin, atEnd} {
		end := m.decide(i, s, r, o)
		switch is := end.standing(); {
		case is >= need && is != isUntold:
			return nil, false
		case known && (is.unknown() || is == isUntold):
			by, known = &end, false
		}
	}
	if !known && m.untouched(s, r, o.read) {
		return nil, false
	}
	return by, known
}

func (m *compared) found(s *spotOf, r Request, v *Verdict) *Surplus {
	r.To = s.in[atMoment].to
	out := &Surplus{Request: r.text(), By: v.By()}
	if namespace, name, ok := strings.Cut(v.Policy, "/"); ok {
		out.Because = Object{"AuthorizationPolicy", namespace, name}
	}
	out.By = cmp.Or(out.By, "it is not known what decides")
	return out
}

func (m *compared) decide(i int, s *spotOf, r Request, o *open) Verdict {
	if !s.in[i].there {
		return Verdict{Outcome: Deny, Step: stepAt(thereIsNone, "")}
	}
	r.To, r.Port = s.in[i].to, s.port
	return m.askers[i].w.decide(r, o)
}
