package controlplane

import (
	"errors"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// Injector is the webhook of Istio's chart that gives pods sidecars, pointed at our istiod, which then adds its certificate. It is for the tests that
// have pods with sidecars: no cluster starts with it.
func (cp *ControlPlane) Injector() (*kube.Object, error) {
	objects, err := kube.ReadFile(cp.bin.path("istio.yaml"))
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		if o.GetKind() != "MutatingWebhookConfiguration" {
			continue
		}
		hooks, _, _ := unstructured.NestedSlice(o.Object, "webhooks")
		for _, h := range hooks {
			if err := unstructured.SetNestedField(h.(map[string]any), int64(cp.httpsPort()), "clientConfig", "service", "port"); err != nil {
				return nil, err
			}
		}
		return o, unstructured.SetNestedSlice(o.Object, hooks, "webhooks")
	}
	return nil, errors.New("the chart has no webhook that gives pods sidecars")
}
