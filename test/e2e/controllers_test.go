package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kubeflow"
)

// withAdmission turns on what Namespaces get at their creation.
const withAdmission = "cluster: {admission: {enabled: true}}\n"

// startControllers gives the controllers their rights, creates the Profiles among objects, and applies what the objects
// refer to, except in namespaces that come later. objects are all that the test will ever apply; they go with it.
func startControllers(t *testing.T, objects []*kube.Object) *kubeflow.Controllers {
	t.Helper()
	controllers, err := kubeflow.New(plane.Admin)
	must(t, err)
	var profiles []*kube.Object
	var later []string
	for _, o := range objects {
		switch o.GetKind() {
		case "Profile":
			profiles, later = append(profiles, o), append(later, o.GetName())
		case "Namespace":
			later = append(later, o.GetName())
		}
	}
	around := slices.DeleteFunc(append(fixtures(objects), clusterAdmin(kubeflow.Account)), func(o *kube.Object) bool {
		return slices.Contains(later, o.GetNamespace()) || o.GetKind() == "Namespace" && slices.Contains(later, o.GetName())
	})
	t.Cleanup(func() {
		// First the Profiles: their finalizer needs the controller, and the controller its rights.
		for _, p := range profiles {
			if err := removeProfile(controllers, p); err != nil {
				t.Errorf("clean up %s: %v", kube.Name(p), err)
			}
		}
		removeAll(t, slices.Concat(around, objects))
	})
	for _, ns := range later {
		awaitGone(t.Context(), t, ns)
	}
	apply(t.Context(), t, around)
	for _, p := range profiles {
		create(t, cluster, p)
	}
	return controllers
}

// clusterAdmin is what Kubeflow gives the controllers' account.
func clusterAdmin(user string) *kube.Object {
	namespace, name, _ := strings.Cut(strings.TrimPrefix(user, "system:serviceaccount:"), ":")
	binding := object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", "e2e-profiles-cluster-admin", nil)
	binding.Object["roleRef"] = map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
	binding.Object["subjects"] = []any{map[string]any{"kind": "ServiceAccount", "namespace": namespace, "name": name}}
	return binding
}

// removeProfile deletes a Profile, which the controller then sees.
func removeProfile(controllers *kubeflow.Controllers, profile *kube.Object) error {
	ctx := context.Background() // the test's own is done when cleanups run
	if err := cluster.Delete(ctx, profile); err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	return controllers.Reconcile(ctx, profile.GetName())
}

