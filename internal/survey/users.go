package survey

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// users adds the users that the items name to p: Profiles that it selects, contributors from their
// RoleBindings, and notebooks. Sources are never edited. An object with owned-by is output and never a
// source: a contributor taken from our own earlier RoleBinding could not be revoked. The error joins
// all problems; each names its object.
func users(p profile.AmbientProfile, items []*manifest.Item, notes *Notes) (profile.AmbientProfile, error) {
	s := sources{Notes: notes, spec: p.Spec, at: map[string]int{}, profiles: map[string]*manifest.Item{}, known: map[[3]string]bool{}, bindings: map[[3]string]*manifest.Item{}}
	s.spec.Profiles = slices.Clone(p.Spec.Profiles)
	for i, inline := range s.spec.Profiles {
		s.at[inline.Name] = i
		// Found users are appended, without a change of p.
		s.spec.Profiles[i].Contributors, s.spec.Profiles[i].Notebooks, s.spec.Profiles[i].Apps = slices.Clip(inline.Contributors), slices.Clip(inline.Notebooks), nil
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
	s.each(items, "tensorboard.kubeflow.org", "Tensorboard", s.tensorboard)
	s.each(items, "kubeflow.org", "PVCViewer", s.pvcViewer)
	if moves(p.Spec) {
		s.registryUI(items)
	}
	s.podSecurity(items)
	for _, found := range s.spec.Profiles {
		for i, refused := range profile.CheckContributors(found.Contributors) {
			c := found.Contributors[i]
			refused.Field = userField
			s.rejects(s.bindings[[3]string{found.Name, c.Name, c.Role}], refused)
		}
	}
	p.Spec = s.spec
	return p, errors.Join(s.Errs...)
}

type sources struct {
	*Notes
	spec profile.Spec
	// at is the index of a namespace's profile in spec.Profiles.
	at map[string]int
	// profiles are the Profiles that owners were taken from, by name.
	profiles map[string]*manifest.Item
	// known are the contributors (namespace, name, role), notebooks (namespace, name, "") and other routes
	// (namespace, name, "app") so far.
	known map[[3]string]bool
	// bindings are the RoleBindings of the contributors that were found.
	bindings map[[3]string]*manifest.Item
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

// rejects adds what is wrong with an item, and reports whether anything is.
func (s *sources) rejects(item *manifest.Item, refused ...diagnostic.Diagnostic) bool {
	for _, d := range refused {
		if d.Code == diagnostic.ConfigNotRendered {
			d = withPatch(item, d)
		}
		s.Errs = append(s.Errs, item.Report(d.Code, d.Field, d.Found, d.Effect, d.Remedy))
	}
	return len(refused) > 0
}

// passesOver warns about what is wrong with an item of others, which stays as it is and stops nothing, and
// reports whether anything is. A variable that was not replaced is refused: the object is not what it will be.
func (s *sources) passesOver(code diagnostic.Code, item *manifest.Item, refused []diagnostic.Diagnostic, effect string) bool {
	for _, d := range refused {
		if d.Code == diagnostic.ConfigNotRendered {
			s.rejects(item, d)
		} else {
			s.WarnAt(code, item, d.Field, d.Found, effect, d.Remedy)
		}
	}
	return len(refused) > 0
}

// withPatch is a message about a variable of kustomize in an item, with why it is still there and a patch
// that replaces it. Kubeflow 1.9 and 1.10 have a Profile $(profile-name), because the replacement
// selects it by that name, which is a regular expression to kustomize (kubeflow/manifests, user-namespace).
func withPatch(item *manifest.Item, d diagnostic.Diagnostic) diagnostic.Diagnostic {
	n, found := manifest.Find(item.Node, d.Field)
	if !found || !strings.Contains(n.Value, "$(") {
		return d
	}
	d.Effect = "kustomize reports no error if the target of a replacement matches nothing"
	d.Remedy = fmt.Sprintf("correct the replacement, or write in the kustomization patches: [{target: {kind: %s, name: %s}, patch: '[{\"op\": \"replace\", \"path\": \"/%s\", \"value\": \"VALUE\"}]'}]",
		item.Kind, strconv.Quote(regexp.QuoteMeta(item.Name)), pointer(d.Field))
	return d
}

// pointer is the path of a field as JSON Patch has it (RFC 6901), without the slash at its beginning.
func pointer(field string) string {
	parents, key, _ := strings.Cut(strings.TrimSuffix(field, "]"), "[")
	path := strings.ReplaceAll(parents, ".", "/")
	if key != "" {
		path += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
	}
	return path
}

// warnGenerated reports a source whose name nobody knows before it is created.
func (s *sources) warnGenerated(item *manifest.Item, effect string) {
	s.WarnAt(diagnostic.NameGenerated, item, "metadata.generateName", "makes up the name when the object is created", effect, "write metadata.name instead")
}

// warnAll adds what is allowed in an item, but seldom meant.
func (s *sources) warnAll(item *manifest.Item, warnings []diagnostic.Diagnostic) {
	for _, d := range warnings {
		s.WarnAt(d.Code, item, d.Field, d.Found, d.Effect, d.Remedy)
	}
}

// owners rejects a profile that has no owner, neither inline nor by a selected Profile.
func (s *sources) owners() {
	for i, p := range s.spec.Profiles {
		if p.Owner.Name == "" {
			s.Refuse(diagnostic.ConfigMissingField, fmt.Sprintf("spec.profiles[%d].owner", i),
				fmt.Sprintf("missing, and no selected Profile %s is in the input", p.Name), "", "write owner: {name: OWNER}, or pass the Profile as input")
		}
	}
	if len(s.spec.Profiles) == 0 && len(s.Errs) == 0 {
		s.Refuse(diagnostic.ConfigNothingSelected, "spec.profileSelector", "no Profile in the input matches", "",
			"pass the Profiles as input (ambient-profile CONFIG.yaml profiles.yaml), or list them under profiles")
	}
}
