package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// manager is the field manager that Argo CD applies as.
const manager = "argocd-controller"

// expectedWarnings: what the API server may say of our output, each with the reason why it stays.
var expectedWarnings = map[string]string{}

// apply sends objects as one person with kubectl would: any refusal or unlisted warning fails the test.
func apply(ctx context.Context, t *testing.T, objects []*kube.Object) []*kube.Object {
	t.Helper()
	var live []*kube.Object
	for _, o := range kube.InstallOrder(objects) {
		got, err := cluster.Apply(ctx, manager, false, o)
		if err != nil {
			t.Errorf("refused: %s: %v", kube.Name(o), err)
			continue
		}
		live = append(live, got)
	}
	for _, w := range cluster.TakeWarnings() {
		if expectedWarnings[w] == "" {
			t.Errorf("warning: %s", w)
		}
	}
	count.applied += len(live)
	if t.Failed() {
		t.FailNow()
	}
	return live
}

// applyWithFixtures adds what the objects refer to and takes everything away again when the test ends.
func applyWithFixtures(ctx context.Context, t *testing.T, objects []*kube.Object) []*kube.Object {
	t.Helper()
	all := slices.Concat(fixtures(objects), objects)
	t.Cleanup(func() { removeAll(t, all) })
	apply(ctx, t, all)
	return all
}

// kept are the namespaces that every test shares.
var kept = []string{"istio-system", "default", "kube-system", "kube-public", "kube-node-lease"}

// removeAll leaves the cluster as if the objects had never been: with them goes what istiod made for them.
func removeAll(t *testing.T, objects []*kube.Object) {
	t.Helper()
	ctx := context.Background() // the test's own is done when cleanups run
	for _, o := range objects {
		if o.GetKind() == "Namespace" {
			continue
		}
		if err := cluster.Delete(ctx, o); err != nil && !apierrors.IsNotFound(err) {
			t.Errorf("clean up %s: %v", kube.Name(o), err)
		}
		if o.GetKind() == "Gateway" && slices.Contains(kept, o.GetNamespace()) {
			if err := cluster.CollectGarbage(ctx, o.GetNamespace(), o.GetName()); err != nil {
				t.Errorf("clean up after %s: %v", kube.Name(o), err)
			}
		}
	}
	for _, ns := range namespacesOf(objects) {
		if slices.Contains(kept, ns) {
			continue
		}
		if err := cluster.RemoveNamespace(ctx, ns); err != nil {
			t.Errorf("clean up namespace %s: %v", ns, err)
		}
	}
	cluster.TakeWarnings()
}

func namespacesOf(objects []*kube.Object) []string {
	var all []string
	for _, o := range objects {
		if o.GetKind() == "Namespace" {
			all = append(all, o.GetName())
		} else if o.GetNamespace() != "" {
			all = append(all, o.GetNamespace())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// fixtures are what our output refers to and other people own: namespaces, the ingress Gateway, Services behind routes.
// A waypoint is never among them, and no Service that a policy names but ml-pipeline-visualizationserver, which the
// pipelines' controller creates: our own mistakes must stay visible.
func fixtures(objects []*kube.Object) []*kube.Object {
	f := &fixtureSet{given: objects}
	enrolled := enrolledNamespaces(objects)
	for _, o := range objects {
		f.gateways(o)
		f.backends(o)
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

// gateways: routes and RequestAuthentications name the ingress Gateway; whatever a policy names must be there by itself.
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
		if ref["kind"] == "Gateway" {
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
			ns, _ := ref["namespace"].(string)
			if ns == "" {
				ns = o.GetNamespace()
			}
			port, _ := ref["port"].(int64)
			f.add(service(ns, ref["name"].(string), port))
		}
	}
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

// report fails the test with every finding on its own line.
func report(t *testing.T, findings []finding) {
	t.Helper()
	if len(findings) == 0 {
		return
	}
	var lines strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&lines, "  %s\n", f)
	}
	t.Errorf("istiod does not take it as meant:\n%s", lines.String())
}
