package access

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// settleAliases finds the Services of the mesh that routes lead to by the name of an ExternalName Service. That name is a CNAME, so who follows
// such a route comes to the other Service, and the referee does not follow it (Istio 1.31: kube/controller ExternalName, a cluster by DNS).
func (w *World) settleAliases() {
	var led map[string]bool // found when the first alias is
	for _, name := range w.names {
		for _, svc := range w.namespaces[name].services {
			if !svc.external {
				continue
			}
			if led == nil {
				led = w.ledTo()
			}
			if led[svc.id()] {
				w.cloudAliased(svc, svc, map[*service]bool{})
			}
		}
	}
}

// cloudAliased notes each Service that an alias refers to, also through other aliases.
func (w *World) cloudAliased(alias, at *service, seen map[*service]bool) {
	if seen[at] {
		return
	}
	seen[at] = true
	for _, to := range w.standsFor(at) {
		id := join(to.namespace, to.name)
		if w.aliased == nil {
			w.aliased = map[string]*cloud{}
		}
		if w.aliased[id] == nil && id != alias.id() {
			w.aliased[id] = &cloud{origin: alias.origin, field: "spec.externalName", at: alias.externalAt,
				why: "it is an alias of Service " + id + ", and routes lead there by this name"}
		}
		if next := w.look(to.namespace).service(to.name); next != nil && next.external {
			w.cloudAliased(alias, next, seen)
		}
	}
}

func (s *space) allServices() (out []backend) {
	for _, svc := range s.services {
		if !svc.external {
			out = append(out, backend{namespace: s.name, name: svc.name})
		}
	}
	return out
}

// standsFor are the Services that an externalName may mean. An Envoy looks a short name up with the search list of its own pod, so the name
// alone may be a Service of any namespace.
func (w *World) standsFor(svc *service) (out []backend) {
	if _, err := netip.ParseAddr(svc.externalName); err == nil { // of any pod or Service
		for _, ns := range w.names {
			out = append(out, w.namespaces[ns].allServices()...)
		}
		return out
	}
	parts := strings.Split(strings.ToLower(strings.TrimSuffix(svc.externalName, ".")), ".")
	switch {
	case len(parts) == 1:
		for _, ns := range w.names {
			if w.namespaces[ns].service(parts[0]) != nil {
				out = append(out, backend{namespace: ns, name: parts[0]})
			}
		}
	case len(parts) == 2:
		if w.namespaces[parts[1]] != nil {
			out = append(out, backend{namespace: parts[1], name: parts[0]})
		}
	case parts[2] == "pod": // CoreDNS: the address of a pod, with dashes
		out = w.look(parts[1]).allServices()
	case parts[2] == "svc":
		out = append(out, backend{namespace: parts[1], name: parts[0]})
	case len(parts) > 3 && parts[3] == "svc": // a pod of a headless Service
		out = append(out, backend{namespace: parts[2], name: parts[1]})
	}
	return out
}

// ledTo are the Services that routes of any kind name as where they lead, or send copies.
func (w *World) ledTo() map[string]bool {
	out := map[string]bool{}
	w.eachLead(func(_ *origin, _ bool, b backend) {
		if namespace, name := b.service(); name != "" {
			out[join(namespace, name)] = true
		}
	})
	return out
}

// eachLead visits where routes of any kind lead, or send copies. bound: they are bound to Services only, so that no gateway serves them.
func (w *World) eachLead(visit func(by *origin, bound bool, to backend)) {
	all := func(by *origin, bound bool, to []backend) {
		for _, b := range to {
			visit(by, bound, b)
		}
	}
	toServices := func(parents []parent) bool {
		return len(parents) > 0 && !slices.ContainsFunc(parents, func(p parent) bool { return p.kind != "Service" })
	}
	for _, name := range w.names {
		for _, r := range w.namespaces[name].routes {
			for i := range r.rules {
				all(&r.origin, toServices(r.parents), r.rules[i].backends)
				all(&r.origin, toServices(r.parents), r.rules[i].mirrors)
			}
		}
		for _, l := range w.namespaces[name].leads {
			all(&l.origin, toServices(l.parents), l.backends)
		}
	}
	for _, host := range slices.Sorted(maps.Keys(w.bound.virtuals)) {
		for _, v := range w.bound.virtuals[host] {
			all(&v.origin, !v.ofGateway(), v.to)
		}
	}
	for _, v := range append(w.bound.wild[:len(w.bound.wild):len(w.bound.wild)], w.bound.gateways...) {
		all(&v.origin, !v.ofGateway(), v.to)
	}
	for _, i := range w.ingressLeads {
		all(&i.origin, false, i.backends)
	}
}
