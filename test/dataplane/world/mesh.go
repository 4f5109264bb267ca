package world

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// MeshConfig is what istiod reads.
func (p *Plane) MeshConfig(ctx context.Context) (string, error) {
	cm, err := p.client.CoreV1().ConfigMaps("istio-system").Get(ctx, "istio", metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	return cm.Data["mesh"], nil
}

// SetMeshConfig writes it; istiod reloads it automatically. The world that follows settles under it.
func (p *Plane) SetMeshConfig(ctx context.Context, text string) error {
	maps := p.client.CoreV1().ConfigMaps("istio-system")
	cm, err := maps.Get(ctx, "istio", metav1.GetOptions{})
	if err != nil || cm.Data["mesh"] == text {
		return err
	}
	cm.Data["mesh"] = text
	p.changed = time.Now()
	_, err = maps.Update(ctx, cm, metav1.UpdateOptions{})
	return err
}

// Refused is why the API server does not take an object, as if it were new, or nil. Nothing is written.
func (p *Plane) Refused(ctx context.Context, o *kube.Object) error {
	o = o.DeepCopy()
	o.SetName(o.GetName() + "-asked")
	_, err := p.kube.DryRun(ctx, "dataplane", o)
	if apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) { // by the CRD, or by istiod's webhook
		return err
	}
	return nil
}
