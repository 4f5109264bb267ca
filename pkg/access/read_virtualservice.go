package access

import (
	"cmp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// virtualRoutes is one VirtualService, as far as it says where requests go.
type virtualRoutes struct {
	origin
	gateways []string // namespace/name, or mesh
	hosts    []string // a short name in full
	to       []backend
	others   []string // namespace/name of what it delegates to
	delegate bool     // others delegate to it
	requests bool     // it routes requests
	streams  bool     // it routes connections
	// plain: whatever takes a request, it goes to one of these destinations and is answered by nothing else.
	plain bool
}

// readVirtualService reads what a VirtualService does to headers, where it is bound and where it leads.
func (w *World) readVirtualService(m meta, n *yaml.Node) *fault {
	s, spec := w.space(m.namespace), field(n, "spec")
	hosts, _ := texts(field(spec, "hosts"))
	v := &virtualRoutes{origin: m.in(s), delegate: len(hosts) == 0, requests: field(spec, "http") != nil, streams: field(spec, "tls") != nil || field(spec, "tcp") != nil}
	for _, h := range hosts {
		v.hosts = append(v.hosts, fullHost(h, s.name))
	}
	gateways, _ := texts(field(spec, "gateways"))
	for _, g := range gateways {
		if g != "mesh" && !strings.Contains(g, "/") {
			g = join(s.name, g)
		}
		v.gateways = append(v.gateways, g)
	}
	if len(gateways) == 0 {
		v.gateways = []string{"mesh"} // VirtualService.gateways: the default
	}
	v.readRules(spec)
	w.bound.addVirtualService(v)
	r := w.addRewriter(route{origin: v.origin}, virtualChanges(spec, s.name))
	r.delegate, r.gateways = v.delegate, v.gateways
	return nil
}

// readRules reads the destinations of all rules, mirrors too: what they get is done, though nobody sees the answer.
func (v *virtualRoutes) readRules(spec *yaml.Node) {
	for _, kind := range [3]string{"http", "tls", "tcp"} {
		for _, rule := range list(field(spec, kind)) {
			for _, r := range list(field(rule, "route")) {
				v.to = append(v.to, destinationBackend(v.namespace, field(r, "destination")))
			}
			if m := field(rule, "mirror"); m != nil {
				v.to = append(v.to, destinationBackend(v.namespace, m))
			}
			if d := field(rule, "delegate"); d != nil {
				v.others = append(v.others, join(cmp.Or(textOf(field(d, "namespace")), v.namespace), textOf(field(d, "name"))))
			}
			for _, m := range list(field(rule, "mirrors")) {
				v.to = append(v.to, destinationBackend(v.namespace, field(m, "destination")))
			}
		}
	}
	exported, _ := texts(field(spec, "exportTo"))
	v.plain = !v.streams && len(others(spec, "hosts", "gateways", "http", "exportTo")) == 0 && (len(exported) == 0 || slices.Contains(exported, "*")) &&
		plainRules(list(field(spec, "http")))
}

// plainRules: the last rule takes all that others have not, and each has a destination as a whole.
func plainRules(rules []*yaml.Node) bool {
	for _, r := range rules {
		part := func(d *yaml.Node) bool {
			return len(others(d, "destination", "weight", "headers")) > 0 || len(others(field(d, "destination"), "host", "port")) > 0
		}
		if to := list(field(r, "route")); len(to) == 0 || slices.ContainsFunc(to, part) ||
			len(others(r, "name", "match", "route", "timeout", "retries", "headers", "rewrite", "corsPolicy")) > 0 {
			return false
		}
	}
	return len(rules) > 0 && field(rules[len(rules)-1], "match") == nil
}

// others returns the keys of a mapping other than those that are known.
func others(n *yaml.Node, known ...string) (out []string) {
	for i := 0; n != nil && n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if key := n.Content[i].Value; !contains(known, key) {
			out = append(out, key)
		}
	}
	return out
}

// destinationsOf are its destinations and those of what it delegates to, whose rules istiod puts in the place of its own (Istio 1.31: model
// mergeVirtualServicesIfNeeded, for gateways and for the mesh).
func (w *World) destinationsOf(v *virtualRoutes) []backend {
	out := v.to
	for _, d := range w.bound.gateways { // those without hosts are there
		if d.delegate && slices.Contains(v.others, d.id()) {
			out = slices.Concat(out, d.to)
		}
	}
	return out
}

func (v *virtualRoutes) ofMesh() bool { return slices.Contains(v.gateways, "mesh") }

// ofGateway reports whether some gateway may serve it, or serve it for another that delegates to it.
func (v *virtualRoutes) ofGateway() bool {
	return v.delegate || slices.ContainsFunc(v.gateways, func(g string) bool { return g != "mesh" })
}

// fullHost is a host of a namespace's VirtualService in full (Istio: ResolveShortnameToFQDN).
func fullHost(host, namespace string) string {
	if strings.ContainsAny(host, ".*") || host == "" {
		return strings.ToLower(host)
	}
	return strings.ToLower(hostOf(namespace, host))
}

// hostOf is the host name of a Service.
func hostOf(namespace, name string) string { return name + "." + namespace + ".svc.cluster.local" }

// mayMatch is matchesHost for the host of a request, which has no wildcard.
func (v *virtualRoutes) mayMatch(host value) bool {
	return slices.ContainsFunc(v.hosts, func(h string) bool {
		if strings.HasPrefix(h, "*") {
			return h == "*" || host.Matches(h) == yes
		}
		return host.Is(h)
	})
}

// matchesHost reports whether it is for a host; any of two patterns may be wider (host.Name Matches).
func (v *virtualRoutes) matchesHost(host string) bool {
	return slices.ContainsFunc(v.hosts, func(h string) bool { return within(host, h) || within(h, host) })
}
