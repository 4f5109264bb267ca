package world

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/mesh"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// redirected is how istio-cni tells istiod that it has put a pod into the mesh.
const redirected = "ambient.istio.io/redirection"

// pod is an application that runs, made of a workload of the world.
type pod struct {
	namespace, name string // of the workload
	spec            corev1.PodTemplateSpec
	app             *mesh.Pod
	guarded         bool // by a real ztunnel
}

func (o *pod) key() string { return o.namespace + "/" + o.name }

// followPods does what the workload controllers, kubelet and istio-cni do: one pod for each workload.
func (p *Plane) followPods(ctx context.Context) error {
	wanted := map[string]*pod{}
	for _, o := range p.applied {
		spec, ok, err := template(o)
		if err != nil {
			return fmt.Errorf("%s: %w", kube.Name(o), err)
		}
		if ok && !isProxy(spec) {
			wanted[o.GetNamespace()+"/"+o.GetName()] = &pod{namespace: o.GetNamespace(), name: o.GetName(), spec: spec}
		}
	}
	for k, o := range p.pods {
		if wanted[k] != nil && sameProcess(o.spec.Spec, wanted[k].spec.Spec) {
			continue
		}
		if err := p.node.guard(o, false); err != nil {
			return err
		}
		o.app.Close()
		if err := p.deletePod(ctx, o.namespace, o.name); err != nil {
			return err
		}
		delete(p.pods, k)
	}
	for _, k := range slices.Sorted(maps.Keys(wanted)) {
		if err := p.runPod(ctx, wanted[k]); err != nil {
			return fmt.Errorf("pod of %s: %w", k, err)
		}
	}
	return nil
}

// template reads the pods of a workload. A bare Pod is its own template.
func template(o *kube.Object) (spec corev1.PodTemplateSpec, ok bool, err error) {
	from := o.Object
	switch o.GetKind() {
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job":
		if n, found, _ := unstructured.NestedInt64(o.Object, "spec", "replicas"); found && n == 0 {
			return spec, false, nil
		}
		from, _, _ = unstructured.NestedMap(o.Object, "spec", "template")
	case "Pod":
	default:
		return spec, false, nil
	}
	raw, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(raw, &spec)
	}
	return spec, err == nil, err
}

// isProxy: its container is an Envoy, which followGateways runs.
func isProxy(spec corev1.PodTemplateSpec) bool {
	return slices.ContainsFunc(spec.Spec.Containers, func(c corev1.Container) bool { return c.Name == "istio-proxy" })
}

// sameProcess: nothing differs for which Kubernetes would make the pod anew and that someone here looks at.
func sameProcess(a, b corev1.PodSpec) bool {
	return a.ServiceAccountName == b.ServiceAccountName && slices.EqualFunc(a.Containers, b.Containers, func(a, b corev1.Container) bool {
		return slices.EqualFunc(a.Ports, b.Ports, func(a, b corev1.ContainerPort) bool { return a.Name == b.Name && a.ContainerPort == b.ContainerPort })
	})
}

// portsOf are all that the containers of a pod name.
func portsOf(spec corev1.PodSpec) (out []corev1.ContainerPort) {
	for _, c := range spec.Containers {
		out = append(out, c.Ports...)
	}
	return out
}

func (p *Plane) runPod(ctx context.Context, want *pod) error {
	account := want.spec.Spec.ServiceAccountName
	if account == "" {
		account = "default"
	}
	is := p.pods[want.key()]
	if is == nil {
		identity, err := p.Identity(ctx, want.namespace, account)
		if err != nil {
			return err
		}
		want.app = &mesh.Pod{Namespace: want.namespace, Name: want.name, Account: account, IP: p.freeAddress(1)}
		want.app.Handler = p.handler(want)
		if want.app.Own, err = p.node.join(want.app.IP); err != nil {
			return err
		}
		if err := p.Mesh.Serve(want.app, identity); err != nil {
			return err
		}
		is = want
		p.pods[want.key()] = is
	}
	is.spec = want.spec
	captured := p.captures(is)
	is.app.Capture(captured)
	annotations := maps.Clone(is.spec.Annotations)
	if captured {
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[redirected] = "enabled"
	}
	if err := p.writePod(ctx, is.namespace, is.name, account, is.app.IP, is.spec.Labels, annotations, portsOf(is.spec.Spec)...); err != nil {
		return err
	}
	return p.node.guard(is, captured)
}

// captures decides as istio-cni does. Sidecars are not injected here, so only an annotation says that a pod has one.
func (p *Plane) captures(o *pod) bool {
	mode, own := o.spec.Labels["istio.io/dataplane-mode"]
	if ns := p.applied["/Namespace/"+o.namespace]; ns != nil && !own {
		mode = ns.GetLabels()["istio.io/dataplane-mode"]
	}
	_, sidecar := o.spec.Annotations["sidecar.istio.io/status"]
	return mode == "ambient" && !sidecar && !o.spec.Spec.HostNetwork
}

// freeAddress is one that no pod has.
func (p *Plane) freeAddress(subnet int) string {
	used := map[string]bool{}
	for _, o := range p.pods {
		used[o.app.IP] = true
	}
	for _, g := range p.proxies {
		used[g.ip] = true
	}
	for i := 10; ; i++ {
		if ip := fmt.Sprintf("10.244.%d.%d", subnet, i); !used[ip] {
			return ip
		}
	}
}

// writePod tells the API server of a pod that runs, or of its new labels.
func (p *Plane) writePod(ctx context.Context, namespace, workload, account, ip string, labels, annotations map[string]string, ports ...corev1.ContainerPort) error {
	pods := p.client.CoreV1().Pods(namespace)
	name := workload + "-0"
	live, err := pods.Get(ctx, name, metav1.GetOptions{})
	if err == nil {
		if maps.Equal(live.Labels, labels) && maps.Equal(live.Annotations, annotations) {
			return nil
		}
		live.Labels, live.Annotations = labels, annotations
		_, err = pods.Update(ctx, live, metav1.UpdateOptions{})
		return err
	}
	if !apierrors.IsNotFound(err) {
		return err
	}
	live, err = pods.Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: labels, Annotations: annotations},
		Spec: corev1.PodSpec{ServiceAccountName: account, NodeName: "node1", AutomountServiceAccountToken: new(bool),
			Containers: []corev1.Container{{Name: "main", Image: "example.com/stub:1", Ports: ports}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	now := metav1.Now()
	live.Status = corev1.PodStatus{
		Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}}, HostIP: "10.244.0.1", StartTime: &now,
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}, {Type: corev1.ContainersReady, Status: corev1.ConditionTrue}},
		ContainerStatuses: []corev1.ContainerStatus{{Name: "main", Ready: true,
			State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}}},
	}
	_, err = pods.UpdateStatus(ctx, live, metav1.UpdateOptions{})
	return err
}

func (p *Plane) deletePod(ctx context.Context, namespace, workload string) error {
	err := p.client.CoreV1().Pods(namespace).Delete(ctx, workload+"-0", metav1.DeleteOptions{GracePeriodSeconds: new(int64)})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
