package access

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// probe is one way to ask: an operation that some rule names.
type probe struct {
	method, path string
	port         int
}

func (p probe) String() string {
	switch {
	case p.port != 0:
		return "port " + portText(p.port)
	case p.path == "":
		return cmp.Or(p.method, "any method")
	}
	return cmp.Or(p.method, "GET") + " " + p.path
}

// probes are the operations of a namespace's ALLOW rules: paths with a template filled in, methods, and ports of pods.
func (w *World) probes(s *space) (out []probe) {
	seen := map[probe]bool{}
	add := func(p probe) {
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	for _, p := range s.policies {
		if p.action != allow {
			continue
		}
		for i := range p.rules {
			for _, e := range p.rules[i].to {
				eachOperation(e, len(p.targets) == 0, add)
			}
		}
	}
	return out
}

func eachOperation(e []condition, pods bool, add func(probe)) {
	verb, paths := "", []string(nil)
	for _, c := range e {
		switch {
		case c.attribute == method && len(c.values) > 0:
			verb = c.values[0]
		case c.attribute == path:
			paths = c.values
		case c.attribute == port && pods:
			for _, v := range c.values {
				n := 0
				for j := range len(v) {
					n = n*10 + int(v[j]-'0')
				}
				add(probe{port: n})
			}
		}
	}
	for _, p := range paths {
		p = strings.NewReplacer(anySegments, "x", oneSegment, "{name}", "*", "x").Replace(p)
		if !strings.HasPrefix(p, "/") {
			p = "/" + p
		}
		add(probe{method: verb, path: p})
	}
	if verb != "" && verb != "*" && verb != "GET" && len(paths) == 0 {
		add(probe{method: verb})
	}
}

// reach collects what one client reaches, grouped by outcome and policy.
type reach struct {
	w      *World
	s      *space
	c      client
	groups []group
	denied string
	// notebooks are the workloads that a notebook controller labelled.
	notebooks []*workload
}

type group struct {
	outcome Outcome
	by      string
	what    []string
	holds   map[string]bool // what
}

func (r *reach) add(v Verdict, what string) {
	by := shortBy(v, r.s.name)
	if v.Outcome == Deny {
		r.denied = cmp.Or(r.denied, by)
		return
	}
	for i := range r.groups {
		if g := &r.groups[i]; g.outcome == v.Outcome && g.by == by {
			if !g.holds[what] {
				g.holds[what] = true
				g.what = append(g.what, what)
			}
			return
		}
	}
	r.groups = append(r.groups, group{v.Outcome, by, []string{what}, map[string]bool{what: true}})
}

// anyService stands for all where the manifests hold none.
const anyService = "any Service"

// reaches asks for every Service, for the operations that rules name where the Service as such is closed, and for pod addresses.
func (w *World) reaches(s *space, c client, probes []probe) []Access {
	r := &reach{w: w, s: s, c: c}
	for _, pod := range s.workloads {
		if _, ok := pod.labels.get("notebook-name"); ok {
			r.notebooks = append(r.notebooks, pod)
		}
	}
	var closed []string
	byName := 0 // Services that a waypoint may stand before
	var usual ruling
	for _, name := range s.serviceNames() {
		v := w.Decide(Request{From: c.from, To: To{Namespace: s.name, Service: name}, Headers: c.header})
		if got := (ruling{outcome: v.Outcome, Step: v.Step}); name == anyService {
			usual = got
			r.add(v, r.label(name, v))
		} else if got != usual { // else nothing is special about it
			r.add(v, r.label(name, v))
		}
		if svc := s.service(name); svc != nil && svc.headless {
			continue
		}
		byName++
		if v.Outcome == Deny {
			closed = append(closed, name)
		}
	}
	if !c.from.ingress() {
		r.operations(probes, byName, closed)
		r.podAddresses(probes)
	}
	return r.access()
}

// serviceNames are the Services to ask for: those of the manifests, those that the notebook controller makes, and those that only a policy
// names.
func (s *space) serviceNames() []string {
	var names, named []string
	for _, svc := range s.services {
		if !svc.external {
			names = append(names, svc.name)
		}
	}
	sort.Strings(names)
	for _, n := range s.notebooks {
		if s.service(n) == nil {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		names = []string{anyService}
	}
	seen := map[string]bool{}
	for _, p := range s.policies {
		for _, t := range p.targets {
			if s.lacks(t) && !s.isNotebook[t.name] && !seen[t.name] {
				seen[t.name] = true
				named = append(named, t.name)
			}
		}
	}
	sort.Strings(named)
	return append(names, named...)
}

func (s *space) lacks(t target) bool {
	return t.kind == "Service" && (t.group == "" || t.group == "core") && t.name != "" && s.service(t.name) == nil
}

// label names a Service: a notebook, a headless one, one that no route leads to.
func (r *reach) label(name string, v Verdict) string {
	if svc := r.s.service(name); svc != nil && svc.headless {
		name += " (headless)"
	} else if svc != nil && r.isNotebook(svc) || r.s.isNotebook[name] {
		name = "notebook " + name
	} else if svc == nil && name != anyService {
		name += " (assumed)"
	}
	if r.c.from.ingress() && v.Outcome == Allow && v.noRoute {
		return name + " (no route yet)"
	}
	return name
}

func (r *reach) isNotebook(svc *service) bool {
	if _, named := svc.selector.get("notebook-name"); named {
		return true
	}
	return len(svc.selector) > 0 && slices.ContainsFunc(r.notebooks, func(pod *workload) bool { return svc.selector.selects(pod.labels) })
}

// operations asks what rules name for the Services that are closed as such. all is the number of Services.
func (r *reach) operations(probes []probe, all int, closed []string) {
	for _, p := range probes {
		if p.port != 0 {
			continue
		}
		var open []string
		var last Verdict
		for _, name := range closed {
			v := r.w.Decide(Request{
				From: r.c.from, To: To{Namespace: r.s.name, Service: name}, Headers: r.c.header, Method: p.method,
				Path: strings.ReplaceAll(p.path, "{name}", strings.ReplaceAll(name, " ", "-")),
			})
			if v.Outcome != Deny && v.Point.Kind != AtZtunnel {
				open, last = append(open, name), v
			}
		}
		switch {
		case len(open) == 0:
		case len(open) == all:
			r.add(last, p.String())
		default:
			r.add(last, p.String()+" of "+strings.Join(open, ", "))
		}
	}
}

func (r *reach) podAddresses(probes []probe) {
	pod := To{Namespace: r.s.name, Pod: map[string]string{}}
	v := r.w.Decide(Request{From: r.c.from, To: pod, TCP: true})
	if v.Outcome == NotJudged && v.lacks == port {
		v = r.w.Decide(Request{From: r.c.from, To: pod, TCP: true, Port: 1})
	}
	r.add(v, "pod addresses")
	if v.Outcome == Allow {
		return
	}
	for _, p := range probes {
		if p.port != 0 {
			r.add(r.w.Decide(Request{From: r.c.from, To: pod, TCP: true, Port: p.port}), "pod addresses, "+p.String())
		}
	}
}

func (r *reach) access() []Access {
	if len(r.groups) == 0 {
		return []Access{{r.c.who, r.c.kind, "nothing", Deny.String(), r.denied}}
	}
	out := make([]Access, len(r.groups))
	for i, g := range r.groups {
		out[i] = Access{r.c.who, r.c.kind, strings.Join(g.what, ", "), g.outcome.String(), g.by}
	}
	return out
}

// shortBy names the deciding policy within its namespace, and the kind of point.
func shortBy(v Verdict, own string) string {
	s := v.Step
	kind := string(s.Point.Kind)
	text := s.Why
	if s.Policy != "" && s.Point.Kind != AtRoute {
		text = strings.TrimPrefix(s.Policy, own+"/")
		if s.Rule >= 0 {
			text += " rule " + portText(s.Rule)
		}
		if v.Outcome == Deny && s.Rule < 0 {
			text = s.Why + " (" + text + ")"
		}
		if v.Outcome == NotJudged {
			text += ": " + s.Why
		}
	} else if s.Policy != "" {
		text = s.Policy + " " + s.Why
	}
	if v.Outcome == NotJudged {
		kind = "NOT JUDGED: " + kind
	}
	return kind + ": " + text
}
