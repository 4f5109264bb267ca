package enroll

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// movePlatform moves Kubeflow's control plane: it edits its objects and returns the ones to place.
// stay are the policies at the old gateway that cannot move to the new one.
func movePlatform(plan generate.Plan, kubeflow survey.Kubeflow, input *survey.Index, notes *survey.Notes,
	stay []*manifest.Item, shipped map[manifest.ID][]*yaml.Node, wanted []generate.Object,
) []generate.Object {
	if plan.Mesh.Waypoint.VerifyTokens {
		throughWaypoint(plan, input)
	}
	wanted = withoutOpenDoor(plan, input, notes, stay, withoutTwins(input, notes, withoutKept(plan, input, notes, shipped, wanted)))
	ours := yielding(wanted)
	reportEdits(input, notes, "was labeled istio.io/dataplane-mode: ambient and istio-injection: disabled", "its pods are in the mesh without sidecars", func() {
		enrollKubeflow(input, notes)
	})
	reportEdits(input, notes, injectMark+` was "true" for its pods, and was set to "false"`, "ztunnel captures no pod that has a sidecar", func() {
		stopInjection(plan, input, notes)
	})
	reportEdits(input, notes, "was labeled for Gateway "+profile.KubeflowNamespace+"/"+profile.KubeflowWaypoint, "that waypoint enforces the policies with HTTP rules", func() {
		labelServices(plan, kubeflow, input, notes)
	})
	removeVirtualServices(plan, input, notes, wanted)
	reportEdits(input, notes, "allows TCP port 15008, the waypoint and the new gateway where it allowed the same traffic outside the mesh", "policies that ztunnel enforces restrict ports inside the mesh", func() {
		wanted = append(wanted, patchNetworkPolicies(plan, input, notes, ours)...)
	})
	removeDestinationRules(plan, input, notes)
	removeGateways(plan, input, notes)
	warnPlatform(plan, input, notes, kubeflow)
	warnKubeflowLogin(plan, notes)
	warnStaying(plan, input, notes)
	announceDefaultDeny(plan, kubeflow, input, notes, wanted)
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

// inMesh reports whether a namespace is in the mesh after this run.
func inMesh(plan generate.Plan, namespace string) bool {
	return namespace == profile.KubeflowNamespace ||
		slices.ContainsFunc(plan.Namespaces, func(ns generate.Namespace) bool { return ns.Name == namespace })
}

// shippedForms returns the forms of the policies that Kubeflow ships and ours replace.
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

// isShipped reports whether a spec is as Kubeflow ships it, so that no manual change is lost.
func isShipped(shipped map[manifest.ID][]*yaml.Node, item *manifest.Item, spec *yaml.Node) bool {
	return slices.ContainsFunc(shipped[item.ID], func(form *yaml.Node) bool { return samePolicy(spec, form) })
}

// warnPlatform reports what was found and what was assumed, and an istiod without ztunnel.
func warnPlatform(plan generate.Plan, input *survey.Index, notes *survey.Notes, kubeflow survey.Kubeflow) {
	found, assumed := kubeflow.Found()
	notes.WarnConfig(diagnostic.ComponentsFound, "spec.cluster.platform", componentsFound(found), componentsAssumed(assumed), "")
	istiod := input.ByID[manifest.NewID("apps", "Deployment", plan.Mesh.RootNamespace, "istiod")]
	ztunnel := slices.ContainsFunc(input.Items, func(i *manifest.Item) bool { return i.Kind == "DaemonSet" && i.Name == "ztunnel" })
	if istiod != nil && !ztunnel {
		notes.Warn(diagnostic.NoZtunnel, istiod, "is in the input, but no DaemonSet named ztunnel is",
			"this run removes the sidecars, and without ztunnel nothing enforces the policies, so every pod is open", "install Istio with the ambient profile before you apply this output")
	}
}

// componentsFound counts the components of the input, and names the first few.
func componentsFound(names []string) string {
	const few = 3
	switch {
	case len(names) == 0:
		return "found no Kubeflow component in the input"
	case len(names) == 1:
		return "found 1 Kubeflow component in the input (" + names[0] + ")"
	case len(names) > few:
		return fmt.Sprintf("found %d Kubeflow components in the input (%s, ...)", len(names), strings.Join(names[:few], ", "))
	}
	return fmt.Sprintf("found %d Kubeflow components in the input (%s)", len(names), strings.Join(names, ", "))
}

// componentsAssumed names them all: whether an assumption is right is for the reader to check.
func componentsAssumed(names []string) string {
	switch len(names) {
	case 0:
		return "none had to be assumed"
	case 1:
		return "1 was assumed to be as in Kubeflow June 2026 (" + names[0] + ")"
	}
	return fmt.Sprintf("%d were assumed to be as in Kubeflow June 2026 (%s)", len(names), strings.Join(names, ", "))
}

// enrollKubeflow puts the control plane into the mesh, if the input has its Namespace.
func enrollKubeflow(input *survey.Index, notes *survey.Notes) {
	id := manifest.ID{Kind: "Namespace", Name: profile.KubeflowNamespace}
	item := input.ByID[id]
	if item == nil {
		notes.WarnAbsent(diagnostic.KubeflowNotEnrolled, id, "is not in the input, so it was not labeled", "its pods stay outside the mesh, where no policy is enforced",
			"add the Namespace to the input, or label it with istio.io/dataplane-mode: ambient and istio-injection: disabled")
		return
	}
	for _, item := range allOf(input, item) {
		item.Mark("labels", "istio.io/dataplane-mode", "ambient")
		item.Mark("labels", "istio-injection", "disabled")
	}
}
