package access

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// onward finds how requests for another Service come to the pods of one: a route leads to a Service whose waypoint has a route that leads on (core
// getWaypointDestinationCluster). Nobody asks the policies of the Service that is meant.
func (w *World) onward(svc *service) (by *origin, why string) {
	for _, o := range w.onwards()[svc.id()] {
		if !o.copies && o.from != "" && w.led()[o.from] && w.taken(&o) {
			return o.by, "leads on to " + svc.id() + " behind the waypoint of Service " + o.from + ", which is not followed"
		}
	}
	return nil, ""
}

// onwardRoute is a route of the mesh that leads from one Service to another.
type onwardRoute struct {
	by     *origin
	to     string
	from   string // "" for a ServiceEntry, and for several hosts
	stream bool   // it carries connections
	copies bool   // what it sends there is a copy
}

// taken reports whether a proxy may take a route: the waypoint of the Service that it starts from (ofWaypoint), or the sidecar of some client.
func (w *World) taken(o *onwardRoute) bool {
	namespace, name, _ := strings.Cut(o.from, "/")
	if name == "" || o.by.namespace == namespace || w.anySidecars() {
		return true
	}
	svc := w.serviceOrPlain(namespace, name)
	b := w.serviceWaypoint(svc)
	return b.doubt != "" || b.missing != "" || b.gateway != nil && b.gateway.ofWaypoint(o.by, svc)
}

// anySidecars reports whether some pod of the manifests, or one that is added to their namespaces, may have a sidecar.
func (w *World) anySidecars() bool {
	w.onceSidecars.Do(func() {
		w.sidecars = slices.ContainsFunc(w.names, func(name string) bool {
			s := w.namespaces[name]
			may := func(pod *workload) bool { m := s.member(pod); return m == sidecar || m == unclear }
			return slices.ContainsFunc(s.workloads, may) || s.declared && may(s.madeUp("pod", nil))
		})
	})
	return w.sidecars
}

// onwards files routes of the mesh by the Service that they lead to, in order.
func (w *World) onwards() map[string][]onwardRoute {
	w.onceOnwards.Do(func() {
		w.onwardRoutes, w.onwardInto = map[string][]onwardRoute{}, map[string][]onwardRoute{}
		add := func(one onwardRoute, to []backend) {
			for _, b := range to {
				if one.to = join(b.namespace, b.name); !b.foreign && b.name != "" && one.to != one.from {
					w.onwardRoutes[one.to] = append(w.onwardRoutes[one.to], one)
				}
			}
		}
		for _, r := range w.sortedRoutes() {
			for _, p := range r.parents {
				one := onwardRoute{by: &r.origin}
				switch p.kind {
				case "Service":
					one.from = join(p.namespace, p.name)
				case "ServiceEntry":
				default:
					continue
				}
				for i := range r.rules {
					copies := one
					copies.copies = true
					add(one, r.rules[i].backends)
					add(copies, r.rules[i].mirrors)
				}
			}
		}
		for from, streams := range w.bound.streams {
			for _, l := range streams {
				add(onwardRoute{by: &l.origin, from: from, stream: true}, l.backends)
			}
		}
		for host, virtuals := range w.bound.virtuals {
			for _, v := range virtuals {
				name, namespace := serviceOf(host, v.namespace)
				add(onwardRoute{by: &v.origin, from: join(namespace, name)}, w.destinationsOf(v))
			}
		}
		for _, v := range w.bound.wild {
			add(onwardRoute{by: &v.origin}, w.destinationsOf(v))
		}
		for _, to := range slices.Sorted(maps.Keys(w.onwardRoutes)) { // maps have no order
			all := w.onwardRoutes[to]
			slices.SortStableFunc(all, func(a, b onwardRoute) int { return compareOrigins(a.by, b.by, a.from, b.from) })
			namespace, _, _ := strings.Cut(to, "/")
			w.onwardInto[namespace] = append(w.onwardInto[namespace], all...)
		}
	})
	return w.onwardRoutes
}

// onwardsInto are those that lead to Services of a namespace.
func (w *World) onwardsInto(namespace string) []onwardRoute {
	w.onwards()
	return w.onwardInto[namespace]
}

// led are the Services that routes of gateways lead to.
func (w *World) led() map[string]bool {
	w.onceLed.Do(func() {
		w.ledServices = map[string]bool{}
		w.eachLead(func(_ *origin, bound bool, b backend) {
			if namespace, name := b.service(); name != "" && !bound {
				w.ledServices[join(namespace, name)] = true
			}
		})
	})
	return w.ledServices
}

func compareOrigins(a, b *origin, first, second string) int {
	return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name), cmp.Compare(a.kind, b.kind), cmp.Compare(first, second))
}
