package enroll

import "sigs.k8s.io/kustomize/kyaml/yaml"

// stopInjection has no pod of the mesh ask for a sidecar: one that got it would leave ztunnel
// (Istio: cni podHasSidecar).
func (e *enrolment) stopInjection() {
	const inject = "sidecar.istio.io/inject"
	for _, item := range e.items {
		if !e.inMesh(item.Namespace) || item.owner() != "" || e.removed[item] {
			continue
		}
		pod := podMetadata(item)
		for _, in := range []string{"labels", "annotations"} {
			if marks := field(pod, in); value(marks, inject) == "true" {
				was := field(marks, inject)
				item.set(marks, inject, &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: "false", Style: was.Style})
			}
		}
	}
}

// podMetadata is that of the pods that an item is, or makes; nil where it is none.
func podMetadata(item *Item) *yaml.Node {
	spec := field(item.Node, "spec")
	switch {
	case item.Group == "" && item.Kind == "Pod":
		return field(item.Node, "metadata")
	case item.Group == "batch" && item.Kind == "CronJob":
		spec = field(field(spec, "jobTemplate"), "spec")
	case item.Group != "apps" && item.Group != "batch":
		return nil
	}
	return field(field(spec, "template"), "metadata")
}
