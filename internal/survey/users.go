package survey

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// users adds the users that the items name to p: Profiles that it selects, contributors from their
// RoleBindings, and notebooks. Sources are never edited. An object with owned-by is output and never a
// source: a contributor taken from our own earlier RoleBinding could not be revoked. The error joins
// all problems; each names its object.
func users(p profile.AmbientProfile, items []*manifest.Item) (profile.AmbientProfile, []diagnostic.Diagnostic, error) {
	s := sources{config: p.Metadata.Name, spec: p.Spec, at: map[string]int{}, known: map[[3]string]bool{}}
	s.spec.Profiles = slices.Clone(p.Spec.Profiles)
	for i, inline := range s.spec.Profiles {
		s.at[inline.Name] = i
		// Found users are appended, without a change of p.
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
	// config is the name of the AmbientProfile.
	config string
	spec   profile.Spec
	// at is the index of a namespace's profile in spec.Profiles.
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

// isNew reports whether a contributor or a notebook of a namespace was not seen before.
func (s *sources) isNew(namespace, name, role string) bool {
	key := [3]string{namespace, name, role}
	old := s.known[key]
	s.known[key] = true
	return !old
}

// of returns the profile of a namespace, or nil if none is configured or selected.
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

func (s *sources) warn(d diagnostic.Diagnostic) { s.findings = append(s.findings, d) }

// reject adds an error about a field of the AmbientProfile.
func (s *sources) reject(code diagnostic.Code, field, found, remedy string) {
	s.errs = append(s.errs, diagnostic.Diagnostic{
		Code: code, Object: diagnostic.Object{APIVersion: profile.APIVersion, Kind: profile.Kind, Name: s.config}, Field: field, Found: found, Remedy: remedy,
	})
}

// owners rejects a profile that has no owner, neither inline nor by a selected Profile.
func (s *sources) owners() {
	for i, p := range s.spec.Profiles {
		if p.Owner.Name == "" {
			s.reject(diagnostic.ProfileOwnerMissing, fmt.Sprintf("spec.profiles[%d].owner", i), "is missing, and no selected Profile in the input is named "+p.Name,
				fmt.Sprintf("copy spec.owner of Profile %s, for example owner: {name: %s@example.com}", p.Name, p.Name))
		}
	}
	if len(s.spec.Profiles) == 0 && len(s.errs) == 0 {
		s.reject(diagnostic.NoProfileSelected, "spec.profileSelector", "selects no Profile in the input, and spec.profiles is missing", "add the Profiles to the input, or list them under profiles")
	}
}
