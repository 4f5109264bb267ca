package access

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// lead is where a route leads that is not followed: a TLSRoute, TCPRoute or VirtualService, and an HTTPRoute or GRPCRoute as far as it names
// something else than Services.
type lead struct {
	route             // as far as it says where it hangs
	anywhere bool     // it hangs on Istio Gateways, whose pods nobody knows here
	stream   bool     // it carries connections and no requests
	gateways []string // Istio's, as namespace/name
	backends []backend
	paths    []*routeRule // by which it goes to each backend; of a VirtualService or an Ingress
}

// readLead reads the routes of connections, whose rules name backendRefs as those of an HTTPRoute do.
func (w *World) readLead(m meta, n *yaml.Node) *fault {
	w.addLead(m, field(n, "spec"), lead{stream: true}, func(backend) bool { return true })
	return nil
}

// readPoolLead reads of an HTTPRoute or GRPCRoute what is not followed.
func (w *World) readPoolLead(m meta, n *yaml.Node) *fault {
	w.addLead(m, field(n, "spec"), lead{}, func(b backend) bool { return b.foreign })
	return nil
}

// readModelLead reads the route that an LLMInferenceService has in itself. Without parentRefs, KServe puts it on its own Gateway.
func (w *World) readModelLead(m meta, n *yaml.Node) {
	spec := modelRoute(n)
	w.addLead(m, spec, lead{anywhere: len(list(field(spec, "parentRefs"))) == 0}, func(backend) bool { return true })
}

func (w *World) addLead(m meta, spec *yaml.Node, l lead, wanted func(backend) bool) {
	s := w.space(m.namespace)
	for _, rule := range list(field(spec, "rules")) {
		for _, ref := range list(field(rule, "backendRefs")) {
			b := backendOf(s.name, ref)
			if weight := field(ref, "weight"); wanted(b) && (weight == nil || number(weight) > 0) {
				l.backends = append(l.backends, b)
			}
		}
		// A mirrored request gets no answer, but is done: at the waypoint's own port it counts.
		for _, filter := range list(field(rule, "filters")) {
			mirror := field(field(filter, "requestMirror"), "backendRef")
			if b := backendOf(s.name, mirror); mirror != nil && ownPort(b.port) {
				l.backends = append(l.backends, b)
			}
		}
	}
	if len(l.backends) == 0 {
		return
	}
	l.route, _ = newRoute(m.in(s), spec)
	s.leads = append(s.leads, &l)
	w.bindStream(&l)
}

// readVirtualServiceLead reads where a VirtualService of a gateway leads. One without gateways is for the mesh, whose pods call no headless
// Service through a waypoint.
func (w *World) readVirtualServiceLead(m meta, n *yaml.Node) *fault {
	s, spec := w.space(m.namespace), field(n, "spec")
	l := &lead{route: route{origin: m.in(s)}, gateways: gatewaysOf(spec, s.name)}
	for _, g := range list(field(spec, "gateways")) {
		l.anywhere = l.anywhere || textOf(deref(g)) != "mesh"
	}
	l.anywhere = l.anywhere || len(list(field(spec, "hosts"))) == 0 // others delegate to it
	if !l.anywhere {
		return nil
	}
	for _, kind := range [3]string{"http", "tls", "tcp"} {
		for _, rule := range list(field(spec, kind)) {
			before := len(l.backends)
			for _, route := range list(field(rule, "route")) {
				l.backends = append(l.backends, destinationBackend(s.name, field(route, "destination")))
			}
			mirrors := []*yaml.Node{field(rule, "mirror")}
			for _, mirror := range list(field(rule, "mirrors")) {
				mirrors = append(mirrors, field(mirror, "destination"))
			}
			for _, mirror := range mirrors {
				if b := destinationBackend(s.name, mirror); ownPort(b.port) {
					l.backends = append(l.backends, b)
				}
			}
			var by *routeRule
			if kind == "http" {
				by = virtualPaths(rule)
			}
			l.paths = append(l.paths, slices.Repeat([]*routeRule{by}, len(l.backends)-before)...)
		}
	}
	s.leads = append(s.leads, l)
	return nil
}

// destinationBackend is what the destination of a VirtualService means.
func destinationBackend(own string, to *yaml.Node) backend {
	b := backend{kind: "Service", host: textOf(field(to, "host")), port: number(field(field(to, "port"), "number"))}
	b.name, b.namespace = serviceOf(b.host, own)
	return b
}

// serviceOf is the Service that a host names: a short name is one of its own namespace (Istio: ResolveShortnameToFQDN).
func serviceOf(host, own string) (name, namespace string) {
	parts := strings.Split(host, ".")
	switch {
	case len(parts) == 1:
		return host, own
	case len(parts) > 2 && parts[2] == "svc":
		return parts[0], parts[1]
	}
	return "", ""
}

// service is the Service that a backend means, by a reference or by its host name.
func (b backend) service() (namespace, name string) {
	switch {
	case b.kind == "Hostname":
		name, namespace = serviceOf(b.name, "")
		if namespace == "" {
			return "", ""
		}
		return namespace, name
	case b.foreign:
		return "", ""
	}
	return b.namespace, b.name
}
