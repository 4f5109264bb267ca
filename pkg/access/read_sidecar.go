package access

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// sidecarScope is one Sidecar, as far as it says which Services the sidecars that it applies to know.
type sidecarScope struct {
	origin
	selected bool
	selector labels
	hosts    []string
}

// readSidecar keeps the hosts of all egress listeners. One without any takes what the namespace or the mesh says, which is not judged.
func (w *World) readSidecar(m meta, n *yaml.Node) *fault {
	s, spec := w.space(m.namespace), field(n, "spec")
	c := &sidecarScope{origin: m.in(s)}
	if l := field(field(spec, "workloadSelector"), "labels"); l != nil {
		c.selected, c.selector = true, lenientLabels(l)
	}
	for _, e := range list(field(spec, "egress")) {
		hosts, _ := texts(field(e, "hosts"))
		c.hosts = append(c.hosts, hosts...)
	}
	if len(c.hosts) == 0 {
		w.addCloud(cloudOf(n).as("spec.egress", spec, ofSidecars, "what a sidecar knows comes from elsewhere"))
		return nil
	}
	s.scopes = append(s.scopes, c)
	return nil
}

// scopeOf is the Sidecar that applies to a pod: one of its namespace that selects it, else one of the namespace, else one of the root namespace
// (Istio 1.31: model getSidecarScope). Of several that could, the oldest does, which a file does not show.
func (w *World) scopeOf(s *space, pod *workload) (c *sidecarScope, dispute bool) {
	find := func(of *space, selected bool) (out *sidecarScope, more bool) {
		for _, c := range of.scopes {
			if c.selected == selected && (!selected || c.selector.selects(pod.labels)) {
				out, more = c, out != nil
			}
		}
		return out, more
	}
	for _, try := range [3]struct {
		of       *space
		selected bool
	}{{s, true}, {s, false}, {w.look(w.mesh.rootNamespace), false}} {
		if c, dispute = find(try.of, try.selected); c != nil {
			return c, dispute
		}
	}
	return nil, false
}

// knows reports whether a sidecar of a namespace that the Sidecar applies to knows a Service; maybe where a host is written in a way that not all
// releases read alike.
func (c *sidecarScope) knows(namespace string, svc *service) verdict3 {
	out := no
	for _, h := range c.hosts {
		ns, host, ok := strings.Cut(h, "/")
		switch {
		case !ok || strings.HasPrefix(ns, "~") && h != "~/*":
			return maybe
		case ns == "~" || ns == "." && namespace != svc.namespace || ns != "." && ns != "*" && ns != svc.namespace:
		case host == "*" || host == hostOf(svc.namespace, svc.name) || wildHost(host, svc):
			out = yes
		}
	}
	return out
}
