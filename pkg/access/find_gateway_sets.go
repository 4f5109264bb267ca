package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// settle has the sets decide whether a way through a Gateway is open that seems to be, or whether one is that a rule may allow all the same. What they do not
// follow stays as it seems: connections, Istio Gateways and Ingresses, InferencePools.
func (a *selfCheck) settle(g *gateway, way passage, seems entry) entry {
	namespace, name := way.to.service()
	t := a.tenantOf(namespace)
	switch {
	case way.stream || name == "" || way.to.kind == "InferencePool" || t == nil || !slices.Contains(a.w.ingresses, g):
		return seems
	case seems.at == "" && !a.mayTake(g, a.w.look(namespace), t):
		return seems
	}
	w := a.watchGateway(g, t, name)
	switch {
	case len(w.entrants)+len(w.perhaps) == 0 && !w.doubts && !w.masked:
		return entry{}
	case seems.at != "" || len(w.entrants) == 0:
		return seems
	}
	by := &w.entrants[0]
	if by.policy == nil || a.opened[by.policy] { // which is reported already
		return entry{}
	}
	out := entry{passage: way, who: anyUser, policy: by.policy, rule: by.rule, at: "ztunnel"}
	if by.kind == anonymous {
		out.who = anybody
	}
	if by.on == l7 {
		out.at = "waypoint " + a.w.serviceWaypoint(a.w.serviceOrPlain(namespace, name)).gateway.id()
	}
	return out
}

// watchGateway asks for the clients of a Gateway at a Service, once for Services of one name in namespaces that are alike.
func (a *selfCheck) watchGateway(g *gateway, t *Tenant, service string) *watch {
	s := a.w.look(t.Namespace)
	key := g.id() + " " + service + " " + a.likeness(t)
	if like := a.likeWays[key]; like != nil {
		out := *like
		out.entrants = slices.Clone(out.entrants)
		for i := range out.entrants {
			x := suspect{policy: out.entrants[i].policy}
			x.in(like.s, s)
			out.entrants[i].policy = x.policy
		}
		return &out
	}
	w := a.watch(t, s)
	w.through, w.guests = g, true
	var all []goal
	for _, port := range a.sets().aim(s, service).allPorts() {
		all = append(all, goal{To{Namespace: s.name, Service: service}, port, false})
	}
	w.lookAt(all)
	a.likeWays[key] = w
	return w
}

// mayTake reports whether a rule for a namespace may allow requests from a Gateway for a user whom it does not name. A user whom it names is not a stranger if
// the Gateway writes who the user is.
func (a *selfCheck) mayTake(g *gateway, s *space, t *Tenant) bool {
	name := strings.ToLower(cmp.Or(t.Header, usualUserHeader))
	for _, ns := range a.w.namesOf(s) {
		for _, p := range a.w.look(ns).policies {
			if p.bad != nil || p.dryRun || p.action != allow {
				continue
			}
			on := l7
			if len(p.targets) == 0 {
				on = l4
			}
			for i := range p.rules {
				if r := &p.rules[i]; a.takes(on, p, r, a.w.identity(g.namespace, g.account)) && (on == l4 || !r.namesUsers(name) || !a.writesUser(g, name)) {
					return true
				}
			}
		}
	}
	return false
}

// writesUser reports whether the user header that leaves a Gateway is never the client's: some rule for tokens writes it, so that what a client sends is taken
// off, and its policies deny a CORS preflight with the header, at which Envoy looks for no token.
func (a *selfCheck) writesUser(g *gateway, name string) bool {
	key := g.id() + " " + name
	if _, known := a.writers[key]; !known {
		rules, doubt := a.w.gatewayJWT(g)
		at := freeAttributes(identity{})
		at.headers = headers{{name, symbolic.In(some)}}
		a.writers[key] = doubt == "" && anyWrites(rules, name) &&
			a.w.judge(l7, g.point(), a.w.atGateway(g), &at).outcome == Deny
	}
	return a.writers[key]
}

func (a *selfCheck) tenantOf(namespace string) *Tenant {
	if a.byName == nil {
		a.byName = map[string]*Tenant{}
		for i := range a.all {
			a.byName[a.all[i].Namespace] = &a.all[i]
		}
	}
	return a.byName[namespace]
}
