package access

import (
	"strings"
	"testing"
)

// Pods that leave the mesh are reported, whatever kind of object makes them.
func TestPodsThatLeaveTheMesh(t *testing.T) {
	const host, labelled = "spec: {hostNetwork: true, containers: [{name: a}]}", "{metadata: {labels: {istio.io/dataplane-mode: none}}, spec: {containers: [{name: a}]}}"
	object := func(apiVersion, kind, spec string) string {
		return "kind: " + kind + "\napiVersion: " + apiVersion + "\nmetadata: {name: x, namespace: alice}\nspec: " + spec
	}
	var cases []lockoutCase
	add := func(kind, apiVersion, spec, by string) {
		c := lockoutCase{name: kind + " " + spec, more: object(apiVersion, kind, spec)}
		if by != "" {
			c.want = []string{kind + " alice/x: takes its pods out of the mesh by " + by}
		}
		cases = append(cases, c)
	}
	const byLabel, byHost = "the label istio.io/dataplane-mode: none", "hostNetwork: true"
	add("ReplicationController", "v1", "{template: "+labelled+"}", byLabel)
	add("RayCluster", "ray.io/v1", "{headGroupSpec: {template: {"+host+"}}}", byHost)
	add("RayCluster", "ray.io/v1", "{headGroupSpec: {template: {}}, workerGroupSpecs: [{}, {template: "+labelled+"}]}", byLabel)
	add("RayJob", "ray.io/v1", "{rayClusterSpec: {headGroupSpec: {template: "+labelled+"}}}", byLabel)
	add("JobSet", "jobset.x-k8s.io/v1alpha2", "{replicatedJobs: [{template: {spec: {template: "+labelled+"}}}]}", byLabel)
	add("LeaderWorkerSet", "leaderworkerset.x-k8s.io/v1", "{leaderWorkerTemplate: {workerTemplate: {"+host+"}}}", byHost)
	add("Service", "serving.knative.dev/v1", "{template: "+labelled+"}", byLabel)
	add("Rollout", "argoproj.io/v1alpha1", "{template: "+labelled+"}", byLabel)
	add("Workflow", "argoproj.io/v1alpha1", "{hostNetwork: true, templates: [{container: {}}]}", byHost)
	add("Workflow", "argoproj.io/v1alpha1", "{podMetadata: {labels: {istio.io/dataplane-mode: none}}, templates: [{container: {}}]}", byLabel)
	add("Workflow", "argoproj.io/v1alpha1", "{templates: [{metadata: {labels: {istio.io/dataplane-mode: none}}, script: {}}]}", byLabel)
	add("LLMInferenceService", "serving.kserve.io/v1alpha1", "{template: {hostNetwork: true}}", byHost)
	add("LLMInferenceService", "serving.kserve.io/v1alpha1", "{worker: {hostNetwork: true}}", byHost)
	add("LLMInferenceService", "serving.kserve.io/v1alpha1", "{prefill: {template: {hostNetwork: true}}}", byHost)
	add("LLMInferenceService", "serving.kserve.io/v1alpha1", "{prefill: {worker: {hostNetwork: true}}}", byHost)
	add("LLMInferenceService", "serving.kserve.io/v1alpha1", "{labels: {istio.io/dataplane-mode: none}}", byLabel)
	add("PodDefault", "kubeflow.org/v1alpha1", "{labels: {istio.io/dataplane-mode: none}}", byLabel)
	add("PodDefault", "kubeflow.org/v1alpha1", "{annotations: {sidecar.istio.io/status: x}}", "the annotation sidecar.istio.io/status")
	add("Thing", "example.com/v1", "{a: &t "+labelled+", b: [*t, *t]}", byLabel)
	add("Thing", "example.com/v1", "{a: {spec: {containers: [{name: a}]}}, b: [{containers: [{name: a}], hostNetwork: false}]}", "")
	add("Thing", "example.com/v1", "{hostNetwork: true, metadata: {labels: {istio.io/dataplane-mode: none}}, spec: {image: x}}", "") // no pods
	for _, value := range []string{"1", "t", "T", "true", "TRUE", "True"} {
		add("Pod", "v1", "{containers: [{name: a}]}", `the annotation ambient.istio.io/bypass-inbound-capture: "`+value+`"`)
		c := &cases[len(cases)-1]
		c.more = strings.Replace(c.more, "namespace: alice}", "namespace: alice, annotations: {ambient.istio.io/bypass-inbound-capture: '"+value+"'}}", 1)
	}
	for _, value := range []string{"0", "false", "yes", "tRUE", ""} {
		add("Pod", "v1", "{containers: [{name: a}], nodeName: '"+value+"'}", "")
		c := &cases[len(cases)-1]
		c.more = strings.Replace(c.more, "namespace: alice}", "namespace: alice, annotations: {ambient.istio.io/bypass-inbound-capture: '"+value+"'}}", 1)
	}
	testLockouts(t, tenants(t), cases)
}

// Plain text reaches such a pod past ztunnel; the mesh's own connections come to ztunnel as ever.
func TestPodsThatBypassInboundCapture(t *testing.T) {
	pod := func(kind, spec string) string {
		return small + closed + "\n---\nkind: " + kind + "\nmetadata: {name: p, namespace: a, labels: {app: p}, annotations: {ambient.istio.io/bypass-inbound-capture: 'T'}}\nspec: " + spec
	}
	for _, c := range []struct {
		text, label string
		from        From
		want        Outcome
	}{
		{pod("Pod\napiVersion: v1", "{containers: [{name: c}]}"), "app", From{OffMesh: true}, Allow},
		{pod("Pod\napiVersion: v1", "{containers: [{name: c}]}"), "app", From{ServiceAccount: "b/c"}, Deny},
		{pod("Notebook\napiVersion: kubeflow.org/v1", "{template: {spec: {containers: [{name: c}]}}}"), "notebook-name", From{OffMesh: true}, Allow},
		{pod("Deployment\napiVersion: apps/v1", "{template: {metadata: {labels: {app: p}}, spec: {containers: [{name: c}]}}}"), "app", From{OffMesh: true}, Deny}, // not the pod's
		{pod("Deployment\napiVersion: apps/v1", "{template: {metadata: {labels: {app: p}, annotations: {ambient.istio.io/bypass-inbound-capture: '1'}}, spec: {containers: [{name: c}]}}}"), "app", From{OffMesh: true}, Allow},
	} {
		v := load(t, c.text).Decide(Request{From: c.from, To: To{Namespace: "a", Pod: map[string]string{c.label: "p"}}})
		if v.Outcome != c.want {
			t.Errorf("%s, from %+v: %+v, want %v", c.text[len(small+closed):], c.from, v, c.want)
		}
	}
}
