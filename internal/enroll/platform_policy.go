package enroll

import (
	"slices"
	"strings"

	"istio.io/api/label"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// replaceOldIngress replaces the old ingress by the new one in every policy that names it.
func replaceOldIngress(plan generate.Plan, input *survey.Index, notes *survey.Notes, wanted []generate.Object) {
	ours := map[manifest.ID]bool{}
	for _, o := range wanted {
		ours[idOf(o)] = o.Kind == "AuthorizationPolicy"
	}
	input.Live(survey.IstioSecurity, "AuthorizationPolicy", func(item *manifest.Item) {
		spec := manifest.Field(item.Node, "spec")
		if spec == nil || isMalformed(spec) {
			return
		}
		if ours[item.ID] {
			input.Before[item] = plainCopy(item.Node)
		}
		replaced := editedBy(item, func() { replaceIngress(plan, item, spec) })
		added := editedBy(item, func() { followIngress(plan, item, survey.RulesOf(spec), survey.Action(spec) == "ALLOW") })
		switch {
		case replaced:
			notes.Warn(diagnostic.IngressReplaced, item, "is for the old gateway as a client, which was replaced by "+plan.Mesh.Ingress, "its rules no longer match what still comes by the old gateway", "")
		case added:
			notes.Warn(diagnostic.IngressReplaced, item, "is for the old gateway as a client by a pattern or its namespace, and "+plan.Mesh.Ingress+" was added", "its rules match what comes by either gateway", "")
		}
	})
}

// movePolicies attaches the policies at the old gateway to the new one. A policy can be attached only
// to a Gateway in its own namespace (Istio: ShouldAttachPolicy).
func movePolicies(plan generate.Plan, input *survey.Index, notes *survey.Notes) (stay []*manifest.Item) {
	mesh := plan.Mesh
	move := func(item *manifest.Item) {
		spec := manifest.Field(item.Node, "spec")
		labels := manifest.Field(spec, "selector", "matchLabels")
		if item.Kind == "AuthorizationPolicy" && spec != nil && isMalformed(spec) {
			if item.Namespace == survey.OldGatewayNamespace || item.Namespace == mesh.RootNamespace {
				notes.Warn(diagnostic.MalformedPolicyKept, item, "has malformed rules, so it was left unchanged", "Istio rejects it, so it is not in force", "fix its rules")
			}
			return
		}
		if !input.AtOldGateway(item) {
			return
		}
		if mesh.GatewayNamespace != survey.OldGatewayNamespace || !input.OnlyOldGateway(labels) {
			// It stays where it is, for other pods; copyToGateway makes a copy for the new Gateway.
			stay = append(stay, item)
			return
		}
		if atGateway(input, notes, item, survey.RulesOf(spec)) {
			item.Changed = true
		}
		item.Drop(spec, "selector")
		item.Set(spec, "targetRefs", list(ref(survey.GatewayGroup, "Gateway", mesh.GatewayName)))
		effect := "the old gateway no longer enforces it"
		switch provider := survey.ProviderOf(item); {
		case item.Kind == "RequestAuthentication":
			effect = "the old gateway no longer verifies these tokens"
		case provider != "":
			effect = "the old gateway no longer asks " + provider
		}
		notes.Warn(diagnostic.MovedToGateway, item, "was attached to Gateway "+mesh.GatewayNamespace+"/"+mesh.GatewayName+" in place of its selector", effect, "")
	}
	input.Live(survey.IstioSecurity, "AuthorizationPolicy", move)
	input.Live(survey.IstioSecurity, "RequestAuthentication", move)
	input.Live(survey.IstioSecurity, "AuthorizationPolicy", func(item *manifest.Item) {
		if spec := manifest.Field(item.Node, "spec"); !isMalformed(spec) {
			warnGatewayPorts(plan, input, notes, item, spec)
		}
	})
	return stay
}

// withoutKept leaves out our login policies if the input has its own, perhaps with another issuer or
// other open paths: its policies were moved, and are kept as they are.
func withoutKept(plan generate.Plan, input *survey.Index, notes *survey.Notes, shipped map[manifest.ID][]*yaml.Node, wanted []generate.Object) []generate.Object {
	return slices.DeleteFunc(wanted, func(o generate.Object) bool {
		item := kept(plan, input, o)
		if item == nil {
			return false
		}
		before := len(notes.Findings)
		if o.Name == plan.Mesh.RequireTokenName() && !stillRequiresToken(plan, notes, item, o) {
			return false
		}
		explained := len(notes.Findings) > before // how it differs
		if provider := survey.ProviderOf(item); provider != "" {
			warnLoginPaths(plan, notes, item, "asks "+provider+" about requests on ", "a client without a session is sent to "+provider+" from there")
		}
		switchOn(notes, item, o)
		if was, fresh := manifest.Field(item.Node, "spec"), manifest.Field(o.Node(), "spec"); !explained && !samePolicy(was, fresh) && !isShipped(shipped, item, was) {
			notes.Warn(diagnostic.LoginPolicyKept, item, "differs from how Kubeflow ships it", "it was kept as it is, on Gateway "+o.Namespace+"/"+plan.Mesh.GatewayName, "")
		}
		return true
	})
}

// kept returns the item that does for the login what the object would, or nil.
func kept(plan generate.Plan, input *survey.Index, o generate.Object) *manifest.Item {
	mesh := plan.Mesh
	if !o.Yields || o.Namespace != mesh.GatewayNamespace || o.Kind != "AuthorizationPolicy" && o.Kind != "RequestAuthentication" {
		return nil
	}
	if o.Kind == "RequestAuthentication" {
		if o.Name != survey.DexJWT {
			return nil
		}
		return input.KeptDex()
	}
	names := []string{o.Name}
	if suffix, ours := strings.CutPrefix(o.Name, mesh.GatewayName); ours {
		for _, old := range input.OldGatewayNames() {
			names = append(names, old+suffix)
		}
	}
	for _, name := range names {
		item := input.ByID[manifest.NewID(survey.IstioSecurity, o.Kind, o.Namespace, name)]
		if item != nil && survey.OwnedBy(item) == "" && !item.Removed && sameTargetAndAction(item, o) {
			return item
		}
	}
	return nil
}

// sameTargetAndAction reports whether an item targets the ingress Gateway as the object does, with the same
// action.
func sameTargetAndAction(item *manifest.Item, o generate.Object) bool {
	spec, fresh := manifest.Field(item.Node, "spec"), manifest.Field(o.Node(), "spec")
	refs := manifest.Field(spec, "targetRefs")
	return refs != nil && manifest.Equal(refs, manifest.Field(fresh, "targetRefs")) && survey.Action(spec) == survey.Action(fresh)
}

// withoutTwins leaves out policies that the input already has, under any name, and perhaps with
// another selector for the same pods.
func withoutTwins(input *survey.Index, notes *survey.Notes, wanted []generate.Object) []generate.Object {
	return slices.DeleteFunc(wanted, func(o generate.Object) bool {
		if !o.Yields || o.Kind != "AuthorizationPolicy" {
			return false
		}
		fresh := manifest.Field(o.Node(), "spec")
		return slices.ContainsFunc(input.Items, func(item *manifest.Item) bool {
			twin := item.Kind == o.Kind && item.Group == survey.IstioSecurity && item.Namespace == o.Namespace &&
				survey.OwnedBy(item) == "" && !item.Removed && survey.Enforced(item) && twins(input, item, fresh)
			if twin && item.Revision() != "" {
				warnRevision(notes, item, o)
			}
			return twin && item.Revision() == ""
		})
	})
}

// warnRevision reports that a policy of the input does not replace ours.
func warnRevision(notes *survey.Notes, item *manifest.Item, o generate.Object) {
	if item.ID != idOf(o) { // from which switchOn removes the label
		notes.Warn(diagnostic.PolicyOfOtherRevision, item, "does the same as the generated policy "+o.Name+", but has the label "+label.IoIstioRev.Name+": "+item.Revision(),
			"istiods of other revisions ignore it, so "+o.Name+" was added as well", "remove the label, or delete the policy")
	}
}

// twins reports whether a policy of the input means the same as a spec of ours.
func twins(input *survey.Index, item *manifest.Item, fresh *yaml.Node) bool {
	spec := manifest.Field(item.Node, "spec")
	if samePolicy(spec, fresh) {
		return true
	}
	theirs, ours := manifest.Field(spec, "selector", "matchLabels"), manifest.Field(fresh, "selector", "matchLabels")
	return theirs != nil && ours != nil && samePolicy(manifest.Without(spec, "selector"), manifest.Without(fresh, "selector")) &&
		samePods(input, item.Namespace, survey.LabelsOf(theirs), survey.LabelsOf(ours))
}

// samePods reports whether two selectors select the same workloads of the input, and at least one.
func samePods(input *survey.Index, namespace string, theirs, ours survey.Labels) bool {
	var some bool
	for _, w := range input.WorkloadsOf(namespace) {
		if w.Labels.Cover(theirs) != w.Labels.Cover(ours) {
			return false
		}
		some = some || w.Labels.Cover(ours)
	}
	return some
}

// throughWaypoint changes the policies of the input that allow the ingress Gateway to reach pods that
// read the user from the header: they allow the waypoint instead. Their names do not matter.
func throughWaypoint(plan generate.Plan, input *survey.Index) {
	direct, verified := generate.PastWaypoint(*plan.Platform)
	input.Live(survey.IstioSecurity, "AuthorizationPolicy", func(item *manifest.Item) {
		for i, o := range direct {
			if item.Namespace == o.Namespace && twins(input, item, manifest.Field(o.Node(), "spec")) {
				item.Set(manifest.Field(item.Node, "spec"), "rules", manifest.Field(verified[i].Node(), "spec", "rules"))
				return
			}
		}
	})
}
