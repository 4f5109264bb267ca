package fn

import (
	"errors"
	"fmt"

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
			return nil, fmt.Errorf("AmbientProfile %s: has the spec of %s, under another name: a patch or namePrefix changed this copy, and the function did not see it; "+
				"make the change in the file, or list the patched configuration in transformers", item.Name, own.Name)
		case item.Name != own.Name:
			if err := disjoint(p, item); err != nil {
				return nil, err
			}
			kept = append(kept, item)
		case !same:
			return nil, fmt.Errorf("AmbientProfile %s: differs from the function's configuration of this name: a patch changed this copy, and the function did not see it; "+
				"make the change in the file, or list the patched configuration in transformers", item.Name)
		case seen:
			return nil, fmt.Errorf("AmbientProfile %s: is in the input twice; give each its own name", item.Name)
		case item.Namespace != own.Namespace:
			return nil, fmt.Errorf("AmbientProfile %s: is in the namespace %q here: a namespace: in a kustomization would move every object that this function makes but not what refers to them; "+
				"use the function in the outermost kustomization, without a namespace of its own", item.Name, item.Namespace)
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
			errs = append(errs, fmt.Errorf("%s: AmbientProfile %s: cannot be an input of the AmbientProfile %s; run ambient-profile once for each AmbientProfile", item.File, item.Name, own.Name))
		}
	}
	return errors.Join(errs...)
}

// disjoint refuses a namespace that another AmbientProfile of the input configures too.
func disjoint(p profile.AmbientProfile, other *manifest.Item) error {
	for _, name := range profileNames(other) {
		for i, mine := range p.Spec.Profiles {
			if mine.Name == name {
				return fmt.Errorf("spec.profiles[%d].name: %q is in the AmbientProfile %q as well; keep it in one of the two", i, name, other.Name)
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