func create(t *testing.T, as *kube.Client, o *kube.Object) {
	t.Helper()
	r, err := as.Resource(o)
	must(t, err)
	if _, err := r.Create(t.Context(), o, metav1.CreateOptions{}); err != nil {
		t.Fatalf("create %s: %v", kube.Name(o), err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ourLabels are what puts a namespace into the mesh behind its waypoint.
var ourLabels = map[string]string{
	"istio-injection":               "disabled",
	"istio.io/dataplane-mode":       "ambient",
	"istio.io/use-waypoint":         "waypoint",
	"istio.io/ingress-use-waypoint": "true",
}

func namespace(name string) *kube.Object { return object("v1", "Namespace", "", name, nil) }

// A Profile that nobody lists has our labels from its Namespace's first moment on. What then comes from the controller
// opens nothing, and listing the tenant meets no conflict.
func TestANewProfileJoinsClosed(t *testing.T) {
	needsControlPlane(t)
	ctx := t.Context()
	output := render(t, configuration(alice, withAdmission))
	listed := render(t, configuration(alice+"- {name: newcomer, owner: {name: carol@example.com}}\n", withAdmission))
	controllers := startControllers(t, append(listed, kubeflow.Profile("newcomer", "carol@example.com")))
	apply(ctx, t, output)
	awaitLabelsAtBirth(t)

	reconciled := make(chan error, 1)
	go func() { reconciled <- controllers.Reconcile(ctx, "newcomer") }()
	await(t, "Namespace/newcomer", func() (string, error) {
		_, err := cluster.Get(ctx, namespace("newcomer"))
		if apierrors.IsNotFound(err) {
			return "nobody has created it", nil
		}
		return "", err
	})
	born := mustGet(t, namespace("newcomer"))
	if len(reconciled) > 0 {
		t.Error("the controller had finished before anybody looked")
	}
	if !hasAll(born, ourLabels) || !hasAll(born, map[string]string{"app.kubernetes.io/part-of": "kubeflow-profile"}) {
		t.Errorf("the Namespace is born with labels %v; want ours and the file's", born.GetLabels())
	}
	must(t, <-reconciled)
	policy := mustGet(t, object("security.istio.io/v1", "AuthorizationPolicy", "newcomer", "ns-owner-access-istio", nil))
	if refs := targetRefs(policy); len(refs) > 0 {
		t.Fatalf("the controller's own policy is moved to %v, and ztunnel is left with none", refs)
	}
	onlyItself(t, "newcomer")

	made := []*kube.Object{born, policy}
	must(t, controllers.Reconcile(ctx, "newcomer"))
	for _, was := range made {
		if is := mustGet(t, was); said(is) != said(was) {
			t.Errorf("%s: the controller writes it again:\nwas %s\nis  %s", kube.Name(was), said(was), said(is))
		}
	}

	apply(ctx, t, slices.Concat(fixtures(listed), listed))
	report(t, judge(ctx, t, patience, slices.Concat(fixtures(listed), listed)))
	report(t, deviations(ctx, t, listed, listed))
}

// awaitLabelsAtBirth waits until the API server has taken notice of the policy that labels Namespaces.
func awaitLabelsAtBirth(t *testing.T) {
	t.Helper()
	config := rest.CopyConfig(plane.Admin)
	config.Impersonate.UserName = kubeflow.Account
	controller, err := kube.NewClient(config)
	must(t, err)
	await(t, "a Namespace that the profile-controller creates", func() (string, error) {
		if born := bornAs(t, controller); !hasAll(born, ourLabels) {
			return fmt.Sprintf("it lacks our labels, and has %v", born.GetLabels()), nil
		}
		return "", nil
	})
	if born := bornAs(t, cluster); born.GetLabels()["istio-injection"] != "enabled" || born.GetLabels()["istio.io/dataplane-mode"] != "" {
		t.Errorf("a Namespace that an administrator creates is labelled %v", born.GetLabels())
	}
}

// bornAs asks what would become of a Namespace of a tenant that nobody lists.
func bornAs(t *testing.T, client *kube.Client) *kube.Object {
	t.Helper()
	wanted := kubeflow.OfProfile("unborn", "dana@example.com")[0]
	r, err := client.Resource(wanted)
	must(t, err)
	born, err := r.Create(t.Context(), wanted, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	must(t, err)
	return born
}

func hasAll(o *kube.Object, wanted map[string]string) bool {
	for key, value := range wanted {
		if o.GetLabels()[key] != value {
			return false
		}
	}
	return true
}

// onlyItself: until a tenant is listed, all that ztunnel has for it is the rule of the controller's policy that needs no
// HTTP: every request from another namespace is denied, including its owner's.
func onlyItself(t *testing.T, tenant string) {
	t.Helper()
	want := []string{"ALLOW from namespace " + tenant}
	await(t, "ztunnel's policies of "+tenant, func() (string, error) {
		sent, err := sentToZtunnel()
		var lines []string
		for _, p := range sent {
			if p.Namespace == tenant {
				lines = append(lines, p.lines()...)
			}
		}
		if slices.Equal(lines, want) {
			return "", err
		}
		return fmt.Sprintf("want %q, got %q", want, lines), err
	})
}

// said is what someone said of an object, without what the API server and istiod add.
func said(o *kube.Object) string {
	o = o.DeepCopy()
	for _, field := range []string{"resourceVersion", "managedFields", "generation", "uid", "creationTimestamp"} {
		unset(o, "metadata", field)
	}
	unset(o, "status")
	unset(o, "metadata", "annotations", "deployment.kubernetes.io/revision")
	text, err := json.Marshal(o.Object)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Two tenants that the controllers made before there was an admission policy: alice is listed, settled is not. Whatever an
// administrator then writes into the file of labels, as long as it is not our label, settled gets none of ours, and
// of alice's objects only the Namespace changes, by that very label.
func TestTheLabelsFileChangesNothingOfOurs(t *testing.T) {
	needsControlPlane(t)
	ctx := t.Context()
	output := render(t, configuration(alice, withAdmission))
	controllers := startControllers(t, append(slices.Clone(output),
		kubeflow.Profile("alice", "alice@example.com"), kubeflow.Profile("settled", "erin@example.com")))
	must(t, controllers.Reconcile(ctx, "alice"))
	must(t, controllers.Reconcile(ctx, "settled"))
	takeOver(ctx, t, output)
	awaitLabelsAtBirth(t)

	const tier = "example.com/tier"
	before := map[string]string{}
	for _, o := range append(slices.Clone(output), namespace("settled")) {
		before[kube.Name(o)] = said(mustGet(t, o))
	}
	if settled := mustGet(t, namespace("settled")); settled.GetLabels()["istio-injection"] != "enabled" {
		t.Errorf("settled has labels %v before anybody touched it", settled.GetLabels())
	}
	for _, change := range []struct{ value, label string }{{"gold", "gold"}, {"silver", "gold"}, {"", ""}} {
		must(t, controllers.SetLabels(ctx, map[string]string{tier: change.value}))
		for _, o := range append(slices.Clone(output), namespace("settled")) {
			is := mustGet(t, o)
			if labels := is.GetLabels(); o.GetKind() == "Namespace" {
				if labels[tier] != change.label {
					t.Errorf("file says %q: %s has %q", change.value, kube.Name(o), labels[tier])
				}
				delete(labels, tier)
				is.SetLabels(labels)
			}
			if said(is) != before[kube.Name(o)] {
				t.Errorf("file says %q: %s changed:\nwas %s\nis  %s", change.value, kube.Name(o), before[kube.Name(o)], said(is))
			}
		}
		report(t, deviations(ctx, t, output, output))
	}

	// Why the function never edits that file: each of these two entries is applied to every tenant at once.
	must(t, controllers.SetLabels(ctx, map[string]string{"istio.io/dataplane-mode": "ambient"}))
	if settled := mustGet(t, namespace("settled")); settled.GetLabels()["istio.io/dataplane-mode"] != "ambient" {
		t.Errorf("an entry of the file does not reach a tenant that is not listed: %v", settled.GetLabels())
	}
	must(t, controllers.SetLabels(ctx, map[string]string{"istio.io/dataplane-mode": ""}))
	found := deviations(ctx, t, output, output)
	if !slices.ContainsFunc(found, func(f finding) bool {
		return strings.HasPrefix(f.String(), "Namespace/alice: .metadata.labels.istio.io/dataplane-mode")
	}) {
		t.Errorf("an entry of the file that takes our label away is not seen: %q", found)
	} else {
		count.detected("labels file that removes our label")
	}
}

// takeOver applies over what controllers made, with force, as Argo CD does.
func takeOver(ctx context.Context, t *testing.T, output []*kube.Object) {
	t.Helper()
	for _, o := range kube.InstallOrder(slices.Concat(fixtures(output), output)) {
		if _, err := cluster.Apply(ctx, manager, true, o); err != nil {
			t.Fatalf("refused: %s: %v", kube.Name(o), err)
		}
	}
	cluster.TakeWarnings()
}

// A tenant with all that it can have: a contributor of ours, one of the dashboard, a waypoint with what istiod made for it.
// With the Profile all of it goes, by the garbage collector and the namespace controller; nothing of ours is in the way,
// and the cluster's own objects stay.
func TestDeletingAProfileLeavesNothing(t *testing.T) {
	needsControlPlane(t)
	ctx := t.Context()
	const leaving = "- {name: leaving, owner: {name: frank@example.com}, contributors: [{name: bob@example.com, role: edit}]}\n"
	output, after := render(t, configuration(alice+leaving, withAdmission)), render(t, configuration(alice, withAdmission))
	profile := kubeflow.Profile("leaving", "frank@example.com")
	controllers := startControllers(t, append(slices.Clone(output), profile))
	must(t, controllers.Reconcile(ctx, "leaving"))
	takeOver(ctx, t, output)
	must(t, controllers.CreateBinding(ctx, "leaving", "gina@example.com", "view"))
	report(t, judge(ctx, t, patience, slices.Concat(output, fixtures(output))))
	if made, err := cluster.OfGateway(ctx, "leaving", "waypoint"); err != nil || len(made) < 3 {
		t.Fatalf("istiod made only %q for the waypoint: %v", made, err)
	}

	must(t, removeProfile(controllers, profile))
	await(t, "Namespace/leaving", func() (string, error) {
		ns, err := cluster.Get(ctx, namespace("leaving"))
		if apierrors.IsNotFound(err) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		return fmt.Sprint(ns.Object["status"]), nil
	})
	if left, err := cluster.Remaining(ctx, "leaving"); err != nil || len(left) > 0 {
		t.Errorf("with the Profile gone there are still %q: %v", left, err)
	}
	must(t, controllers.Reconcile(ctx, "leaving")) // the event of the Namespace that went
	if _, err := cluster.Get(ctx, namespace("leaving")); !apierrors.IsNotFound(err) {
		t.Errorf("the Namespace is there again: %v", err)
	}
	report(t, deviations(ctx, t, after, output))
}
