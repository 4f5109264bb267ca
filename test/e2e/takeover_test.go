package e2e

import (
	"fmt"
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kubeflow"
)

const takenOver = "- {name: taken-over, owner: {name: alice@example.com}, contributors: [{name: bob@example.com, role: edit}]}\n"

// conflicts are the fields that controllers wrote first and that we must have: server-side apply asks for
// --force-conflicts (kubectl) once; Argo CD and Flux force by themselves. Afterwards they are ours.
var conflicts = []string{
	`Namespace/taken-over .metadata.labels.istio-injection: conflict with "manager" using v1`,
	`AuthorizationPolicy/taken-over/user-bob-example-com-clusterrole-edit .spec.rules: conflict with "access-management" using security.istio.io/v1beta1`,
}

// A user namespace that the controllers made is there first; ours goes over it. Afterwards the dashboard's "add
// contributor" meets our objects of the same name: KFAM posts and never updates, so that nothing of ours changes.
func TestTakeOver(t *testing.T) {
	needsControlPlane(t)
	ctx := t.Context()
	profile := kubeflow.Profile("taken-over", "alice@example.com")
	output := render(t, configuration(takenOver, ""))
	controllers := startControllers(t, slices.Concat(output, []*kube.Object{profile}))
	must(t, controllers.Reconcile(ctx, "taken-over"))
	must(t, controllers.CreateBinding(ctx, "taken-over", "bob@example.com", "edit"))
	before := slices.Concat(ofPipelines(t), kubeflow.OfProfile("taken-over", ""), kubeflow.OfBinding("taken-over", "bob@example.com", "edit"))

	if got := conflictsOf(t, output); !slices.Equal(got, conflicts) {
		t.Errorf("conflicts:\ngot  %q\nwant %q", got, conflicts)
	}
	takeOver(ctx, t, output)
	untouched := slices.DeleteFunc(before, func(o *kube.Object) bool { return has(output, o) })
	all := slices.Concat(untouched, output, fixtures(slices.Concat(untouched, output)))
	report(t, judge(ctx, t, patience, all, controllersPolicyLoses...))
	report(t, deviations(ctx, t, output, output))
	if left := conflictsOf(t, output); len(left) > 0 {
		t.Errorf("conflicts are left after taking over: %q", left)
	}

	must(t, controllers.Reconcile(ctx, "taken-over"))
	if err := controllers.CreateBinding(ctx, "taken-over", "bob@example.com", "edit"); !apierrors.IsAlreadyExists(err) {
		t.Errorf("a contributor who is there is added once more: want 409 AlreadyExists, got %v", err)
	}
	report(t, deviations(ctx, t, output, output))
}

// ofPipelines creates what the third controller makes in a user namespace.
func ofPipelines(t *testing.T) []*kube.Object {
	t.Helper()
	config := rest.CopyConfig(plane.Admin)
	config.UserAgent = "metacontroller/v0.0.0" // whose first word the API server takes as the field manager
	metacontroller, err := kube.NewClient(config)
	must(t, err)
	objects, err := kube.ReadFile("testdata/as-pipelines-makes-it.yaml")
	must(t, err)
	for _, o := range objects {
		create(t, metacontroller, o)
	}
	return objects
}

// controllersPolicyLoses: ztunnel drops the HTTP rules of the profile-controller's policy; its same-namespace rule, which
// ours has too, is what remains. It is left alone, because a controller that may not write it stops half-way.
var controllersPolicyLoses = []string{
	"AuthorizationPolicy/taken-over/ns-owner-access-istio: want ZtunnelAccepted=True (Accepted), got True (UnsupportedValue)",
	"AuthorizationPolicy/taken-over/ns-owner-access-istio: meant for ztunnel",
}

// conflictsOf tries without force and lists each field with whose it is.
func conflictsOf(t *testing.T, objects []*kube.Object) []string {
	t.Helper()
	var all []string
	for _, o := range kube.InstallOrder(objects) {
		_, err := cluster.DryRun(t.Context(), manager, o)
		status, ok := err.(apierrors.APIStatus)
		switch {
		case err == nil, apierrors.IsNotFound(err):
			continue
		case !ok || !apierrors.IsConflict(err):
			t.Fatalf("%s: %v", kube.Name(o), err)
		}
		for _, cause := range status.Status().Details.Causes {
			all = append(all, fmt.Sprintf("%s %s: %s", kube.Name(o), cause.Field, cause.Message))
		}
	}
	cluster.TakeWarnings()
	return all
}
