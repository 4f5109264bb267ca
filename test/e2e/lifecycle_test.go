package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// configuration is an AmbientProfile with these profiles and, after an empty line, other fields of the spec.
func configuration(profiles, others string) string {
	return `apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata: {name: kubeflow}
spec:
` + indent(others) + `  profiles:
` + indent(profiles)
}

func indent(yaml string) string {
	var lines strings.Builder
	for line := range strings.Lines(strings.TrimPrefix(yaml, "\n")) {
		lines.WriteString("  " + line)
	}
	return lines.String()
}

const (
	alice          = "- {name: alice, owner: {name: alice@example.com}}\n"
	aliceOfDana    = "- {name: alice, owner: {name: dana@example.com}}\n"
	aliceWithCarol = "- {name: alice, owner: {name: dana@example.com}, contributors: [{name: carol@example.com, role: edit}]}\n"
	bob            = "- {name: bob, owner: {name: bob@example.com}}\n"
)

// The life of a tenant, as Argo CD would sync it.
var life = []struct {
	name, profiles string
	spared         []string // what stays although it left the output
}{
	{"one tenant", alice, nil},
	{"a second tenant", alice + bob, nil},
	{"another owner", aliceOfDana + bob, nil},
	{"a contributor comes", aliceWithCarol + bob, nil},
	{"a contributor goes", aliceOfDana + bob, nil},
	{"the first tenant goes", bob, []string{"Namespace/alice", "AuthorizationPolicy/alice/ns-l4-waypoint"}},
	{"the first tenant comes back", aliceOfDana + bob, nil},
}

func TestLifeOfATenant(t *testing.T) {
	needsControlPlane(t)
	var last, ever []*kube.Object
	var uid string
	for _, step := range life {
		next := render(t, configuration(step.profiles, ""))
		around := fixtures(next)
		ever = slices.Concat(ever, next, around)
		if last == nil {
			t.Cleanup(func() { removeAll(t, ever) })
		}
		ok := t.Run(strings.ReplaceAll(step.name, " ", "-"), func(t *testing.T) {
			apply(t.Context(), t, slices.Concat(around, next))
			prune(t.Context(), t, last, next)
			report(t, judge(t.Context(), t, patience, slices.Concat(next, around)))
			report(t, deviations(t.Context(), t, next, ever, step.spared...))
			staysClosed(t, "alice")
			uid = sameNamespace(t, "alice", uid)
		})
		if !ok {
			t.FailNow() // the next step would start from something else than the last
		}
		last = next
		count.steps++
	}
}

// staysClosed: whether the tenant is listed or has left, ztunnel allows only the waypoint and the namespace.
func staysClosed(t *testing.T, namespace string) {
	t.Helper()
	sent, err := sentToZtunnel()
	if err != nil {
		t.Fatal(err)
	}
	if said := guarded(sent, namespace, "waypoint"); said != "" {
		t.Errorf("Namespace/%s: %s", namespace, said)
	}
}

// sameNamespace: a Namespace that was deleted and made again has lost everything in it.
func sameNamespace(t *testing.T, name, uid string) string {
	t.Helper()
	ns, err := cluster.Get(t.Context(), object("v1", "Namespace", "", name, nil))
	if err != nil {
		t.Fatal(err)
	}
	if uid != "" && string(ns.GetUID()) != uid {
		t.Errorf("Namespace %s is another one", name)
	}
	return string(ns.GetUID())
}

// Three ways in which a cluster comes to differ from the output, each seen.
func TestDeviationsAreDetected(t *testing.T) {
	needsControlPlane(t)
	ctx := t.Context()
	tenant := tenantByHand(t, "deviating")
	all := applyWithFixtures(ctx, t, tenant)
	report(t, judge(ctx, t, patience, all))
	report(t, deviations(ctx, t, tenant, tenant))

	byHand := find(tenantByHand(t, "deviating"), "ns-l4-waypoint")
	set(byHand, []any{map[string]any{}}, "spec", "rules")
	if _, err := cluster.Apply(ctx, "kubectl-edit", true, byHand); err != nil {
		t.Fatal(err)
	}
	forgotten := object("v1", "ConfigMap", "deviating", "forgotten", nil)
	forgotten.SetLabels(map[string]string{"app.kubernetes.io/managed-by": "ambient-profile"})
	apply(ctx, t, []*kube.Object{forgotten})

	found := deviations(ctx, t, tenant, append(tenant, forgotten), "AuthorizationPolicy/deviating/pruned")
	for name, wanted := range map[string]string{
		"policy edited by hand":   "AuthorizationPolicy/deviating/ns-l4-waypoint: spec is map[rules:[map[]]]",
		"edit that apply refuses": "AuthorizationPolicy/deviating/ns-l4-waypoint: second apply: Apply failed with 1 conflict",
		"object left over":        "ConfigMap/deviating/forgotten: is left over",
		"guard that was pruned":   "AuthorizationPolicy/deviating/pruned: should have been spared",
	} {
		if !slices.ContainsFunc(found, func(f finding) bool { return strings.Contains(f.String(), wanted) }) {
			t.Errorf("%s is not seen: want %q, got %q", name, wanted, found)
			continue
		}
		count.detected(name)
	}
}
