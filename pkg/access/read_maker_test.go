package access

import (
	"strings"
	"testing"
)

// What controllers hand down to pods, and what they do not.
func TestWhatPodsGetFromTheirMakers(t *testing.T) {
	const none = "istio.io/dataplane-mode: none"
	object := func(kind, metadata, spec string) string {
		apiVersion, kind, _ := strings.Cut(kind, " ")
		return "kind: " + kind + "\napiVersion: " + apiVersion + "\nmetadata: {name: x, namespace: a" + metadata + "}\nspec: " + spec + "\n---\n"
	}
	labelled, annotated := ", labels: {"+none+"}", ", annotations: {sidecar.istio.io/status: x}"
	template := "{metadata: {labels: {" + none + "}}, spec: {containers: [{name: c}]}}"
	const plainTemplate = "{metadata: {labels: {app: x}}, spec: {containers: [{name: c}]}}"
	for _, c := range []struct {
		name, text string
		want       membership
	}{
		{"a Notebook's labels", object("kubeflow.org/v1 Notebook", labelled, "{template: {spec: {containers: [{name: c}]}}}"), outside},
		{"a Notebook's annotations", object("kubeflow.org/v1beta1 Notebook", annotated, "{template: {spec: {containers: [{name: c}]}}}"), outside},
		{"a Notebook's template has no metadata", object("kubeflow.org/v1 Notebook", "", "{template: "+template+"}"), captured},
		{"a Notebook on the host's network", object("kubeflow.org/v1 Notebook", "", "{template: {spec: {hostNetwork: true}}}"), outside},
		{"a Workspace's podMetadata", object("kubeflow.org/v1beta1 Workspace", "", "{kind: k, podTemplate: {podMetadata: {labels: {"+none+"}}}}"), outside},
		{"a Workspace's own labels", object("kubeflow.org/v1beta1 Workspace", labelled, "{kind: k}"), captured},
		{"a WorkspaceKind's podMetadata", object("kubeflow.org/v1beta1 Workspace", "", "{kind: k}") +
			"kind: WorkspaceKind\napiVersion: kubeflow.org/v1beta1\nmetadata: {name: k}\nspec: {podTemplate: {podMetadata: {labels: {" + none + "}}}}\n---\n", unclear},
		{"another WorkspaceKind", object("kubeflow.org/v1beta1 Workspace", "", "{kind: k}") +
			"kind: WorkspaceKind\napiVersion: kubeflow.org/v1beta1\nmetadata: {name: l}\nspec: {podTemplate: {podMetadata: {labels: {" + none + "}}}}\n---\n", captured},
		{"an InferenceService's labels", object("serving.kserve.io/v1beta1 InferenceService", labelled, "{predictor: {model: {}}}"), outside},
		{"an InferenceService's annotations", object("serving.kserve.io/v1beta1 InferenceService", annotated, "{predictor: {model: {}}}"), outside},
		{"a predictor's labels", object("serving.kserve.io/v1beta1 InferenceService", "", "{predictor: {labels: {"+none+"}}}"), outside},
		{"a predictor's count before the InferenceService's", object("serving.kserve.io/v1beta1 InferenceService", labelled, "{predictor: {labels: {istio.io/dataplane-mode: ambient}}}"), captured},
		{"a ServingRuntime", object("serving.kserve.io/v1beta1 InferenceService", "", "{predictor: {model: {runtime: r}}}") +
			"kind: ClusterServingRuntime\napiVersion: serving.kserve.io/v1alpha1\nmetadata: {name: r}\nspec: {labels: {" + none + "}, containers: [{}]}\n---\n", unclear},
		{"another ServingRuntime", object("serving.kserve.io/v1beta1 InferenceService", "", "{predictor: {model: {runtime: r}}}") +
			"kind: ClusterServingRuntime\napiVersion: serving.kserve.io/v1alpha1\nmetadata: {name: s}\nspec: {labels: {" + none + "}, containers: [{}]}\n---\n", captured},
		{"any ServingRuntime", object("serving.kserve.io/v1beta1 InferenceService", "", "{predictor: {model: {modelFormat: {name: f}}}}") +
			"kind: ServingRuntime\napiVersion: serving.kserve.io/v1alpha1\nmetadata: {name: s, namespace: a}\nspec: {hostNetwork: true, containers: [{}]}\n---\n", unclear},
		{"a ServingRuntime of another namespace", object("serving.kserve.io/v1beta1 InferenceService", "", "{predictor: {model: {modelFormat: {name: f}}}}") +
			"kind: ServingRuntime\napiVersion: serving.kserve.io/v1alpha1\nmetadata: {name: s, namespace: z}\nspec: {hostNetwork: true, containers: [{}]}\n---\n", captured},
		{"an LLMInferenceServiceConfig", object("serving.kserve.io/v1alpha2 LLMInferenceService", "", "{}") +
			"kind: LLMInferenceServiceConfig\napiVersion: serving.kserve.io/v1alpha2\nmetadata: {name: s, namespace: kserve}\nspec: {template: {hostNetwork: true}}\n---\n", unclear},
		{"KServe keeps a label from models", object("serving.kserve.io/v1beta1 InferenceService", labelled, "{predictor: {model: {}}}") +
			"kind: ConfigMap\napiVersion: v1\nmetadata: {name: inferenceservice-config, namespace: kubeflow}\ndata: {inferenceService: '{\"serviceLabelDisallowedList\": [\"istio.io/dataplane-mode\"]}'}\n---\n", unclear},
		{"KServe keeps another label from models", object("serving.kserve.io/v1beta1 InferenceService", labelled, "{predictor: {model: {}}}") +
			"kind: ConfigMap\napiVersion: v1\nmetadata: {name: inferenceservice-config, namespace: kubeflow}\ndata: {inferenceService: '{\"serviceLabelDisallowedList\": [\"x\"]}'}\n---\n", outside},
		{"an InferenceGraph", object("serving.kserve.io/v1alpha1 InferenceGraph", labelled, "{nodes: {}}"), outside},
		{"an LLMInferenceService's spec", object("serving.kserve.io/v1alpha2 LLMInferenceService", "", "{labels: {"+none+"}}"), outside},
		{"an LLMInferenceService's annotations", object("serving.kserve.io/v1alpha2 LLMInferenceService", "", "{annotations: {sidecar.istio.io/status: x}}"), outside},
		{"an LLMInferenceService's own", object("serving.kserve.io/v1alpha2 LLMInferenceService", labelled, "{}"), unclear},
		{"a PyTorchJob", object("kubeflow.org/v1 PyTorchJob", "", "{pytorchReplicaSpecs: {Worker: {template: "+template+"}}}"), outside},
		{"a PyTorchJob's own labels", object("kubeflow.org/v1 PyTorchJob", labelled, "{pytorchReplicaSpecs: {Worker: {template: "+plainTemplate+"}}}"), captured},
		{"a TFJob", object("kubeflow.org/v1 TFJob", "", "{tfReplicaSpecs: {PS: {template: "+template+"}}}"), outside},
		{"a TrainJob's overrides", object("trainer.kubeflow.org/v1alpha1 TrainJob", "", "{podTemplateOverrides: [{metadata: {labels: {"+none+"}}}]}"), unclear},
		{"a TrainJob", object("trainer.kubeflow.org/v1alpha1 TrainJob", labelled, "{runtimeRef: {name: r}}"), captured},
		{"a TrainJob's runtime", object("trainer.kubeflow.org/v1alpha1 TrainJob", "", "{runtimeRef: {name: r}}") +
			"kind: ClusterTrainingRuntime\napiVersion: trainer.kubeflow.org/v1alpha1\nmetadata: {name: r}\nspec: {template: {spec: {replicatedJobs: [{template: {spec: {template: " + template + "}}}]}}}\n---\n", unclear},
		{"an Experiment's trials", object("kubeflow.org/v1beta1 Experiment", "", "{trialTemplate: {trialSpec: {apiVersion: batch/v1, kind: Job, spec: {template: "+template+"}}}}"), outside},
		{"a Trial's PyTorchJob", object("kubeflow.org/v1beta1 Trial", "", "{runSpec: {apiVersion: kubeflow.org/v1, kind: PyTorchJob, spec: {pytorchReplicaSpecs: {Master: {template: "+template+"}}}}}"), outside},
		{"a Knative Service", object("serving.knative.dev/v1 Service", "", "{template: "+template+"}"), outside},
		{"a Knative Service's own labels", object("serving.knative.dev/v1 Service", labelled, "{template: "+plainTemplate+"}"), captured},
		{"a ReplicationController", object("v1 ReplicationController", "", "{template: "+template+"}"), outside},
		{"a CronJob", object("batch/v1 CronJob", "", "{jobTemplate: {spec: {template: "+template+"}}}"), outside},
		{"a Rollout", object("argoproj.io/v1alpha1 Rollout", "", "{template: "+template+"}"), outside},
		{"a Rollout's canary", object("argoproj.io/v1alpha1 Rollout", "", "{template: "+plainTemplate+", strategy: {canary: {canaryMetadata: {labels: {"+none+"}}}}}"), unclear},
		{"a Workflow's podMetadata", object("argoproj.io/v1alpha1 Workflow", "", "{podMetadata: {labels: {"+none+"}}, templates: [{container: {}}]}"), outside},
		{"a Workflow's template", object("argoproj.io/v1alpha1 Workflow", "", "{podMetadata: {labels: {"+none+"}}, templates: [{metadata: {labels: {istio.io/dataplane-mode: ambient}}, script: {}}]}"), captured},
		{"a Workflow's patch", object("argoproj.io/v1alpha1 Workflow", "", "{podSpecPatch: 'hostNetwork: true', templates: [{container: {}}]}"), unclear},
		{"a Workflow's reference", object("argoproj.io/v1alpha1 Workflow", "", "{workflowTemplateRef: {name: r}}") + object("argoproj.io/v1alpha1 WorkflowTemplate", "", "{templates: [{container: {}, hostNetwork: true}]}"), captured},
		{"a CronWorkflow", object("argoproj.io/v1alpha1 CronWorkflow", "", "{workflowSpec: {hostNetwork: true, templates: [{container: {}}]}}"), outside},
		{"a RayCluster's head", object("ray.io/v1 RayCluster", "", "{headGroupSpec: {template: "+template+"}}"), outside},
		{"a RayJob's cluster", object("ray.io/v1 RayJob", "", "{rayClusterSpec: {workerGroupSpecs: [{template: "+template+"}]}}"), outside},
		{"a Ray group's labels", object("ray.io/v1 RayCluster", "", "{headGroupSpec: {labels: {"+none+"}, template: "+plainTemplate+"}}"), outside},
		{"a SparkApplication's driver", object("sparkoperator.k8s.io/v1beta2 SparkApplication", "", "{driver: {labels: {"+none+"}}}"), outside},
		{"a SparkApplication's settings", object("sparkoperator.k8s.io/v1beta2 SparkApplication", "", "{driver: {}, sparkConf: {spark.kubernetes.driver.label.istio.io/dataplane-mode: none}}"), unclear},
		{"a JobSet", object("jobset.x-k8s.io/v1alpha2 JobSet", "", "{replicatedJobs: [{template: {spec: {template: "+template+"}}}]}"), outside},
		{"a LeaderWorkerSet", object("leaderworkerset.x-k8s.io/v1 LeaderWorkerSet", "", "{leaderWorkerTemplate: {workerTemplate: "+template+"}}"), outside},
		{"a Tensorboard", object("tensorboard.kubeflow.org/v1alpha1 Tensorboard", labelled, "{}"), outside},
		{"a Tensorboard's annotations", object("tensorboard.kubeflow.org/v1alpha1 Tensorboard", annotated, "{}"), captured},
		{"a PVCViewer", object("kubeflow.org/v1alpha1 PVCViewer", labelled, "{podSpec: {containers: [{}]}}"), captured},
		{"a PVCViewer on the host's network", object("kubeflow.org/v1alpha1 PVCViewer", "", "{podSpec: {hostNetwork: true}}"), outside},
		{"a template of a kind that is not known", object("example.com/v1 Thing", "", "{deep: [{er: "+template+"}]}"), outside},
		{"a pod's spec of a kind that is not known", object("example.com/v1 Thing", "", "{deep: {containers: [{}]}}"), unclear},
	} {
		s := load(t, c.text+"kind: Namespace\napiVersion: v1\nmetadata: {name: a, labels: {istio.io/dataplane-mode: ambient}}").namespaces["a"]
		if len(s.workloads) == 0 {
			t.Errorf("%s: no pods", c.name)
			continue
		}
		if got, why := s.partOf(s.workloads[0]); got != c.want {
			t.Errorf("%s: %v %q, want %v", c.name, got, why, c.want)
		}
	}
}

