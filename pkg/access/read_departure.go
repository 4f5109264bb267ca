package access

import (
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// departure is a kind of pod that takes itself out of the mesh.
type departure struct {
	origin
	by string
}

// departs records that the pods of an object leave the mesh by what their metadata and spec say.
func (w *World) departs(m meta, metadata, spec *yaml.Node) (left bool) {
	by := leavesBy(metadata, spec)
	if by == "" {
		return false
	}
	s := w.space(m.namespace)
	s.departures = append(s.departures, departure{m.in(s), by})
	return true
}

func (w *World) templateDeparts(m meta, template *yaml.Node) (left bool) {
	return w.departs(m, field(template, "metadata"), field(template, "spec"))
}

// readPodDeparture also notes istiod, which may be a Pod in manifests that were taken from a cluster.
func (w *World) readPodDeparture(m meta, n *yaml.Node) *fault {
	w.templateDeparts(m, n)
	w.readIstiod(m, n)
	return nil
}

// readTemplateDeparture also notes istiod, which is a Deployment.
func (w *World) readTemplateDeparture(m meta, n *yaml.Node) *fault {
	spec := field(n, "spec")
	if job := field(spec, "jobTemplate"); job != nil { // a CronJob's
		spec = field(job, "spec")
	}
	template := field(spec, "template")
	w.templateDeparts(m, template)
	w.readIstiod(m, template)
	w.readAgent(m, template)
	return nil
}

// readNotebookDeparture: the controller gives a Notebook's own labels and annotations to the pod; its template has a spec only.
func (w *World) readNotebookDeparture(m meta, n *yaml.Node) *fault {
	w.departs(m, field(n, "metadata"), field(field(field(n, "spec"), "template"), "spec"))
	return nil
}

// leavesBy names what takes a pod out of the mesh, "" where nothing does. Istio 1.31: the pod's label istio.io/dataplane-mode: none counts
// before its Namespace's; istio-cni leaves alone a pod on the host's network and one that says it has a sidecar already (podHasSidecar);
// with ambient.istio.io/bypass-inbound-capture, what comes in does not pass ztunnel.
func leavesBy(metadata, spec *yaml.Node) string {
	labels, annotations := field(metadata, "labels"), field(metadata, "annotations")
	switch {
	case textOf(field(labels, "istio.io/dataplane-mode")) == "none":
		return "the label istio.io/dataplane-mode: none"
	case bypasses(annotations):
		return "the annotation " + bypassInbound + ": " + strconv.Quote(textOf(field(annotations, bypassInbound)))
	case field(annotations, "sidecar.istio.io/status") != nil:
		return "the annotation sidecar.istio.io/status"
	case boolean(field(spec, "hostNetwork")):
		return "hostNetwork: true"
	}
	return ""
}

func bypasses(annotations *yaml.Node) bool {
	return isBypass(textOf(field(annotations, bypassInbound)))
}

// isBypass reports whether what comes in to a pod with this value does not pass ztunnel. Istio 1.31: istio-cni takes what strconv.ParseBool
// takes (CheckBooleanAnnotation, getPodLevelTrafficOverrides).
func isBypass(value string) bool {
	yes, err := strconv.ParseBool(value)
	return err == nil && yes
}

// readModelDeparture looks into an InferenceService: KServe gives its labels and annotations, and those of each part, to the pods.
func (w *World) readModelDeparture(m meta, n *yaml.Node) *fault {
	if w.departs(m, field(n, "metadata"), nil) {
		return nil
	}
	for _, part := range [3]string{"predictor", "transformer", "explainer"} {
		if pods := field(field(n, "spec"), part); w.departs(m, pods, pods) {
			return nil
		}
	}
	return nil
}

// readJobDeparture looks into a training job, which has a template for each kind of replica: spec.pytorchReplicaSpecs.Worker.template.
func (w *World) readJobDeparture(m meta, n *yaml.Node) *fault {
	spec := field(n, "spec")
	for i := 1; spec != nil && i < len(spec.Content); i += 2 {
		replicas := deref(spec.Content[i])
		if replicas == nil || replicas.Kind != yaml.MappingNode {
			continue
		}
		for j := 1; j < len(replicas.Content); j += 2 {
			if w.templateDeparts(m, field(replicas.Content[j], "template")) {
				return nil
			}
		}
	}
	return nil
}
