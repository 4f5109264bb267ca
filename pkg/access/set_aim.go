package access

import (
	"slices"
	"sort"
	"strings"
)

// aim is a Service, or a kind of pods behind a waypoint of their own, to ask for, with the policies that stand before it.
type aim struct {
	name, label string
	to          To
	svc         *service
	assumed     bool // only a policy names it
	waypoint    *gateway
	policies    []*policy
	openings    []opening
	approaches  []approach
	pooled      bool // only an InferencePool may lead there, which is not judged

	// what is looked for when it is first needed
	seeds      *values
	accepted   []JWT
	asked      bool // for accepted
	hosts      bool // some policy compares hosts
	askedHosts bool
}

// values are those that the policies at a point name.
type values struct {
	methods, paths, hosts []string
	headerNames           []string
	headers               map[string][]string
}

// anyService stands for all where the manifests hold none.
const anyService = "any Service"

// aims are the Services to ask for: those of the manifests, those that the notebook controller makes or routes lead to, and those that only a policy names.
func (x *asker) aims(s *space) (out []*aim) {
	for _, name := range x.serviceNames(s) {
		out = append(out, x.aim(s, name))
	}
	return out
}

// aim is one Service to ask for.
func (x *asker) aim(s *space, name string) *aim {
	svc := s.service(name)
	a := &aim{name: name, to: To{Namespace: s.name, Service: name}, svc: svc, assumed: svc == nil && !s.isNotebook[name]}
	if svc == nil {
		svc = (&trip{w: x.w}).service(s, name)
		if s.isNotebook[name] {
			a.svc = svc
		}
	}
	a.label = x.label(s, a)
	if b := x.w.serviceWaypoint(svc); b.gateway != nil {
		a.waypoint, a.policies = b.gateway, x.w.atWaypoint(b.gateway, svc)
		a.openings = openingsOf(a.policies)
	} else if !svc.headless {
		a.openings = []opening{{}}
	}
	a.approaches = x.w.approaches(svc.id())
	a.pooled = len(a.approaches) == 0 && x.w.pooled(svc, s.pods(svc))
	return a
}

// pooled reports whether a route leads to an InferencePool that may choose the pods of a Service.
func (w *World) pooled(svc *service, pods []*workload) bool {
	for _, g := range w.allIngresses() {
		for _, t := range w.tables(g) {
			if slices.ContainsFunc(t.toPools, func(m hostMatch) bool { return w.poolOf(m.match, svc, pods) != "" }) {
				return true
			}
		}
	}
	return false
}

// serviceNames: those of the manifests first.
func (x *asker) serviceNames(s *space) []string {
	var names, named []string
	for _, svc := range s.services {
		if !svc.external {
			names = append(names, svc.name)
		}
	}
	sort.Strings(names)
	add := func(l *[]string, n string) {
		if s.service(n) == nil && !slices.Contains(names, n) && !slices.Contains(*l, n) {
			*l = append(*l, n)
		}
	}
	for _, n := range s.notebooks {
		add(&names, n)
	}
	for _, n := range x.routed[s.name] {
		add(&names, n)
	}
	if len(names) == 0 {
		names = []string{anyService}
	}
	for _, p := range s.policies {
		for _, t := range p.targets {
			if t.kind == "Service" && (t.group == "" || t.group == "core") && t.name != "" {
				add(&named, t.name)
			}
		}
	}
	sort.Strings(named)
	return append(names, named...)
}

// routedServices are the Services that routes lead to, by namespace.
func (w *World) routedServices() map[string][]string {
	out := map[string][]string{}
	add := func(namespace, name string) {
		if name != "" && !slices.Contains(out[namespace], name) {
			out[namespace] = append(out[namespace], name)
		}
	}
	for _, r := range w.sortedRoutes() {
		for i := range r.rules {
			for _, b := range r.rules[i].backends {
				if !b.foreign {
					add(b.namespace, b.name)
				}
			}
		}
	}
	for id := range w.bound.leading {
		namespace, name, _ := strings.Cut(id, "/")
		add(namespace, name)
	}
	for _, names := range out {
		sort.Strings(names)
	}
	return out
}

