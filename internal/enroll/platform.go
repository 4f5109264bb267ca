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

// movePlatform moves Kubeflow's control plane: it edits what is there and returns what of the wanted
// objects is to be placed, and what its NetworkPolicies need. stay are the policies at the old gateway
// that cannot move to the new one.
func movePlatform(plan generate.Plan, kubeflow survey.Kubeflow, input *survey.Index, notes *survey.Notes, stay []*manifest.Item, shipped map[manifest.ID][]*yaml.Node, wanted []generate.Object) []generate.Object {
	if plan.Mesh.Waypoint.VerifyTokens {
		throughWaypoint(plan, input)
	}
	wanted = withoutOpenDoor(plan, input, notes, stay, withoutTwins(input, notes, withoutKept(plan, input, notes, shipped, wanted)))
	ours := yielding(wanted)
	enrollKubeflow(input, notes)
	stopInjection(plan, input)
	labelServices(plan, input, notes)
	removeVirtualServices(plan, input, notes, ours)
	wanted = append(wanted, patchNetworkPolicies(plan, input, notes, ours)...)
	removeDestinationRules(plan, input, notes)
	removeGateways(input)
	tellPlatform(plan, input, notes, kubeflow)
	return wanted
}

// yielding are the control plane's objects.
func yielding(wanted []generate.Object) []generate.Object {
	var out []generate.Object
	for _, o := range wanted {
		if o.Yields {
			out = append(out, o)
		}
	}
	return out
}

// inMesh tells whether a namespace is in the mesh after this run.
func inMesh(plan generate.Plan, namespace string) bool {
	return namespace == profile.KubeflowNamespace ||
		slices.ContainsFunc(plan.Namespaces, func(ns generate.Namespace) bool { return ns.Name == namespace })
}

// shippedForms are the forms of policies that Kubeflow ships and ours replace.
func shippedForms(plan generate.Plan) map[manifest.ID][]*yaml.Node {
	forms := map[manifest.ID][]*yaml.Node{}
	if plan.Platform == nil {
		return forms
	}
	for _, o := range generate.Shipped(*plan.Platform) {
		forms[idOf(o)] = append(forms[idOf(o)], manifest.Field(o.Node(), "spec"))
	}
	return forms
}

// isShipped tells whether a spec is one that Kubeflow ships, so that nobody's changes are lost.
func isShipped(shipped map[manifest.ID][]*yaml.Node, item *manifest.Item, spec *yaml.Node) bool {
	return slices.ContainsFunc(shipped[item.ID], func(form *yaml.Node) bool { return samePolicy(spec, form) })
}

// tellPlatform says what was found and what was assumed, and what would leave the control plane
// open or closed for everybody.
func tellPlatform(plan generate.Plan, input *survey.Index, notes *survey.Notes, kubeflow survey.Kubeflow) {
	found, assumed := kubeflow.Found()
	what := "found in the input: " + survey.Names(found)
	if len(found) == 0 {
		what = "no Deployment of a component is in the input"
	}
	notes.Note(diagnostic.UncodedInfo, "spec.cluster.platform", what, "assumed as in Kubeflow of June 2026: "+survey.Names(assumed))
	istiod := input.ByID[manifest.NewID("apps", "Deployment", plan.Mesh.RootNamespace, "istiod")]
	ztunnel := slices.ContainsFunc(input.Items, func(i *manifest.Item) bool { return i.Kind == "DaemonSet" && i.Name == "ztunnel" })
	if istiod != nil && !ztunnel {
		notes.Warn(diagnostic.Uncoded, istiod, "is in the input, and no DaemonSet ztunnel", "without ztunnel, and without the sidecars that go, nothing enforces the policies: every pod is open",
			"install Istio's ambient profile before you apply this")
	}
}

// note tells what was done or assumed; nothing is wrong.
// profile.KubeflowNamespace puts the control plane into the mesh, where the input has its Namespace.
func enrollKubeflow(input *survey.Index, notes *survey.Notes) {
	item := input.ByID[manifest.ID{Kind: "Namespace", Name: profile.KubeflowNamespace}]
	if item == nil {
		notes.Find(diagnostic.Uncoded, "spec.cluster.platform", "the Namespace "+profile.KubeflowNamespace+" is not in the input", "its pods stay out of the mesh, where no policy is enforced",
			"put it into the input, or label it istio.io/dataplane-mode: ambient and istio-injection: disabled")
		return
	}
	item.Mark("labels", "istio.io/dataplane-mode", "ambient")
	item.Mark("labels", "istio-injection", "disabled")
}
