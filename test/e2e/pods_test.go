package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// redirection is what istio-cni notes of a pod whose traffic it leads to ztunnel.
const redirection = "ambient.istio.io/redirection"

// runPods stands in for kubelet and istio-cni in a namespace, until the test ends: each pod runs at once, with an address, and is redirected as
// istio-cni would do it.
func runPods(t *testing.T, namespace string) {
	t.Helper()
	client, err := kubernetes.NewForConfig(plane.Admin)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		n := node{client, 0}
		for ctx.Err() == nil {
			n.look(ctx, namespace)
			time.Sleep(100 * time.Millisecond)
		}
	}()
}

type node struct {
	client  kubernetes.Interface
	started int
}

// look does what is to be done for the pods that are there. What fails, as for a pod that goes at that moment, is done at the next look.
func (n *node) look(ctx context.Context, namespace string) {
	ns, err := n.client.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
	if err != nil {
		return
	}
	pods, err := n.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return
	}
	for i := range pods.Items {
		pod := &pods.Items[i]
		if pod.Status.PodIP == "" {
			n.start(ctx, pod)
		}
		want := any(nil)
		if inMesh(pod, ns.Labels) {
			want = "enabled"
		}
		if _, has := pod.Annotations[redirection]; has != (want != nil) {
			patch, _ := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]any{redirection: want}}})
			_, _ = n.client.CoreV1().Pods(namespace).Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{})
		}
	}
}

// inMesh is how istio-cni chooses pods, with the selectors of its chart (Istio 1.31: cni/pkg/util CompiledEnablementSelectors.Matches, istio-cni/values.yaml).
func inMesh(pod *corev1.Pod, namespace map[string]string) bool {
	const mode = "istio.io/dataplane-mode"
	if _, sidecar := pod.Annotations["sidecar.istio.io/status"]; sidecar || pod.Spec.HostNetwork {
		return false
	}
	return pod.Labels[mode] == "ambient" || pod.Labels[mode] != "none" && namespace[mode] == "ambient"
}

func (n *node) start(ctx context.Context, pod *corev1.Pod) {
	n.started++
	now := metav1.Now()
	pod.Status.Phase = corev1.PodRunning
	pod.Status.StartTime = &now
	pod.Status.PodIP = fmt.Sprintf("10.244.%d.%d", n.started/250, n.started%250+1)
	pod.Status.PodIPs = []corev1.PodIP{{IP: pod.Status.PodIP}}
	pod.Status.Conditions = []corev1.PodCondition{
		{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: now},
		{Type: corev1.ContainersReady, Status: corev1.ConditionTrue, LastTransitionTime: now},
	}
	_, _ = n.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, pod, metav1.UpdateOptions{})
}
