package access

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// makeNotebook: kubeflow/notebooks, branch notebooks-v1 (177b098), notebook_controller.go generateStatefulSet. The pod gets the Notebook's
// labels, which count before the two that the controller adds, and its annotations but those with "kubectl" or "notebook" in their name.
// spec.template has no metadata.
func (w *World) makeNotebook(m meta, n *yaml.Node) {
	annotations, bad := labelsOf(m.annotations)
	kept := annotations[:0]
	for _, a := range annotations {
		if !strings.Contains(a.key, "kubectl") && !strings.Contains(a.key, "notebook") {
			kept = append(kept, a)
		}
	}
	l := merge(labels{{"notebook-name", m.name}, {"statefulset", m.name}}, m.labels)
	pod := w.make(m, l, kept, field(field(field(n, "spec"), "template"), "spec"), statefulSetAdds...)
	if bad != nil || malformed(n) {
		pod.unsure = "the labels or annotations of " + m.object().String() + " are no strings"
	}
}

// malformed reports whether an object has labels that are not strings. The API server rejects it.
func malformed(n *yaml.Node) bool {
	_, err := labelsOf(field(field(n, "metadata"), "labels"))
	return err != nil
}

// makeWorkspace: kubeflow/notebooks, branch notebooks-v2 (8b61057), workspace_controller.go generateStatefulSet. podMetadata of the Workspace
// counts before that of its WorkspaceKind; the account is ws-NAME, in 2.0 betas one that the WorkspaceKind names.
func (w *World) makeWorkspace(m meta, n *yaml.Node) {
	spec := field(n, "spec")
	md := field(field(spec, "podTemplate"), "podMetadata")
	l, _ := labelsOf(field(md, "labels"))
	annotations, _ := labelsOf(field(md, "annotations"))
	pod := w.make(m, l, annotations, nil, append([]string{"notebooks.kubeflow.org/", "statefulset"}, statefulSetAdds...)...)
	pod.account = "ws-" + m.name
	pod.from = []reference{{kinds: []string{"WorkspaceKind"}, name: textOf(field(spec, "kind")), by: m.object().String()}}
}

// makePVCViewer: kubeflow/notebooks, branch notebooks-v1 (177b098), pvcviewer_controller.go: three labels, none of the PVCViewer's own.
func (w *World) makePVCViewer(m meta, n *yaml.Node) {
	l := labels{{"app.kubernetes.io/name", m.name}, {"app.kubernetes.io/instance", "pvcviewer-" + m.name}, {"app.kubernetes.io/part-of", "pvcviewer"}}
	w.make(m, l, nil, field(field(n, "spec"), "podSpec"), deploymentAdds...)
}

// makeTensorboard: kubeflow/notebooks, branch notebooks-v1 (177b098), tensorboard_controller.go generateDeployment: the Tensorboard's own
// labels and app, no annotations.
func (w *World) makeTensorboard(m meta, _ *yaml.Node) {
	pod := w.make(m, merge(m.labels, labels{{"app", m.name}}), nil, nil, deploymentAdds...)
	pod.ports = []namedPort{{"", 6006}}
}

// What KServe, and Knative below it, add to the pods of a model.
var modelAdds = []string{
	"app", "isvc.generation", "pod-template-hash", "serving.knative.dev/", "serving.kserve.io/", "internal.serving.kserve.io/", "networking.knative.dev/",
}

// makeModel: kserve/kserve aaac4e2, components/predictor.go, transformer.go and explainer.go. Pods get the labels and annotations of the
// ServingRuntime, then of the InferenceService, then of the part. Nothing that decides how they take part is filtered out by default
// (constants ServiceAnnotationDisallowedList, RevisionTemplateLabelDisallowedList).
func (w *World) makeModel(m meta, n *yaml.Node) {
	own, _ := labelsOf(m.annotations)
	w.addModel(m, n, false)
	for _, part := range [3]string{"predictor", "transformer", "explainer"} {
		spec := field(field(n, "spec"), part)
		if spec == nil {
			continue
		}
		partLabels, _ := labelsOf(field(spec, "labels"))
		annotations, _ := labelsOf(field(spec, "annotations"))
		l := merge(m.labels, partLabels, labels{{"serving.kserve.io/inferenceservice", m.name}, {"component", part}})
		specs := []*yaml.Node{spec}
		if worker := field(spec, "workerSpec"); worker != nil {
			specs = append(specs, worker)
		}
		for _, s := range specs {
			pod := w.make(m, l, merge(own, annotations), s, modelAdds...)
			pod.from = []reference{{kinds: []string{"ConfigMap"}, name: "inferenceservice-config", by: m.object().String(), quiet: true, anywhere: true}}
			if part == "predictor" {
				runtime := textOf(field(field(spec, "model"), "runtime"))
				pod.from = append(pod.from, reference{kinds: []string{"ServingRuntime", "ClusterServingRuntime"}, name: runtime, by: m.object().String()})
			}
			if malformed(n) {
				pod.unsure = "the labels of " + m.object().String() + " are no strings"
			}
		}
	}
}

// makeGraph: kserve/kserve aaac4e2, v1alpha1/inferencegraph/knative_reconciler.go and raw_ig.go: the router's pods get the labels and annotations of the
// InferenceGraph.
func (w *World) makeGraph(m meta, n *yaml.Node) {
	annotations, _ := labelsOf(m.annotations)
	w.addModel(m, n, false)
	w.make(m, m.labels, annotations, field(n, "spec"), modelAdds...)
}

// makeLanguageModel: kserve/kserve aaac4e2, v1alpha2/llmisvc/workload_single_node.go, workload_multi_node.go and scheduler.go. Pods get
// spec.labels and spec.annotations, those of prefill spec.prefill's. Of the object's own metadata only what Kueue, LeaderWorkerSet,
// Prometheus and the model cache read is handed down there; earlier releases differ.
func (w *World) makeLanguageModel(m meta, n *yaml.Node) {
	spec := field(n, "spec")
	w.addModel(m, n, true)
	adds := append([]string{"app.kubernetes.io/component", "app.kubernetes.io/part-of", "kserve.io/", "llm-d.ai/", "leaderworkerset.sigs.k8s.io/", "kueue.x-k8s.io/",
		"serving.kserve.io/", "internal.serving.kserve.io/", "pod-template-hash"}, statefulSetAdds...)
	add := func(metadata, pods *yaml.Node) {
		l, _ := labelsOf(field(metadata, "labels"))
		annotations, _ := labelsOf(field(metadata, "annotations"))
		pod := w.make(m, merge(labels{{"app.kubernetes.io/name", m.name}}, l), annotations, pods, adds...)
		pod.ownAccount = pod.account == "default"
		pod.unsettle("the metadata of "+m.object().String(), field(n, "metadata"))
		pod.from = []reference{{kinds: []string{"LLMInferenceServiceConfig"}, by: m.object().String(), anywhere: true}}
	}
	add(spec, field(spec, "template"))
	for _, part := range [2]*yaml.Node{spec, field(spec, "prefill")} {
		if part != spec && part != nil {
			add(part, field(part, "template"))
		}
		if worker := field(part, "worker"); worker != nil {
			add(part, worker)
		}
	}
	if scheduler := field(field(spec, "router"), "scheduler"); scheduler != nil {
		add(scheduler, field(scheduler, "template"))
	}
}
