package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// Every object of testdata/admission/refused/<policy>.yaml is refused by that policy, every one of admitted passes them all.
func TestAdmissionRefusesAndAdmits(t *testing.T) {
	needsControlPlane(t)
	cases := admissionCases(t)
	guardrails(t, cases)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if release := os.Getenv("ISTIO"); slices.Contains(notServed[release], c.object.GetKind()) {
				t.Skipf("NOT RUN: the Gateway API that Istio %s was compiled with serves no %s v1", release, c.object.GetKind())
			}
			said := settle(t, c)
			switch {
			case c.policy == "" && said != nil:
				t.Errorf("want it admitted: %v", said)
			case c.policy != "" && !refusedBy(said, c.policy):
				t.Errorf("want it refused by %s: %v", c.policy, said)
			}
		})
	}
}

// notServed are the kinds that a cluster with a release of Istio does not have: the Gateway API serves them from 1.6 on.
var notServed = map[string][]string{"1.30": {"TCPRoute", "UDPRoute"}}

// guardrails puts them in force over a tenant bob, other namespaces, and existing objects.
func guardrails(t *testing.T, cases []admissionCase) {
	t.Helper()
	others, err := kube.ReadFile(filepath.Join("testdata", "admission", "namespaces.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	around := slices.Concat(others, definitionsFor(cases), rights(append(namespacesOf(others), "bob")))
	output := render(t, configuration(bob, "cluster: {admission: {enabled: true}}\n"))
	isGuard := func(o *kube.Object) bool { return o.GroupVersionKind().Group == "admissionregistration.k8s.io" }
	isNoGuard := func(o *kube.Object) bool { return !isGuard(o) }
	applyWithFixtures(t.Context(), t, slices.Concat(around, slices.DeleteFunc(slices.Clone(output), isGuard)))
	for _, c := range cases {
		if c.before == nil {
			continue
		}
		if _, err := cluster.Apply(t.Context(), manager, true, c.before); err != nil {
			t.Fatalf("%s: the existing object: %v", c.name, err)
		}
	}
	guards := slices.DeleteFunc(slices.Clone(output), isNoGuard)
	t.Cleanup(func() { removeAll(t, guards) })
	apply(t.Context(), t, guards)
	for _, g := range guards {
		if g.GetKind() == "ValidatingAdmissionPolicy" {
			awaitInForce(t, g.GetName(), cases)
		}
	}
}

// rights in some namespaces: all, for every account, and to make Namespaces. The guardrails ask for the right to change
// the Namespace, which is not a right within a namespace.
func rights(namespaces []string) []*kube.Object {
	role := object("rbac.authorization.k8s.io/v1", "ClusterRole", "", "e2e-every-right", nil)
	role.Object["rules"] = []any{map[string]any{"apiGroups": []any{"*"}, "resources": []any{"*"}, "verbs": []any{"*"}}}
	var subjects []any
	for _, account := range sortedKeys(accounts) {
		subjects = append(subjects, map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": accounts[account]})
	}
	creator := object("rbac.authorization.k8s.io/v1", "ClusterRole", "", "e2e-namespaces", nil)
	creator.Object["rules"] = []any{map[string]any{"apiGroups": []any{""}, "resources": []any{"namespaces"}, "verbs": []any{"create"}}}
	everywhere := object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", creator.GetName(), nil)
	everywhere.Object["roleRef"] = map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": creator.GetName()}
	everywhere.Object["subjects"] = subjects
	all := []*kube.Object{role, creator, everywhere}
	for _, namespace := range namespaces {
		binding := object("rbac.authorization.k8s.io/v1", "RoleBinding", namespace, "e2e-every-right", nil)
		binding.Object["roleRef"] = map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role.GetName()}
		binding.Object["subjects"] = subjects
		all = append(all, binding, object("v1", "ServiceAccount", namespace, "default", nil))
	}
	return all
}

// awaitInForce: each policy is in force a moment after it is created, independently of the others. Its first case tests that.
func awaitInForce(t *testing.T, policy string, cases []admissionCase) {
	t.Helper()
	at := slices.IndexFunc(cases, func(c admissionCase) bool { return c.policy == policy })
	if at < 0 {
		t.Fatalf("nothing is refused by %s", policy)
	}
	if said := settle(t, cases[at]); !refusedBy(said, policy) {
		t.Fatalf("%s is not in force: %v", policy, said)
	}
}

// settle submits an object until the answer is the one that the case wants, at most for the time of patience. The API server
// compiles policies, and learns of namespaces, definitions and rights, in the background (Kubernetes 1.36: once a second), so
// policies of the test before may still be in force, and istiod's webhook may not answer at once on a busy machine.
func settle(t *testing.T, c admissionCase) error {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		said := submit(t, c)
		if c.policy == "" && said == nil || c.policy != "" && refusedBy(said, c.policy) || time.Now().After(deadline) {
			return said
		}
		time.Sleep(pollingStep)
	}
}

// submit tries to create an object, or to update an existing one, and leaves no trace.
func submit(t *testing.T, c admissionCase) error {
	t.Helper()
	defer cluster.TakeWarnings()
	r, err := clientAs(t, c.account).Resource(c.object)
	if err != nil {
		t.Fatal(err)
	}
	everywhere := []string{metav1.DryRunAll}
	if c.before == nil {
		_, err = r.Create(t.Context(), c.object.DeepCopy(), metav1.CreateOptions{DryRun: everywhere})
		return err
	}
	body, err := json.Marshal(c.object)
	if err != nil {
		t.Fatal(err)
	}
	force := true
	_, err = r.Patch(t.Context(), c.object.GetName(), types.ApplyPatchType, body, metav1.PatchOptions{DryRun: everywhere, Force: &force, FieldManager: c.account})
	return err
}

// clients by account; each asks the API server for its kinds once.
var clients = map[string]*kube.Client{}

func clientAs(t *testing.T, account string) *kube.Client {
	t.Helper()
	if account == "admin" {
		return cluster
	}
	if clients[account] == nil {
		config := rest.CopyConfig(plane.Admin)
		config.Impersonate.UserName = accounts[account]
		client, err := kube.NewClient(config)
		if err != nil {
			t.Fatal(err)
		}
		clients[account] = client
	}
	return clients[account]
}

// refusedBy reports whether a policy said no, and not RBAC, a schema, or the policy's own failure.
func refusedBy(err error, policy string) bool {
	return apierrors.IsForbidden(err) && strings.Contains(err.Error(), fmt.Sprintf("ValidatingAdmissionPolicy '%s'", policy)) &&
		strings.Contains(err.Error(), "denied request: ") && !strings.Contains(err.Error(), "resulted in error")
}
