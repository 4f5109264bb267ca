package fn

import (
	"errors"
	"io"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Lint reports what the function would find wrong in rendered manifests, without generating any; no file means stdin. AmbientProfiles among
// them say who the tenants are; without one, the Namespaces do. release is as that of Explain.
func Lint(files []string, release string, stdin io.Reader) (diagnostic.Report, error) {
	files = orStdin(files)
	items, err := readRendered(files, stdin)
	if err != nil {
		return diagnostic.Report{}, err
	}
	rendered := slices.DeleteFunc(slices.Clone(items), func(item *manifest.Item) bool { return item.Group == ownGroup })
	world, refused, err := loadWorld(rendered)
	if err != nil {
		return diagnostic.Report{}, err
	}
	about := slices.Concat(refused, judgedBy(world, release, rendered))
	who, err := lintTenants(world, items, rendered)
	if err != nil {
		return diagnostic.Report{}, err
	}
	found := world.Lint(who)
	if len(who) == 0 && len(found) == 0 {
		return diagnostic.Report{}, undone(diagnostic.NothingToExplain, files,
			"there is nothing to judge, because no Namespace has the annotation owner or the label app.kubernetes.io/part-of: kubeflow-profile", "give what kustomize build prints, with the Namespaces, or the AmbientProfile too")
	}
	return ignoring(slices.Concat(about, located(found, rendered)), rendered), nil
}

// lintTenants are the tenants of the AmbientProfiles, as the function has them, and the other user namespaces with the default settings.
func lintTenants(world *access.World, items, rendered []*manifest.Item) ([]access.Tenant, error) {
	var out []access.Tenant
	var all []error
	for _, item := range items {
		if item.Kind != profile.Kind || item.Group != ownGroup {
			continue
		}
		config, err := profile.Parse(item.Node)
		if err == nil {
			var found survey.Found
			if found, _, err = survey.Look(config, rendered); err == nil {
				out = append(out, tenants(generate.NewPlan(config, found), rendered)...)
			}
		}
		if err != nil {
			all = append(all, ofConfigError(item, err))
		}
	}
	if err := errors.Join(all...); err != nil {
		return nil, err
	}
	listed := map[string]bool{}
	for _, t := range out {
		listed[t.Namespace] = true
	}
	others := slices.DeleteFunc(world.Tenants(), func(t access.Tenant) bool { return listed[t.Namespace] })
	return append(out, byDefault(others, rendered)...), nil
}

// byDefault has tenants as an AmbientProfile has them that sets no more than it must. The Gateway of another name is the one that the
// manifests have.
func byDefault(found []access.Tenant, items []*manifest.Item) []access.Tenant {
	config := profile.Defaults()
	index := survey.NewIndex(config.Spec, items)
	for _, t := range found {
		config.Spec.Profiles = append(config.Spec.Profiles, profile.Profile{Name: t.Namespace, Owner: ownerOf(t.Namespace, t.Owner, index)})
	}
	plan := generate.NewPlan(config, survey.Found{Index: index, Profiles: config.Spec.Profiles})
	gateway := index.ByID[manifest.NewID(survey.GatewayGroup, "Gateway", plan.Mesh.GatewayNamespace, plan.Mesh.GatewayName)]
	out := tenants(plan, items)
	for i := range out {
		out[i].Waypoint = found[i].Waypoint
		if gateway == nil {
			out[i].Gateway, out[i].Ingress = "", ""
		}
	}
	return out
}

// ownerOf is the owner of a Namespace: its annotation names a user, unless the Profile says that it is of another kind.
func ownerOf(namespace, name string, index *survey.Index) profile.Owner {
	owner := profile.Owner{Kind: "User", Name: name}
	if item := index.ByID[manifest.NewID("kubeflow.org", "Profile", "", namespace)]; item != nil {
		if kind := manifest.Value(item.Node, "spec", "owner", "kind"); kind != "" && manifest.Value(item.Node, "spec", "owner", "name") == name {
			owner.Kind = kind
		}
	}
	return owner
}
