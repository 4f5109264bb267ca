package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

var twoTenants = []Tenant{tenantOf("alice"), tenantOf("bob")}

// tenantOf is a profile as the function states it: what the configuration opens, and which rules of the profile-controller are replaced.
func tenantOf(name string) Tenant {
	var controllers yaml.Node
	if err := yaml.Unmarshal([]byte(`
rules:
- when: [{key: 'request.headers[kubeflow-userid]', values: [`+name+`@example.com]}]
  from: [{source: {principals: [cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio, cluster.local/ns/kubeflow/sa/ml-pipeline-ui]}}]
- when: [{key: source.namespace, values: [`+name+`]}]
- to: [{operation: {paths: [/healthz, /metrics]}}]
`), &controllers); err != nil {
		panic(err)
	}
	return Tenant{
		Namespace: name, Owner: name + "@example.com", Waypoint: "waypoint",
		OpenPaths: []string{"/healthz", "/metrics", "/wait-for-drain"}, Superseded: controllers.Content,
		Scrapers: []Scraper{{"cluster.local/ns/monitoring/sa/prometheus", []string{"9090"}}},
	}
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
	const (
		pods        = "from: [{source: {notNamespaces: [istio-system]}}], "
		controllers = "from: [{source: {principals: [cluster.local/ns/kubeflow/sa/ml-pipeline-ui, cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio]}}], " +
			"when: [{key: 'request.headers[kubeflow-userid]', values: [alice@example.com]}]"
	)
	onWP := "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], "
	for _, c := range []struct {
		name, text string
		want       []string // one finding each, by a part of it; none: none
	}{
		{"a foreign L4 policy opens all", all + add("alice", "x", "{rules: [{}]}"), []string{"AuthorizationPolicy alice/x: spec.rules[0]: allows any pod in the mesh; the pods of alice are open to other tenants"}},
		{"for clients off the mesh", all + add("alice", "x", "{rules: [{from: [{source: {notPrincipals: ['*']}}]}]}"), []string{"clients off the mesh"}},
		{"for one tenant", all + add("alice", "x", "{rules: [{from: [{source: {namespaces: [bob]}}]}]}"), []string{"alice/x: spec.rules[0]: allows pods of bob;"}},
		{"for one account of one", all + add("alice", "x", "{rules: [{from: [{source: {serviceAccounts: [bob/pipeline]}}]}]}"), []string{"pods of bob"}},
		{"for tenants like", all + add("alice", "x", "{rules: [{from: [{source: {namespaces: ['bo*']}}]}]}"), []string{"pods of bob"}},
		{"for a principal like", all + add("alice", "x", "{rules: [{from: [{source: {principals: ['cluster.local/ns/bob/*']}}]}]}"), []string{"pods of bob"}},
		{"on a port is open too", all + add("alice", "x", "{rules: [{to: [{operation: {ports: ['1']}}]}]}"), []string{"any pod in the mesh"}},
		{"for some pods", all + add("alice", "x", "{selector: {matchLabels: {app: y}}, rules: [{}]}"), []string{"alice/x"}},
		{"for the platform is none", all + add("alice", "x", "{rules: [{from: [{source: {namespaces: [kubeflow]}}]}]}"), nil},
		{"by address counts as open", all + add("alice", "x", "{rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]}"), []string{"any pod in the mesh"}},
		{"dry run is none", all + edit(t, add("alice", "x", "{rules: [{}]}"), "namespace: alice}", `namespace: alice, annotations: {istio.io/dry-run: "true"}}`), nil},
		{"what a DENY closes is none", all + add("alice", "x", "{rules: [{}]}") + add("alice", "y", "{action: DENY, rules: [{from: [{source: {notNamespaces: [alice]}}]}]}"), nil},

		{"a foreign L7 policy opens all", all + add("alice", "x", "{"+onWP+"rules: [{}]}"), []string{"alice/x: spec.rules[0]: allows any pod in the mesh through the waypoint"}},
		{"by a path", all + add("alice", "x", "{"+onWP+"rules: [{to: [{operation: {paths: [/x]}}]}]}"), []string{"alice/x"}},
		{"by GET on a path that is not open", all + add("alice", "x", "{"+onWP+"rules: [{"+pods+"to: [{operation: {paths: [/x], methods: [GET]}}]}]}"), []string{"alice/x: spec.rules[0]: allows any pod in the mesh"}},
		{"by GET on an open path", all + add("alice", "x", "{"+onWP+"rules: [{"+pods+"to: [{operation: {paths: [/metrics], methods: [GET]}}]}]}"), nil},
		{"by HEAD and GET on two, for one Service", all + add("alice", "x", "{targetRefs: [{group: '', kind: Service, name: tet}], rules: [{"+pods+"to: [{operation: {paths: [/metrics, /healthz], methods: [HEAD, GET]}}]}]}"), nil},
		{"by POST on an open path", all + add("alice", "x", "{"+onWP+"rules: [{"+pods+"to: [{operation: {paths: [/metrics], methods: [GET, POST]}}]}]}"), []string{"any pod in the mesh"}},
		{"by any method on an open path", all + add("alice", "x", "{"+onWP+"rules: [{"+pods+"to: [{operation: {paths: [/metrics]}}]}]}"), []string{"any pod in the mesh"}},
		{"on an open path or any other way", all + add("alice", "x", "{"+onWP+"rules: [{"+pods+"to: [{operation: {paths: [/metrics], methods: [GET]}}, {operation: {methods: [GET]}}]}]}"), []string{"any pod in the mesh"}},
		{"on the start of an open path", all + add("alice", "x", "{"+onWP+"rules: [{"+pods+"to: [{operation: {paths: ['/metrics*'], methods: [GET]}}]}]}"), []string{"any pod in the mesh"}},
		{"on an open path from the gateway too", all + add("alice", "x", "{"+onWP+"rules: [{to: [{operation: {paths: [/metrics], methods: [GET]}}]}]}"), []string{"every request from the ingress, for any user"}},
		{"on a path from the gateway", all + add("alice", "x", "{"+onWP+"rules: [{from: [{source: {namespaces: [istio-system]}}], to: [{operation: {paths: [/notebook/alice/tet/api/contents], methods: [GET]}}]}]}"), []string{"every request from the ingress, for any user"}},
		{"every user", all + add("alice", "x", "{"+onWP+"rules: [{from: [{source: {namespaces: [istio-system]}}]}]}"), []string{"every request from the ingress, for any user"}},
		{"every user with a name", all + add("alice", "x", "{"+onWP+"rules: [{from: [{source: {namespaces: [istio-system]}}], when: [{key: 'request.headers[kubeflow-userid]', values: ['*']}]}]}"), []string{"every user"}},
		{"every user of a domain", all + add("alice", "x", "{"+onWP+"rules: [{from: [{source: {namespaces: [istio-system]}}], when: [{key: 'request.headers[kubeflow-userid]', values: ['*@example.com']}]}]}"), []string{"every user that matches *@example.com"}},
		{"a contributor is none", all + add("alice", "x", "{"+onWP+"rules: [{from: [{source: {namespaces: [istio-system]}}], when: [{key: 'request.headers[kubeflow-userid]', values: [bob@example.com]}]}]}"), nil},
		{"on a Service", all + add("alice", "x", "{targetRefs: [{group: '', kind: Service, name: tet}], rules: [{}]}"), []string{"alice/x"}},

		{"a KFAM policy without targetRefs has no effect", all + add("alice", "user-bob", "{rules: [{when: [{key: 'request.headers[kubeflow-userid]', values: [bob@example.com]}]}]}"),
			[]string{"alice/user-bob: spec.rules[0]: uses request.headers[kubeflow-userid], but the policy has no targetRefs; ztunnel drops every rule of the policy"}},
		{"what others say again, whatever its name", all + add("alice", "x", "{rules: [{"+controllers+"}, {to: [{operation: {paths: [/metrics, /healthz]}}]}]}"), nil},
		{"what only the name says", all + add("alice", "ns-owner-access-istio", "{rules: [{"+edit(t, controllers, "alice@", "carol@")+"}]}"), []string{"alice/ns-owner-access-istio: spec.rules[0]: uses request.headers[kubeflow-userid], but"}},
		{"what another tenant's policies say again", all + add("bob", "x", "{rules: [{"+controllers+"}]}"), []string{"bob/x: spec.rules[0]: uses"}},
		{"a DENY that says the same", all + add("alice", "x", "{action: DENY, rules: [{"+controllers+"}]}"), []string{"ztunnel leaves out the HTTP attributes"}},
		{"a DENY loses its path", all + add("alice", "x", "{action: DENY, rules: [{to: [{operation: {paths: [/x]}}]}]}"), []string{"ztunnel leaves out the HTTP attributes"}},
		{"malformed", all + add("alice", "x", "{rules: [{form: []}]}"), []string{"alice/x: spec.rules[0].form: unknown field; Istio rejects the policy"}},

		{"the root namespace opens all, said once", all + add("istio-system", "x", "{rules: [{}]}"), []string{"AuthorizationPolicy istio-system/x: spec.rules[0]: allows any pod in the mesh to connect to the pods of every namespace"}},
		{"all waypoints, said once", all + add("istio-system", "x", "{targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}], rules: [{}]}"), []string{"through every waypoint"}},
		{"the ingress through all waypoints", all + add("istio-system", "x", "{targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}], rules: [{from: [{source: {namespaces: [istio-system]}}]}]}"), []string{"every request from the ingress, for any user, through every waypoint"}},
		{"open paths through all waypoints", all + add("istio-system", "x", "{targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}], rules: [{"+pods+"to: [{operation: {methods: [GET], paths: [/healthz]}}]}]}"), nil},
		{"allow nothing there is none", all + add("istio-system", "x", "{targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}]}"), nil},

		{"no L4 policy", edit(t, all, "name: ns-l4-waypoint\n  namespace: alice", "name: ns-l4-waypoint\n  namespace: elsewhere"), []string{"Namespace alice: has no ALLOW policy without targetRefs"}},
		{"no L7 policy", edit(t, edit(t, all, "name: ns-owner-access-istio-l7-allow\n  namespace: alice", "name: x\n  namespace: elsewhere"), "name: ns-l7-allow-k8s-token\n  namespace: alice", "name: y\n  namespace: elsewhere"),
			[]string{"Gateway alice/waypoint: has no ALLOW policy"}},
		{"no waypoint", edit(t, all, "kind: Gateway\nmetadata:\n  name: waypoint\n  namespace: alice", "kind: Gateway\nmetadata:\n  name: waypoint\n  namespace: elsewhere"),
			[]string{"Namespace alice: has the label istio.io/use-waypoint for Gateway alice/waypoint, which does not exist", "denies its owner alice@example.com at ztunnel (no ALLOW rule matches, see AuthorizationPolicy alice/ns-l4-waypoint)"}},
		{"the owner's name", edit(t, all, "values: [alice@example.com]", "values: [Alice@example.com]"), []string{"denies its owner alice@example.com at waypoint alice/waypoint"}},
		{"the gateway denies the owner", all + add("istio-system", "x", "{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway}], action: DENY, rules: [{when: [{key: 'request.headers[kubeflow-userid]', values: ['alice*']}]}]}"),
			[]string{"at gateway istio-system/ambient-ingressgateway (rules[0] of AuthorizationPolicy istio-system/x)"}},
		{"outside the mesh", edit(t, all, "  name: alice\n  annotations: {owner: alice@example.com}\n  labels:\n    istio.io/dataplane-mode: ambient", "  name: alice\n  labels:"), []string{"Namespace alice: is not in the mesh"}},
		{"sidecars", edit(t, all, "  name: alice\n  annotations: {owner: alice@example.com}\n  labels:", "  name: alice\n  labels:\n    istio-injection: enabled"), []string{"Namespace alice: has sidecars injected"}},
		{"a Service that opts out", edit(t, all, "metadata: {name: tet, namespace: alice}\nspec:\n  selector", "metadata: {name: tet, namespace: alice, labels: {istio.io/use-waypoint: none}}\nspec:\n  selector"), []string{"Service alice/tet: opts out"}},
		{"a Service that asks for what is not there", edit(t, all, "metadata: {name: tet, namespace: alice}\nspec:\n  selector", "metadata: {name: tet, namespace: alice, labels: {istio.io/use-waypoint: w}}\nspec:\n  selector"), []string{"Service alice/tet: has the label istio.io/use-waypoint for Gateway alice/w"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := load(t, c.text).Findings(twoTenants)
			ok := len(got) == len(c.want)
			for i := range c.want {
				ok = ok && strings.Contains(got[i].Error(), c.want[i])
			}
			if !ok {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
			for _, f := range got {
				if f.Object.Name == "" || f.Position.Line == 0 || f.Found == "" || f.Effect == "" || f.Remedy == "" {
					t.Errorf("incomplete: %+v", f)
				}
			}
		})
	}
}

// Monitoring that the configuration asks for is meant, also where the scraper lives in a tenant's namespace. Anything more is not, whatever
// the policy's name.
func TestFindingsLeaveMonitoringAside(t *testing.T) {
	list := append([]Tenant{{Namespace: "monitoring"}}, twoTenants...)
	text := tenants(t)
	for _, f := range load(t, text).Findings(list) {
		t.Error(f)
	}
	free := edit(t, text, "name: ns-l4-waypoint\n  namespace: bob", "name: ns-l4-kept\n  namespace: bob")
	const prometheus = "principals: [cluster.local/ns/monitoring/sa/prometheus]"
	for _, c := range []struct {
		name, rule string
		want       int
	}{
		{"the same", "from: [{source: {" + prometheus + "}}], to: [{operation: {ports: ['9090']}}]", 0},
		{"the same in other words", "from: [{source: {serviceAccounts: [monitoring/prometheus]}}], to: [{operation: {ports: ['9090']}}]", 0},
		{"another port", "from: [{source: {" + prometheus + "}}], to: [{operation: {ports: ['9090', '1']}}]", 1},
		{"every port", "from: [{source: {" + prometheus + "}}]", 1},
		{"another account", "from: [{source: {principals: [cluster.local/ns/monitoring/sa/p]}}], to: [{operation: {ports: ['9090']}}]", 1},
		{"another account in other words", "from: [{source: {serviceAccounts: [monitoring/p]}}], to: [{operation: {ports: ['9090']}}]", 1},
		{"its namespace", "from: [{source: {namespaces: [monitoring]}}], to: [{operation: {ports: ['9090']}}]", 1},
		{"one more client", "from: [{source: {" + prometheus + "}}, {source: {namespaces: [monitoring]}}], to: [{operation: {ports: ['9090']}}]", 1},
		{"one more operation", "from: [{source: {" + prometheus + "}}], to: [{operation: {ports: ['9090']}}, {operation: {ports: ['1']}}]", 1},
		{"anybody on its port", "to: [{operation: {ports: ['9090']}}]", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			// Under the name of the function's own policy for another account, and under any.
			for _, name := range []string{"ns-l4-waypoint", "x"} {
				foreign := "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: " + name + ", namespace: bob}\nspec: {rules: [{" + c.rule + "}]}"
				if got := load(t, free+foreign).Findings(list); len(got) != c.want {
					t.Errorf("%s: %q", name, got)
				}
			}
		})
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
		out[i] = Tenant{Namespace: name, Owner: name + "@example.com", Waypoint: "waypoint", OpenPaths: twoTenants[0].OpenPaths, Scrapers: twoTenants[0].Scrapers}
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

// A finding says on which line of its file the object or the field is; the file is not known here.
func TestFindingsHaveAPlace(t *testing.T) {
	const head = "\n---\napiVersion: security.istio.io/v1beta1\nkind: AuthorizationPolicy\nmetadata:\n  name: x\n  namespace: alice\nspec:\n"
	for _, c := range []struct {
		name, text   string
		field        string
		line, column int
	}{
		{"of a rule", head + "  rules:\n  - from:\n    - source: {namespaces: [alice]}\n  - {}\n", "spec.rules[1]", 10, 5},
		{"of a field that Istio rejects", head + "  rules:\n  - from: x\n", "spec.rules[0].from", 8, 11},
		{"of an unknown field", head + "  rules: []\n  role: x\n", "spec.role", 8, 3},
		{"of a field that is missing", head + "  action: DENY\n", "spec.rules", 7, 3},
		{"of an object", "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: alice, labels: {istio.io/use-waypoint: none}}\nspec: {}\n", "", 1, 1},
		{"of an egress rule", "\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x, namespace: alice}\nspec:\n  podSelector: {matchLabels: {app: y}}\n  policyTypes: [Egress]\n" +
			"  egress:\n  - {ports: [{port: 53}]}\n  - to: [{podSelector: {}}]\n    ports: [{port: 80}]\n", "spec.egress[1]", 9, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := load(t, tenants(t)+c.text).Findings(twoTenants)
			if len(got) != 1 {
				t.Fatalf("%q", got)
			}
			want := diagnostic.Position{Line: c.line, Column: c.column}
			if got[0].Field != c.field || got[0].Position != want || got[0].Object.Name != "x" || got[0].Object.APIVersion == "" {
				t.Errorf("%+v, want the field %q at %v", got[0], c.field, want)
			}
		})
	}
}
