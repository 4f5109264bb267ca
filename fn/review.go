package fn

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// review has the referee look at what goes out, and encodes what is new: it sees manifests, and of
// the plan only who the tenants are.
func review(plan generate.Plan, out []*manifest.Item, form manifest.Form) ([]diagnostic.Diagnostic, error) {
	world, err := access.Load(manifest.Encode(out, form))
	var refused []diagnostic.Diagnostic
	if err != nil {
		sound, others := split(out, err)
		if others == nil {
			return nil, locatedError(err, out)
		}
		if world, err = access.Load(manifest.Encode(sound, form)); err != nil {
			return nil, locatedError(err, out)
		}
		refused = others
	}
	return located(append(refused, world.Findings(tenants(plan, out))...), out), nil
}

// split parts the items that the referee cannot read from the others, with a warning for each: the API
// server refuses them, so that they are in no cluster. It returns no warning where one of them was
// edited or is ours: then the run must not go on.
func split(out []*manifest.Item, err error) (sound []*manifest.Item, warnings []diagnostic.Diagnostic) {
	unread := map[manifest.ID]bool{}
	for _, d := range diagnostic.All(err) {
		if d.Code != diagnostic.ManifestUnreadable || d.Object.Name == "" && (d.Object.Kind == "" || d.Field != "metadata.name") {
			return nil, nil
		}
		unread[unreadAs(identity(d.Object))] = true
		d.Code, d.Effect = diagnostic.ManifestLeftOut, "the API server refuses the object, so it was left as it is and not judged"
		warnings = append(warnings, d)
	}
	left := map[manifest.ID]bool{}
	for _, item := range out {
		id := unreadAs(inNamespace(item.ID))
		switch {
		case !unread[id]:
			sound = append(sound, item)
		case id.Name == "" && !isMap(manifest.Field(item.Node, "metadata")):
			return nil, nil // it is not an object at all
		case item.Changed || item.Annotation(profile.OwnedBy) != "" || left[id] && id.Name != "": // several of one name
			return nil, nil
		}
		left[id] = unread[id]
	}
	return sound, warnings
}

func isMap(n *yaml.Node) bool { return n == nil || n.Kind == yaml.MappingNode }

// unreadAs is the identity by which the referee's message names an object: without a name, only by its kind.
func unreadAs(id manifest.ID) manifest.ID {
	if id.Name == "" {
		id.Namespace = ""
	}
	return id
}

// tenants are the profiles' namespaces, as the referee needs to know them.
func tenants(plan generate.Plan, items []*manifest.Item) []access.Tenant {
	dropped := superseded(plan, items)
	copyOf := map[string]string{}
	for _, item := range items {
		if item.CopyOf != "" {
			copyOf[item.Kind+" "+item.Namespace+"/"+item.Name] = item.Kind + " " + item.CopyOf
		}
	}
	scrapers := make([]access.Scraper, len(plan.Mesh.Scrapers))
	for i, s := range plan.Mesh.Scrapers {
		scrapers[i] = access.Scraper{Principal: s.Principal, Ports: s.Ports}
	}
	out := make([]access.Tenant, len(plan.Namespaces))
	for i, ns := range plan.Namespaces {
		out[i] = access.Tenant{
			Namespace: ns.Name, Owner: ns.OwnerHeader, Header: ns.UserIDHeader, Groups: plan.Mesh.Tokens.GroupsHeader,
			Waypoint: ns.Waypoint.Name, Gateway: ns.GatewayNamespace + "/" + ns.GatewayName, Ingress: ns.Ingress,
			Platform: profile.KubeflowNamespace, OpenPaths: ns.Access.OpenPaths, Scrapers: scrapers, Superseded: dropped[ns.Name], CopyOf: copyOf,
		}
	}
	return out
}

// asErrors are the warnings among findings, and why they are errors; nil for none.
func asErrors(config *manifest.Item, findings []diagnostic.Diagnostic) error {
	var warnings []diagnostic.Diagnostic
	for _, f := range findings {
		if f.Severity() == diagnostic.Warning {
			warnings = append(warnings, f)
		}
	}
	if len(warnings) == 0 {
		return nil
	}
	return diagnostic.Join(append(warnings, config.Report(diagnostic.WarningsAreErrors, "spec.failOnWarning", "makes every warning an error", "", "fix what is listed above, or remove the field")))
}
