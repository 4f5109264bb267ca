package access

import "slices"

// A Gateway of another class than Istio's is served by another vendor's proxy. Istio's policies do not reach it, and its requests may arrive
// with the identity of its pods or with none, so nothing that its routes may lead to is judged through it.

// foreignRoutes are the routes that such Gateways may serve, with the Gateway of each.
func (w *World) foreignRoutes(serves func(*route, *gateway)) {
	if len(w.foreign) == 0 {
		return
	}
	for _, r := range w.sortedRoutes() {
		for _, id := range w.gatewaysServing(r, false) {
			if i := slices.IndexFunc(w.foreign, func(g *gateway) bool { return g.id() == id }); i >= 0 {
				serves(r, w.foreign[i])
			}
		}
	}
}

// foreignTo finds a Gateway of another class of which a route may lead to a Service, or to pods of it by an InferencePool.
func (w *World) foreignTo(svc *service, pods []*workload) (g *gateway, found bool) {
	w.foreignRoutes(func(r *route, by *gateway) {
		for i := range r.rules {
			rule := &r.rules[i]
			c := candidate{route: r, index: i, rule: rule}
			if c.leadsTo(svc.id()) || w.poolOf(&c, svc, pods) != "" || slices.ContainsFunc(rule.mirrors, func(b backend) bool { return join(b.namespace, b.name) == svc.id() }) {
				g, found = by, true
			}
		}
	})
	return g, found
}

// foreignCloud is why nothing is judged of a Gateway of another class.
func (g *gateway) foreignCloud() *cloud {
	class := "none"
	if g.class != "" {
		class = g.class
	}
	return &cloud{origin: g.origin, field: "spec.gatewayClassName", at: g.place, why: "class " + class + " is not one of Istio's Envoys, so Istio's policies may not hold there"}
}
