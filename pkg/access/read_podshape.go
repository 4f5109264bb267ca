package access

import "sigs.k8s.io/kustomize/kyaml/yaml"

// readAnyDeparture looks into an object of a kind that is not known here for what has the shape of a pod template or of a pod's spec:
// RayCluster, JobSet, LeaderWorkerSet, Knative Service, Rollout, Workflow and more. An object without a namespace belongs to no tenant. This
// package does not report its mistakes.
func (w *World) readAnyDeparture(n *yaml.Node) {
	md, spec := field(n, "metadata"), field(n, "spec")
	m := meta{origin: originOf(n)}
	m.namespace, m.name = textOf(field(md, "namespace")), textOf(field(md, "name"))
	if spec != nil && m.namespace != "" && m.name != "" {
		w.shapesDepart(m, spec)
	}
}

// shapesDepart looks at every map below a node, at each once, until the first that leaves the mesh.
func (w *World) shapesDepart(m meta, spec *yaml.Node) (left bool) {
	aliased := map[*yaml.Node]bool{}
	var walk func(n *yaml.Node) bool
	walk = func(n *yaml.Node) bool {
		if n.Kind == yaml.AliasNode {
			if n = deref(n); n == nil || aliased[n] {
				return false
			}
			aliased[n] = true
		}
		if n.Kind == yaml.MappingNode && w.shapeDeparts(m, n) {
			return true
		}
		for _, e := range n.Content {
			if (e.Kind != yaml.ScalarNode) && walk(e) {
				return true
			}
		}
		return false
	}
	return walk(spec)
}

// shapeDeparts: a pod template has spec.containers, a pod's spec has containers. Argo: a Workflow's template has metadata next to its
// container or script; a Workflow's spec has podMetadata for all of them, and hostNetwork next to templates.
func (w *World) shapeDeparts(m meta, n *yaml.Node) (left bool) {
	has := func(n *yaml.Node, keys ...string) bool {
		for _, key := range keys {
			if field(n, key) != nil {
				return true
			}
		}
		return false
	}
	var metadata, spec *yaml.Node
	if has(field(n, "spec"), "containers") || has(n, "container", "script") {
		metadata = field(n, "metadata")
	}
	if has(n, "containers", "templates") {
		spec = n
	}
	return w.departs(m, metadata, spec) || has(n, "templates") && w.departs(m, field(n, "podMetadata"), nil)
}

// readPodDefaultDeparture: Kubeflow's admission-webhook puts the labels and annotations of a PodDefault's spec on the pods that it selects.
func (w *World) readPodDefaultDeparture(m meta, n *yaml.Node) *fault {
	w.departs(m, field(n, "spec"), nil)
	return nil
}

// readLanguageModel notes where its route leads and whether its pods leave the mesh.
func (w *World) readLanguageModel(m meta, n *yaml.Node) *fault {
	w.readModelLead(m, n)
	w.languageModelDeparts(m, n)
	return nil
}

// languageModelDeparts looks into an LLMInferenceService: spec and spec.prefill have labels and annotations for their pods, and the
// pods' spec in template and worker.
func (w *World) languageModelDeparts(m meta, n *yaml.Node) {
	spec := field(n, "spec")
	if w.departs(m, field(n, "metadata"), nil) {
		return
	}
	for _, part := range [2]*yaml.Node{spec, field(spec, "prefill")} {
		if w.departs(m, part, field(part, "template")) || w.departs(m, nil, field(part, "worker")) {
			return
		}
	}
}
