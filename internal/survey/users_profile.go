package survey

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// profile treats a selected Profile as if it were written inline, and rejects a Profile with another
// owner than the configuration names.
func (s *sources) profile(item *manifest.Item) {
	owner := ownerOf(item)
	inline := s.of(item.Name)
	if item.IsGenerated() {
		if s.selected(item) {
			s.warnGenerated(item, "no namespace is configured for it")
		}
		return
	}
	if inline == nil {
		if s.selected(item) {
			s.add(item, owner)
		}
		return
	}
	switch {
	case inline.Owner.Name == "":
		if s.selected(item) && !s.rejects(item, s.spec.CheckFound(profile.Profile{Name: item.Name, Owner: owner})...) {
			inline.Owner = owner
			s.profiles[item.Name] = item
			s.warnAll(item, s.spec.OwnerWarnings("spec.owner", owner))
		}
	case !sameOwner(item.Name, inline.Owner, owner):
		by := "the AmbientProfile"
		if first := s.profiles[item.Name]; first != nil {
			by = "another Profile of this name" + comma(first.At(first.Node).String())
		}
		s.Errs = append(s.Errs, item.Report(diagnostic.ConfigOwnerDiffers, "spec.owner",
			fmt.Sprintf("is %s %q, but %s names %s %q", owner.Kind, owner.Name, by, inline.Owner.Kind, inline.Owner.Name), "", "correct one of the two"))
	}
}

func comma(at string) string {
	if at == "" {
		return ""
	}
	return ", at " + at + ","
}

func (s *sources) add(item *manifest.Item, owner profile.Owner) {
	found := profile.Profile{Name: item.Name, Owner: owner}.Complete()
	if s.rejects(item, s.spec.CheckFound(found)...) {
		return
	}
	s.warnAll(item, s.spec.OwnerWarnings("spec.owner", owner))
	s.at[found.Name], s.profiles[found.Name] = len(s.spec.Profiles), item
	s.spec.Profiles = append(s.spec.Profiles, found)
}

// selected reports whether the configuration selects the Profile: its labels and its name must match.
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

// ownerOf reads spec.owner, an rbac Subject (profile-controller: ProfileSpec), which has the namespace
// of a ServiceAccount in addition to its name.
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

// sameOwner reports whether two owners are the same. A ServiceAccount without a namespace is in the
// profile's namespace.
func sameOwner(namespace string, a, b profile.Owner) bool {
	if a.Kind != b.Kind {
		return false
	}
	return a.In(namespace) == b.In(namespace)
}
