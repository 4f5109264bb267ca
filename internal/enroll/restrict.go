package enroll

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// restrict takes from Kubeflow's controllers what they would write beside us. What lies outside
// the profiles' namespaces is only touched where the cluster is ours to configure.
func restrictControllers(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	if plan.Cluster != nil {
		stopPipelinesProfileController(input, notes)
		unbindProfilesController(input, notes)
	}
	for _, ns := range plan.Namespaces {
		removeControllersPolicies(input, notes, ns.Name)
	}
}

// stopPipelinesProfileController: it would write ml-pipeline-visualizationserver's policy again.
func stopPipelinesProfileController(input *survey.Index, notes *survey.Notes) {
	item := one(input, notes, manifest.NewID("apps", "Deployment", profile.KubeflowNamespace, "kubeflow-pipelines-profile-controller"))
	if item != nil {
		item.Set(item.Ensure(item.Node, "spec"), "replicas", &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagInt, Value: "0"})
	}
}

// unbindProfilesController removes the stock binding: its roleRef is immutable, so ours has a new
// name, and both together would still grant everything.
func unbindProfilesController(input *survey.Index, notes *survey.Notes) {
	if item := one(input, notes, manifest.NewID(survey.RBACGroup, "ClusterRoleBinding", "", "profiles-cluster-rolebinding")); item != nil {
		item.Removed = true
	}
}

// removeControllersPolicies removes what the controllers wrote: ours say the same on L4 and L7.
func removeControllersPolicies(input *survey.Index, notes *survey.Notes, namespace string) {
	for _, name := range controllersPolicies {
		if item := one(input, notes, manifest.NewID(survey.IstioSecurity, "AuthorizationPolicy", namespace, name)); item != nil {
			item.Removed = true
		}
	}
}
