package survey

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// findProfileController returns what the guardrails depend on if the control plane is left as it is:
// the account that creates users' namespaces, and whether the mesh denies by default.
func findProfileController(spec profile.Spec, input *Index) KubeflowInput {
	in := KubeflowInput{Closed: deniesByDefault(spec, input)}
	for _, item := range input.Items {
		if item.Namespace == profile.KubeflowNamespace && item.Group == "apps" && item.Kind == "Deployment" && OwnedBy(item) == "" {
			in.Workloads = append(in.Workloads, workloadOf(item))
		}
	}
	return in
}

// deniesByDefault reports whether an ALLOW policy without rules in the root namespace is enforced for
// every workload in the mesh.
func deniesByDefault(spec profile.Spec, input *Index) bool {
	for _, item := range input.Items {
		if item.Group != IstioSecurity || item.Kind != "AuthorizationPolicy" || item.Namespace != spec.Cluster.RootNamespace || item.Removed {
			continue
		}
		if spec := manifest.Field(item.Node, "spec"); allowsNothing(spec) && InForce(item) {
			return true
		}
	}
	return false
}

// allowsNothing reports whether a policy is for every workload and has no rules.
func allowsNothing(spec *yaml.Node) bool {
	return Action(spec) == "ALLOW" && len(manifest.Content(manifest.Field(spec, "rules"))) == 0 &&
		manifest.Field(spec, "selector") == nil && manifest.Field(spec, "targetRefs") == nil && manifest.Field(spec, "targetRef") == nil
}
