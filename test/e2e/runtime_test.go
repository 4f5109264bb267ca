package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kubeflow"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/metacontroller"
)

const atRunTime = `apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata: {name: runtime}
spec:
  profileSelector: {}
`

// Kubeflow's own rights of metacontroller, as far as they matter here (kubeflow/manifests, pipeline/upstream/third-party).
const kubeflowsRights = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: kubeflow-metacontroller}
rules:
- {apiGroups: [""], resources: [namespaces], verbs: [get, list, watch, update]}
- {apiGroups: [""], resources: [configmaps], verbs: [get, list, watch, create, update, patch, delete]}
- {apiGroups: [""], resources: [events], verbs: [create, patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: meta-controller-cluster-role-binding}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kubeflow-metacontroller}
subjects: [{kind: ServiceAccount, name: meta-controller-service, namespace: kubeflow}]
`

// hookServer is our program behind the hooks; it can be stopped and started again at its address.
type hookServer struct {
	address, config, binary string
	cmd                     *exec.Cmd
	log                     *bytes.Buffer
}

func startHooks(t *testing.T) *hookServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := &hookServer{address: l.Addr().String(), config: filepath.Join(t.TempDir(), "ambientprofile.yaml"), binary: functionBinary(t)}
	must(t, l.Close())
	must(t, os.WriteFile(s.config, []byte(atRunTime), 0o644))
	s.start(t)
	t.Cleanup(func() { s.stop(t) })
	return s
}

func (s *hookServer) start(t *testing.T) {
	t.Helper()
	s.log = &bytes.Buffer{}
	s.cmd = exec.Command(s.binary, "serve", s.config, "--listen", s.address, "--drain", "0s")
	s.cmd.Env = []string{} // no KUBECONFIG, nothing
	s.cmd.Stderr = s.log
	must(t, s.cmd.Start())
	await(t, "the server", func() (string, error) {
		c, err := net.Dial("tcp", s.address)
		if err != nil {
			return err.Error(), nil
		}
		return "", c.Close()
	})
}

func (s *hookServer) stop(t *testing.T) {
	t.Helper()
	if s.cmd == nil {
		return
	}
	must(t, s.cmd.Process.Signal(syscall.SIGTERM))
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the server ends with %v:\n%s", err, s.log)
	}
	s.cmd = nil
}

// runtimeWorld is a cluster with the example's rights, Git's tenant alice, and the Profiles that come later.
type runtimeWorld struct {
	controllers *kubeflow.Controllers
	meta        *metacontroller.Controller
	server      *hookServer
	git         []*kube.Object
}

func startRuntime(t *testing.T, profiles ...*kube.Object) *runtimeWorld {
	t.Helper()
	git := render(t, configuration(alice, withAdmission))
	all := append(slices.Clone(git), profiles...)
	for _, p := range profiles { // what the waypoints and policies refer to
		all = append(all, namespace(p.GetName()))
	}
	w := &runtimeWorld{controllers: startControllers(t, all), server: startHooks(t), git: git}
	rights, err := kube.Read([]byte(kubeflowsRights))
	must(t, err)
	example, err := kube.ReadFile(project + "/examples/runtime/rights.yaml")
	must(t, err)
	rights = append(rights, example...)
	t.Cleanup(func() { removeContents(t, rights) })
	apply(t.Context(), t, rights)
	apply(t.Context(), t, git)
	awaitLabelsAtBirth(t)
	controller, err := kube.ReadFile(project + "/examples/runtime/decoratorcontroller.yaml")
	must(t, err)
	w.meta, err = metacontroller.New(plane.Admin, controller[0], "http://"+w.server.address)
	must(t, err)
	return w
}

// ofTenant are the objects that metacontroller made for a namespace.
func ofTenant(t *testing.T, tenant string) []*kube.Object {
	t.Helper()
	like := []*kube.Object{object("security.istio.io/v1", "AuthorizationPolicy", tenant, "", nil), object("gateway.networking.k8s.io/v1", "Gateway", tenant, "", nil)}
	found, err := cluster.List(t.Context(), like, "app.kubernetes.io/managed-by=ambient-profile")
	must(t, err)
	return slices.DeleteFunc(found, func(o *kube.Object) bool { return o.GetNamespace() != tenant })
}

// lets reports whether a policy at the waypoint of a tenant names a user.
func lets(t *testing.T, tenant, user string) bool {
	t.Helper()
	return slices.ContainsFunc(ofTenant(t, tenant), func(o *kube.Object) bool {
		return len(targetRefs(o)) > 0 && strings.Contains(said(o), `"`+user+`"`)
	})
}

// closed says how a namespace is open: with a waypoint, in the mesh without a policy for its pods, or without one at the waypoint.
func closed(ctx context.Context, tenant string) string {
	list := func(resource schema.GroupVersionResource) []kube.Object {
		found, err := cluster.Dynamic.Resource(resource).Namespace(tenant).List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil
		}
		return found.Items
	}
	pods, users := false, false
	for _, p := range list(schema.GroupVersionResource{Group: "security.istio.io", Version: "v1", Resource: "authorizationpolicies"}) {
		pods = pods || len(targetRefs(&p)) == 0
		users = users || len(targetRefs(&p)) > 0
	}
	ns, err := cluster.Get(ctx, namespace(tenant))
	waypoints := list(schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "gateways"})
	switch {
	case err != nil:
		return ""
	case !pods && ns.GetLabels()["istio.io/dataplane-mode"] == "ambient" && len(waypoints) > 0:
		return "is in the mesh, and no policy is for its pods"
	case !users && len(waypoints) > 0:
		return "has a waypoint and no policy there"
	}
	return ""
}

// The life of a tenant that nobody lists.
func TestATenantAtRunTime(t *testing.T) {
	needsControlPlane(t)
	ctx := t.Context()
	w := startRuntime(t, kubeflow.Profile("newcomer", "carol@example.com"), kubeflow.Profile("late", "dana@example.com"))
	w.meta.AfterEach = func() {
		for _, tenant := range []string{"newcomer", "late"} {
			if open := closed(ctx, tenant); open != "" {
				t.Errorf("%s %s", tenant, open)
			}
		}
	}
	step := func(name string, do func()) {
		began := time.Now()
		do()
		t.Logf("%s: %s", name, time.Since(began).Round(time.Millisecond))
		count.steps++
		if t.Failed() {
			t.FailNow()
		}
	}

	step("a Profile appears; its controller has not finished", func() {
		reconciled := make(chan error, 1)
		go func() { reconciled <- w.controllers.Reconcile(ctx, "newcomer") }()
		await(t, "Namespace/newcomer", func() (string, error) {
			_, err := cluster.Get(ctx, namespace("newcomer"))
			if apierrors.IsNotFound(err) {
				return "nobody has created it", nil
			}
			return "", err
		})
		must(t, w.meta.Settle(ctx, "newcomer"))
		must(t, <-reconciled)
		must(t, w.controllers.Reconcile(ctx, "newcomer"))
	})
	step("the tenant is open to its owner", func() {
		began := time.Now()
		must(t, w.meta.Settle(ctx, "newcomer"))
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %s", took)
		}
		if !hasAll(mustGet(t, namespace("newcomer")), ourLabels) || !lets(t, "newcomer", "carol@example.com") {
			t.Error("the labels or the owner are missing")
		}
	})
	step("istiod accepts it, and ztunnel gets what was meant", func() {
		apply(ctx, t, []*kube.Object{service("newcomer", "ml-pipeline-visualizationserver", 8888)}) // Pipelines' own
		report(t, judge(ctx, t, patience, append(ofTenant(t, "newcomer"), mustGet(t, namespace("newcomer")))))
		staysClosed(t, "newcomer")
	})
	const bobs = "user-bob-example-com-clusterrole-edit"
	step("a contributor is added by KFAM", func() {
		must(t, w.controllers.CreateBinding(ctx, "newcomer", "bob@example.com", "edit"))
		must(t, w.meta.Settle(ctx, "newcomer"))
		policy := mustGet(t, object("security.istio.io/v1", "AuthorizationPolicy", "newcomer", "ambient-"+bobs, nil))
		report(t, judge(ctx, t, patience, []*kube.Object{policy}))
	})
	step("and removed", func() {
		for _, o := range kubeflow.OfBinding("newcomer", "bob@example.com", "edit") {
			must(t, cluster.Delete(ctx, o))
		}
		must(t, w.meta.Settle(ctx, "newcomer"))
		if lets(t, "newcomer", "bob@example.com") {
			t.Error("bob is still let in")
		}
	})
	step("drift of every policy is healed", func() {
		before := specs(ofTenant(t, "newcomer"))
		for _, o := range ofTenant(t, "newcomer") {
			if o.GetKind() == "AuthorizationPolicy" {
				r, err := cluster.Resource(o)
				must(t, err)
				set(o, []any{map[string]any{}}, "spec", "rules")
				_, err = r.Update(ctx, o, metav1.UpdateOptions{})
				must(t, err)
			}
		}
		must(t, w.meta.Settle(ctx, "newcomer"))
		if after := specs(ofTenant(t, "newcomer")); after != before {
			t.Errorf("want\n%s\ngot\n%s", before, after)
		}
		await(t, "ztunnel", func() (string, error) {
			sent, err := sentToZtunnel()
			return guarded(sent, "newcomer", "waypoint"), err
		})
	})
	step("nothing is left to do, and nothing is written", func() {
		if changed, err := w.meta.Sync(ctx, "newcomer"); changed || err != nil {
			t.Errorf("changed %v, %v", changed, err)
		}
	})
	step("the server is down: nothing changes, and a new tenant stays closed", func() {
		before := specs(ofTenant(t, "newcomer"))
		w.server.stop(t)
		must(t, w.controllers.Reconcile(ctx, "late"))
		must(t, w.controllers.Reconcile(ctx, "late"))
		for _, tenant := range []string{"newcomer", "late"} {
			if _, err := w.meta.Sync(ctx, tenant); !errors.Is(err, metacontroller.ErrHook) {
				t.Errorf("%s: %v", tenant, err)
			}
		}
		if specs(ofTenant(t, "newcomer")) != before || len(ofTenant(t, "late")) > 0 {
			t.Error("something changed")
		}
		onlyItself(t, "late")
	})
	step("the server is back", func() {
		w.server.start(t)
		must(t, w.meta.Settle(ctx, "late"))
		if !lets(t, "late", "dana@example.com") {
			t.Error("the owner is not let in")
		}
	})
	step("an owner who is contested has no access, and the Namespace gets an event", func() {
		ns := mustGet(t, namespace("late"))
		set(ns, "eve@example.com", "metadata", "annotations", "owner")
		r, err := cluster.Resource(ns)
		must(t, err)
		_, err = r.Update(ctx, ns, metav1.UpdateOptions{})
		must(t, err)
		if err := w.meta.Settle(ctx, "late"); !errors.Is(err, metacontroller.ErrHook) {
			t.Errorf("no error, but %v", err)
		}
		if lets(t, "late", "dana@example.com") || lets(t, "late", "eve@example.com") {
			t.Error("a user is let in")
		}
		events, err := cluster.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "events"}).Namespace("default").List(ctx, metav1.ListOptions{})
		must(t, err)
		if !slices.ContainsFunc(events.Items, func(e kube.Object) bool {
			message, _ := e.Object["message"].(string)
			return e.Object["type"] == "Warning" && strings.Contains(message, "no user gets access")
		}) {
			t.Error("no Warning event")
		}
		ns = mustGet(t, namespace("late"))
		set(ns, "dana@example.com", "metadata", "annotations", "owner")
		_, err = r.Update(ctx, ns, metav1.UpdateOptions{})
		must(t, err)
		must(t, w.meta.Settle(ctx, "late"))
		if !lets(t, "late", "dana@example.com") {
			t.Error("the owner is not let in again")
		}
	})
	step("Git's tenant and one that is not to be enrolled are left alone", func() {
		git := mustGet(t, namespace("alice"))
		git.SetLabels(withLabel(git.GetLabels(), "app.kubernetes.io/part-of", "kubeflow-profile"))
		r, err := cluster.Resource(git)
		must(t, err)
		_, err = r.Update(ctx, git, metav1.UpdateOptions{})
		must(t, err)
		before := versions(t, append(slices.Clone(w.git), namespace("alice")))
		if changed, err := w.meta.Sync(ctx, "alice"); changed || err != nil {
			t.Errorf("changed %v, %v", changed, err)
		}
		if after := versions(t, append(slices.Clone(w.git), namespace("alice"))); after != before {
			t.Errorf("want\n%s\ngot\n%s", before, after)
		}

		late := mustGet(t, namespace("late"))
		late.SetLabels(withLabel(late.GetLabels(), "ambient.kubeflow.org/enroll", "false"))
		_, err = r.Update(ctx, late, metav1.UpdateOptions{})
		must(t, err)
		must(t, w.controllers.CreateBinding(ctx, "late", "bob@example.com", "edit"))
		was := specs(ofTenant(t, "late"))
		must(t, w.meta.Settle(ctx, "late"))
		if specs(ofTenant(t, "late")) != was {
			t.Error("a tenant that is not to be enrolled was changed")
		}
	})
	step("with its Profile the tenant goes", func() {
		must(t, removeProfile(w.controllers, kubeflow.Profile("newcomer", "")))
		await(t, "Namespace/newcomer", func() (string, error) {
			_, err := cluster.Get(ctx, namespace("newcomer"))
			if apierrors.IsNotFound(err) {
				return "", nil
			}
			_, synced := w.meta.Sync(ctx, "newcomer") // the deletion is an event as well
			return "it is still there", errors.Join(err, synced)
		})
		if left, err := cluster.Remaining(ctx, "newcomer"); err != nil || len(left) > 0 {
			t.Errorf("there are still %q: %v", left, err)
		}
	})
}

func withLabel(m map[string]string, key, value string) map[string]string {
	m[key] = value
	return m
}

// specs are what the objects say, in a fixed order.
func specs(objects []*kube.Object) string {
	var lines []string
	for _, o := range objects {
		lines = append(lines, fmt.Sprint(kube.Name(o), " ", o.Object["spec"]))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// versions are the resource versions of the objects that are there, except for those that their status changes.
func versions(t *testing.T, objects []*kube.Object) string {
	t.Helper()
	var lines []string
	for _, o := range objects {
		if o.GetNamespace() != "" && o.GetNamespace() != "alice" {
			continue
		}
		is := mustGet(t, o)
		lines = append(lines, fmt.Sprint(kube.Name(is), " ", is.GetGeneration(), " ", is.GetLabels(), is.GetAnnotations()))
	}
	return strings.Join(lines, "\n")
}

// Many Profiles at once, by as many workers as metacontroller has.
func TestManyTenantsAtRunTime(t *testing.T) {
	needsControlPlane(t)
	many := 200
	if testing.Short() {
		many = 20
	}
	ctx := t.Context()
	var profiles []*kube.Object
	for i := range many {
		profiles = append(profiles, kubeflow.Profile(fmt.Sprintf("many-%03d", i), fmt.Sprintf("owner-%03d@example.com", i)))
	}
	w := startRuntime(t, profiles...)
	each := func(workers int, do func(name string) error) {
		names := make(chan string, many)
		for _, p := range profiles {
			names <- p.GetName()
		}
		close(names)
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for name := range names {
					if err := do(name); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
			})
		}
		wg.Wait()
	}
	each(50, func(name string) error { // three seconds each
		return errors.Join(w.controllers.Reconcile(ctx, name), w.controllers.Reconcile(ctx, name))
	})
	began := time.Now()
	each(5, func(name string) error { return w.meta.Settle(ctx, name) })
	took := time.Since(began)
	for _, p := range profiles {
		if ns := mustGet(t, namespace(p.GetName())); !hasAll(ns, ourLabels) {
			t.Errorf("%s has labels %v", p.GetName(), ns.GetLabels())
		}
	}
	t.Logf("%d tenants joined in %s", many, took.Round(time.Second/10))
}
