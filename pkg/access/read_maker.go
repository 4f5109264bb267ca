package access

import (
	"iter"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// maker reads the pods that the controller of a kind makes of an object.
type maker func(w *World, m meta, n *yaml.Node)

// makers are the kinds of which it is known how their controllers hand labels and annotations down. Where a controller was read, its file and
// commit are named; of the others, pods are taken to be as the object says (follows).
var makers map[groupKind]maker

func init() {
	makers = map[groupKind]maker{
		{"", "ReplicationController"}: (*World).makeTemplate,

		{"kubeflow.org", "Notebook"}:                 (*World).makeNotebook,
		{"kubeflow.org", "Workspace"}:                (*World).makeWorkspace,
		{"kubeflow.org", "PVCViewer"}:                (*World).makePVCViewer,
		{"tensorboard.kubeflow.org", "Tensorboard"}:  (*World).makeTensorboard,
		{"serving.kserve.io", "InferenceService"}:    (*World).makeModel,
		{"serving.kserve.io", "InferenceGraph"}:      (*World).makeGraph,
		{"serving.kserve.io", "LLMInferenceService"}: (*World).makeLanguageModel,

		{"kubeflow.org", "PyTorchJob"}:       (*World).makeTraining,
		{"kubeflow.org", "TFJob"}:            (*World).makeTraining,
		{"kubeflow.org", "MPIJob"}:           (*World).makeTraining,
		{"kubeflow.org", "XGBoostJob"}:       (*World).makeTraining,
		{"kubeflow.org", "PaddleJob"}:        (*World).makeTraining,
		{"kubeflow.org", "JAXJob"}:           (*World).makeTraining,
		{"trainer.kubeflow.org", "TrainJob"}: (*World).makeTrainJob,
		{"kubeflow.org", "Experiment"}:       (*World).makeTrials,
		{"kubeflow.org", "Trial"}:            (*World).makeTrials,

		{"serving.knative.dev", "Service"}:                    (*World).makeKnative,
		{"serving.knative.dev", "Configuration"}:              (*World).makeKnative,
		{"serving.knative.dev", "Revision"}:                   (*World).makeRevision,
		{"argoproj.io", "Rollout"}:                            (*World).makeRollout,
		{"argoproj.io", "Workflow"}:                           (*World).makeWorkflow,
		{"argoproj.io", "CronWorkflow"}:                       (*World).makeCronWorkflow,
		{"kubeflow.org", "ScheduledWorkflow"}:                 (*World).makeScheduledWorkflow,
		{"ray.io", "RayCluster"}:                              (*World).makeRay,
		{"ray.io", "RayJob"}:                                  (*World).makeRay,
		{"ray.io", "RayService"}:                              (*World).makeRay,
		{"sparkoperator.k8s.io", "SparkApplication"}:          (*World).makeSpark,
		{"sparkoperator.k8s.io", "ScheduledSparkApplication"}: (*World).makeSpark,
		{"jobset.x-k8s.io", "JobSet"}:                         (*World).makeJobSet,
		{"leaderworkerset.x-k8s.io", "LeaderWorkerSet"}:       (*World).makeLeaderWorkerSet,
	}
	for _, kind := range blueprintKinds {
		makers[kind] = (*World).readBlueprint
	}
}

// readPods reads the pods of an object that has no other reader. For a kind that is not known here it follows the templates: the controller
// is assumed to pass on their metadata, and may add any label.
func (w *World) readPods(group, kind string, n *yaml.Node) {
	md := field(n, "metadata")
	m := meta{origin: originOf(n), annotations: field(md, "annotations")}
	m.kind = kind
	m.namespace, m.name = textOf(field(md, "namespace")), textOf(field(md, "name"))
	m.labels, _ = labelsOf(field(md, "labels"))
	if read := makers[groupKind{group, kind}]; read != nil {
		read(w, m, n)
	} else if field(n, "spec") != nil && m.namespace != "" && m.name != "" {
		w.makeShapes(m, field(n, "spec"))
		if !w.makeUnseen(m, field(n, "spec")) && !podless[group] {
			w.makeUnseen(m, md)
		}
	}
}

// makeUnseen makes the pods of an object that has no template, or where something beside its templates would decide how its pods take part.
// Many controllers hand the labels and annotations of their objects down to pods.
func (w *World) makeUnseen(m meta, n *yaml.Node) bool {
	found := stirs(n, isShape)
	if found != "" {
		pod := w.make(m, nil, nil, nil, "")
		pod.anyAccount = true
		pod.unsure = m.object().String() + " has " + found + ", which its pods may or may not get"
	}
	return found != ""
}

// podless are the API groups of which no kind makes pods that the makers do not know.
var podless = map[string]bool{
	"": true, "apps": true, "batch": true, "autoscaling": true, "policy": true, "networking.k8s.io": true, "discovery.k8s.io": true, "coordination.k8s.io": true,
	"rbac.authorization.k8s.io": true, "security.istio.io": true, "networking.istio.io": true, "telemetry.istio.io": true, "extensions.istio.io": true,
	gatewayGroup: true, "inference.networking.k8s.io": true,
}

// isShape reports whether a node is a pod's template or spec, which makeShapes follows.
func isShape(n *yaml.Node) bool {
	return n.Kind == yaml.MappingNode && (field(field(n, "spec"), "containers") != nil || len(list(field(n, "containers"))) > 0)
}

// make adds pods of an object, as its controller labels and annotates them.
func (w *World) make(m meta, l, annotations labels, spec *yaml.Node, adds ...string) *workload {
	pod := podOf(m, l, spec)
	pod.annotations, pod.adds = annotations, adds
	s := w.space(m.namespace)
	s.workloads = append(s.workloads, pod)
	return pod
}

// makeOf adds the pods of a template, with more labels of its controller.
func (w *World) makeOf(m meta, template *yaml.Node, more labels, adds ...string) *workload {
	md := field(template, "metadata")
	l, bad := labelsOf(field(md, "labels"))
	annotations, worse := labelsOf(field(md, "annotations"))
	pod := w.make(m, merge(l, more), annotations, field(template, "spec"), adds...)
	if bad != nil || worse != nil {
		pod.unsure = "the labels or annotations of the template of " + m.object().String() + " are no strings"
	}
	return pod
}

// merge is the union of labels; the last one counts.
func merge(all ...labels) (out labels) {
	for _, l := range all {
		for _, x := range l {
			if i := out.index(x.key); i >= 0 {
				out[i].value = x.value
			} else {
				out = append(out, x)
			}
		}
	}
	return out
}

func (l labels) index(key string) int {
	for i := range l {
		if l[i].key == key {
			return i
		}
	}
	return -1
}

// pairs are the keys and values of a map, none of anything else.
func pairs(n *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		if n = deref(n); n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, deref(n.Content[i+1])) {
				return
			}
		}
	}
}

