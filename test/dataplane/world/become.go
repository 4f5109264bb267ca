package world

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// notApplied are kinds that nothing here serves: webhooks of Kubeflow would refuse every pod, and the others have no CRD.
var notApplied = []string{
	"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "Profile", "Notebook", "AmbientProfile", "AccessCheck",
}

// neverDeleted: no namespace controller and no garbage collector runs that would finish it.
var neverDeleted = []string{"Namespace", "CustomResourceDefinition"}

// Become changes the cluster into another world: new and changed objects are applied, missing ones are deleted. It
// returns when pods, endpoints and proxies have followed and istiod has nothing more to send.
func (p *Plane) Become(ctx context.Context, objects []*kube.Object) error {
	next := map[string]*kube.Object{}
	for _, o := range objects {
		if !slices.Contains(notApplied, o.GetKind()) {
			next[key(o)] = o
		}
	}
	p.changed = time.Now()
	for k, o := range p.applied {
		if next[k] != nil || slices.Contains(neverDeleted, o.GetKind()) {
			continue
		}
		if err := p.kube.Delete(ctx, o); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("delete %s: %w", kube.Name(o), err)
		}
		delete(p.applied, k)
	}
	var order []*kube.Object
	for _, o := range next {
		order = append(order, o)
	}
	slices.SortFunc(order, func(a, b *kube.Object) int { return cmp.Compare(key(a), key(b)) })
	for _, o := range kube.InstallOrder(order) {
		if err := p.apply(ctx, o); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context) error{p.followPods, p.followNames, p.followGateways, p.followServices, p.Settle} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *Plane) apply(ctx context.Context, o *kube.Object) error {
	if was := p.applied[key(o)]; was != nil && equality.Semantic.DeepEqual(was.Object, o.Object) {
		return nil
	}
	if o.GetKind() == "Pod" { // followPods runs it, under the name that a controller would give it
		p.applied[key(o)] = o
		return nil
	}
	// A CRD may not be served yet, and a Namespace's ServiceAccounts may not be known yet.
	err := eventually(ctx, 10*time.Second, func() error {
		_, err := p.kube.Apply(ctx, "dataplane", true, o.DeepCopy())
		return err
	})
	if err != nil {
		return fmt.Errorf("apply %s: %w", kube.Name(o), err)
	}
	p.applied[key(o)] = o
	return nil
}

// Refusal is what the API server says to an object as a user sends it, or nil. Nothing is written.
func (p *Plane) Refusal(ctx context.Context, user string, o *kube.Object) error {
	config := rest.CopyConfig(p.control.Admin)
	config.Impersonate = rest.ImpersonationConfig{UserName: user}
	client, err := kube.NewClient(config)
	if err != nil {
		return err
	}
	_, err = client.DryRun(ctx, "tenant", o.DeepCopy())
	return err
}

func key(o *kube.Object) string {
	return o.GroupVersionKind().Group + "/" + kube.Name(o)
}

// Settle waits until istiod has said what follows from the last change: something, or nothing for a while, and then
// nothing more; and until every proxy has answered.
func (p *Plane) Settle(ctx context.Context) error {
	const reaction, silence = 1200 * time.Millisecond, 350 * time.Millisecond // istiod collects changes for 100 ms
	return eventually(ctx, 20*time.Second, func() error {
		last, answered := p.Mesh.Quiet(), true
		if p.node != nil {
			if p.node.process.Exited() {
				return fmt.Errorf("ztunnel has exited:\n%s", p.node.process.LastWords())
			}
			var at time.Time
			if at, answered = p.node.relay.Quiet(); at.After(last) {
				last = at
			}
		}
		for _, g := range p.proxies {
			if g.process.Exited() {
				return fmt.Errorf("Envoy %s has exited:\n%s", g.key(), g.process.LastWords())
			}
			at, done := g.agent.Quiet()
			if at.After(last) {
				last = at
			}
			answered = answered && done
		}
		switch {
		case !answered:
			return fmt.Errorf("a proxy has not answered istiod")
		case last.Before(p.changed) && time.Since(p.changed) < reaction:
			return fmt.Errorf("istiod has not said anything yet")
		case time.Since(last) < silence:
			return fmt.Errorf("istiod is still sending")
		}
		return nil
	})
}
