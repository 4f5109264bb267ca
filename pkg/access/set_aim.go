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
	fixed       []int // all ports, where they are known
}

// anyService represents all Services where the manifests hold none.
const anyService = "any Service"

// aims are the Services to ask for: those of the manifests, those that the notebook controller makes or routes lead to, and those that only a policy names.
func (x *asker) aims(s *space) (out []*aim) {
	if x.w.locked != nil {
		return x.w.locked.aims(s)
	}
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
	}
	return a
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
