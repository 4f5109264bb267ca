package survey

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Index is the input as it can be looked up: by identity, and what of it leads to which pods. What
// takes long is gathered once, when somebody asks.
type Index struct {
	Items     []*manifest.Item
	ByID      map[manifest.ID]*manifest.Item
	Twice     map[manifest.ID]bool
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
	// gateway is the ingress Gateway, and ingressPods are the labels of its pods.
	gateway     Gateway
	ingressPods []Labels
}

// NewIndex finds items by identity; of duplicates, which no cluster could hold, the first.
func NewIndex(spec profile.Spec, items []*manifest.Item) *Index {
	in := &Index{
		Items: items, ByID: make(map[manifest.ID]*manifest.Item, len(items)), Twice: map[manifest.ID]bool{},
		services: map[string][]Service{}, named: map[string]map[string]Service{}, workloads: map[string][]PodMaker{}, ports: map[string]string{},
		notebooks: map[string][]string{}, gateway: gatewayOf(spec),
	}
	for _, p := range spec.Profiles {
		for _, n := range p.Notebooks {
			in.notebooks[p.Name] = append(in.notebooks[p.Name], n.Name)
		}
	}
	for _, item := range items {
		if _, found := in.ByID[item.ID]; found {
			in.Twice[item.ID] = true
			continue
		}
		in.ByID[item.ID] = item
	}
	return in
}

// Live calls edit with every item of a kind that stays and is nobody's but the user's.
func (in *Index) Live(group, kind string, edit func(*manifest.Item)) {
	for _, item := range in.Items {
		if item.Group == group && item.Kind == kind && OwnedBy(item) == "" && !item.Removed {
			edit(item)
		}
	}
}
