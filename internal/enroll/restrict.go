package enroll

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// restrictControllers keeps Kubeflow's controllers from writing policies next to ours. Objects outside
// the profiles' namespaces are edited only if the configuration includes the cluster.
func restrictControllers(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	if plan.Cluster != nil {
		stopPipelinesProfileController(input, notes)
		unbindProfilesController(input, notes)
	}
	for _, ns := range plan.Namespaces {
		removeControllersPolicies(input, notes, ns.Name)
	}
}

// stopPipelinesProfileController scales it to zero: it would write the policy
// ml-pipeline-visualizationserver again.
func stopPipelinesProfileController(input *survey.Index, notes *survey.Notes) {
	item := theOnly(input, notes, manifest.NewID("apps", "Deployment", profile.KubeflowNamespace, "kubeflow-pipelines-profile-controller"))
	if item != nil {
		item.Set(item.Ensure(item.Node, "spec"), "replicas", &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagInt, Value: "0"})
	}
}

// unbindProfilesController removes the stock binding. Its roleRef is immutable, so ours has a new
// name, and the two together would still grant everything.
func unbindProfilesController(input *survey.Index, notes *survey.Notes) {
	if item := theOnly(input, notes, manifest.NewID(survey.RBACGroup, "ClusterRoleBinding", "", "profiles-cluster-rolebinding")); item != nil {
		item.Removed = true
	}
}

// removeControllersPolicies removes the policies that the controllers wrote: ours do the same at L4
// and L7.
func removeControllersPolicies(input *survey.Index, notes *survey.Notes, namespace string) {
	for _, name := range controllersPolicies {
		if item := theOnly(input, notes, manifest.NewID(survey.IstioSecurity, "AuthorizationPolicy", namespace, name)); item != nil {
			item.Removed = true
		}
	}
}

// warnControllersPolicy reports an edited policy of the profile-controller: the controller
// overwrites it. What the edit allows until then is for the referee to report.
func warnControllersPolicy(plan generate.Plan, notes *survey.Notes, item *manifest.Item, ns generate.Namespace) {
	if plan.Restrict { // which removes it
		return
	}
	for _, stock := range generate.ControllersPolicySpecs(ns) {
		if samePolicy(manifest.Field(item.Node, "spec"), stock) {
			return
		}
	}
	notes.Warn(diagnostic.ControllerPolicyEdited, item, "differs from the policy that the profile-controller writes", "the controller will overwrite it",
		"delete it from the input, and allow what you need in the AmbientProfile or in a policy with another name")
}
