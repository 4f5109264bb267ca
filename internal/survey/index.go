package survey

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Index is the input as it can be looked up: by identity, and what of it leads to which pods. What
// takes long is gathered once, on the first use.
type Index struct {
	// Items go to the cluster, and Local are those that do not. All has both, in their order.
	Items, Local, All []*manifest.Item
	// InPackage is true where new objects need a file (kpt), and Selected where the function is shown only some
	// objects of the package.
	InPackage, Selected bool
	ByID                map[manifest.ID]*manifest.Item
	// Twice are the second ones of those that are there twice.
	Twice map[manifest.ID]*manifest.Item
	// Before are policies as they came, which this run edits before ours take their place.
	Before    map[*manifest.Item]*yaml.Node
	services  map[string][]Service
	named     map[string]map[string]Service // the same by name
	workloads map[string][]PodMaker
	// ways lead to pods past the Services that select them, by namespace; nil until gathered.
	ways map[string][]Way
	// ports are the numbers of pods' ports, by selector and name.
	ports map[string]string
	// notebooks are the names of those that the configuration lists, by namespace.
	notebooks map[string][]string
	// oldGateway are the labels of the old gateway's pods, once they were asked for.
	oldGateway map[string]string
	// fork is the workload of a gateway in place of Kubeflow's, once forkKnown.
	fork      *manifest.Item
	forkKnown bool
	// selectors are those of pods that name a label, by the label.
	selectors map[string][]Selection
	// gateway is the ingress Gateway, and ingressPods are the labels of its pods.
	gateway     Gateway
	ingressPods []Labels
}

// Namespace is a Namespace of the input, or nil.
func (in *Index) Namespace(name string) *manifest.Item {
	if in == nil {
		return nil
	}
	return in.ByID[manifest.ID{Kind: "Namespace", Name: name}]
}

// NewIndex finds items that go to the cluster by identity; of duplicates, which no cluster could hold, the first.
func NewIndex(spec profile.Spec, items []*manifest.Item) *Index {
	in := &Index{
		All: items, Items: make([]*manifest.Item, 0, len(items)), ByID: make(map[manifest.ID]*manifest.Item, len(items)), Twice: map[manifest.ID]*manifest.Item{}, Before: map[*manifest.Item]*yaml.Node{},
		services: map[string][]Service{}, named: map[string]map[string]Service{}, workloads: map[string][]PodMaker{}, ports: map[string]string{},
		notebooks: map[string][]string{}, selectors: map[string][]Selection{}, gateway: gatewayOf(spec),
	}
	for _, p := range spec.Profiles {
		for _, n := range p.Notebooks {
			in.notebooks[p.Name] = append(in.notebooks[p.Name], n.Name)
		}
	}
	for _, item := range items {
		if item.IsLocal() {
			in.Local = append(in.Local, item)
			continue
		}
		in.Items = append(in.Items, item)
		if _, found := in.ByID[item.ID]; found {
			in.Twice[item.ID] = item
			continue
		}
		in.ByID[item.ID] = item
	}
	return in
}

// Live calls edit with every item of a kind that stays and is nobody's but the user's, and that has a name: an
// edit of another would reach neither what it made in the cluster before nor a copy of it.
//
//go:noinline
func (in *Index) Live(group, kind string, edit func(*manifest.Item)) {
	for _, item := range in.Items {
		if item.Group == group && item.Kind == kind && OwnedBy(item) == "" && !item.Removed && !item.IsGenerated() {
			edit(item)
		}
	}
}
