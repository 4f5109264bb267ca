package enroll

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// profileController is what the guardrails must know where the control plane is left as it is: the
// account that makes users' namespaces, and whether the mesh denies by default.
func profileController(plan generate.Plan, input *Index) survey.Input {
	in := survey.Input{Closed: deniesByDefault(plan, input)}
	for _, item := range input.items {
		if item.Namespace == profile.KubeflowNamespace && item.Group == "apps" && item.Kind == "Deployment" && ownedBy(item) == "" {
			in.Workloads = append(in.Workloads, known(item))
		}
	}
	return in
}

// deniesByDefault reports whether an ALLOW policy of the root namespace without rules is for every
// workload of the mesh.
func deniesByDefault(plan generate.Plan, input *Index) bool {
	for _, item := range input.items {
		if item.Group != istioSecurity || item.Kind != "AuthorizationPolicy" || item.Namespace != plan.Mesh.RootNamespace || item.Removed {
			continue
		}
		if spec := manifest.Field(item.Node, "spec"); allowsNothing(spec) && item.Annotation("istio.io/dry-run") != "true" {
			return true
		}
	}
	return false
}

// allowsNothing reports whether a policy is for everything and has no rule.
func allowsNothing(spec *yaml.Node) bool {
	return action(spec) == "ALLOW" && len(manifest.Content(manifest.Field(spec, "rules"))) == 0 &&
		manifest.Field(spec, "selector") == nil && manifest.Field(spec, "targetRefs") == nil && manifest.Field(spec, "targetRef") == nil
}
