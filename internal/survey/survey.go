// Package survey inspects the input: profiles, bindings, notebooks, logins, Kubeflow's components,
// and what leads to which pods. It edits nothing and decides nothing.
package survey

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Found is what the input says, before anything is decided.
type Found struct {
	*Index
	// Profiles are those that the configuration lists or selects, with what the input says of their
	// users, notebooks and Namespaces.
	Profiles []profile.Profile
	Kubeflow Kubeflow
	Logins   Logins
}

// Look inspects the items of the input. The error joins all problems; each names its object.
func Look(config profile.AmbientProfile, items []*manifest.Item) (Found, []diagnostic.Diagnostic, error) {
	notes := &Notes{Config: config.Metadata.Name}
	config, err := users(config, deployed(items), notes)
	if err != nil {
		return Found{}, nil, err
	}
	found := Found{Index: NewIndex(config.Spec, items), Profiles: config.Spec.Profiles}
	if moves(config.Spec) {
		found.Kubeflow = Find(findKubeflow(config.Spec, found.Index, notes))
		found.Kubeflow.Login = findKubeflowLogin(config.Spec, found.Index)
	} else {
		found.Kubeflow = Find(findProfileController(config.Spec, found.Index))
	}
	found.Logins = found.logins(config, notes)
	return found, notes.Findings, nil
}

// deployed are the items that go to the cluster: what is local names no users.
func deployed(items []*manifest.Item) []*manifest.Item {
	if !slices.ContainsFunc(items, (*manifest.Item).IsLocal) {
		return items
	}
	return slices.DeleteFunc(slices.Clone(items), (*manifest.Item).IsLocal)
}
