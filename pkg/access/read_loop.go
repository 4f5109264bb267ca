package access

import "strings"

// settleLoops clouds Gateways to whose own Service a route leads, by that name or an alias: requests come there that a gateway has changed, with other
// headers, paths and hosts than their clients wrote.
func (w *World) settleLoops() {
	seen := map[[2]string]bool{}
	w.eachLead(func(by *origin, _ bool, to backend) {
		namespace, name := to.service()
		if name == "" || seen[[2]string{namespace, name}] {
			return
		}
		seen[[2]string{namespace, name}] = true
		w.leadsToGateway(by, backend{namespace: namespace, name: name}, 0)
	})
}

// maxAliases is the maximum length of a chain of aliases.
const maxAliases = 8

func (w *World) leadsToGateway(by *origin, to backend, depth int) {
	svc := w.look(to.namespace).service(to.name)
	for _, g := range w.ingresses {
		if g.isServedBy(to, svc) {
			g.cloud = firstCloud(g.cloud, &cloud{origin: *by, at: by.place, why: "it leads to Service " + join(to.namespace, to.name) + ", which is Gateway " + g.id() + " itself, so that requests come there changed"})
		}
	}
	if svc == nil || !svc.external || depth > maxAliases {
		return
	}
	all := w.standsFor(svc)
	for _, g := range w.ingresses { // whose Service istiod makes
		if !strings.Contains(strings.TrimSuffix(svc.externalName, "."), ".") {
			all = append(all, backend{namespace: g.namespace, name: strings.ToLower(strings.TrimSuffix(svc.externalName, "."))})
		}
	}
	for _, next := range all {
		w.leadsToGateway(by, next, depth+1)
	}
}

// isServedBy reports whether a Service is a Gateway's: the one that istiod makes, that of its address, or one that selects its pods.
func (g *gateway) isServedBy(to backend, svc *service) bool {
	if g.byHand && g.address != "" {
		name, namespace := serviceOf(g.address, g.namespace)
		return to.namespace == namespace && to.name == name
	}
	return to.namespace == g.namespace && (to.name == g.name+"-"+g.class || svc != nil && len(svc.selector) > 0 && svc.selector.selects(g.pod.labels))
}
