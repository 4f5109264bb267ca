package fn

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// review runs the referee over the output, and encodes new objects: it sees manifests, and of
// the plan only who the tenants are.
func review(plan generate.Plan, out []*manifest.Item, form manifest.Form) ([]diagnostic.Diagnostic, error) {
	world, refused, err := loadSound(out, "the API server refuses the object, so it was left as it is and not judged", func(sound []*manifest.Item) (*access.World, error) {
		return access.Load(manifest.Encode(sound, form))
	})
	if err != nil {
		return nil, err
	}
	return append(refused, located(world.Findings(tenants(plan, out)), out)...), nil
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