// The labels by which Services and policies select pods.
func TestLabelsThatMakersAdd(t *testing.T) {
	for text, selector := range map[string]string{
		"kind: Notebook\napiVersion: kubeflow.org/v1\nmetadata: {name: x, namespace: a, labels: {team: red}}\nspec: {}":                                     "{notebook-name: x, statefulset: x, team: red}",
		"kind: Tensorboard\napiVersion: tensorboard.kubeflow.org/v1alpha1\nmetadata: {name: x, namespace: a}":                                               "{app: x}",
		"kind: PVCViewer\napiVersion: kubeflow.org/v1alpha1\nmetadata: {name: x, namespace: a}\nspec: {podSpec: {}}":                                        "{app.kubernetes.io/instance: pvcviewer-x}",
		"kind: InferenceService\napiVersion: serving.kserve.io/v1beta1\nmetadata: {name: x, namespace: a}\nspec: {transformer: {}}":                         "{serving.kserve.io/inferenceservice: x, component: transformer}",
		"kind: MPIJob\napiVersion: kubeflow.org/v1\nmetadata: {name: x, namespace: a}\nspec: {mpiReplicaSpecs: {Launcher: {template: {spec: {x: y}}}}}":     "{training.kubeflow.org/job-name: x}",
		"kind: LLMInferenceService\napiVersion: serving.kserve.io/v1alpha1\nmetadata: {name: x, namespace: a}\nspec: {}":                                    "{app.kubernetes.io/name: x}",
		"kind: SparkApplication\napiVersion: sparkoperator.k8s.io/v1beta2\nmetadata: {name: x, namespace: a}\nspec: {executor: {labels: {version: '3.5'}}}": "{spark-role: executor, version: '3.5'}",
	} {
		w := load(t, text+"\n---\nkind: Service\napiVersion: v1\nmetadata: {name: s, namespace: a}\nspec: {selector: "+selector+"}")
		if pods := w.namespaces["a"].pods(w.namespaces["a"].service("s")); len(pods) != 1 || pods[0].assumed || pods[0].perhaps != "" {
			t.Errorf("%s: %s selects %d kinds of pods, the first made up: %v", text, selector, len(pods), pods[0].assumed)
		}
	}
	w := load(t, "kind: MPIJob\napiVersion: kubeflow.org/v1\nmetadata: {name: x, namespace: a}\nspec: {mpiReplicaSpecs: {Launcher: {template: {spec: {x: y}}}}}\n---\n"+
		"kind: MPIJob\napiVersion: kubeflow.org/v2beta1\nmetadata: {name: y, namespace: a}\nspec: {mpiReplicaSpecs: {Launcher: {template: {spec: {x: y}}}}}")
	if pods := w.namespaces["a"].workloads; pods[0].account != "x-launcher" || pods[0].anyAccount || pods[1].account != "y-launcher" || !pods[1].anyAccount {
		t.Errorf("launchers have the accounts %s %v and %s %v", pods[0].account, pods[0].anyAccount, pods[1].account, pods[1].anyAccount)
	}
}

