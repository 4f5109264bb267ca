package access

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// blueprint is an object that makes no pods itself, while others take labels, annotations or the pods' spec from it.
type blueprint struct {
	origin
	stirs   string   // what in it decides how a pod takes part
	keys    []string // of its labels
	account string   // a WorkspaceKind's, in 2.0 betas
}

var blueprintKinds = []groupKind{
	{"serving.kserve.io", "ServingRuntime"}, {"serving.kserve.io", "ClusterServingRuntime"}, {"serving.kserve.io", "LLMInferenceServiceConfig"},
	{"kubeflow.org", "WorkspaceKind"}, {"trainer.kubeflow.org", "TrainingRuntime"}, {"trainer.kubeflow.org", "ClusterTrainingRuntime"},
	{"argoproj.io", "WorkflowTemplate"}, {"argoproj.io", "ClusterWorkflowTemplate"}, {"", "PodTemplate"}, {"apps", "ControllerRevision"},
}

// reference is what an object's pods are made from. name "" is any: its controller chooses.
type reference struct {
	kinds []string
	name  string
	by    string // the object, as a verdict names it
	quiet bool   // one that the manifests lack is as its own installation has it

	anywhere bool // in any namespace, else in the object's own or in none
}

func (w *World) readBlueprint(m meta, n *yaml.Node) {
	b := blueprint{origin: m.origin, stirs: stirs(field(n, "spec"))}
	b.account = textOf(field(field(field(field(n, "spec"), "podTemplate"), "serviceAccount"), "name"))
	for _, l := range [2]*yaml.Node{field(n, "spec"), field(field(field(n, "spec"), "podTemplate"), "podMetadata")} {
		own, _ := labelsOf(field(l, "labels"))
		for _, x := range own {
			b.keys = append(b.keys, x.key)
		}
	}
	w.blueprints = append(w.blueprints, b)
}

// readModelConfig: KServe's own configuration may keep labels or annotations from the pods of models (v1beta1 NewInferenceServicesConfig).
func (w *World) readModelConfig(m meta, n *yaml.Node) {
	b := blueprint{origin: m.origin}
	for _, key := range [...]string{dataplaneMode, injectKey, revisionKey, statusKey, bypassInbound} {
		if strings.Contains(textOf(field(field(n, "data"), "inferenceService")), key) {
			b.stirs = key + " in a list of what is not handed down"
		}
	}
	w.blueprints = append(w.blueprints, b)
}

// follow settles what pods get from their blueprints. One that the manifests lack is taken to hand nothing down.
func (w *World) follow(namespace string, pod *workload) {
	for _, r := range pod.from {
		found := false
		for i := range w.blueprints {
			b := &w.blueprints[i]
			if !contains(r.kinds, b.kind) || r.name != "" && r.name != b.name || b.namespace != "" && b.namespace != namespace && !r.anywhere {
				continue
			}
			found = true
			if b.account != "" {
				pod.account = b.account
			}
			pod.adds = append(pod.adds[:len(pod.adds):len(pod.adds)], b.keys...)
			if b.stirs != "" && pod.unsure == "" {
				pod.unsure = b.String() + " has " + b.stirs + ", which may change what pods of " + r.by + " get"
			}
		}
		if !found && !r.quiet {
			pod.assumes = append(pod.assumes, join2(r.kinds[len(r.kinds)-1], r.name)+" of "+r.by+" hands down nothing")
		}
	}
}

func join2(kind, name string) string {
	if name == "" {
		return "the " + kind
	}
	return kind + " " + name
}
