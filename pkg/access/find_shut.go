package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// shut reports whether it is plain, without asking the sets, that no stranger gets in: a pod or a client off the mesh, and a user of an ingress Gateway.
// It may be wrong in one direction only: if it returns true, the sets find nobody.
//
// Every connection to a pod goes through its ztunnel. So it is shut if all pods are captured, some ALLOW policy selects all of them, and each ALLOW rule there is
// for clients that it names and that belong to no other tenant; ingress Gateways are not among them. The remaining clients are the proxies in the namespace itself,
// its waypoints: each has an ALLOW policy, and each rule is for such clients, for open paths, or, where it takes ingress Gateways, for users that it names. DENY and
// CUSTOM policies, selectors, ports, paths and routes only narrow access further, so they are not examined.
func (a *selfCheck) shut(t *Tenant, s *space) (pods, users bool) {
	for _, pod := range s.workloads {
		if s.member(pod) != captured {
			return false, false
		}
	}
	all, waypoints := false, false // an ALLOW policy is for all pods, and for all waypoints
	pods, users = true, true
	for _, ns := range a.w.namesOf(s) {
		for _, p := range a.w.look(ns).policies {
			on := l7
			switch {
			case p.bad != nil:
				return false, false
			case p.dryRun || p.action != allow:
				continue
			case p.reachesZtunnel():
				on, all = l4, all || len(p.selector) == 0
			case len(p.targets) == 0: // it selects nothing
				continue
			default:
				waypoints = waypoints || p.targetsClass() && ns == a.w.mesh.rootNamespace
			}
			for i := range p.rules {
				if r := &p.rules[i]; !a.opened[p] && (on == l7 || r.droppedByZtunnel() == "") {
					pods = pods && (a.namesClients(p, r, s.name) || t.meant(on, r))
					users = users && !a.takesGateways(on, p, r, t)
				}
			}
		}
	}
	if !all || !a.waypointsShut(s, waypoints) {
		return false, false
	}
	return pods, users
}

// waypointsShut reports whether the waypoints are the namespace's own, and an ALLOW policy is attached to each. all: one is attached to all waypoints.
func (a *selfCheck) waypointsShut(s *space, all bool) bool {
	own := func(labels labels, traffic string) bool {
		g := a.w.bind(s, labels, traffic).gateway
		return g == nil || g.namespace == s.name
	}
	if !own(nil, "service") || !own(nil, "workload") ||
		slices.ContainsFunc(s.services, func(svc *service) bool { return !own(svc.labels, "service") }) ||
		slices.ContainsFunc(s.workloads, func(pod *workload) bool { return !own(pod.labels, "workload") }) {
		return false
	}
	return all || !slices.ContainsFunc(s.gateways, func(g *gateway) bool {
		return g.waypoint && !slices.ContainsFunc(s.policies, func(p *policy) bool { return p.action == allow && p.inWaypoint(g) })
	})
}

// namesClients reports whether a rule is for clients that it names as they are, none of them of another tenant.
func (a *selfCheck) namesClients(p *policy, r *rule, own string) bool {
	named := func(entry []condition) bool {
		return slices.ContainsFunc(entry, func(c condition) bool {
			return len(c.values) > 0 && !slices.ContainsFunc(c.values, func(v string) bool { return !a.belongs(c.attribute, v, p.namespace, own) })
		})
	}
	return named(r.when) || len(r.from) > 0 && !slices.ContainsFunc(r.from, func(e []condition) bool { return !named(e) })
}

// belongs reports whether a source's value names one client, or one namespace, and not one of another tenant.
func (a *selfCheck) belongs(attr attribute, v, policyNamespace, own string) bool {
	ns := v
	switch attr {
	case principal:
		id, ok := parsePrincipal(v)
		if !ok {
			return false
		}
		ns = id.namespace
	case serviceAccount:
		of, _, ok := strings.Cut(v, "/")
		if ns = of; !ok {
			ns = policyNamespace
		}
	case namespaceOf:
	default:
		return false
	}
	return !strings.ContainsAny(v, "*") && !strings.Contains(ns, "/") && ns != "" && ns != stranger && (ns == own || !a.tenants[ns])
}

// takesGateways reports whether a rule may allow requests from an ingress Gateway for a user whom it does not name.
func (a *selfCheck) takesGateways(on layer, p *policy, r *rule, t *Tenant) bool {
	return slices.ContainsFunc(a.gateways(), func(peer identity) bool { return a.takes(on, p, r, peer) }) &&
		(on == l4 || !r.namesUsers(strings.ToLower(cmp.Or(t.Header, usualUserHeader))))
}

// takes reports whether a rule may allow some request from a client, with a token or without.
func (a *selfCheck) takes(on layer, p *policy, r *rule, peer identity) bool {
	at := freeAttributes(peer)
	at.tcp = on == l4
	if a.w.match(on, p, r, &at) != no {
		return true
	}
	at.claims = anyClaims
	return a.w.match(on, p, r, &at) != no
}

// namesUsers reports whether a rule is for values of the user header that it states as they are.
func (r *rule) namesUsers(name string) bool {
	return slices.ContainsFunc(r.when, func(c condition) bool {
		return c.attribute == header && c.key == name && len(c.values) > 0 && !slices.ContainsFunc(c.values, func(v string) bool { return strings.Contains(v, "*") })
	})
}

// anyClaims: a token whose claims nobody knows.
var anyClaims = claims{{"iss", symbolic.In(some)}, {"sub", symbolic.In(some)}, {"*", symbolic.In(perhaps)}}

// gateways are all ingress Gateways as policies behind them know them, and the one that the tenant at hand says there is.
func (a *selfCheck) gateways() []identity {
	if a.doorways == nil {
		for _, g := range a.w.allIngresses() {
			a.doorways = append(a.doorways, a.w.identity(g.namespace, g.account))
		}
	}
	if slices.ContainsFunc(a.doorways, func(id identity) bool { return id.sameAs(a.users) }) {
		return a.doorways
	}
	return append(a.doorways[:len(a.doorways):len(a.doorways)], a.users)
}

// sameAs reports whether two identities that are known are one.
func (id identity) sameAs(o identity) bool {
	return id.domain == o.domain && id.namespace == o.namespace && id.account == o.account
}
