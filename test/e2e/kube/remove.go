package kube

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// Remaining names what a namespace still holds, of every kind that can be listed: nothing, once the namespace controller
// and the garbage collector have done their part. Events are left out, since anybody may write one at any time.
func (c *Client) Remaining(ctx context.Context, namespace string) ([]string, error) {
	c.discovery.Invalidate()
	lists, err := discovery.ServerPreferredNamespacedResources(c.discovery)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, list := range lists {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, err
		}
		for _, r := range list.APIResources {
			if !slices.Contains(r.Verbs, "list") || r.Kind == "Event" {
				continue
			}
			found, err := c.Dynamic.Resource(gv.WithResource(r.Name)).Namespace(namespace).List(ctx, metav1.ListOptions{})
			if err != nil {
				return nil, err
			}
			for _, o := range found.Items {
				names = append(names, Name(&o))
			}
		}
	}
	return names, nil
}

// ofGateways are the kinds that istiod makes for a Gateway, and what follows from them.
var ofGateways = []schema.GroupVersionResource{
	{Group: "apps", Version: "v1", Resource: "deployments"},
	{Group: "apps", Version: "v1", Resource: "replicasets"},
	{Version: "v1", Resource: "pods"},
	{Version: "v1", Resource: "services"},
	{Version: "v1", Resource: "serviceaccounts"},
	{Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"},
}

// OfGateway names the existing objects of a Gateway: none, once the garbage collector has seen that the Gateway is gone.
func (c *Client) OfGateway(ctx context.Context, namespace, gateway string) ([]string, error) {
	var names []string
	for _, kind := range ofGateways {
		found, err := c.Dynamic.Resource(kind).Namespace(namespace).List(ctx,
			metav1.ListOptions{LabelSelector: "gateway.networking.k8s.io/gateway-name=" + gateway})
		if err != nil {
			return nil, err
		}
		for _, o := range found.Items {
			names = append(names, Name(&o))
		}
	}
	return names, nil
}

// Terminating reports whether the namespace is on its way out: nothing can be created in it.
func (c *Client) Terminating(ctx context.Context, namespace string) (bool, error) {
	ns, err := c.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}).Get(ctx, namespace, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil && ns.GetDeletionTimestamp() != nil, err
}

// List reads all objects with a label, of the kinds of the given objects, in all namespaces.
func (c *Client) List(ctx context.Context, like []*Object, selector string) ([]*Object, error) {
	var found []*Object
	var seen []schema.GroupVersionKind
	for _, o := range like {
		gvk := o.GroupVersionKind()
		if slices.Contains(seen, gvk) {
			continue
		}
		seen = append(seen, gvk)
		m, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
		if err != nil {
			return nil, err
		}
		list, err := c.Dynamic.Resource(m.Resource).List(ctx, metav1.ListOptions{LabelSelector: selector})
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			found = append(found, &list.Items[i])
		}
	}
	return found, nil
}