// follows marks the pods of a controller that was not read: they are taken to have the labels and annotations that the object gives them, and
// may have more labels.
func (w *workload) follows(m meta) {
	w.adds = []string{""}
	w.anyAccount = w.anyAccount || w.account == "default"
	w.assumes = append(w.assumes, "pods of "+m.object().String()+" have the labels and annotations that it gives them")
}

func (w *World) makeTemplate(m meta, n *yaml.Node) {
	w.makeOf(m, field(field(n, "spec"), "template"), nil)
}

// stirs names what, anywhere below a node, would decide how a pod takes part in the mesh; "" where nothing does. It leaves alone what others read.
func stirs(n *yaml.Node, others ...func(*yaml.Node) bool) string {
	seen := map[*yaml.Node]bool{}
	var walk func(n *yaml.Node) string
	walk = func(n *yaml.Node) string {
		if n == nil || seen[n] {
			return ""
		}
		seen[n] = true
		if n.Kind == yaml.AliasNode {
			return walk(n.Alias)
		}
		for _, isOther := range others {
			if isOther(n) {
				return ""
			}
		}
		for i, e := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 {
				if named := takesPart(e.Value, n.Content[i+1]); named != "" {
					return named
				}
				continue
			}
			if n.Kind == yaml.MappingNode && isSelector(n.Content[i-1].Value) {
				continue // it picks pods, and gives them nothing
			}
			if found := walk(e); found != "" {
				return found
			}
		}
		return ""
	}
	return walk(n)
}

func isSelector(key string) bool {
	return key == "matchLabels" || strings.HasSuffix(strings.ToLower(key), "selector")
}

// takesPart names a field that decides it. Spark and others have labels in the names of settings, Argo has a whole patch in a string.
func takesPart(key string, value *yaml.Node) string {
	for _, k := range [...]string{dataplaneMode, injectKey, revisionKey, statusKey, bypassInbound} {
		if strings.HasSuffix(key, k) {
			return key
		}
	}
	if key == "hostNetwork" && boolean(value) || key == "podSpecPatch" && strings.Contains(textOf(value), "hostNetwork") {
		return key
	}
	return ""
}

// unsettle marks pods whose controller may hand down what is at a node, where that would decide how they take part.
func (w *workload) unsettle(what string, n *yaml.Node) {
	if found := stirs(n); found != "" && w.unsure == "" {
		w.unsure = what + " has " + found + ", which its pods may or may not get"
	}
}

// makeShapes follows whatever below a node has the shape of a pod template.
func (w *World) makeShapes(m meta, spec *yaml.Node) {
	seen := map[*yaml.Node]bool{}
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		switch {
		case n.Kind == yaml.AliasNode:
			walk(n.Alias)
			return
		case n.Kind == yaml.MappingNode && field(field(n, "spec"), "containers") != nil:
			pod := w.makeOf(m, n, nil)
			pod.follows(m)
			return
		case n.Kind == yaml.MappingNode && len(list(field(n, "containers"))) > 0:
			pod := w.make(m, nil, nil, n, "")
			pod.anyAccount = textOf(field(n, "serviceAccountName")) == ""
			pod.unsure = "which labels " + m.object().String() + " gives its pods is not known"
			return
		}
		for _, e := range n.Content {
			if e.Kind != yaml.ScalarNode {
				walk(e)
			}
		}
	}
	walk(spec)
}
