package e2e

import (
	"fmt"
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

const takenOver = "- {name: taken-over, owner: {name: alice@example.com}, contributors: [{name: bob@example.com, role: edit}]}\n"

// conflicts are the fields that controllers wrote first and that we must have: server-side apply asks for
// --force-conflicts (kubectl) once; Argo CD and Flux force by themselves. Whoever owns them afterwards is us.
var conflicts = []string{
	`Namespace/taken-over .metadata.labels.istio-injection: conflict with "manager" using v1`,
	`AuthorizationPolicy/taken-over/user-bob-example-com-clusterrole-edit .spec.rules: conflict with "access-management" using security.istio.io/v1beta1`,
}

// A user namespace that the controllers made is there first; ours goes over it.
func TestTakeOver(t *testing.T) {
	needsControlPlane(t)
	before, err := kube.ReadFile("testdata/as-controllers-make-it.yaml")
	if err != nil {
		t.Fatal(err)
	}
	output := render(t, configuration(takenOver, ""))
	around := fixtures(slices.Concat(before, output))
	all := slices.Concat(around, before, output)
	t.Cleanup(func() { removeAll(t, all) })
	createAsControllers(t, before)
	apply(t.Context(), t, around)

	if got := conflictsOf(t, output); !slices.Equal(got, conflicts) {
		t.Errorf("conflicts:\ngot  %q\nwant %q", got, conflicts)
	}
	for _, o := range kube.InstallOrder(output) {
		if _, err := cluster.Apply(t.Context(), manager, true, o); err != nil {
			t.Fatalf("refused: %s: %v", kube.Name(o), err)
		}
	}
	cluster.TakeWarnings()
	untouched := slices.DeleteFunc(slices.Clone(before), func(o *kube.Object) bool { return has(output, o) })
	report(t, judge(t.Context(), t, patience, slices.Concat(untouched, output, around), controllersPolicyLoses...))
	report(t, deviations(t.Context(), t, output, output))
	if left := conflictsOf(t, output); len(left) > 0 {
		t.Errorf("conflicts are left after taking over: %q", left)
	}
}

// controllersPolicyLoses: ztunnel drops the HTTP rules of the profile-controller's policy; its same-namespace rule, which
// ours has too, is what remains. It is left alone, because a controller that may not write it stops half-way.
var controllersPolicyLoses = []string{
	"AuthorizationPolicy/taken-over/ns-owner-access-istio: want ZtunnelAccepted=True (Accepted), got True (UnsupportedValue)",
	"AuthorizationPolicy/taken-over/ns-owner-access-istio: meant for ztunnel",
}

// createAsControllers: the field manager is the first word of the user agent, the program's name.
func createAsControllers(t *testing.T, objects []*kube.Object) {
	t.Helper()
	for _, o := range objects {
		config := rest.CopyConfig(plane.Admin)
		config.UserAgent = "manager/v0.0.0"
		switch o.GetName() {
		case "user-bob-example-com-clusterrole-edit":
			config.UserAgent = "access-management/v0.0.0"
		case "ml-pipeline-visualizationserver":
			config.UserAgent = "metacontroller/v0.0.0"
		}
		controller, err := kube.NewClient(config)
		if err != nil {
			t.Fatal(err)
		}
		r, err := controller.Resource(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Create(t.Context(), o, metav1.CreateOptions{}); err != nil {
			t.Fatalf("create %s: %v", kube.Name(o), err)
		}
	}
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
