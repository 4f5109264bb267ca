package survey

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// users adds to p what the items say about its users: Profiles that it selects, contributors
// from their RoleBindings, notebooks. No source is ever edited. What carries owned-by is output
// and never a source: a contributor taken from our own earlier RoleBinding could not be revoked.
// The error joins all that cannot be, each naming its object.
func users(p profile.AmbientProfile, items []*manifest.Item) (profile.AmbientProfile, []diagnostic.Diagnostic, error) {
	s := sources{spec: p.Spec, at: map[string]int{}, known: map[[3]string]bool{}}
	s.spec.Profiles = slices.Clone(p.Spec.Profiles)
	for i, inline := range s.spec.Profiles {
		s.at[inline.Name] = i
		// What is found is appended, and p stays as it was.
		s.spec.Profiles[i].Contributors, s.spec.Profiles[i].Notebooks = slices.Clip(inline.Contributors), slices.Clip(inline.Notebooks)
		for _, c := range inline.Contributors {
			s.isNew(inline.Name, c.Name, c.Role)
		}
		for _, n := range inline.Notebooks {
			s.isNew(inline.Name, n.Name, "")
		}
	}
	s.each(items, "kubeflow.org", "Profile", s.profile)
	s.owners()
	s.each(items, RBACGroup, "RoleBinding", s.contributor)
	s.each(items, "kubeflow.org", "Notebook", s.notebook)
	s.podSecurity(items)
	for _, found := range s.spec.Profiles {
		s.refuse(profile.CheckContributors("contributors of "+found.Name, found.Contributors))
	}
	p.Spec = s.spec
	return p, s.findings, errors.Join(s.errs...)
}

type sources struct {
	spec profile.Spec
	// at is where a namespace's profile stands in spec.Profiles.
	at map[string]int
	// known are the contributors (namespace, name, role) and notebooks (namespace, name, "") so far.
	known    map[[3]string]bool
	findings []diagnostic.Diagnostic
	errs     []error
}

func (s *sources) each(items []*manifest.Item, group, kind string, read func(*manifest.Item)) {
	for _, item := range items {
		if item.Kind == kind && item.Group == group && item.Annotation(profile.OwnedBy) == "" {
			read(item)
		}
	}
}

// isNew tells whether a contributor, or a notebook, of a namespace was not seen before.
func (s *sources) isNew(namespace, name, role string) bool {
	key := [3]string{namespace, name, role}
	old := s.known[key]
	s.known[key] = true
	return !old
}

// of is the profile of a namespace, or nil where none is configured or selected.
func (s *sources) of(namespace string) *profile.Profile {
	if i, found := s.at[namespace]; found {
		return &s.spec.Profiles[i]
	}
	return nil
}

func (s *sources) refuse(err error) bool {
	if err != nil {
		s.errs = append(s.errs, err)
	}
	return err != nil
}

func (s *sources) warn(code diagnostic.Code, item *manifest.Item, found, effect, remedy string) {
	s.findings = append(s.findings, item.Report(code, "", found, effect, remedy))
}

// owners refuses what has no owner, neither inline nor by a selected Profile.
func (s *sources) owners() {
	for i, p := range s.spec.Profiles {
		if p.Owner.Name == "" {
			s.errs = append(s.errs, fmt.Errorf("spec.profiles[%d].owner.name: is missing; no selected Profile %q is in the input: write the owner", i, p.Name))
		}
	}
	if len(s.spec.Profiles) == 0 && len(s.errs) == 0 {
		s.errs = append(s.errs, errors.New("spec.profileSelector: selects no Profile of the input, and spec.profiles is absent; "+
			"put the Profiles into the input, or list profiles"))
	}
}
