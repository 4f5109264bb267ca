package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

var twoTenants = []Tenant{
	{Namespace: "alice", Owner: "alice@example.com", Waypoint: "waypoint"},
	{Namespace: "bob", Owner: "bob@example.com", Waypoint: "waypoint"},
}

func TestFindingsOfAHealthyWorld(t *testing.T) {
	for _, f := range load(t, tenants(t)).Findings(twoTenants) {
		t.Error(f)
	}
}

func TestFindings(t *testing.T) {
	add := func(namespace, name, spec string) string {
		return fmt.Sprintf("\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: %s, namespace: %s}\nspec: %s", name, namespace, spec)
	}
	all := tenants(t)
	onWP := "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], "
	for _, c := range []struct {
		name, text string
		want       []string // one finding each, by a part of it; none: none
	}{
		{"a foreign L4 policy opens all", all + add("alice", "x", "{rules: [{}]}"), []string{"AuthorizationPolicy alice/x: rule 0 lets any pod in the mesh in"}},
		{"for somebody off the mesh", all + add("alice", "x", "{rules: [{from: [{source: {notPrincipals: ['*']}}]}]}"), []string{"anybody off the mesh"}},
		{"for one tenant", all + add("alice", "x", "{rules: [{from: [{source: {namespaces: [bob]}}]}]}"), []string{"alice/x: rule 0 lets pods of bob in"}},
		{"for one account of one", all + add("alice", "x", "{rules: [{from: [{source: {serviceAccounts: [bob/pipeline]}}]}]}"), []string{"pods of bob"}},
		{"for tenants like", all + add("alice", "x", "{rules: [{from: [{source: {namespaces: ['bo*']}}]}]}"), []string{"pods of bob"}},
		{"for a principal like", all + add("alice", "x", "{rules: [{from: [{source: {principals: ['cluster.local/ns/bob/*']}}]}]}"), []string{"pods of bob"}},
		{"on a port is open too", all + add("alice", "x", "{rules: [{to: [{operation: {ports: ['1']}}]}]}"), []string{"any pod in the mesh"}},
		{"for some pods", all + add("alice", "x", "{selector: {matchLabels: {app: y}}, rules: [{}]}"), []string{"alice/x"}},
		{"for the platform is none", all + add("alice", "x", "{rules: [{from: [{source: {namespaces: [kubeflow]}}]}]}"), nil},
		{"by address counts as open", all + add("alice", "x", "{rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]}"), []string{"any pod in the mesh"}},
		{"dry run is none", all + edit(t, add("alice", "x", "{rules: [{}]}"), "namespace: alice}", `namespace: alice, annotations: {istio.io/dry-run: "true"}}`), nil},
		{"what a DENY closes is none", all + add("alice", "x", "{rules: [{}]}") + add("alice", "y", "{action: DENY, rules: [{from: [{source: {notNamespaces: [alice]}}]}]}"), nil},

		{"a foreign L7 policy opens all", all + add("alice", "x", "{"+onWP+"rules: [{}]}"), []string{"alice/x: rule 0 lets any pod in the mesh through the waypoint"}},
		{"by a path", all + add("alice", "x", "{"+onWP+"rules: [{to: [{operation: {paths: [/x]}}]}]}"), []string{"alice/x"}},
		{"by GET on a path is an open path", all + add("alice", "x", "{"+onWP+"rules: [{to: [{operation: {paths: [/x], methods: [GET]}}]}]}"), nil},
		{"by GET on a pattern is none", all + add("alice", "x", "{"+onWP+"rules: [{to: [{operation: {paths: ['/x*'], methods: [GET]}}]}]}"), []string{"alice/x"}},
		{"every user", all + add("alice", "x", "{"+onWP+"rules: [{from: [{source: {namespaces: [istio-system]}}]}]}"), []string{"anybody who comes through the ingress"}},
		{"every user with a name", all + add("alice", "x", "{"+onWP+"rules: [{from: [{source: {namespaces: [istio-system]}}], when: [{key: 'request.headers[kubeflow-userid]', values: ['*']}]}]}"), []string{"every user"}},
		{"every user of a domain", all + add("alice", "x", "{"+onWP+"rules: [{from: [{source: {namespaces: [istio-system]}}], when: [{key: 'request.headers[kubeflow-userid]', values: ['*@example.com']}]}]}"), []string{"every user like *@example.com"}},
		{"a contributor is none", all + add("alice", "x", "{"+onWP+"rules: [{from: [{source: {namespaces: [istio-system]}}], when: [{key: 'request.headers[kubeflow-userid]', values: [bob@example.com]}]}]}"), nil},
		{"on a Service", all + add("alice", "x", "{targetRefs: [{group: '', kind: Service, name: tet}], rules: [{}]}"), []string{"alice/x"}},

		{"a KFAM policy without targetRefs has no effect", all + add("alice", "user-bob", "{rules: [{when: [{key: 'request.headers[kubeflow-userid]', values: [bob@example.com]}]}]}"),
			[]string{"alice/user-bob: it has no targetRefs, and rule 0 (of 1 such) uses request.headers[kubeflow-userid]: it has no effect"}},
		{"the controller's own is known", all + add("alice", "ns-owner-access-istio", "{rules: [{when: [{key: 'request.headers[kubeflow-userid]', values: [x]}]}]}"), nil},
		{"a DENY loses its path", all + add("alice", "x", "{action: DENY, rules: [{to: [{operation: {paths: [/x]}}]}]}"), []string{"ztunnel leaves out the HTTP part"}},
		{"malformed", all + add("alice", "x", "{rules: [{form: []}]}"), []string{"alice/x: it is malformed: spec.rules[0].form: unknown field"}},

		{"the root namespace opens all, said once", all + add("istio-system", "x", "{rules: [{}]}"), []string{"AuthorizationPolicy istio-system/x: rule 0 lets any pod in the mesh reach pods of every namespace"}},
		{"all waypoints, said once", all + add("istio-system", "x", "{targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}], rules: [{}]}"), []string{"through every waypoint"}},
		{"allow nothing there is none", all + add("istio-system", "x", "{targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}]}"), nil},

		{"no L4 policy", edit(t, all, "name: ns-l4-waypoint\n  namespace: alice", "name: ns-l4-waypoint\n  namespace: elsewhere"), []string{"Namespace alice: it has no L4 policy"}},
		{"no L7 policy", edit(t, edit(t, all, "name: ns-owner-access-istio-l7-allow\n  namespace: alice", "name: x\n  namespace: elsewhere"), "name: ns-l7-allow-k8s-token\n  namespace: alice", "name: y\n  namespace: elsewhere"),
			[]string{"Gateway alice/waypoint: no ALLOW policy"}},
		{"no waypoint", edit(t, all, "kind: Gateway\nmetadata:\n  name: waypoint\n  namespace: alice", "kind: Gateway\nmetadata:\n  name: waypoint\n  namespace: elsewhere"),
			[]string{"Namespace alice: its label istio.io/use-waypoint points to alice/waypoint", "its owner alice@example.com is denied by ztunnel: alice/ns-l4-waypoint"}},
		{"the owner's name", edit(t, all, "values: [alice@example.com]", "values: [Alice@example.com]"), []string{"its owner alice@example.com is denied by waypoint alice/waypoint"}},
		{"the gateway denies the owner", all + add("istio-system", "x", "{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway}], action: DENY, rules: [{when: [{key: 'request.headers[kubeflow-userid]', values: ['alice*']}]}]}"),
			[]string{"denied by gateway istio-system/ambient-ingressgateway"}},
		{"outside the mesh", edit(t, all, "  name: alice\n  annotations: {owner: alice@example.com}\n  labels:\n    istio.io/dataplane-mode: ambient", "  name: alice\n  labels:"), []string{"Namespace alice: it is not in the mesh"}},
		{"sidecars", edit(t, all, "  name: alice\n  annotations: {owner: alice@example.com}\n  labels:", "  name: alice\n  labels:\n    istio-injection: enabled"), []string{"Namespace alice: its pods get sidecars"}},
		{"a Service that opts out", edit(t, all, "metadata: {name: tet, namespace: alice}\nspec:\n  selector", "metadata: {name: tet, namespace: alice, labels: {istio.io/use-waypoint: none}}\nspec:\n  selector"), []string{"Service alice/tet: it opts out"}},
		{"a Service that asks for what is not there", edit(t, all, "metadata: {name: tet, namespace: alice}\nspec:\n  selector", "metadata: {name: tet, namespace: alice, labels: {istio.io/use-waypoint: w}}\nspec:\n  selector"), []string{"Service alice/tet: its label istio.io/use-waypoint points to alice/w"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := load(t, c.text).Findings(twoTenants)
			ok := len(got) == len(c.want)
			for i := range c.want {
				ok = ok && strings.Contains(got[i].String(), c.want[i])
			}
			if !ok {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
			for _, f := range got {
				if f.Object == "" || f.Found == "" || f.Effect == "" || f.Remedy == "" {
					t.Errorf("incomplete: %+v", f)
				}
			}
		})
	}
}

// Monitoring by the function's own policy is meant, also where the scraper lives in a tenant's namespace; a stranger's is not.
func TestFindingsLeaveMonitoringAside(t *testing.T) {
	list := append([]Tenant{{Namespace: "monitoring"}}, twoTenants...)
	text := tenants(t)
	for _, f := range load(t, text).Findings(list) {
		t.Error(f)
	}
	foreign := text + "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: x, namespace: bob}\nspec: {rules: [{from: [{source: {principals: [cluster.local/ns/monitoring/sa/p]}}], to: [{operation: {ports: ['1']}}]}]}"
	if got := load(t, foreign).Findings(list); len(got) != 1 || !strings.Contains(got[0].Found, "pods of monitoring") {
		t.Errorf("%q", got)
	}
}

// manyTenants repeats alice.
func manyTenants(t testing.TB, n int) ([]*yaml.Node, []Tenant) {
	t.Helper()
	text := tenants(t)
	at := strings.Index(text, "\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: alice")
	end := strings.Index(text, "\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: bob")
	items := manifests(t, text[:at])
	one := strings.TrimPrefix(text[at:end], "\n---\n")
	// Only what the function emits.
	one, _, _ = strings.Cut(one, "\n---\napiVersion: v1\nkind: ServiceAccount")
	out := make([]Tenant, n)
	for i := range n {
		name := fmt.Sprintf("team-%05d", i)
		items = append(items, manifests(t, strings.ReplaceAll(one, "alice", name))...)
		out[i] = Tenant{Namespace: name, Owner: name + "@example.com", Waypoint: "waypoint"}
	}
	return items, out
}

func BenchmarkLoad(b *testing.B) {
	items, _ := manyTenants(b, 500)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(slices.Values(items)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFindings(b *testing.B) {
	for _, n := range []int{50, 500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			items, list := manyTenants(b, n)
			w, err := Load(slices.Values(items))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if f := w.Findings(list); len(f) > 0 {
					b.Fatal(f)
				}
			}
		})
	}
}