// Kubeflow's admission webhook gives pods what the PodDefaults that select them hold.
func TestPodDefaults(t *testing.T) {
	const profile = "app.kubernetes.io/part-of: kubeflow-profile, istio.io/dataplane-mode: ambient"
	none := "labels: {istio.io/dataplane-mode: none}"
	for _, c := range []struct {
		name, namespace, pod, spec string
		want                       membership
	}{
		{"selected", profile, "labels: {team: red}", "{selector: {matchLabels: {team: red}}, " + none + "}", outside},
		{"by an annotation", profile, "labels: {team: red}", "{selector: {matchLabels: {team: red}}, annotations: {sidecar.istio.io/status: x}}", outside},
		{"another", profile, "labels: {team: blue}", "{selector: {matchLabels: {team: red}}, " + none + "}", captured},
		{"every pod", profile, "labels: {team: blue}", "{selector: {}, " + none + "}", outside},
		{"excluded", profile, "labels: {team: red}, annotations: {poddefault.admission.kubeflow.org/exclude: 'true'}", "{selector: {}, " + none + "}", captured},
		{"a conflict", profile, "labels: {istio.io/dataplane-mode: ambient}", "{selector: {}, " + none + "}", unclear},
		{"no profile yet", "istio.io/dataplane-mode: ambient", "labels: {team: red}", "{selector: {}, " + none + "}", unclear},
		{"no profile yet, and nothing of the mesh", "istio.io/dataplane-mode: ambient", "labels: {team: red}", "{selector: {}, labels: {x: y}}", captured},
		{"no profile", "app.kubernetes.io/part-of: kubeflow, istio.io/dataplane-mode: ambient", "labels: {team: red}", "{selector: {}, " + none + "}", captured},
	} {
		w := load(t, "kind: Namespace\napiVersion: v1\nmetadata: {name: a, labels: {"+c.namespace+"}}\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: p, namespace: a, "+c.pod+
			"}\n---\nkind: PodDefault\napiVersion: kubeflow.org/v1alpha1\nmetadata: {name: d, namespace: a}\nspec: "+c.spec)
		s := w.namespaces["a"]
		if got, why := s.partOf(s.workloads[0]); got != c.want {
			t.Errorf("%s: %v %q, want %v", c.name, got, why, c.want)
		}
	}
	w := load(t, "kind: PodDefault\napiVersion: kubeflow.org/v1alpha1\nmetadata: {name: d, namespace: a}\nspec: {selector: {}, labels: {role: api}, serviceAccountName: z}\n---\n"+
		"kind: Namespace\napiVersion: v1\nmetadata: {name: a, labels: {"+profile+"}}\n---\nkind: Notebook\napiVersion: kubeflow.org/v1\nmetadata: {name: n, namespace: a}\nspec: {}")
	if pod := w.namespaces["a"].workloads[0]; pod.labels.value("role") != "api" || pod.account != "z" {
		t.Errorf("the Notebook's pod has the labels %v and the account %s", pod.labels, pod.account)
	}
}

