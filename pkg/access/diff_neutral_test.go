package access

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// sameOtherwise are manifests that say the same: in another order, policies with other names and in several parts, in the other version of their API, with
// labels and comments that nobody reads. Policies that Istio rejects stay in one piece.
func sameOtherwise(t testing.TB, r *rand.Rand, text string) []*yaml.Node {
	t.Helper()
	whole := map[string]bool{}
	for _, s := range load(t, text).namespaces {
		for _, p := range s.policies {
			whole[p.id()] = p.bad != nil
		}
	}
	var out []*yaml.Node
	for i, n := range manifests(t, text) {
		if n == nil {
			continue
		}
		object := yaml.NewRNode(n)
		n.HeadComment = "a comment"
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if object.GetKind() != "AuthorizationPolicy" {
			out = append(out, n)
			continue
		}
		if strings.HasSuffix(object.GetApiVersion(), "/v1") {
			must(object.PipeE(yaml.SetField("apiVersion", yaml.NewStringRNode("security.istio.io/v1beta1"))))
		}
		must(object.PipeE(yaml.LookupCreate(yaml.MappingNode, "metadata", "labels"), yaml.SetField("example.com/team", yaml.NewStringRNode("red"))))
		rules, err := object.Pipe(yaml.Lookup("spec", "rules"))
		must(err)
		namespace := object.GetNamespace()
		if namespace == "" {
			namespace = "default"
		}
		if whole[join(namespace, object.GetName())] || rules == nil || rules.YNode().Kind != yaml.SequenceNode || len(rules.YNode().Content) < 1 {
			out = append(out, n)
			continue
		}
		for j, rule := range rules.YNode().Content {
			part := object.Copy()
			must(part.PipeE(yaml.Lookup("metadata"), yaml.SetField("name", yaml.NewStringRNode(fmt.Sprintf("renamed-%d-%d", i, j)))))
			must(part.PipeE(yaml.Lookup("spec"), yaml.SetField("rules", yaml.NewRNode(&yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq, Content: []*yaml.Node{rule}}))))
			out = append(out, part.YNode())
		}
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// Neither the order of objects nor the names and parts of policies change who gets in.
func TestDiffOfTheSameIsNothing(t *testing.T) {
	texts := someTrees(t)
	texts = texts[:len(texts)/2]
	for seed := range uint64(*setWorlds / 6) {
		texts = append(texts, chanceWorld(rand.New(rand.NewPCG(seed, 302))))
	}
	policies := 0
	for i, text := range texts {
		r := rand.New(rand.NewPCG(uint64(i), 303))
		a := load(t, text)
		b, err := a.LoadNext(slices.Values(sameOtherwise(t, r, text)))
		if err != nil {
			t.Fatal(err)
		}
		d := a.Diff(b)
		if d.Differs() {
			t.Errorf("%d: %s%s", i, written(t, func(b *strings.Builder) error { return d.WriteTable(b) }), text)
		}
		for _, s := range b.namespaces {
			policies += len(s.policies)
		}
	}
	t.Logf("%d trees, %d policies", len(texts), policies)
}
