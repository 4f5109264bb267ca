package access

import (
	"strings"
	"testing"
)

// What a deployment tool may not apply, or may delete again, may not be there. A tool's other annotations change nothing.
func TestObjectsThatToolsMayNotApply(t *testing.T) {
	before := load(t, cloudWorld)
	const all = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no"
	const atWaypoint, atPods = "gateway, gateway no, waypoint, waypoint no", "gateway, off mesh, pod, sidecar, waypoint"
	for _, c := range []struct{ name, want string }{
		{"{name: l7,", atWaypoint},
		{"{name: l4,", atPods},
		{"{name: waypoint,", atWaypoint},
		{"{name: front, namespace: edge, labels", "gateway, gateway no"},
		{"{name: r,", "gateway, gateway no"},
		{"{name: a,", all},
		{"{name: s, namespace: a}", "gateway, gateway no, off mesh, sidecar, waypoint, waypoint no"},
		{"{name: s, namespace: a, labels", ""}, // without the pod there is nothing to reach
	} {
		with := func(metadata string) string {
			return edit(t, cloudWorld, c.name, strings.Replace(c.name, "{", "{"+metadata+", ", 1))
		}
		for _, no := range []string{
			"annotations: {argocd.argoproj.io/hook: PreSync}", "annotations: {argocd.argoproj.io/hook: Skip}", "annotations: {helm.sh/hook: test}", "annotations: {helm.sh/hook: ''}",
			"annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}", "annotations: {kustomize.toolkit.fluxcd.io/ssa: Ignore}", "annotations: {kustomize.toolkit.fluxcd.io/ssa: IfNotPresent}",
			"labels: {cleanup.kyverno.io/ttl: 1h}", "annotations: {janitor/ttl: 1h}", "annotations: {janitor/expires: 2026-01-01}", "annotations: {k8s-ttl-controller.twin.sh/ttl: 1h}", "deletionTimestamp: 2026-01-01T00:00:00Z", "annotations: {kapp.k14s.io/exists: ''}", "annotations: {kapp.k14s.io/noop: ''}", "annotations: {kapp.k14s.io/update-strategy: skip}", "annotations: {kapp.k14s.io/versioned: ''}",
			"annotations: {configmanagement.gke.io/managed: disabled}", "annotations: {configsync.gke.io/cluster-name-selector: east}", "annotations: {client.lifecycle.config.k8s.io/mutation: ignore}",
			"annotations: {configmanagement.gke.io/namespace-selector: x}", "annotations: {configmanagement.gke.io/cluster-selector: x}", "annotations: {addonmanager.kubernetes.io/mode: EnsureExists}",
		} {
			if got := strings.Join(cloudedBy(t, before, load(t, with(no))), ", "); got != c.want {
				t.Errorf("%s with %s clouds %q, want %q", c.name, no, got, c.want)
			}
		}
		for _, yes := range []string{
			"annotations: {argocd.argoproj.io/sync-wave: '1', argocd.argoproj.io/sync-options: Prune=false, argocd.argoproj.io/hook-delete-policy: HookSucceeded}", "annotations: {helm.sh/resource-policy: keep}",
			"annotations: {kustomize.toolkit.fluxcd.io/prune: disabled}", "annotations: {kustomize.toolkit.fluxcd.io/reconcile: enabled}", "annotations: {kustomize.toolkit.fluxcd.io/ssa: Merge}",
			"annotations: {kapp.k14s.io/change-group: x, kapp.k14s.io/update-strategy: fallback-on-replace, kapp.k14s.io/delete-strategy: orphan}", "annotations: {configmanagement.gke.io/managed: enabled}",
			"annotations: {addonmanager.kubernetes.io/mode: Reconcile}",
		} {
			if got := cloudedBy(t, before, load(t, with(yes))); len(got) > 0 {
				t.Errorf("%s with %s clouds %v", c.name, yes, got)
			}
		}
	}
	const allowed = "principals: [cluster.local/ns/a/sa/waypoint]"
	variable := decides(t, load(t, edit(t, cloudWorld, allowed, "principals: ['cluster.local/ns/${NS}/sa/waypoint']")), cloudQuestions["off mesh"], NotJudged)
	if want := `may not be in the cluster: spec, the variable in "cluster.local/ns/${NS}/sa/waypoint"`; !strings.Contains(variable.By(), want) {
		t.Error(variable.By())
	}
	anywhere := load(t, cloudWorld+"\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: new, namespace: '${NS}'}\nspec: {rules: [{}]}")
	if got := strings.Join(cloudedBy(t, before, anywhere), ", "); got == "" {
		t.Error("a policy of a namespace that a variable names clouds nothing")
	}
	flux := load(t, edit(t, cloudWorld, "{name: l7,", "{labels: {kustomize.toolkit.fluxcd.io/reconcile: Disabled}, name: l7,"))
	v := decides(t, flux, cloudQuestions["waypoint"], NotJudged)
	if want := "metadata.labels[kustomize.toolkit.fluxcd.io/reconcile]"; strings.Contains(v.By(), "malformed") || !strings.Contains(v.By(), "a/l7 may not be in the cluster: "+want+": "+whyUnapplied) {
		t.Error(v.By())
	}
	rule := cloudWorld + "\n---\nkind: DestinationRule\napiVersion: networking.istio.io/v1\nmetadata: {name: new, namespace: a, annotations: {helm.sh/hook: test}}\nspec: {host: s}"
	if got := strings.Join(cloudedBy(t, before, load(t, rule)), ", "); got != "gateway, waypoint" {
		t.Errorf("a DestinationRule clouds %q", got)
	}
}

// A policy that tools do not apply is not reported as one that Istio rejects.
func TestFindingOfAPolicyThatToolsMayNotApply(t *testing.T) {
	const policy = "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: x, namespace: alice, annotations: {helm.sh/hook: test}}\nspec: {action: DENY, rules: [{}]}"
	w := load(t, tenants(t)+policy)
	var found []string
	for _, f := range w.Findings(twoTenants) {
		if f.Object.Name == "x" {
			found = append(found, f.Error())
		}
	}
	const want = "AuthorizationPolicy alice/x: metadata.annotations[helm.sh/hook]: may not be in the cluster (" + whyUnapplied + "); whom the policy is about is NOT JUDGED; remove the annotation helm.sh/hook"
	if len(found) != 1 || !strings.Contains(found[0], want) {
		t.Errorf("%q", found)
	}
}
