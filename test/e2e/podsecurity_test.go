package e2e

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// Kubeflow's distribution of June 2026 enforces restricted in kubeflow and in istio-system; here a user's namespace does as well.
const restrictedNamespaces = `apiVersion: v1
kind: Namespace
metadata:
  name: alice
  annotations: {owner: alice@example.com}
  labels: {pod-security.kubernetes.io/enforce: restricted}
---
apiVersion: v1
kind: Namespace
metadata: {name: kubeflow, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: Namespace
metadata: {name: gateways, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: Service
metadata: {name: ml-pipeline, namespace: kubeflow}
spec: {ports: [{name: http, port: 8888}]}
---
apiVersion: v1
kind: Service
metadata: {name: ml-pipeline-ui, namespace: kubeflow}
spec: {ports: [{name: http, port: 80}]}
`

// In a namespace that enforces Pod Security restricted, the API server takes the pods that istiod makes of each of our
// Gateways. It is the seccomp profile that it takes them for: without it each is refused, for that reason alone.
func TestPodSecurityRestrictedAdmitsTheGateways(t *testing.T) {
	needsControlPlane(t)
	config := configuration(alice, "ingress: {gateway: gateways/ambient-ingressgateway}\ncluster: {platform: {enabled: true}}\n")
	all := applyWithFixtures(t.Context(), t, render(t, config, restrictedNamespaces))
	report(t, judge(t.Context(), t, patience, all))
	for _, d := range []*kube.Object{
		object("apps/v1", "Deployment", "alice", "waypoint", nil),
		object("apps/v1", "Deployment", "kubeflow", "kubeflow-waypoint", nil),
		object("apps/v1", "Deployment", "gateways", "ambient-ingressgateway-istio", nil),
	} {
		deployment := mustGet(t, d)
		if err := admitPod(t, deployment, false); err != nil {
			t.Errorf("%s: %v", kube.Name(d), err)
		}
		unstructured.RemoveNestedField(deployment.Object, "spec", "template", "spec", "securityContext", "seccompProfile")
		err := admitPod(t, deployment, false)
		switch {
		case err == nil:
			t.Errorf("%s: a pod without a seccomp profile is admitted: nothing was checked", kube.Name(d))
		case !strings.Contains(err.Error(), "seccompProfile") || strings.Contains(err.Error(), ", "):
			t.Errorf("%s: without a seccomp profile, refused for more than that: %v", kube.Name(d), err)
		}
	}
}

// Without the label on the Namespace of the input nothing is set, and the pods that Istio makes by default are rejected if the
// cluster enforces restricted after all. That is why waypoint.seccomp can be configured.
func TestPodSecurityRestrictedNeedsTheSeccompProfile(t *testing.T) {
	needsControlPlane(t)
	for _, c := range []struct {
		waypoint string
		admitted bool
	}{
		{"", false},
		{"waypoint: {seccomp: RuntimeDefault}\n", true},
	} {
		all := render(t, configuration(alice, c.waypoint))
		for _, o := range all {
			if o.GetKind() == "Namespace" && o.GetName() == "alice" {
				labels := o.GetLabels()
				labels["pod-security.kubernetes.io/enforce"] = "restricted"
				o.SetLabels(labels)
			}
		}
		t.Run("waypoint "+c.waypoint, func(t *testing.T) {
			report(t, judge(t.Context(), t, patience, applyWithFixtures(t.Context(), t, all)))
			err := admitPod(t, mustGet(t, object("apps/v1", "Deployment", "alice", "waypoint", nil)), false)
			if c.admitted != (err == nil) || err != nil && !strings.Contains(err.Error(), "seccompProfile") {
				t.Errorf("with %q: admitted must be %t: %v", c.waypoint, c.admitted, err)
			}
		})
	}
}
