package access

import "strings"

// binding is which waypoint, if any, stands before a Service or pod, and why.
type binding struct {
	gateway *gateway
	why     string
	missing string // namespace/name of a waypoint that a label names and the manifests lack
	doubt   string
}

// serviceWaypoint finds the waypoint of a Service: the label istio.io/use-waypoint on the Service, else on its Namespace; `none` opts out;
// istio.io/use-waypoint-namespace names another namespace (ambient fetchWaypointForService). A waypoint that is not there or does not take
// Service traffic leaves the Service without one: traffic goes direct, so L7 fails open.
func (w *World) serviceWaypoint(svc *service) binding {
	switch {
	case svc.headless:
		return binding{why: "Service " + svc.name + " is headless: its address is the pods', which no waypoint sees"}
	case svc.external:
		return binding{doubt: "Service " + svc.name + " is an ExternalName"}
	case strings.HasPrefix(svc.labels.value("gateway.istio.io/managed"), "istio.io-"):
		return binding{why: "a gateway's own Service has no waypoint"}
	}
	return w.bind(w.look(svc.namespace), svc.labels, "service")
}

// podWaypoint finds the waypoint of a pod's own address: only one that is for workloads or for all takes it.
func (w *World) podWaypoint(s *space, pod *workload) binding {
	return w.bind(s, pod.labels, "workload")
}

func (w *World) bind(s *space, own labels, traffic string) binding {
	from := own
	name, ok := own.get("istio.io/use-waypoint")
	if !ok {
		from = s.labels
		name, ok = s.labels.get("istio.io/use-waypoint")
	}
	if !ok || name == "none" {
		return binding{why: "no waypoint is asked for"}
	}
	if _, canary := from.get("istio.io/use-waypoint-canary"); canary {
		return binding{doubt: "a canary waypoint shares the traffic"}
	}
	ns := s.name
	if other, ok := from.get("istio.io/use-waypoint-namespace"); ok {
		ns = other
	}
	g := w.look(ns).gateway(name)
	if g == nil {
		return binding{missing: join(ns, name), why: "waypoint " + join(ns, name) + " is not in the manifests: traffic goes direct"}
	}
	return w.accepts(g, s.name, traffic)
}

// accepts tells whether a waypoint takes a namespace's traffic of a type: allowedRoutes of its HBONE listener and istio.io/waypoint-for.
func (w *World) accepts(g *gateway, namespace, traffic string) binding {
	if !g.waypoint {
		return binding{doubt: "Gateway " + g.id() + " is used as a waypoint but is of class " + g.class}
	}
	l := listener{from: "Same"}
	for _, candidate := range g.listeners {
		if candidate.protocol == "HBONE" && candidate.port == 15008 {
			l = candidate
			break
		}
	}
	switch l.admits(w, g.namespace, namespace) {
	case no:
		return binding{missing: g.id(), why: "waypoint " + g.id() + " does not admit namespace " + namespace + ": traffic goes direct"}
	case maybe:
		return binding{doubt: "whether waypoint " + g.id() + " admits namespace " + namespace + " depends on labels that are not given"}
	}
	if g.trafficType != traffic && g.trafficType != "all" {
		return binding{why: "waypoint " + g.id() + " is for " + g.trafficType + " traffic: this goes direct"}
	}
	return binding{gateway: g}
}

func (s *space) gateway(name string) *gateway {
	for _, g := range s.gateways {
		if g.name == name {
			return g
		}
	}
	return nil
}

// ingressUsesWaypoint: a gateway calls a waypoint only with istio.io/ingress-use-waypoint on the Service, else on its Namespace, read as a
// boolean (ambient ingressUseWaypointFromLabels).
func (w *World) ingressUsesWaypoint(svc *service) bool {
	v, ok := svc.labels.get("istio.io/ingress-use-waypoint")
	if !ok {
		v = w.look(svc.namespace).labels.value("istio.io/ingress-use-waypoint")
	}
	switch v {
	case "1", "t", "T", "true", "TRUE", "True":
		return true
	}
	return false
}
