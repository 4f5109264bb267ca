package fn

import (
	"errors"
	"iter"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// review has the referee look at what goes out: it sees manifests, and of the plan only who the
// tenants are.
func review(plan generate.Plan, objects iter.Seq[*yaml.Node]) ([]diagnostic.Diagnostic, error) {
	world, err := access.Load(objects)
	if err != nil {
		return nil, err
	}
	var findings []diagnostic.Diagnostic
	for _, f := range world.Findings(tenants(plan)) {
		findings = append(findings, finding(f))
	}
	return findings, nil
}

// tenants are the profiles' namespaces, as the referee needs to know them.
func tenants(plan generate.Plan) []access.Tenant {
	out := make([]access.Tenant, len(plan.Namespaces))
	for i, ns := range plan.Namespaces {
		out[i] = access.Tenant{
			Namespace: ns.Name, Owner: ns.OwnerHeader, Header: ns.UserIDHeader, Groups: plan.Mesh.Tokens.GroupsHeader,
			Waypoint: ns.Waypoint.Name, Ingress: ns.Ingress,
		}
	}
	return out
}

// asErrors are the warnings among findings, and why they are errors; nil for none.
func asErrors(config *manifest.Item, findings []diagnostic.Diagnostic) error {
	var errs []error
	for _, f := range findings {
		if f.Severity() == diagnostic.Warning {
			errs = append(errs, f)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return errors.Join(append(errs, config.Report(diagnostic.WarningsAreErrors, "spec.failOnWarning", "makes every warning an error", "", "fix what is listed above, or remove the field"))...)
}

func finding(f access.Finding) diagnostic.Diagnostic {
	d := diagnostic.Diagnostic{Code: diagnostic.Uncoded, Object: diagnostic.Named(f.Object), Found: f.Found, Effect: f.Effect, Remedy: f.Remedy}
	if f.LostRules {
		d.Code = diagnostic.RulesLost
	}
	if f.Note {
		d.Code, d.Remedy = diagnostic.UncodedInfo, ""
	}
	return d
}