// label names a Service: a notebook, a headless one, one that is not in the manifests.
func (x *asker) label(s *space, a *aim) string {
	switch {
	case a.svc != nil && a.svc.headless:
		return a.name + " (headless)"
	case s.isNotebook[a.name], a.svc != nil && s.ofNotebook(a.svc):
		return "notebook " + a.name
	case a.assumed && a.name != anyService:
		return a.name + " (assumed)"
	}
	return a.name
}

// ofNotebook reports whether a Service selects the pods of a notebook.
func (s *space) ofNotebook(svc *service) bool {
	if _, named := svc.selector.get("notebook-name"); named {
		return true
	}
	return len(svc.selector) > 0 && slices.ContainsFunc(s.workloads, func(pod *workload) bool {
		_, notebook := pod.labels.get("notebook-name")
		return notebook && svc.selector.selects(pod.labels)
	})
}

// host is the name that pods call a Service by.
func (a *aim) host() string {
	if a.to.Service == "" {
		return "x.example.com"
	}
	return hostOf(a.to.Namespace, strings.ReplaceAll(a.name, " ", "-"))
}

func (a *aim) comparesHosts(x *asker) bool {
	if !a.askedHosts {
		a.askedHosts = true
		a.hosts = a.compares(x, func(c *condition) bool {
			return c.attribute == host || c.attribute == header && (c.key == ":authority" || c.key == "host")
		})
	}
	return a.hosts
}

// comparesTokens reports whether some policy of the point asks for a token.
func (a *aim) comparesTokens() bool {
	return slices.ContainsFunc(a.policies, func(p *policy) bool {
		return p.any(func(c *condition) bool { return ofToken(c.attribute) })
	})
}

func (a *aim) compares(x *asker, of func(*condition) bool) bool {
	return slices.ContainsFunc(a.policies, func(p *policy) bool { return p.any(of) }) ||
		slices.ContainsFunc(x.gatewayPolicies, func(p *policy) bool { return p.any(of) })
}

// any reports whether a condition of the policy is such.
func (p *policy) any(of func(*condition) bool) bool {
	found := false
	p.each(func(c *condition) { found = found || of(c) })
	return found
}

func (p *policy) each(f func(*condition)) {
	for i := range p.rules {
		r := &p.rules[i]
		for _, l := range append(append([][]condition{r.when}, r.from...), r.to...) {
			for j := range l {
				f(&l[j])
			}
		}
	}
}

// tokens are one for each issuer that the waypoint takes tokens of.
func (a *aim) tokens(x *asker) []JWT {
	if a.asked || a.waypoint == nil {
		return a.accepted
	}
	a.asked = true
	rules, _ := x.w.waypointJWT(a.waypoint, a.svc)
	for _, r := range rules {
		if r.issuer != "" && !slices.ContainsFunc(a.accepted, func(t JWT) bool { return t.Issuer == r.issuer }) {
			a.accepted = append(a.accepted, JWT{Issuer: r.issuer, Subject: "somebody", Audiences: r.audiences[:min(len(r.audiences), 1)]})
		}
	}
	return a.accepted
}

// maxSeeds bounds how many values of an attribute are tried for the sake of other rules.
const maxSeeds = 64

// values are those of all rules at the aim and at the gateways, DENY rules included: where one stops most requests, what it spares is among them.
func (a *aim) values(x *asker) *values {
	if a.seeds != nil {
		return a.seeds
	}
	out := &values{headers: map[string][]string{}}
	add := func(l *[]string, v ...string) {
		for _, v := range v {
			if len(*l) < maxSeeds && !slices.Contains(*l, v) {
				*l = append(*l, v)
			}
		}
	}
	each := func(p *policy) {
		p.each(func(c *condition) {
			for _, v := range slices.Concat(c.values, c.notValues) {
				switch {
				case c.attribute == method || c.key == ":method" && c.attribute == header:
					add(&out.methods, strings.ReplaceAll(v, "*", "X"))
				case c.attribute == path:
					add(&out.paths, pathFills(v, "", strings.ReplaceAll(a.name, " ", "-"))...)
				case c.attribute == host:
					add(&out.hosts, fills(v, true)...)
				case c.attribute == header && p.action != allow:
					add(&out.headerNames, c.key)
					l := out.headers[c.key]
					add(&l, fills(v, true)...)
					out.headers[c.key] = l
				}
			}
		})
	}
	for _, p := range a.policies {
		each(p)
	}
	for _, p := range x.gatewayPolicies {
		each(p)
	}
	a.seeds = out
	return out
}
