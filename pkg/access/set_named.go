package access

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

