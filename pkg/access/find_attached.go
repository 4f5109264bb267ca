package access

// mayServe names the gateway that may serve a route by one of its parents, "" where that is none or refuses it. stream: the route carries
// connections. The findings ask: what the manifests lack, a Gateway, a ListenerSet or a label of a Namespace, may be there.
func (w *World) mayServe(r *route, p parent, stream bool) string {
	switch p.kind {
	case "ListenerSet", "XListenerSet":
		from := p.kind + " " + join(p.namespace, p.name)
		l := w.listenersOf[join(p.namespace, p.name)]
		if l == nil {
			return from
		}
		if g := w.look(l.parentNamespace).gateway(l.parentName); g != nil && (g.waypoint || g.eastWest) || !w.mayTake(l.listeners, l.namespace, r, p, stream) {
			return ""
		}
		return from + " of Gateway " + join(l.parentNamespace, l.parentName)
	case "Gateway":
		if g := w.look(p.namespace).gateway(p.name); g != nil && (g.waypoint || !w.mayTake(g.listeners, g.namespace, r, p, stream)) {
			return ""
		}
		return "Gateway " + join(p.namespace, p.name)
	}
	return ""
}

// mayTake reports whether one of the listeners in a namespace may take a route. Connections need one that does not read requests.
func (w *World) mayTake(listeners []listener, own string, r *route, p parent, stream bool) bool {
	for i := range listeners {
		l := &listeners[i]
		reads := l.protocol == "HTTP" || l.protocol == "HTTPS"
		if (p.section == "" || p.section == l.name) && (p.port == 0 || p.port == l.port) && (stream && l.stream() || !stream && reads) &&
			l.mayAdmit(w, own, r.namespace) && len(l.narrow(r.hostnames)) > 0 {
			return true
		}
	}
	return false
}

// mayAdmit is admits for the findings. Manifests do not show all labels of a Namespace: the profile-controller adds some to those of
// profiles (kubeflow/dashboard profile-controller: app.kubernetes.io/part-of: kubeflow-profile, and its file of labels).
func (l *listener) mayAdmit(w *World, own, other string) bool {
	if l.from != "Selector" {
		return l.admits(w, own, other) != no
	}
	for _, want := range l.selector {
		got, ok := w.look(other).labels.get(want.key)
		if want.key == "kubernetes.io/metadata.name" {
			got, ok = other, true
		}
		if ok && got != want.value {
			return false
		}
	}
	return true
}
