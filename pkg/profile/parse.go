package profile

import (
	"errors"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Parse reads one AmbientProfile: strictly, then with its defaults, then checked as a whole. The
// error joins every Refusal, each with its field path; with an error the result means nothing.
func Parse(n *yaml.Node) (AmbientProfile, error) {
	p := defaults()
	if n != nil && n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	if n == nil || n.Kind != yaml.MappingNode {
		return p, errors.New("there is no AmbientProfile to read; write one with apiVersion, kind, metadata and spec")
	}
	refused := decode(n, &p)
	p.complete()
	var wrong refusals
	wrong.identify(p)
	wrong.spec(p.Spec)
	known := refused.places()
	for _, refusal := range wrong {
		if !known.cover(refusal.Path) {
			known.add(refusal.Path)
			refused = append(refused, refusal)
		}
	}
	return p, refused.err()
}

// identify refuses a document that is another kind of thing, or has no name to own objects by.
func (r *refusals) identify(p AmbientProfile) {
	if p.APIVersion != APIVersion {
		r.add("apiVersion", p.APIVersion, "is not the API that this function reads", "write "+APIVersion)
	}
	if p.Kind != Kind {
		r.add("kind", p.Kind, "is not the kind that this function reads", "write "+Kind)
	}
	if p.Metadata.Name == "" {
		r.missing("metadata.name", "give the AmbientProfile a name; it marks the objects that it owns")
	} else {
		r.subdomain("metadata.name", p.Metadata.Name)
	}
}

// Warnings tells what is allowed in p but seldom meant.
func Warnings(p AmbientProfile) []diagnostic.Diagnostic {
	var found []diagnostic.Diagnostic
	for i, profile := range p.Spec.Profiles {
		found = append(found, profile.warnings(at("spec.profiles", i))...)
	}
	if p.Spec.Cluster.Controllers == Restrict {
		found = append(found, warning("spec.cluster.controllers", "Restrict takes the right to write AuthorizationPolicies from the profile-controller", "a Profile made from now on stops half-way: no ServiceAccounts, no RoleBindings, no quota; and the dashboard can add no contributors", "use Keep unless new Profiles and contributors are made in another way"))
	}
	for i := range found {
		found[i].Object = diagnostic.Object{APIVersion: APIVersion, Kind: Kind, Name: p.Metadata.Name}
	}
	return found
}
