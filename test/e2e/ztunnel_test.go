package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// What ztunnel gets for a namespace, written down by hand: the golden tests compare istiod with our policies, this one
// compares it with what we promise.
var promises = []struct {
	name, profiles, others string
	key                    string // namespace/name of the policy
	want                   []string
}{
	{"only the waypoint and the namespace itself", alice, "", "alice/ns-l4-waypoint", []string{
		"ALLOW from principal cluster.local/ns/alice/sa/waypoint",
		"ALLOW from namespace alice",
	}},
	{"only the waypoint", alice, "access: {sameNamespacePods: false}\ncluster: {controllers: Restrict}\n", "alice/ns-l4-waypoint", []string{
		"ALLOW from principal cluster.local/ns/alice/sa/waypoint",
	}},
	{"monitoring by port", alice, "access: {monitoring: [{serviceAccount: team-x/prometheus, ports: [8080, 9090]}]}\n", "alice/ns-l4-waypoint", []string{
		"ALLOW from principal cluster.local/ns/alice/sa/waypoint",
		"ALLOW from namespace alice",
		"ALLOW from principal cluster.local/ns/team-x/sa/prometheus to port 8080 or to port 9090",
	}},
	{"everybody to KServe's webhook", alice, "", "kubeflow/kserve-controller-l4-allow-all", []string{"ALLOW"}},
	{"everybody to one port of KServe's webhook", alice, "cluster: {kserve: {ports: [9443]}}\n", "kubeflow/kserve-controller-l4-allow-all", []string{
		"ALLOW to port 9443",
	}},
}

func TestZtunnelGetsWhatWasPromised(t *testing.T) {
	needsControlPlane(t)
	for _, p := range promises {
		t.Run(strings.ReplaceAll(p.name, " ", "-"), func(t *testing.T) {
			all := applyWithFixtures(t.Context(), t, render(t, configuration(p.profiles, p.others)))
			report(t, judge(t.Context(), t, patience, all))
			sent, err := sentToZtunnel()
			if err != nil {
				t.Fatal(err)
			}
			if got := sent[p.key].lines(); !slices.Equal(got, p.want) {
				t.Errorf("%s: ztunnel gets %q, promised %q", p.key, got, p.want)
			}
			for key := range sent {
				if key != "alice/ns-l4-waypoint" && key != "kubeflow/kserve-controller-l4-allow-all" {
					t.Errorf("ztunnel gets %s as well: %q", key, sent[key].lines())
				}
			}
		})
	}
}

// One rule as its author reads it, and as istiod sends it to ztunnel: the first five are the same, the others are not.
func TestLinesOfWhatIsMeantAndSent(t *testing.T) {
	for _, c := range []struct{ name, rule, sent, meant, got string }{
		{"all the fields of a source", `{from: [{source: {namespaces: [a, b], notPrincipals: [x, y/*], serviceAccounts: [s, n/s]}}]}`,
			`{"rules": [{"matches": [{"namespaces": [{"exact": "a"}, {"exact": "b"}], "notPrincipals": [{"exact": "x"}, {"prefix": "y/"}],
				"serviceAccounts": [{"namespace": "alice", "serviceAccount": "s"}, {"namespace": "n", "serviceAccount": "s"}]}]}]}`,
			"DENY (from account alice/s or from account n/s) and (from namespace a or from namespace b) and not from principal x and not from principal y/*", ""},
		{"a second source", `{from: [{source: {notNamespaces: [a]}}, {source: {principals: ["*/b"], ipBlocks: [10.0.0.0/8]}}]}`,
			`{"rules": [{"matches": [{"notNamespaces": [{"exact": "a"}]}, {"principals": [{"suffix": "/b"}], "sourceIps": [{"address": "CgAAAA==", "length": 8}]}]}]}`,
			"DENY not from namespace a or (from ip 10.0.0.0/8 and from principal */b)", ""},
		{"conditions with an operation", `{to: [{operation: {notPorts: ["80"]}}], when: [{key: source.principal, notValues: [a]}, {key: destination.ip, values: [10.1.2.3]}]}`,
			`{"rules": [{"matches": [{"notDestinationPorts": [80]}]}, {"matches": [{"notPrincipals": [{"exact": "a"}]}]}, {"matches": [{"destinationIps": [{"address": "CgECAw==", "length": 32}]}]}]}`,
			"DENY not from principal a not to port 80 to ip 10.1.2.3/32", ""},
		{"an unseen operation", `{from: [{source: {namespaces: [a]}}], to: [{operation: {paths: [/x]}}]}`,
			`{"rules": [{"matches": [{}]}, {"matches": [{"namespaces": [{"exact": "a"}]}]}]}`, "DENY nothing", ""},
		{"an unseen source next to another", `{from: [{source: {requestPrincipals: ["*"]}}, {source: {namespaces: [a]}}]}`,
			`{"rules": [{"matches": [{}, {"namespaces": [{"exact": "a"}]}]}]}`, "DENY from namespace a", ""},

		{"a source that lost a part", `{from: [{source: {namespaces: [a], requestPrincipals: ["*"]}}]}`,
			`{"rules": [{"matches": [{"namespaces": [{"exact": "a"}]}]}]}`, "DENY nothing", "DENY from namespace a"},
		{"everybody", `{from: [{source: {namespaces: [a]}}]}`, `{}`, "DENY from namespace a", "DENY"},
		{"a negation that was lost", `{from: [{source: {notNamespaces: [a]}}]}`,
			`{"rules": [{"matches": [{"namespaces": [{"exact": "a"}]}]}]}`, "DENY not from namespace a", "DENY from namespace a"},
		{"two that have to fit, of which one does", `{from: [{source: {namespaces: [a], principals: [b]}}]}`,
			`{"rules": [{"matches": [{"namespaces": [{"exact": "a"}]}, {"principals": [{"exact": "b"}]}]}]}`,
			"DENY from namespace a and from principal b", "DENY from namespace a or from principal b"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			policies, err := kube.Read([]byte("apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p, namespace: alice}\n" +
				"spec: {action: DENY, rules: [" + c.rule + "]}\n"))
			if err != nil {
				t.Fatal(err)
			}
			var sent authorization
			if err := json.Unmarshal([]byte(`{"action": "DENY", "groups": [`+c.sent+`]}`), &sent); err != nil {
				t.Fatal(err)
			}
			if c.got == "" {
				c.got = c.meant
			}
			if meant := meant(policies[0]); !slices.Equal(meant, []string{c.meant}) {
				t.Errorf("meant %q, want %q", meant, c.meant)
			}
			if got := sent.lines(); !slices.Equal(got, []string{c.got}) {
				t.Errorf("sent %q, want %q", got, c.got)
			}
		})
	}
}
