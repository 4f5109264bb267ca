package enroll

import "github.com/kubeflow-ambient/ambient-profile/internal/manifest"

// Index is the input as it can be looked up: by identity, and what of it leads to which pods. What
// takes long is gathered once, when somebody asks.
type Index struct {
	items     []*manifest.Item
	byID      map[manifest.ID]*manifest.Item
	twice     map[manifest.ID]bool
	services  map[string][]service
	named     map[string]map[string]service // the same by name
	workloads map[string][]workload
	// ways lead to pods past the Services that select them, by namespace; nil until gathered.
	ways map[string][]way
	// ports are the numbers of pods' ports, by selector and name.
	ports map[string]string
	// notebooks are the names of those that the configuration lists, by namespace.
	notebooks map[string][]string
	// oldGateway are the labels of the old gateway's pods, once they were asked for.
	oldGateway map[string]string
	// ingressPods are the labels of the ingress Gateway's pods.
	ingressPods []labels
}

// NewIndex finds items by identity; of duplicates, which no cluster could hold, the first. notebooks
// are those that the configuration lists, by namespace.
func NewIndex(items []*manifest.Item, notebooks map[string][]string) *Index {
	in := &Index{
		items: items, byID: make(map[manifest.ID]*manifest.Item, len(items)), twice: map[manifest.ID]bool{}, notebooks: notebooks,
		services: map[string][]service{}, named: map[string]map[string]service{}, workloads: map[string][]workload{}, ports: map[string]string{},
	}
	for _, item := range items {
		if _, found := in.byID[item.ID]; found {
			in.twice[item.ID] = true
			continue
		}
		in.byID[item.ID] = item
	}
	return in
}
