// Package metacontroller acts on a real API server as metacontroller 4.9 does for a DecoratorController: customize, sync, labels
// first, then deletions, then creations and three-way merges, and no adoption. It takes single steps instead of looping, under
// metacontroller's own account.
package metacontroller

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// Account is metacontroller's in Kubeflow.
const Account = "system:serviceaccount:kubeflow:meta-controller-service"

const (
	madeBy      = "metacontroller.k8s.io/decorator-controller"
	lastApplied = "metacontroller.k8s.io/last-applied-configuration"
)

// Controller is one DecoratorController for Namespaces.
type Controller struct {
	client      *kube.Client
	name, hooks string
	selector    labels.Selector
	attachments []schema.GroupVersionResource
	// AfterEach is called after every change of the cluster.
	AfterEach func()
}

// ErrHook is an answer other than 200, or none.
var ErrHook = errors.New("hook")

// New reads the DecoratorController. Its hooks are asked at another address.
func New(admin *rest.Config, controller *kube.Object, hooks string) (*Controller, error) {
	config := rest.CopyConfig(admin)
	config.Impersonate.UserName = Account
	config.QPS, config.Burst = 50, 100 // as the example sets them
	client, err := kube.NewClient(config)
	if err != nil {
		return nil, err
	}
	c := &Controller{client: client, name: controller.GetName(), hooks: hooks, AfterEach: func() {}}
	parents, _, _ := unstructured.NestedSlice(controller.Object, "spec", "resources")
	selected, _, _ := unstructured.NestedStringMap(parents[0].(map[string]any), "labelSelector", "matchLabels")
	c.selector = labels.SelectorFromSet(selected)
	attachments, _, err := unstructured.NestedSlice(controller.Object, "spec", "attachments")
	for _, a := range attachments {
		gvr, err := resourceOf(a.(map[string]any))
		if err != nil {
			return nil, err
		}
		c.attachments = append(c.attachments, gvr)
	}
	return c, err
}

func resourceOf(m map[string]any) (schema.GroupVersionResource, error) {
	version, _ := m["apiVersion"].(string)
	resource, _ := m["resource"].(string)
	gv, err := schema.ParseGroupVersion(version)
	return gv.WithResource(resource), err
}

// Settle syncs a Namespace until nothing changes, as its own changes bring about the next sync.
func (c *Controller) Settle(ctx context.Context, namespace string) error {
	for range 20 {
		if changed, err := c.Sync(ctx, namespace); err != nil || !changed {
			return err
		}
	}
	return fmt.Errorf("namespace %s still changes after 20 syncs", namespace)
}

// Sync is decorator.syncParentObject.
func (c *Controller) Sync(ctx context.Context, namespace string) (bool, error) {
	parent, err := c.client.Dynamic.Resource(namespaces).Get(ctx, namespace, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil || !c.selector.Matches(labels.Set(parent.GetLabels())) {
		return false, err
	}
	observed, err := c.observed(ctx, parent)
	if err != nil {
		return false, err
	}
	related, err := c.related(ctx, parent)
	if err != nil {
		return false, err
	}
	var wanted struct {
		Labels      map[string]*string
		Attachments []*kube.Object
	}
	request := map[string]any{"controller": map[string]any{"metadata": map[string]any{"name": c.name}}, "object": parent.Object,
		"attachments": grouped(observed), "related": grouped(related), "finalizing": false}
	if err := c.call(ctx, "/sync", request, &wanted); err != nil {
		c.warn(ctx, parent, err)
		return false, err
	}
	changed, err := c.label(ctx, parent, wanted.Labels)
	if err != nil || parent.GetDeletionTimestamp() != nil {
		return false, err
	}
	managed, err := c.manage(ctx, parent, observed, wanted.Attachments)
	return changed || managed, err
}

var namespaces = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}

// observed are the objects that the parent controls and this controller made.
func (c *Controller) observed(ctx context.Context, parent *kube.Object) ([]*kube.Object, error) {
	var all []*kube.Object
	for _, gvr := range c.attachments {
		list, err := c.client.Dynamic.Resource(gvr).Namespace(parent.GetName()).List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			o := &list.Items[i]
			ref := metav1.GetControllerOf(o)
			if ref != nil && ref.UID == parent.GetUID() && o.GetAnnotations()[madeBy] == c.name {
				all = append(all, o)
			}
		}
	}
	return all, nil
}

// related are what the customize hook asks for.
func (c *Controller) related(ctx context.Context, parent *kube.Object) ([]*kube.Object, error) {
	var rules struct {
		RelatedResources []map[string]any
	}
	if err := c.call(ctx, "/customize", map[string]any{"controller": map[string]any{}, "parent": parent.Object}, &rules); err != nil {
		return nil, err
	}
	var all []*kube.Object
	for _, rule := range rules.RelatedResources {
		gvr, err := resourceOf(rule)
		if err != nil {
			return nil, err
		}
		in, _ := rule["namespace"].(string)
		names, _, _ := unstructured.NestedStringSlice(rule, "names")
		list, err := c.client.Dynamic.Resource(gvr).Namespace(in).List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			o := &list.Items[i]
			if len(names) == 0 || names[0] == o.GetName() {
				all = append(all, o)
			}
		}
	}
	return all, nil
}

func grouped(objects []*kube.Object) map[string]map[string]any {
	groups := map[string]map[string]any{}
	for _, o := range objects {
		key := o.GetKind() + "." + o.GetAPIVersion()
		if groups[key] == nil {
			groups[key] = map[string]any{}
		}
		name := o.GetName()
		if o.GetNamespace() != "" {
			name = o.GetNamespace() + "/" + name
		}
		groups[key][name] = o.Object
	}
	return groups
}

func (c *Controller) call(ctx context.Context, path string, request, response any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.hooks+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrHook, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: unsupported status code: %d body: %s (%v)", ErrHook, answer.StatusCode, text, err)
	}
	return json.Unmarshal(text, response)
}

// warn records the event "Sync error" on the parent, which lives in namespace default as that of any object without one.
func (c *Controller) warn(ctx context.Context, parent *kube.Object, err error) {
	now := metav1.Now().UTC().Format(time.RFC3339)
	event := &kube.Object{Object: map[string]any{
		"apiVersion": "v1", "kind": "Event", "metadata": map[string]any{"generateName": parent.GetName() + ".", "namespace": "default"},
		"involvedObject": map[string]any{"apiVersion": "v1", "kind": "Namespace", "name": parent.GetName(), "uid": string(parent.GetUID())},
		"type":           "Warning", "reason": "SyncError", "message": "Sync error: " + err.Error(), "firstTimestamp": now, "lastTimestamp": now, "count": int64(1),
	}}
	_, _ = c.client.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "events"}).Namespace("default").Create(ctx, event, metav1.CreateOptions{})
}

func (c *Controller) label(ctx context.Context, parent *kube.Object, change map[string]*string) (bool, error) {
	now := parent.GetLabels()
	changed := false
	for key, value := range change {
		old, found := now[key]
		switch {
		case value == nil && found:
			delete(now, key)
		case value != nil && old != *value:
			now[key] = *value
		default:
			continue
		}
		changed = true
	}
	if !changed {
		return false, nil
	}
	updated := parent.DeepCopy()
	updated.SetLabels(now)
	_, err := c.client.Dynamic.Resource(namespaces).Update(ctx, updated, metav1.UpdateOptions{})
	c.AfterEach()
	if apierrors.IsConflict(err) {
		return true, nil
	}
	return true, err
}
