package enroll

import (
	"fmt"
	"slices"

	"istio.io/api/label"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// announceDefaultDeny reports that the mesh is closed by default from now on, and which namespaces of
// the input are in the mesh and have no policy that allows anything.
func announceDefaultDeny(plan generate.Plan, kubeflow survey.Kubeflow, input *survey.Index, notes *survey.Notes, wanted []generate.Object) {
	at := slices.IndexFunc(wanted, func(o generate.Object) bool {
		return o.Name == generate.DefaultDenyName && o.Namespace == plan.Mesh.RootNamespace
	})
	if kubeflow.Closed || at < 0 {
		return
	}
	if item := input.ByID[idOf(wanted[at])]; item != nil && survey.OwnedBy(item) == plan.Name {
		return // an earlier run added it
	}
	policy := fmt.Sprintf("AuthorizationPolicy %s/%s", plan.Mesh.RootNamespace, generate.DefaultDenyName)
	notes.WarnConfig(diagnostic.DefaultDenyAdded, "spec.cluster.platform", "added the default deny of the whole mesh ("+policy+"), which the input did not have",
		"a workload in the mesh accepts only what an ALLOW policy allows, also in namespaces that are not in the input",
		"add ALLOW policies to those namespaces, and then the default deny to the input")
	for _, item := range input.Items {
		if item.Group != "" || item.Kind != "Namespace" || inMesh(plan, item.Name) || !joinsMesh(item) || hasAllow(input, item.Name) {
			continue
		}
		notes.Warn(diagnostic.DefaultDenyStops, item, "is in the mesh, and no AuthorizationPolicy of the input allows anything in it",
			policy+" denies every request to its workloads that no generated policy allows", "add an ALLOW policy for what its workloads must accept")
	}
}

// joinsMesh reports whether the pods of a Namespace are in the mesh: behind ztunnel, or with a sidecar.
func joinsMesh(namespace *manifest.Item) bool {
	return namespace.Label(label.IoIstioDataplaneMode.Name) == "ambient" || namespace.Label("istio-injection") == "enabled" || namespace.Revision() != ""
}

// hasAllow reports whether a policy of a namespace allows something.
func hasAllow(input *survey.Index, namespace string) bool {
	return slices.ContainsFunc(input.Items, func(item *manifest.Item) bool {
		spec := manifest.Field(item.Node, "spec")
		return item.Namespace == namespace && item.Group == survey.IstioSecurity && item.Kind == "AuthorizationPolicy" && !item.Removed &&
			survey.Action(spec) == "ALLOW" && len(survey.RulesOf(spec)) > 0
	})
}
