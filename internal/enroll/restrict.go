package enroll

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// restrict takes from Kubeflow's controllers what they would write beside us. What lies outside
// the profiles' namespaces is only touched where the cluster is ours to configure.
func (e *enrolment) restrict() {
	if e.plan.Cluster != nil {
		e.stopPipelinesProfileController()
		e.unbindProfilesController()
	}
	for _, ns := range e.plan.Namespaces {
		e.removeControllersPolicies(ns.Name)
	}
}

// stopPipelinesProfileController: it would write ml-pipeline-visualizationserver's policy again.
func (e *enrolment) stopPipelinesProfileController() {
	item := e.one(manifest.NewID("apps", "Deployment", kubeflowNamespace, "kubeflow-pipelines-profile-controller"))
	if item != nil {
		item.Set(item.Ensure(item.Node, "spec"), "replicas", &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagInt, Value: "0"})
	}
}

// unbindProfilesController removes the stock binding: its roleRef is immutable, so ours has a new
// name, and both together would still grant everything.
func (e *enrolment) unbindProfilesController() {
	if item := e.one(manifest.NewID(rbacGroup, "ClusterRoleBinding", "", "profiles-cluster-rolebinding")); item != nil {
		item.Removed = true
	}
}

// removeControllersPolicies removes what the controllers wrote: ours say the same on L4 and L7.
func (e *enrolment) removeControllersPolicies(namespace string) {
	for _, name := range controllersPolicies {
		if item := e.one(manifest.NewID(istioSecurity, "AuthorizationPolicy", namespace, name)); item != nil {
			item.Removed = true
		}
	}
}
