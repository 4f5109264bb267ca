// Package kube is the little of kubectl and Argo CD that the tests need: apply, read, prune.
package kube

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// Object is a manifest as it is read, sent and returned.
type Object = unstructured.Unstructured

// Client applies manifests as one field manager and remembers every warning that the API server answered.
type Client struct {
	Config  *rest.Config
	Dynamic dynamic.Interface

	mapper    *restmapper.DeferredDiscoveryRESTMapper
	discovery discovery.CachedDiscoveryInterface
	warnings  *warnings
}

// NewClient leaves the given config alone.
func NewClient(config *rest.Config) (*Client, error) {
	c := &Client{Config: rest.CopyConfig(config), warnings: &warnings{}}
	c.Config.WarningHandler = c.warnings
	direct, err := discovery.NewDiscoveryClientForConfig(c.Config)
	if err != nil {
		return nil, err
	}
	c.discovery = memory.NewMemCacheClient(direct)
	c.mapper = restmapper.NewDeferredDiscoveryRESTMapper(c.discovery)
	c.Dynamic, err = dynamic.NewForConfig(c.Config)
	return c, err
}

// Resource finds where objects of this kind live; an unknown kind is asked for once more, CRDs come and go.
func (c *Client) Resource(o *Object) (dynamic.ResourceInterface, error) {
	gvk := o.GroupVersionKind()
	m, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if meta.IsNoMatchError(err) {
		c.mapper.Reset()
		m, err = c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	}
	if err != nil {
		return nil, err
	}
	if m.Scope.Name() == meta.RESTScopeNameRoot {
		return c.Dynamic.Resource(m.Resource), nil
	}
	if o.GetNamespace() == "" {
		o.SetNamespace("default") // as kubectl does
	}
	return c.Dynamic.Resource(m.Resource).Namespace(o.GetNamespace()), nil
}

// Force takes fields from other managers, as kubectl's --force-conflicts and Argo CD do.
type Force bool

// Apply sends one object by server-side apply. Strict: a field that the schema does not know is an error, not a warning.
func (c *Client) Apply(ctx context.Context, manager string, force Force, o *Object) (*Object, error) {
	return c.apply(ctx, manager, bool(force), false, o)
}

// DryRun answers what Apply would leave there.
func (c *Client) DryRun(ctx context.Context, manager string, o *Object) (*Object, error) {
	return c.apply(ctx, manager, false, true, o)
}

func (c *Client) apply(ctx context.Context, manager string, force, dryRun bool, o *Object) (*Object, error) {
	r, err := c.Resource(o)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	options := metav1.PatchOptions{FieldManager: manager, Force: &force, FieldValidation: metav1.FieldValidationStrict}
	if dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return r.Patch(ctx, o.GetName(), types.ApplyPatchType, body, options)
}

// Get reads the current object.
func (c *Client) Get(ctx context.Context, o *Object) (*Object, error) {
	r, err := c.Resource(o)
	if err != nil {
		return nil, err
	}
	return r.Get(ctx, o.GetName(), metav1.GetOptions{})
}

// Delete removes one object.
func (c *Client) Delete(ctx context.Context, o *Object) error {
	r, err := c.Resource(o)
	if err != nil {
		return err
	}
	return r.Delete(ctx, o.GetName(), metav1.DeleteOptions{})
}

// TakeWarnings hands over the warnings since it was last asked.
func (c *Client) TakeWarnings() []string { return c.warnings.take() }

// Name is how findings call an object: kind, namespace, name.
func Name(o *Object) string {
	parts := []string{o.GetKind()}
	if ns := o.GetNamespace(); ns != "" {
		parts = append(parts, ns)
	}
	return strings.Join(append(parts, o.GetName()), "/")
}

type warnings struct {
	mu   sync.Mutex
	said []string
}

// HandleWarningHeader implements rest.WarningHandler.
func (w *warnings) HandleWarningHeader(code int, _ string, text string) {
	if code != 299 || text == "" { // 299 is the only code that Kubernetes sends
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, text)
}

func (w *warnings) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	said := w.said
	w.said = nil
	return said
}
