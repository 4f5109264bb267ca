package access

import (
	"cmp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// boundRoutes files what leads somewhere by a Service: by the one that it is bound to, or by the one that it leads to.
type boundRoutes struct {
	toService map[string][]*route         // HTTPRoutes and GRPCRoutes whose parent is a Service
	streams   map[string][]*lead          // TCPRoutes and TLSRoutes whose parent is one
	virtuals  map[string][]*virtualRoutes // of the mesh, by host
	wild      []*virtualRoutes            // of the mesh, for hosts with *
	gateways  []*virtualRoutes            // of gateways
	leading   map[string][]*virtualRoutes // of gateways, by the Service that they lead to
	mirroring map[string][]*route         // by the Service that gets a copy
}

func (b *boundRoutes) addVirtualService(v *virtualRoutes) {
	if v.ofMesh() {
		for _, h := range v.hosts {
			if strings.Contains(h, "*") {
				b.wild = append(b.wild, v)
			} else {
				b.virtuals = put(b.virtuals, h, v)
			}
		}
	}
	if !v.ofGateway() {
		return
	}
	b.gateways = append(b.gateways, v)
	for _, to := range v.to {
		if to.name != "" {
			b.leading = put(b.leading, join(to.namespace, to.name), v)
		}
	}
}

// put adds to the list of a key, once.
func put[T comparable](m map[string][]T, key string, v T) map[string][]T {
	if m == nil {
		m = map[string][]T{}
	}
	if l := m[key]; len(l) == 0 || l[len(l)-1] != v {
		m[key] = append(l, v)
	}
	return m
}

// bindToServices files a route under the Services that are its parents, and those that get copies of its requests.
func (w *World) bindToServices(r *route) {
	for _, p := range r.parents {
		if p.kind == "Service" {
			w.bound.toService = put(w.bound.toService, join(p.namespace, p.name), r)
		}
	}
	for i := range r.rules {
		for _, m := range r.rules[i].mirrors {
			if !m.foreign {
				w.bound.mirroring = put(w.bound.mirroring, join(m.namespace, m.name), r)
			}
		}
	}
}

func (w *World) bindStream(l *lead) {
	for _, p := range l.parents {
		if l.stream && p.kind == "Service" {
			w.bound.streams = put(w.bound.streams, join(p.namespace, p.name), l)
		}
	}
}

// mirrorOf is where a filter sends copies.
func mirrorOf(namespace string, filter *yaml.Node) (b backend, ok bool) {
	ref := field(field(filter, "requestMirror"), "backendRef")
	if ref == nil {
		return b, false
	}
	return backendOf(namespace, ref), true
}

// meshVirtuals returns the VirtualServices of the mesh for a Service, in any namespace.
func (b *boundRoutes) meshVirtuals(svc *service) (out []*virtualRoutes) {
	host := hostOf(svc.namespace, svc.name)
	out = slices.Clone(b.virtuals[host])
	for _, v := range b.wild {
		if v.matchesHost(host) && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// named is an object with its line, as far as it is known.
func named(o *origin) string {
	if o.line == 0 {
		return o.kind + " " + o.id()
	}
	return o.kind + " " + o.id() + " (line " + portText(o.line) + ")"
}

// poolOf names an InferencePool among the backends of a match that may choose pods of a Service.
func (w *World) poolOf(c *candidate, svc *service, pods []*workload) string {
	for _, b := range c.rule.backends {
		if b.kind == "InferencePool" && b.namespace == svc.namespace && w.poolSelects(b, pods) {
			return cmp.Or(join(b.namespace, b.name), "?")
		}
	}
	return ""
}

// poolSelects: a pool that is not in the manifests may select any pods.
func (w *World) poolSelects(b backend, pods []*workload) bool {
	for _, p := range w.look(b.namespace).pools {
		if p.name == b.name {
			return slices.ContainsFunc(pods, func(pod *workload) bool { return p.selector.selects(pod.labels) })
		}
	}
	return true
}
