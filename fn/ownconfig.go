package fn

import (
	"errors"
	"fmt"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// ownConfig takes the function's own configuration out of the items. It is listed in resources: so
// that a function that never ran leaves a trace; in a package it is the user's file and stays.
func ownConfig(own *manifest.Item, p profile.AmbientProfile, items []*manifest.Item) ([]*manifest.Item, error) {
	var kept []*manifest.Item
	var seen bool
	for _, item := range items {
		if item.Group != own.Group || item.Kind != own.Kind {
			kept = append(kept, item)
			continue
		}
		same := item.SameAs(own, "spec")
		switch {
		case item.Name != own.Name && same:
			return nil, item.Report(diagnostic.RenamedCopy, "", fmt.Sprintf("is a renamed copy of %s (namePrefix, nameSuffix or a patch)", own.Name), "the function reads the original file",
				"remove the prefix, or list the patched configuration under transformers (see examples/dev-prod)")
		case item.Name != own.Name:
			if err := disjoint(own, p, item); err != nil {
				return nil, err
			}
			kept = append(kept, item)
		case !same:
			return nil, item.Report(diagnostic.ChangedCopy, "", "was changed by a patch", "the function reads the unpatched file",
				"change the file itself, or list the patched configuration under transformers (see examples/dev-prod)")
		case seen:
			return nil, item.Report(diagnostic.CopyTwice, "", "is in the input twice", "", "give each AmbientProfile its own name")
		case item.Namespace != own.Namespace:
			return nil, item.Report(diagnostic.MovedCopy, "", fmt.Sprintf("was moved to the namespace %q by a kustomization", item.Namespace),
				"that would move the generated objects, but not the references to them",
				"run the function in the outermost kustomization, and remove its field namespace")
		default:
			seen = true
			if item.InPackage() {
				kept = append(kept, item)
			}
		}
	}
	return kept, nil
}

// oneConfig refuses another AmbientProfile among the inputs of a standalone run. Nobody would read it:
// its profiles would get nothing, and no API server knows the kind. A copy of the configuration
// itself is what kustomize build prints where resources: lists it; ownConfig takes it out.
func oneConfig(in manifest.Input) error {
	own := in.Config
	var errs []error
	for _, item := range in.Objects {
		if item.Group == own.Group && item.Kind == own.Kind && item.Name != own.Name && !item.SameAs(own, "spec") {
			errs = append(errs, item.Report(diagnostic.SecondConfig, "", "cannot be an input of AmbientProfile "+own.Name, "its profiles would get nothing", "run ambient-profile once for each AmbientProfile"))
		}
	}
	return errors.Join(errs...)
}

// disjoint refuses a namespace that another AmbientProfile of the input configures too.
func disjoint(own *manifest.Item, p profile.AmbientProfile, other *manifest.Item) error {
	for _, name := range profileNames(other) {
		for i, mine := range p.Spec.Profiles {
			if mine.Name == name {
				return own.Report(diagnostic.ConfiguredTwice, fmt.Sprintf("spec.profiles[%d].name", i), fmt.Sprintf("%q is in AmbientProfile %s as well", name, other.Name),
					"each run would undo what the other did", "keep it in one of the two")
			}
		}
	}
	return nil
}

// profileNames are the names that an AmbientProfile lists.
func profileNames(item *manifest.Item) []string {
	var names []string
	if profiles := manifest.Field(item.Node, "spec", "profiles"); profiles != nil {
		for _, p := range profiles.Content {
			names = append(names, manifest.Value(p, "name"))
		}
	}
	return names
}

// notLocal reports the configurations of a package that kpt would apply like any other object of it.
func notLocal(items []*manifest.Item) []diagnostic.Diagnostic {
	var found []diagnostic.Diagnostic
	for _, item := range items {
		if item.Group == ownGroup && item.InPackage() && !item.IsLocal() {
			found = append(found, item.Report(diagnostic.ConfigNotLocal, "metadata.annotations["+manifest.LocalAnnotation+"]", "is missing",
				"kpt live apply would send the "+item.Kind+" to the API server, which does not know this kind", `write `+manifest.LocalAnnotation+`: "true"`))
		}
	}
	return found
}
