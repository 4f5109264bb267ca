package access

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// makeTraining: kubeflow/training-operator, branch release-1.9 (078ec30), controller.v1/common/pod.go createNewPod and mpi/mpijob_controller.go: each
// replica's template, with labels under training.kubeflow.org. A launcher without an account gets NAME-launcher. An MPIJob v2beta1 is
// kubeflow/mpi-operator's, which was not read: which account its launcher gets is not known.
func (w *World) makeTraining(m meta, n *yaml.Node) {
	adds := append([]string{"training.kubeflow.org/", "scheduling.x-k8s.io/"}, jobAdds...)
	for _, replicas := range pairs(field(n, "spec")) {
		for kind, replica := range pairs(replicas) {
			template := field(replica, "template")
			if field(template, "spec") == nil {
				continue
			}
			pod := w.makeOf(m, template, labels{{"training.kubeflow.org/job-name", m.name}}, adds...)
			if m.kind == "MPIJob" && kind == "Launcher" && textOf(field(field(template, "spec"), "serviceAccountName")) == "" {
				pod.account = m.name + "-launcher"
			}
			if strings.HasSuffix(m.apiVersion, "/v2beta1") {
				pod.follows(m)
				pod.anyAccount = true
			}
		}
	}
}

// makeTrainJob: kubeflow/trainer 8c0f505, pkg/runtime/core/trainingruntime.go: a JobSet of the runtime that the TrainJob refers to. Which of the
// TrainJob's own labels and patches come to the pods depends on the release.
func (w *World) makeTrainJob(m meta, n *yaml.Node) {
	spec := field(n, "spec")
	pod := w.make(m, nil, nil, nil, append([]string{"trainer.kubeflow.org/", "jobset.sigs.k8s.io/", "scheduling.x-k8s.io/"}, jobAdds...)...)
	pod.anyAccount = true
	pod.unsettle(m.object().String(), spec)
	pod.adds = append(pod.adds, keysOfLabels(spec)...)
	pod.from = []reference{{kinds: []string{"TrainingRuntime", "ClusterTrainingRuntime"}, name: textOf(field(field(spec, "runtimeRef"), "name")), by: m.object().String()}}
}

// makeTrials: kubeflow/katib, which was not read, makes objects of spec.trialTemplate.trialSpec, each the spec.runSpec of a Trial; its webhook
// may give their pods more labels.
func (w *World) makeTrials(m meta, n *yaml.Node) {
	spec := field(n, "spec")
	run := field(spec, "runSpec")
	if run == nil {
		run = field(field(spec, "trialTemplate"), "trialSpec")
	}
	s := w.space(m.namespace)
	before := len(s.workloads)
	kind, group := textOf(field(run, "kind")), groupOf(textOf(field(run, "apiVersion")))
	made := meta{origin: m.origin}
	made.kind = kind
	switch read := makers[groupKind{group, kind}]; {
	case run == nil:
		return
	case group == "batch" && kind == "Job":
		w.makeOf(made, field(field(run, "spec"), "template"), nil, jobAdds...)
	case read != nil:
		read(w, made, run)
	default:
		w.makeShapes(made, field(run, "spec"))
	}
	for _, pod := range s.workloads[before:] {
		pod.adds = []string{""}
	}
}

func groupOf(apiVersion string) string {
	group, _, ok := strings.Cut(apiVersion, "/")
	if !ok {
		return ""
	}
	return group
}

var knativeAdds = append([]string{"app", "serving.knative.dev/", "networking.knative.dev/"}, deploymentAdds...)

// makeKnative: knative/serving 98e5ef9, pkg/reconciler/revision/resources/meta.go makeLabels and podAnnotations: pods get the labels and annotations of
// spec.template, labels under serving.knative.dev and app where there is none.
func (w *World) makeKnative(m meta, n *yaml.Node) {
	w.makeOf(m, field(field(n, "spec"), "template"), nil, knativeAdds...)
}

func (w *World) makeRevision(m meta, n *yaml.Node) {
	annotations, _ := labelsOf(m.annotations)
	w.make(m, m.labels, annotations, field(n, "spec"), knativeAdds...)
}

