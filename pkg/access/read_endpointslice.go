package access

import "sigs.k8s.io/kustomize/kyaml/yaml"

// readEndpointSlice: one that Kubernetes has not made of the Service's pods adds addresses to a Service, and it is unknown what protects them
// (Istio 1.31: serviceregistry/kube/controller endpointSliceController, by the label kubernetes.io/service-name). Endpoints add nothing here:
// where a Service has a selector, Kubernetes replaces manual edits.
func (w *World) readEndpointSlice(_ meta, n *yaml.Node) *fault {
	l := lenientLabels(valueAt(n, "metadata", "labels"))
	if l.value("endpointslice.kubernetes.io/managed-by") == "endpointslice-controller.k8s.io" {
		return nil
	}
	if name := l.value("kubernetes.io/service-name"); name != "" {
		c := cloudOf(n).as("metadata.labels[kubernetes.io/service-name]", valueAt(n, "metadata", "labels", "kubernetes.io/service-name"), ofService, "it adds addresses to Service "+name)
		c.hosts = []string{name}
		w.addCloud(c)
	}
	return nil
}
