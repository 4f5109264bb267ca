package kube

import (
	"context"
	"errors"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// namespaces is the resource that needs a finalizer taken off by hand: there is no controller manager to do it.
var namespaces = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}

// RemoveNamespace does what the namespace controller does: everything in it goes, then the finalizer.
func (c *Client) RemoveNamespace(ctx context.Context, name string) error {
	err := c.Dynamic.Resource(namespaces).Delete(ctx, name, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	kinds, err := c.deletable()
	if err != nil {
		return err
	}
	for _, kind := range kinds {
		err := c.Dynamic.Resource(kind).Namespace(name).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{})
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsMethodNotSupported(err) {
			return err
		}
	}
	ns, err := c.Dynamic.Resource(namespaces).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	delete(ns.Object["spec"].(map[string]any), "finalizers")
	_, err = c.Dynamic.Resource(namespaces).Update(ctx, ns, metav1.UpdateOptions{}, "finalize")
	return err
}

// deletable lists the namespaced kinds whose collections can be deleted.
func (c *Client) deletable() ([]schema.GroupVersionResource, error) {
	lists, err := discovery.ServerPreferredNamespacedResources(c.discovery)
	if err != nil {
		return nil, err
	}
	var kinds []schema.GroupVersionResource
	for _, list := range lists {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, err
		}
		for _, r := range list.APIResources {
			if slices.Contains(r.Verbs, "deletecollection") && !strings.Contains(r.Name, "/") {
				kinds = append(kinds, gv.WithResource(r.Name))
			}
		}
	}
	return kinds, nil
}

// ofGateways are the kinds that istiod makes for a Gateway, and the endpoints that we fake for it.
var ofGateways = []schema.GroupVersionResource{
	{Group: "apps", Version: "v1", Resource: "deployments"},
	{Version: "v1", Resource: "services"},
	{Version: "v1", Resource: "serviceaccounts"},
	{Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"},
}

// CollectGarbage removes what istiod made for a Gateway that is gone: the garbage collector's part.
func (c *Client) CollectGarbage(ctx context.Context, namespace, gateway string) error {
	selector := metav1.ListOptions{LabelSelector: "gateway.networking.k8s.io/gateway-name=" + gateway}
	var errs []error
	for _, kind := range ofGateways {
		list, err := c.Dynamic.Resource(kind).Namespace(namespace).List(ctx, selector)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, o := range list.Items {
			errs = append(errs, c.Delete(ctx, &o))
		}
	}
	return errors.Join(errs...)
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
