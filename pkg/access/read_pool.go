package access

import "sigs.k8s.io/kustomize/kyaml/yaml"

// readPool reads an InferencePool: the first version has its selector in matchLabels, the alpha ones as a plain map.
func (w *World) readPool(m meta, n *yaml.Node) *fault {
	s, spec := w.space(m.namespace), field(n, "spec")
	selector := field(spec, "selector")
	if l := field(selector, "matchLabels"); l != nil {
		selector = l
	}
	p := pool{origin: m.in(s), port: number(field(spec, "targetPortNumber"))}
	for _, target := range list(field(spec, "targetPorts")) {
		p.port = number(field(target, "number"))
		break
	}
	var bad *fault
	p.selector, bad = labelsAt(selector, "spec.selector")
	s.pools = append(s.pools, p)
	return bad
}
