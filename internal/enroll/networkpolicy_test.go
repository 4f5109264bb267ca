package enroll

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// What the API server refuses is left as it is: a rule of another form must not stop the function.
func TestNetworkPoliciesThatAreNoneAreLeftAlone(t *testing.T) {
	p, err := profile.Parse(yaml.MustParse(`
apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata: {name: kubeflow}
spec: {profiles: [{name: alice, owner: {name: alice@example.com}}], cluster: {platform: {enabled: true}}}
`).YNode())
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range []string{
		"null", "[]", "text", "{}",
		"{ingress: {}, egress: text, policyTypes: Ingress}",
		"{policyTypes: [Ingress, Egress], ingress: [null, text, []], egress: [null, text, []]}",
		"{policyTypes: [Ingress, Egress], ingress: [{from: {podSelector: {}}, ports: {port: 80}}], egress: [{to: {podSelector: {}}, ports: {port: 80}}]}",
		"{policyTypes: [Ingress, Egress], ingress: [{from: text, ports: 80}], egress: [{to: text, ports: 80}]}",
		"{policyTypes: [Egress], egress: [{to: [{namespaceSelector: text, podSelector: []}]}]}",
		"{podSelector: text, policyTypes: [Egress], egress: [{to: [{ipBlock: text}], ports: [{port: [], endPort: x}]}]}",
	} {
		var items []*manifest.Item
		for _, namespace := range []string{"alice", "kubeflow", "istio-system"} {
			n := yaml.MustParse("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x, namespace: " + namespace + "}\nspec: " + spec)
			items = append(items, manifest.NewItem(n.YNode()))
		}
		found, _, err := survey.Look(p, items)
		if err != nil {
			t.Fatal(err)
		}
		plan := generate.NewPlan(p, found)
		if _, _, err := Place(plan, found, generate.Manifests(plan)); err != nil {
			t.Errorf("%s: %v", spec, err)
		}
		for _, item := range items {
			if item.Changed {
				t.Errorf("%s: became %s", spec, yaml.NewRNode(item.Node).MustString())
			}
		}
	}
}

// Peers that mean the same are one, and all pods of a namespace are each of them.
func TestPeerSetKnowsWhatItHolds(t *testing.T) {
	const (
		own       = "{podSelector: {}}"
		some      = "{podSelector: {matchLabels: {a: b, c: d}}}"
		kubeflow  = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kubeflow}}}"
		pipelines = "{podSelector: {matchLabels: {app: ml-pipeline}}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kubeflow}}}"
		all       = "{namespaceSelector: {}}"
		block     = "{ipBlock: {cidr: 10.0.0.0/8}}"
		world     = "{ipBlock: {cidr: 0.0.0.0/0}}"
		abroad    = "{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}"
	)
	for _, c := range []struct {
		in, peer string
		want     bool
	}{
		{own, own, true}, {own, some, true}, {own, kubeflow, false}, {own, block, false},
		{some, own, false}, {some, "{podSelector: {matchLabels: {c: d, a: b}}}", true},
		{kubeflow, pipelines, true}, {kubeflow, own, false}, {pipelines, kubeflow, false},
		{all, own, true}, {all, pipelines, true}, {all, block, false},
		{block, block, true}, {block, own, false}, {world, pipelines, true}, {abroad, own, false},
	} {
		set := survey.PeerSet{}
		set.Add(yaml.MustParse(c.in).YNode())
		if set.Has(yaml.MustParse(c.peer).YNode()) != c.want {
			t.Errorf("%s in %s: must be %t", c.peer, c.in, c.want)
		}
	}
}