// Settings outside of a template, or of an object without one, may come to its pods too.
func TestPodsOfObjectsThatNobodyKnows(t *testing.T) {
	const service = "\n---\nkind: Service\napiVersion: v1\nmetadata: {name: x, namespace: a}\nspec: {selector: {app: x}, ports: [{name: http, port: 80, targetPort: 8080}]}\n---\n"
	object := func(apiVersion, kind, spec string) string {
		return small + closed + service + "kind: " + kind + "\napiVersion: " + apiVersion + "\nmetadata: {name: o, namespace: a}\nspec: {" + spec + "}"
	}
	q := Request{From: From{OffMesh: true}, To: To{Namespace: "a", Service: "x"}}
	const template = "template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c}]}}"
	for _, c := range []struct {
		text string
		want Outcome
	}{
		{object("monitoring.coreos.com/v1", "Prometheus", "podMetadata: {labels: {app: x}}"), Deny},
		{object("monitoring.coreos.com/v1", "Prometheus", "podMetadata: {labels: {istio.io/dataplane-mode: none}}"), NotJudged},
		{object("monitoring.coreos.com/v1", "Alertmanager", "hostNetwork: true"), NotJudged},
		{object("example.com/v1", "Thing", template), Deny},
		{edit(t, object("example.com/v1", "Thing", "size: 3"), "{name: o,", "{name: o, labels: {istio.io/dataplane-mode: none},"), NotJudged},
		{edit(t, object("example.com/v1", "Thing", "size: 3"), "{name: o,", "{name: o, annotations: {ambient.istio.io/bypass-inbound-capture: 'true'},"), NotJudged},
		{edit(t, object("example.com/v1", "Thing", "size: 3"), "{name: o,", "{name: o, labels: {app: x},"), Deny},
		{edit(t, object("networking.k8s.io/v1", "NetworkPolicy", "podSelector: {}"), "{name: o,", "{name: o, labels: {istio.io/dataplane-mode: none},"), Deny},
		{object("example.com/v1", "Guard", "endpointSelector: {matchLabels: {istio.io/dataplane-mode: none}}, ingress: [{from: [{matchLabels: {istio.io/rev: x}}]}]"), Deny},
		{object("example.com/v1", "Thing", template+", podLabels: {istio.io/dataplane-mode: none}"), NotJudged},
		{object("example.com/v1", "Thing", edit(t, template, "{app: x}", "{app: x, istio.io/dataplane-mode: ambient}")), Deny},
		{object("example.com/v1", "Guard", "endpointSelector: &l {istio.io/dataplane-mode: none}, podLabels: *l"), NotJudged},
		{object("argoproj.io/v1alpha1", "Rollout", template), Deny},
		{object("argoproj.io/v1alpha1", "Rollout", template+", strategy: {canary: {canaryMetadata: {labels: {istio.io/dataplane-mode: none}}}}"), NotJudged},
		{object("argoproj.io/v1alpha1", "Rollout", "workloadRef: {name: d}, strategy: {canary: {canaryMetadata: {labels: {role: canary}}}}"), Deny},
		{object("argoproj.io/v1alpha1", "Rollout", "workloadRef: {name: d}, strategy: {canary: {canaryMetadata: {labels: {istio.io/dataplane-mode: none}}}}"), NotJudged},
		{object("trainer.kubeflow.org/v1alpha1", "TrainJob", "podTemplateOverrides: [{metadata: {labels: {app: x, istio.io/dataplane-mode: none}}}]"), NotJudged},
		{object("argoproj.io/v1alpha1", "Workflow", "podMetadata: {labels: {app: x}}, templates: [{name: m, container: {}, podSpecPatch: 'containers: []'}]"), Deny},
		{object("argoproj.io/v1alpha1", "Workflow", "podMetadata: {labels: {app: x}}, templates: [{name: m, container: {}, podSpecPatch: '{\"hostNetwork\": true}'}]"), NotJudged},
	} {
		if v := load(t, c.text).Decide(q); v.Outcome != c.want {
			t.Errorf("%v, want %v: %s\n%s", v.Outcome, c.want, v.By(), c.text[len(small+closed+service):])
		}
	}
}
