package enroll

import (
	"slices"

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
		removeControllersPolicies(input, notes, ns)
	}
}

// restricted returns the object to edit or remove, or nil. One of another AmbientProfile stays.
func restricted(input *survey.Index, notes *survey.Notes, id manifest.ID) *manifest.Item {
	item := theOnly(input, notes, id)
	if item == nil {
		return nil
	}
	if owner := survey.OwnedBy(item); owner != "" && owner != notes.Config {
		notes.Warn(diagnostic.RestrictKept, item, "was kept, because AmbientProfile "+owner+" owns it", "cluster.controllers: Restrict does not cover it", "set cluster.controllers: Restrict in that AmbientProfile")
		return nil
	}
	return item
}

// stopPipelinesProfileController scales it to zero: it would write the policy
// ml-pipeline-visualizationserver again.
func stopPipelinesProfileController(input *survey.Index, notes *survey.Notes) {
	item := restricted(input, notes, manifest.NewID("apps", "Deployment", profile.KubeflowNamespace, "kubeflow-pipelines-profile-controller"))
	if item == nil || manifest.Value(item.Node, "spec", "replicas") == "0" {
		return
	}
	item.Set(item.Ensure(item.Node, "spec"), "replicas", &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagInt, Value: "0"})
	notes.Warn(diagnostic.RestrictApplied, item, "was scaled to 0 replicas", "it would write its policy ml-pipeline-visualizationserver again; it no longer makes the artifact servers of new Profiles either", "")
}

// unbindProfilesController removes the stock binding. Its roleRef is immutable, so ours has a new
// name, and the two together would still grant everything.
func unbindProfilesController(input *survey.Index, notes *survey.Notes) {
	item := restricted(input, notes, manifest.NewID(survey.RBACGroup, "ClusterRoleBinding", "", "profiles-cluster-rolebinding"))
	if item == nil {
		return
	}
	role, account := "ClusterRole/cluster-admin", generate.ProfilesServiceAccount
	subjects := manifest.Content(manifest.Field(item.Node, "subjects"))
	isController := func(n *yaml.Node) bool {
		n = manifest.Dealias(n)
		return manifest.Value(n, "kind") == "ServiceAccount" && manifest.Value(n, "name") == account && manifest.Value(n, "namespace") == profile.KubeflowNamespace
	}
	bound := manifest.Value(item.Node, "roleRef", "kind") + "/" + manifest.Value(item.Node, "roleRef", "name")
	if bound == role && len(subjects) == 1 && isController(subjects[0]) {
		item.Removed = true
		notes.Warn(diagnostic.RestrictApplied, item, "was removed", "it bound the profile-controller to cluster-admin, which may write policies; ClusterRoleBinding "+generate.ProfilesBinding+" grants what else the controller needs", "")
		return
	}
	effect, remedy := "the profile-controller has no rights by it", "give it another name"
	if slices.ContainsFunc(subjects, isController) {
		effect, remedy = "the profile-controller keeps the rights of "+bound+", so it may still write policies", "remove ServiceAccount "+profile.KubeflowNamespace+"/"+account+" from its subjects"
	}
	notes.Warn(diagnostic.RestrictKept, item, "was kept, because it is not Kubeflow's own binding of ServiceAccount "+profile.KubeflowNamespace+"/"+account+" alone to "+role, effect, remedy)
}

// removeControllersPolicies removes the policies that the controllers wrote: ours do the same at L4
// and L7.
func removeControllersPolicies(input *survey.Index, notes *survey.Notes, ns generate.Namespace) {
	for _, name := range controllersPolicies {
		item := restricted(input, notes, manifest.NewID(survey.IstioSecurity, "AuthorizationPolicy", ns.Name, name))
		if item == nil {
			continue
		}
		item.Removed = true
		if writtenByController(item, ns) {
			notes.Warn(diagnostic.RestrictApplied, item, "was removed", "Kubeflow's controller wrote it, and the generated policies allow the owner and the contributors", "")
			continue
		}
		effect := "the requests that only its rules allowed are denied now"
		switch action := survey.Action(manifest.Field(item.Node, "spec")); action {
		case "ALLOW":
		case "DENY":
			effect = "it no longer denies the requests that its rules denied"
		default:
			effect = "its action " + action + " is lost"
		}
		notes.Warn(diagnostic.RestrictPolicyLost, item, "was removed, because it has the name of a policy of Kubeflow's controller, and it differs from what the controller writes", effect,
			"give it another name to keep it, or allow what you need in the AmbientProfile")
	}
}

// writtenByController reports whether a policy is as Kubeflow's controllers write it.
func writtenByController(item *manifest.Item, ns generate.Namespace) bool {
	stock := generate.ControllersPolicySpecs(ns)
	if item.Name != generate.ControllersPolicyName {
		stock = []*yaml.Node{generate.VisualizationPolicySpec()}
	}
	return slices.ContainsFunc(stock, func(spec *yaml.Node) bool { return samePolicy(manifest.Field(item.Node, "spec"), spec) })
}

// warnControllersPolicy reports an edited policy of the profile-controller: the controller
// overwrites it. What the edit allows until then is for the referee to report.
func warnControllersPolicy(plan generate.Plan, notes *survey.Notes, item *manifest.Item, ns generate.Namespace) {
	if plan.Restrict || writtenByController(item, ns) { // Restrict removes it
		return
	}
	notes.Warn(diagnostic.ControllerPolicyEdited, item, "differs from the policy that the profile-controller writes", "the controller will overwrite it",
		"delete it from the input, and allow what you need in the AmbientProfile or in a policy with another name")
}
