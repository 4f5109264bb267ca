package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kubeflow"
)

// The recipe without metacontroller, with the real kubectl and the rights of the example.
func TestTheCronJobAtRunTime(t *testing.T) {
	needsControlPlane(t)
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Skipf("NOT RUN: %v", err)
	}
	ctx := t.Context()
	git := render(t, configuration(alice, withAdmission))
	newcomer := kubeflow.Profile("newcomer", "carol@example.com")
	broken := kubeflow.Profile("broken", "eve*")
	outside := kubeflow.Profile("outside", "ole@example.com")
	controllers := startControllers(t, append(slices.Clone(git), newcomer, broken, outside, namespace("newcomer"), namespace("broken"), namespace("outside")))
	apply(ctx, t, git)
	rights, err := kube.ReadFile(project + "/examples/runtime/cronjob/rights.yaml")
	must(t, err)
	for _, o := range rights {
		if o.GetKind() == "ServiceAccount" {
			o.SetNamespace("ambient-profile")
		}
	}
	notebooks := kubeflow.Definition()
	set(notebooks, "notebooks.kubeflow.org", "metadata", "name")
	set(notebooks, "Namespaced", "spec", "scope")
	set(notebooks, map[string]any{"kind": "Notebook", "plural": "notebooks", "singular": "notebook"}, "spec", "names")
	around := append([]*kube.Object{notebooks, namespace("ambient-profile")}, rights...)
	t.Cleanup(func() { removeAll(t, around) })
	apply(ctx, t, around)
	for _, name := range []string{"newcomer", "broken", "outside"} {
		must(t, controllers.Reconcile(ctx, name))
		must(t, controllers.Reconcile(ctx, name))
	}
	enroll(t, "outside", "False")
	enroll(t, "newcomer", "true")
	must(t, controllers.CreateBinding(ctx, "newcomer", "bob@example.com", "edit"))
	awaitLabelsAtBirth(t) // newcomer was born before, and has no labels
	run := cronJob(t)

	said, code := run()
	if code != 1 || !strings.Contains(said, `spec.owner.name: "eve*"`) {
		t.Errorf("the tenant with a wrong owner is not reported: %d\n%s", code, said)
	}
	if !hasAll(mustGet(t, namespace("newcomer")), ourLabels) || !lets(t, "newcomer", "carol@example.com") || !lets(t, "newcomer", "bob@example.com") {
		t.Errorf("the tenant did not join:\n%s", said)
	}
	if len(ofTenant(t, "outside")) > 0 || !strings.Contains(said, "ambient.kubeflow.org/enroll is neither true nor false, so these are left alone: outside") {
		t.Errorf("the tenant with an unclear label joined, or is not reported:\n%s", said)
	}
	if len(ofTenant(t, "broken")) > 0 {
		t.Error("the tenant with a wrong owner joined")
	}
	apply(ctx, t, []*kube.Object{service("newcomer", "ml-pipeline-visualizationserver", 8888)}) // Pipelines' own
	report(t, judge(ctx, t, patience, append(ofTenant(t, "newcomer"), mustGet(t, namespace("newcomer")))))
	staysClosed(t, "newcomer")

	before := generations(t, "newcomer")
	if said, _ = run(); generations(t, "newcomer") != before {
		t.Errorf("a second run changes something:\n%s", said)
	}

	for _, o := range kubeflow.OfBinding("newcomer", "bob@example.com", "edit") {
		must(t, cluster.Delete(ctx, o))
	}
	if said, _ = run(); lets(t, "newcomer", "bob@example.com") {
		t.Errorf("a contributor who was removed is still let in:\n%s", said)
	}

	// Fields that another manager owns stay unchanged, and are reported.
	policy := mustGet(t, object("security.istio.io/v1", "AuthorizationPolicy", "newcomer", "ns-l7-allow-k8s-token", nil))
	r, err := cluster.Resource(policy)
	must(t, err)
	set(policy, []any{}, "spec", "rules")
	_, err = r.Update(ctx, policy, metav1.UpdateOptions{FieldManager: "another-manager"})
	must(t, err)
	if said, code = run(); code != 1 || !strings.Contains(said, "another-manager") {
		t.Errorf("a conflict is not reported: %d\n%s", code, said)
	}
}

// enroll labels a Namespace.
func enroll(t *testing.T, tenant, value string) {
	t.Helper()
	ns := mustGet(t, namespace(tenant))
	ns.SetLabels(withLabel(ns.GetLabels(), "ambient.kubeflow.org/enroll", value))
	r, err := cluster.Resource(ns)
	must(t, err)
	_, err = r.Update(t.Context(), ns, metav1.UpdateOptions{})
	must(t, err)
}

// cronJob is sync.sh as the account of the example, with the arguments of the CronJob.
func cronJob(t *testing.T) func() (string, int) {
	t.Helper()
	dir := t.TempDir()
	must(t, os.Symlink(functionBinary(t), filepath.Join(dir, "ambient-profile")))
	kubeconfig := filepath.Join(dir, "kubeconfig")
	must(t, os.WriteFile(kubeconfig, fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters: [{name: e2e, cluster: {server: %q, certificate-authority: %q}}]
users: [{name: cronjob, user: {token: %s}}]
contexts: [{name: e2e, context: {cluster: e2e, user: cronjob}}]
current-context: e2e
`, plane.Admin.Host, plane.Admin.CAFile, token(t, "ambient-profile", "ambient-profile-cronjob", "")), 0o600))
	example, err := filepath.Abs(project + "/examples/runtime/cronjob")
	must(t, err)
	return func() (string, int) {
		t.Helper()
		cmd := exec.Command("sh", filepath.Join(example, "sync.sh"))
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "KUBECONFIG="+kubeconfig, "HOME="+dir, "CONFIG="+filepath.Join(example, "ambientprofile.yaml"))
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
}

// generations are the objects of a tenant by what was written to them.
func generations(t *testing.T, tenant string) string {
	t.Helper()
	var lines []string
	for _, o := range append(ofTenant(t, tenant), mustGet(t, namespace(tenant))) {
		lines = append(lines, fmt.Sprint(kube.Name(o), " ", o.GetGeneration(), " ", o.GetLabels(), o.GetAnnotations()))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
