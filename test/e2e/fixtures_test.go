package e2e

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// fixtures are what our output refers to and other people own: namespaces, the ingress Gateway, Services behind routes.
// A waypoint is never among them, and no Service that a policy names but ml-pipeline-visualizationserver, which the
// pipelines' controller creates: our own mistakes must stay visible.
func fixtures(objects []*kube.Object) []*kube.Object {
	f := &fixtureSet{given: objects}
	enrolled := enrolledNamespaces(objects)
	for _, o := range objects { // before a route asks for the same Services, without labels
		f.pipelines(o)
		f.verified(o)
	}
	for _, o := range objects {
		f.certificate(o)
		f.gateways(o)
		f.backends(o)
		f.definition(o)
		for _, ref := range targetRefs(o) {
			if ref["kind"] == "Service" && ref["name"] == "ml-pipeline-visualizationserver" {
				f.add(service(o.GetNamespace(), "ml-pipeline-visualizationserver", 8888))
			}
		}
	}
	for _, ns := range sortedKeys(enrolled) {
		f.add(service(ns, "e2e-probe", 80))
	}
	for _, ns := range namespacesOf(slices.Concat(objects, f.added)) {
		if !slices.Contains(kept, ns) {
			f.add(object("v1", "Namespace", "", ns, nil))
		}
	}
	return f.added
}

type fixtureSet struct{ given, added []*kube.Object }

func (f *fixtureSet) add(o *kube.Object) {
	same := func(x *kube.Object) bool { return kube.Name(x) == kube.Name(o) }
	if !slices.ContainsFunc(f.given, same) && !slices.ContainsFunc(f.added, same) {
		f.added = append(f.added, o)
	}
}

// pipelines are the two Services of Kubeflow that go through its waypoint; the function labels them where it sees them.
func (f *fixtureSet) pipelines(o *kube.Object) {
	if o.GetKind() != "Gateway" || o.GetName() != "kubeflow-waypoint" {
		return
	}
	for _, name := range []string{"ml-pipeline", "ml-pipeline-ui"} {
		s := service(o.GetNamespace(), name, 80)
		s.SetLabels(map[string]string{"istio.io/use-waypoint": o.GetName()})
		f.add(s)
	}
}

// verified are the Services of Kubeflow that go through its waypoint as well where it verifies tokens again.
func (f *fixtureSet) verified(o *kube.Object) {
	waypoint := func(x *kube.Object) bool {
		return x.GetKind() == "Gateway" && x.GetName() == "kubeflow-waypoint" && x.GetNamespace() == o.GetNamespace()
	}
	if o.GetKind() != "AuthorizationPolicy" || o.GetName() != "verified-tokens-only" || !slices.ContainsFunc(f.given, waypoint) {
		return
	}
	for _, name := range []string{
		"dashboard", "jupyter-web-app-service", "volumes-web-app-service", "tensorboards-web-app-service", "katib-ui", "kserve-models-web-application",
	} {
		s := service(o.GetNamespace(), name, 80)
		s.SetLabels(map[string]string{"istio.io/use-waypoint": "kubeflow-waypoint", "istio.io/ingress-use-waypoint": "true"})
		f.add(s)
	}
}

// certificate: the Secret of a TLS listener is the cluster's own.
func (f *fixtureSet) certificate(o *kube.Object) {
	listeners, _, _ := unstructured.NestedSlice(o.Object, "spec", "listeners")
	for _, l := range list(any(listeners)) {
		tls, _ := l["tls"].(map[string]any)
		for _, ref := range list(tls["certificateRefs"]) {
			secret := object("v1", "Secret", o.GetNamespace(), ref["name"].(string), nil)
			secret.Object["type"] = "kubernetes.io/tls"
			secret.Object["data"] = selfSigned()
			f.add(secret)
		}
	}
}

// gateways adds the ingress Gateway that routes and RequestAuthentications name; the case itself must have any Gateway that a policy names.
func (f *fixtureSet) gateways(o *kube.Object) {
	refs, _, _ := unstructured.NestedSlice(o.Object, "spec", "parentRefs")
	if o.GetKind() == "RequestAuthentication" {
		refs, _, _ = unstructured.NestedSlice(o.Object, "spec", "targetRefs")
	}
	for _, ref := range list(any(refs)) {
		ns, _ := ref["namespace"].(string)
		if ns == "" {
			ns = o.GetNamespace()
		}
		if kind := ref["kind"]; kind == nil || kind == "Gateway" { // a parentRef's default
			f.add(ingressGateway(ns, ref["name"].(string)))
		}
	}
}

func (f *fixtureSet) backends(o *kube.Object) {
	rules, _, _ := unstructured.NestedSlice(o.Object, "spec", "rules")
	if o.GetKind() != "HTTPRoute" {
		return
	}
	for _, rule := range list(any(rules)) {
		for _, ref := range list(rule["backendRefs"]) {
			if kind := ref["kind"]; kind != nil && kind != "Service" { // a host name is not an object, and a pool is the user's own
				continue
			}
			ns, _ := ref["namespace"].(string)
			if ns == "" {
				ns = o.GetNamespace()
			}
			port, _ := ref["port"].(int64)
			f.add(service(ns, ref["name"].(string), port))
		}
	}
}

// strangers are kinds of Kubeflow that pass through our function; their own CRDs are megabytes and none of our business.
// Profiles have one all the time (kubeflow.Definition).
var strangers = map[string]string{
	"Notebook.kubeflow.org": "Namespaced",
}

// definition gives a stranger a CRD that takes any field.
func (f *fixtureSet) definition(o *kube.Object) {
	gvk := o.GroupVersionKind()
	scope, ok := strangers[gvk.GroupKind().String()]
	if !ok {
		return
	}
	singular := strings.ToLower(gvk.Kind)
	anything := map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	f.add(object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", singular+"s."+gvk.Group, map[string]any{
		"group": gvk.Group, "scope": scope,
		"names": map[string]any{"kind": gvk.Kind, "plural": singular + "s", "singular": singular},
		"versions": []any{map[string]any{
			"name": gvk.Version, "served": true, "storage": true,
			"schema": map[string]any{"openAPIV3Schema": anything},
		}},
	}))
}

func ingressGateway(namespace, name string) *kube.Object {
	return object("gateway.networking.k8s.io/v1", "Gateway", namespace, name, map[string]any{
		"gatewayClassName": "istio",
		"listeners": []any{map[string]any{
			"name": "http", "port": int64(80), "protocol": "HTTP",
			"allowedRoutes": map[string]any{"namespaces": map[string]any{"from": "All"}},
		}},
	})
}

func service(namespace, name string, port int64) *kube.Object {
	return object("v1", "Service", namespace, name, map[string]any{
		"ports": []any{map[string]any{"name": "http", "port": port, "protocol": "TCP"}},
	})
}

func object(apiVersion, kind, namespace, name string, spec map[string]any) *kube.Object {
	o := &kube.Object{Object: map[string]any{"apiVersion": apiVersion, "kind": kind}}
	o.SetNamespace(namespace)
	o.SetName(name)
	if spec != nil {
		o.Object["spec"] = spec
	}
	return o
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
