package access

import "strings"

// namedFronts are the accounts of Gateways that routes or policies name and the manifests do not hold: Istio calls them <Gateway>-istio.
func (w *World) namedFronts() map[string]bool {
	w.onceFronts.Do(func() {
		w.fronts = map[string]bool{}
		for _, ns := range w.names {
			w.nameFronts(w.namespaces[ns])
		}
	})
	return w.fronts
}

func (w *World) nameFronts(s *space) {
	front := func(kind, namespace, name string) {
		if kind == "Gateway" && w.look(namespace).gateway(name) == nil {
			w.fronts[join(namespace, name+"-istio")] = true
		}
	}
	for _, r := range s.routes {
		for _, p := range r.parents {
			front(p.kind, p.namespace, p.name)
		}
	}
	for _, a := range s.authentications {
		for _, t := range a.targets {
			front(t.kind, s.name, t.name)
		}
	}
	for _, p := range s.policies {
		for _, t := range p.targets {
			front(t.kind, s.name, t.name)
		}
	}
}

// proxies are the waypoints of the Services and the ingress Gateways.
func (l *clientList) proxies(aims []*aim) {
	for _, a := range aims {
		if a.waypoint != nil {
			l.proxy("waypoint ", a.waypoint.namespace, a.waypoint.account)
		}
	}
	for _, g := range l.w.allIngresses() {
		l.proxy("gateway ", g.namespace, g.account)
	}
}

func (l *clientList) proxy(what, namespace, account string) {
	if g := l.w.look(namespace).gateway(account); g != nil && g.waypoint {
		what = "waypoint "
	}
	l.add(client{who: what + join(namespace, strings.TrimSuffix(account, "-istio")), kind: "proxy", from: From{ServiceAccount: join(namespace, account)}, proxy: true})
}
