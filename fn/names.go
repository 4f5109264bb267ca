package fn

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// The referee recognizes no policy by its name, so the function passes it the specs of the policies of others.

// superseded are the specs of the profile-controller's policy in each namespace that has one: ztunnel
// drops its rules about the user header, open paths and kernels, and the policy of the function at
// the waypoint allows the same users.
func superseded(plan generate.Plan, out []*manifest.Item) map[string][]*yaml.Node {
	has := map[string]bool{}
	for _, item := range out {
		if item.Kind == "AuthorizationPolicy" && item.Name == generate.ControllersPolicyName {
			has[item.Namespace] = true
		}
	}
	specs := map[string][]*yaml.Node{}
	for _, ns := range plan.Namespaces {
		if has[ns.Name] {
			specs[ns.Name] = generate.ControllersPolicySpecs(ns)
		}
	}
	return specs
}

// namedRoles are known by their policies: an owner by that of the profile-controller and that of the
// function, a contributor by those of KFAM and, at run time, of serve. They are labels of explain and decide nothing.
var namedRoles = access.Roles{
	Owner:       []string{generate.ControllersPolicyName, generate.OwnerPolicyName},
	Contributor: []string{"user-*", "ambient-user-*"},
}
