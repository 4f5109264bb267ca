package access

import "sigs.k8s.io/kustomize/kyaml/yaml"

// makeWorkflow: argoproj/argo-workflows f016ad8, workflow/controller/workflowpod.go: a template's metadata counts before the
// podMetadata of the spec.
func (w *World) makeWorkflow(m meta, n *yaml.Node) { w.makeSteps(m, field(n, "spec")) }

func (w *World) makeCronWorkflow(m meta, n *yaml.Node) {
	w.makeSteps(m, field(field(n, "spec"), "workflowSpec"))
}

// makeScheduledWorkflow: kubeflow/pipelines, which was not read, keeps the spec of a Workflow in spec.workflow.spec, also as text.
func (w *World) makeScheduledWorkflow(m meta, n *yaml.Node) {
	spec := field(field(field(n, "spec"), "workflow"), "spec")
	if spec != nil && spec.Kind == yaml.ScalarNode {
		spec = embedded(spec)
	}
	w.makeSteps(m, spec)
}

func (w *World) makeSteps(m meta, spec *yaml.Node) {
	common := field(spec, "podMetadata")
	add := func(template *yaml.Node) {
		l, annotations := labels(nil), labels(nil)
		for _, md := range [2]*yaml.Node{common, field(template, "metadata")} {
			more, _ := labelsOf(field(md, "labels"))
			l = merge(l, more)
			more, _ = labelsOf(field(md, "annotations"))
			annotations = merge(annotations, more)
		}
		pod := w.make(m, l, annotations, spec, "workflows.argoproj.io/", "pipelines.kubeflow.org/", "pipeline/")
		if a := textOf(field(template, "serviceAccountName")); a != "" {
			pod.account = a
		}
		for _, n := range [3]*yaml.Node{field(spec, "templateDefaults"), template, spec} {
			if n == nil || n.Kind != yaml.MappingNode {
				continue
			}
			if named := takesPart("podSpecPatch", field(n, "podSpecPatch")); named != "" {
				pod.unsure = "the podSpecPatch of " + m.object().String() + " speaks of hostNetwork"
			}
		}
		pod.unsettle("templateDefaults of "+m.object().String(), field(spec, "templateDefaults"))
		if ref := field(spec, "workflowTemplateRef"); ref != nil {
			pod.from = []reference{{kinds: []string{"ClusterWorkflowTemplate", "WorkflowTemplate"}, name: textOf(field(ref, "name")), by: m.object().String()}}
		}
	}
	for _, template := range list(field(spec, "templates")) {
		for _, key := range [...]string{"container", "script", "containerSet", "data", "resource"} {
			if field(template, key) != nil {
				add(deref(template))
				break
			}
		}
	}
	if field(spec, "workflowTemplateRef") != nil {
		add(nil)
	}
}
