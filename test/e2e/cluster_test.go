package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// manager is the field manager that Argo CD applies as.
const manager = "argocd-controller"

// apply sends objects as one person with kubectl would: any refusal or unlisted warning fails the test.
func apply(ctx context.Context, t *testing.T, objects []*kube.Object) []*kube.Object {
	t.Helper()
	for _, ns := range namespacesOf(objects) {
		awaitGone(ctx, t, ns)
	}
	var live []*kube.Object
	for _, o := range kube.InstallOrder(objects) {
		got, err := cluster.Apply(ctx, manager, false, o)
		if err != nil {
			t.Errorf("refused: %s: %v", kube.Name(o), err)
			continue
		}
		live = append(live, got)
		if o.GetKind() == "CustomResourceDefinition" {
			awaitEstablished(ctx, t, o)
		}
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

// applyWhatCanBe applies objects that are not ours: a rejection is logged, but does not fail the test.
func applyWhatCanBe(ctx context.Context, t *testing.T, objects []*kube.Object) {
	t.Helper()
	for _, o := range kube.InstallOrder(objects) {
		if _, err := cluster.Apply(ctx, manager, false, o); err != nil {
			t.Logf("input refused: %s: %v", kube.Name(o), err)
		}
	}
	cluster.TakeWarnings()
}

// awaitEstablished: until then the kind is not served.
func awaitEstablished(ctx context.Context, t *testing.T, crd *kube.Object) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		live, err := cluster.Get(ctx, crd)
		if err != nil {
			t.Fatal(err)
		}
		conditions, _, _ := unstructured.NestedSlice(live.Object, "status", "conditions")
		want := expectation{conditions: conditions, kind: "Established", status: "True", reason: "InitialNamesAccepted"}
		said := want.unmet(live)
		if said == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %s", kube.Name(crd), said)
		}
		time.Sleep(pollingStep)
	}
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

// removeAll leaves the cluster as if the objects had never been. The namespace controller waits five seconds before it
// begins (namespaceDeletionGracePeriod), so nobody waits for it here: anyone who needs the same namespace again does.
func removeAll(t *testing.T, objects []*kube.Object) {
	t.Helper()
	removeContents(t, objects)
	for _, ns := range namespacesOf(objects) {
		removeNamespace(t, ns)
	}
}

// removeContents leaves the namespaces.
func removeContents(t *testing.T, objects []*kube.Object) {
	t.Helper()
	ctx := context.Background() // the test's own is done when cleanups run
	for _, o := range objects {
		if o.GetKind() == "Namespace" {
			continue
		}
		if err := cluster.Delete(ctx, o); err != nil && !apierrors.IsNotFound(err) && !meta.IsNoMatchError(err) {
			t.Errorf("clean up %s: %v", kube.Name(o), err)
		}
	}
	for _, o := range objects {
		if o.GetKind() == "Gateway" {
			awaitCollected(ctx, t, o)
		}
	}
	cluster.TakeWarnings()
}

func removeNamespace(t *testing.T, name string) {
	t.Helper()
	if slices.Contains(kept, name) {
		return
	}
	err := cluster.Delete(context.Background(), object("v1", "Namespace", "", name, nil))
	if err != nil && !apierrors.IsNotFound(err) {
		t.Errorf("clean up namespace %s: %v", name, err)
	}
}

// awaitCollected waits until the garbage collector has taken what istiod made for a Gateway that was deleted.
func awaitCollected(ctx context.Context, t *testing.T, gateway *kube.Object) {
	t.Helper()
	await(t, kube.Name(gateway)+" is deleted, what istiod made for it", func() (string, error) {
		left, err := cluster.OfGateway(ctx, gateway.GetNamespace(), gateway.GetName())
		return strings.Join(left, ", "), err
	})
}

// awaitGone waits until the namespace controller has removed what another test deleted.
func awaitGone(ctx context.Context, t *testing.T, namespace string) {
	t.Helper()
	await(t, "Namespace/"+namespace, func() (string, error) {
		terminating, err := cluster.Terminating(ctx, namespace)
		if terminating {
			return "it is terminating", err
		}
		return "", err
	})
}

// await polls until nothing is left to say, and fails with what is still said after patience.
func await(t *testing.T, what string, left func() (string, error)) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		said, err := left()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if said == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: still there: %s\n%s", what, said, plane.ManagerLog())
		}
		time.Sleep(pollingStep)
	}
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
	t.Errorf("the cluster is not as meant:\n%s", lines.String())
}
