package enroll

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// profile takes a selected Profile as if it were written inline, and holds every Profile to what
// the configuration says of its owner.
func (s *sources) profile(item *manifest.Item) {
	owner := ownerOf(item)
	inline := s.of(item.Name)
	if inline == nil {
		if s.selected(item) {
			s.add(item, owner)
		}
		return
	}
	switch {
	case inline.Owner.Name == "":
		if s.selected(item) && !s.refuse(item, s.spec.CheckFound(profile.Profile{Name: item.Name, Owner: owner})...) {
			inline.Owner = owner
			s.report(item, owner.Warnings("spec.owner"))
		}
	case !sameOwner(item.Name, inline.Owner, owner):
		s.refuse(item, diagnostic.Diagnostic{
			Code: diagnostic.ConfigOwnerDiffers, Field: "spec.owner",
			Found:  fmt.Sprintf("is %s %q, but the AmbientProfile says %s %q", owner.Kind, owner.Name, inline.Owner.Kind, inline.Owner.Name),
			Remedy: "correct one of the two",
		})
	}
}

func (s *sources) add(item *manifest.Item, owner profile.Owner) {
	found := profile.Profile{Name: item.Name, Owner: owner}.Complete()
	if s.refuse(item, s.spec.CheckFound(found)...) {
		return
	}
	s.report(item, owner.Warnings("spec.owner"))
	s.at[found.Name] = len(s.spec.Profiles)
	s.spec.Profiles = append(s.spec.Profiles, found)
}

// selected tells whether the configuration takes the Profile: its labels and its name must match.
func (s *sources) selected(item *manifest.Item) bool {
	selector := s.spec.ProfileSelector
	if selector == nil || len(selector.Names) > 0 && !slices.Contains(selector.Names, item.Name) {
		return false
	}
	for _, key := range slices.Sorted(maps.Keys(selector.MatchLabels)) {
		if item.Label(key) != selector.MatchLabels[key] {
			return false
		}
	}
	return true
}

// ownerOf reads spec.owner, an rbac Subject (profile-controller: ProfileSpec), which holds the
// namespace of a ServiceAccount beside its name.
func ownerOf(item *manifest.Item) profile.Owner {
	subject := manifest.Field(item.Node, "spec", "owner")
	owner := profile.Owner{Kind: manifest.Value(subject, "kind"), Name: manifest.Value(subject, "name")}
	if owner.Kind == "" {
		owner.Kind = "User"
	}
	if namespace := manifest.Value(subject, "namespace"); namespace != "" && owner.Kind == "ServiceAccount" {
		owner.Name = namespace + "/" + owner.Name
	}
	return owner
}

// sameOwner compares; a ServiceAccount without a namespace is in the profile's own.
func sameOwner(namespace string, a, b profile.Owner) bool {
	if a.Kind != b.Kind {
		return false
	}
	return a.In(namespace) == b.In(namespace)
}