// makeRollout: argoproj/argo-rollouts, which was not read: the template's pods, to which a strategy may give more metadata.
func (w *World) makeRollout(m meta, n *yaml.Node) {
	template, strategy := field(field(n, "spec"), "template"), field(field(n, "spec"), "strategy")
	if template == nil { // workloadRef names a Deployment, whose template it is
		w.makeUnseen(m, strategy)
		return
	}
	pod := w.makeOf(m, template, nil)
	pod.follows(m)
	pod.unsettle(m.object().String(), strategy)
}

// keysOfLabels are the keys of all labels below a node.
func keysOfLabels(n *yaml.Node) (out []string) {
	for below := range nodesBelow(n) {
		for key := range pairs(field(below, "labels")) {
			out = append(out, key)
		}
	}
	return out
}

// makeRay: ray-project/kuberay feeaf72, ray-operator/controllers/ray/common/pod.go: the template of each group, with labels under ray.io; labels of
// the group count before the template's. Batch schedulers add their own. A RayJob's and a RayService's cluster is in their spec.
func (w *World) makeRay(m meta, n *yaml.Node) {
	adds := append([]string{"ray.io/", "app.kubernetes.io/", "kueue.x-k8s.io/", "volcano.sh/", "yunikorn.apache.org/", "applicationId", "queue"}, jobAdds...)
	group := func(g *yaml.Node) {
		if template := field(g, "template"); template != nil {
			own, _ := labelsOf(field(g, "labels"))
			pod := w.makeOf(m, template, nil, adds...)
			pod.labels = merge(pod.labels, own)
		}
	}
	spec := field(n, "spec")
	for _, cluster := range [...]*yaml.Node{spec, field(spec, "rayClusterSpec"), field(spec, "rayClusterConfig")} {
		group(field(cluster, "headGroupSpec"))
		for _, g := range list(field(cluster, "workerGroupSpecs")) {
			group(deref(g))
		}
	}
	if submitter := field(spec, "submitterPodTemplate"); submitter != nil {
		w.makeOf(m, submitter, nil, adds...)
	}
}

// makeSpark: kubeflow/spark-operator, which was not read: driver and executor have labels, annotations and hostNetwork of their own, or a template. What their
// settings and the rest say besides is not followed.
func (w *World) makeSpark(m meta, n *yaml.Node) {
	spec := field(n, "spec")
	if template := field(spec, "template"); m.kind == "ScheduledSparkApplication" && template != nil {
		spec = template
	}
	for _, role := range [2]string{"driver", "executor"} {
		part := field(spec, role)
		if part == nil {
			continue
		}
		l, _ := labelsOf(field(part, "labels"))
		annotations, _ := labelsOf(field(part, "annotations"))
		pod := w.make(m, merge(l, labels{{"spark-role", role}}), annotations, part)
		pod.follows(m)
		pod.anyAccount = true
		if a := textOf(field(part, "serviceAccount")); a != "" {
			pod.account, pod.anyAccount = a, false
		}
		for _, more := range [...]string{"sparkConf", "hadoopConf", "sparkConfigMap"} {
			pod.unsettle(m.object().String(), field(spec, more))
		}
		pod.unsettle(m.object().String(), field(part, "template"))
	}
}

// makeJobSet: kubernetes-sigs/jobset 08dfbdf, pkg/controllers/jobset_controller.go labelAndAnnotateObject: each job's template.
func (w *World) makeJobSet(m meta, n *yaml.Node) {
	for _, j := range list(field(field(n, "spec"), "replicatedJobs")) {
		template := field(field(field(j, "template"), "spec"), "template")
		w.makeOf(m, template, nil, append([]string{"jobset.sigs.k8s.io/", "alpha.jobset.sigs.k8s.io/"}, jobAdds...)...)
	}
}

// makeLeaderWorkerSet: kubernetes-sigs/lws 060ab4d, pkg/controllers: labels under leaderworkerset.sigs.k8s.io; without a template of its own the leader has the workers'.
func (w *World) makeLeaderWorkerSet(m meta, n *yaml.Node) {
	template := field(field(n, "spec"), "leaderWorkerTemplate")
	for _, part := range [2]string{"leaderTemplate", "workerTemplate"} {
		if t := field(template, part); t != nil {
			w.makeOf(m, t, nil, append([]string{"leaderworkerset.sigs.k8s.io/"}, statefulSetAdds...)...)
		}
	}
}
