package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// ours is the label of every new object.
const ours = "app.kubernetes.io/managed-by=ambient-profile"

// pruneAnnotation is what Argo CD reads before it deletes.
const pruneAnnotation = "argocd.argoproj.io/sync-options"

// prune does what Argo CD does after a sync: delete what was in the last output and is not in the next.
func prune(ctx context.Context, t *testing.T, last, next []*kube.Object) {
	t.Helper()
	for _, o := range last {
		if has(next, o) || o.GetAnnotations()[pruneAnnotation] == "Prune=false" {
			continue
		}
		if err := cluster.Delete(ctx, o); err != nil {
			t.Errorf("prune %s: %v", kube.Name(o), err)
		}
		if o.GetKind() == "Gateway" {
			awaitCollected(ctx, t, o)
		}
	}
}

func has(objects []*kube.Object, o *kube.Object) bool {
	return slices.ContainsFunc(objects, func(x *kube.Object) bool { return kube.Name(x) == kube.Name(o) })
}

// deviations checks that the objects in the cluster are those of the output, that no other object is ours except the spared
// ones, and that a second apply changes nothing.
func deviations(ctx context.Context, t *testing.T, output, everApplied []*kube.Object, spared ...string) []finding {
	t.Helper()
	var found []finding
	for _, o := range output {
		live, err := cluster.Get(ctx, o)
		if err != nil {
			found = append(found, finding{kube.Name(o), err.Error()})
			continue
		}
		said := append(drift("", o.Object, live.Object), extra(o, live)...)
		for _, s := range append(said, writtenByApply(ctx, t, o)...) {
			found = append(found, finding{kube.Name(o), s})
		}
	}
	return append(found, leftOver(ctx, t, output, everApplied, spared)...)
}

// leftOver looks for our label everywhere.
func leftOver(ctx context.Context, t *testing.T, output, everApplied []*kube.Object, spared []string) []finding {
	t.Helper()
	left, err := cluster.List(ctx, everApplied, ours)
	if err != nil {
		t.Fatal(err)
	}
	var found []finding
	for _, o := range left {
		// istiod copies a Gateway's labels, managed-by among them, to what it makes for it (extractInfrastructureMetadata).
		ofIstiod := slices.ContainsFunc(o.GetOwnerReferences(), func(r metav1.OwnerReference) bool { return r.Kind == "Gateway" })
		goes := o.GetDeletionTimestamp() != nil // a namespace of the test before
		if !ofIstiod && !goes && !has(output, o) && !slices.Contains(spared, kube.Name(o)) {
			found = append(found, finding{kube.Name(o), "is left over"})
		}
	}
	for _, name := range spared {
		if !slices.ContainsFunc(left, func(o *kube.Object) bool { return kube.Name(o) == name }) {
			found = append(found, finding{name, "should have been spared"})
		}
	}
	return found
}

// drift lists where live lacks what was said; what the API server adds by default is not drift.
func drift(path string, said, live any) []string {
	switch said := said.(type) {
	case map[string]any:
		live, _ := live.(map[string]any)
		var all []string
		for _, k := range sortedKeys(said) {
			all = append(all, drift(path+"."+k, said[k], live[k])...)
		}
		return all
	case []any:
		live, _ := live.([]any)
		if len(live) != len(said) {
			return []string{fmt.Sprintf("%s has %d entries, said %d", path, len(live), len(said))}
		}
		var all []string
		for i := range said {
			all = append(all, drift(fmt.Sprintf("%s[%d]", path, i), said[i], live[i])...)
		}
		return all
	}
	if !equality.Semantic.DeepEqual(said, live) {
		return []string{fmt.Sprintf("%s is %v, said %v", path, live, said)}
	}
	return nil
}

// extra: where nothing is defaulted, nothing may be there that we did not say; a rule too many lets someone in.
func extra(said, live *kube.Object) []string {
	group := said.GroupVersionKind().Group
	if group != "security.istio.io" && group != "rbac.authorization.k8s.io" {
		return nil
	}
	for _, field := range []string{"spec", "rules", "subjects", "roleRef"} {
		if !equality.Semantic.DeepEqual(said.Object[field], live.Object[field]) {
			return []string{fmt.Sprintf("%s is %v, said %v", field, live.Object[field], said.Object[field])}
		}
	}
	return nil
}

// writtenByApply checks that a second apply does not write. istiod may write a status in between, so it tries three times.
func writtenByApply(ctx context.Context, t *testing.T, o *kube.Object) []string {
	t.Helper()
	for range 3 {
		before, err := cluster.Get(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		after, err := cluster.Apply(ctx, manager, false, o)
		if err != nil {
			return []string{"second apply: " + err.Error()}
		}
		if before.GetResourceVersion() == after.GetResourceVersion() {
			return nil
		}
	}
	return []string{"a second apply writes"}
}
