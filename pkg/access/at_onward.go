package access

import (
	"cmp"
	"slices"
)

// onward finds how requests for another Service come to the pods of one: a route leads to a Service whose waypoint has a route that leads on (core
// getWaypointDestinationCluster). Nobody asks the policies of the Service that is meant.
func (w *World) onward(svc *service) (by *origin, why string) {
	for _, o := range w.onwards()[svc.id()] {
		if o.from == "" || o.from != svc.id() && w.led()[o.from] {
			return o.by, "leads on to " + svc.id() + " behind the waypoint of Service " + o.from + ", which is not followed"
		}
	}
	return nil, ""
}

// onwardRoute is a route that is bound to a Service, "" for one of several hosts.
type onwardRoute struct {
	by   *origin
	from string
}

// onwards files routes that are bound to Services by where they lead.
func (w *World) onwards() map[string][]onwardRoute {
	w.onceOnwards.Do(func() {
		w.onwardRoutes = map[string][]onwardRoute{}
		add := func(by *origin, from string, to []backend) {
			for _, b := range to {
				if id := join(b.namespace, b.name); !b.foreign && b.name != "" && id != from {
					w.onwardRoutes[id] = append(w.onwardRoutes[id], onwardRoute{by, from})
				}
			}
		}
		for from, routes := range w.bound.toService {
			for _, r := range routes {
				for i := range r.rules {
					add(&r.origin, from, r.rules[i].backends)
				}
			}
		}
		for from, streams := range w.bound.streams {
			for _, l := range streams {
				add(&l.origin, from, l.backends)
			}
		}
		for host, virtuals := range w.bound.virtuals {
			for _, v := range virtuals {
				name, namespace := serviceOf(host, v.namespace)
				add(&v.origin, join(namespace, name), v.to)
			}
		}
		for _, all := range w.onwardRoutes { // maps have no order
			slices.SortFunc(all, func(a, b onwardRoute) int { return compareOrigins(a.by, b.by, a.from, b.from) })
		}
	})
	return w.onwardRoutes
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
