package e2e

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// As the distribution makes user namespaces (profiles-namespace-labels-data of June 2026), and stricter for the proxy.
const strictNamespaces = `apiVersion: v1
kind: Namespace
metadata:
  name: alice
  annotations: {owner: alice@example.com}
  labels: {pod-security.kubernetes.io/enforce: baseline}
---
apiVersion: v1
kind: Namespace
metadata:
  name: gateways
  labels: {pod-security.kubernetes.io/enforce: restricted}
`

// What our options say arrives at the waypoint that istiod makes: an unknown key, and no waypoint is deployed at all.
func TestWaypointOptionsReachTheWaypoint(t *testing.T) {
	needsControlPlane(t)
	options := "waypoint: {replicas: 3, podDisruptionBudget: true, resources: {requests: {memory: 77Mi}}}\n"
	all := applyWithFixtures(t.Context(), t, render(t, configuration(alice, options)))
	report(t, judge(t.Context(), t, patience, all))

	waypoint := mustGet(t, object("apps/v1", "Deployment", "alice", "waypoint", nil))
	if n, _, _ := unstructured.NestedInt64(waypoint.Object, "spec", "replicas"); n != 3 {
		t.Errorf("the waypoint has %d replicas, said 3", n)
	}
	containers, _, _ := unstructured.NestedSlice(waypoint.Object, "spec", "template", "spec", "containers")
	if m, _, _ := unstructured.NestedString(list(any(containers))[0], "resources", "requests", "memory"); m != "77Mi" {
		t.Errorf("the waypoint requests %s of memory, said 77Mi", m)
	}
	mustGet(t, object("policy/v1", "PodDisruptionBudget", "alice", "waypoint", nil))
	// The account whose principal the L4 policy names.
	mustGet(t, object("v1", "ServiceAccount", "alice", "waypoint", nil))
}

// Nothing runs here, but admission can be asked: the proxy passes Pod Security "restricted", the waypoint "baseline".
// podsecurity_test.go shows what the waypoint needs for "restricted".
func TestPodsAreAdmittedByPodSecurity(t *testing.T) {
	needsControlPlane(t)
	config := configuration(alice, "ingress: {gateway: gateways/ambient-ingressgateway}\n")
	all := applyWithFixtures(t.Context(), t, render(t, config, strictNamespaces))
	report(t, judge(t.Context(), t, patience, all))
	for _, d := range []*kube.Object{
		object("apps/v1", "Deployment", "alice", "waypoint", nil),
		object("apps/v1", "Deployment", "gateways", "cluster-jwks-proxy", nil),
	} {
		if err := admitPod(t, mustGet(t, d), false); err != nil {
			t.Errorf("%s: %v", kube.Name(d), err)
		}
		if err := admitPod(t, mustGet(t, d), true); err == nil {
			t.Errorf("%s: a pod on the host network is admitted: nothing was checked", kube.Name(d))
		}
	}
}

// admitPod tries a pod of the Deployment's template.
func admitPod(t *testing.T, deployment *kube.Object, hostNetwork bool) error {
	t.Helper()
	template, _, _ := unstructured.NestedMap(deployment.Object, "spec", "template")
	pod := &kube.Object{Object: template}
	pod.SetAPIVersion("v1")
	pod.SetKind("Pod")
	pod.SetNamespace(deployment.GetNamespace())
	pod.SetName(deployment.GetName() + "-0")
	set(pod, hostNetwork, "spec", "hostNetwork")
	r, err := cluster.Resource(pod)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	cluster.TakeWarnings()
	return err
}

func mustGet(t *testing.T, o *kube.Object) *kube.Object {
	t.Helper()
	live, err := cluster.Get(t.Context(), o)
	if err != nil {
		t.Fatalf("%s: %v", kube.Name(o), err)
	}
	return live
}
