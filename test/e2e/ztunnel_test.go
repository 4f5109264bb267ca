package e2e

import (
	"slices"
	"strings"
	"testing"
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
