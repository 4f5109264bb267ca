package enroll

import (
	"fmt"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// kubeflowGateways are the Istio Gateways that Kubeflow ships for its old gateway. No other one is
// removed: it belongs to somebody else.
var kubeflowGateways = []manifest.ID{
	manifest.NewID(survey.IstioNetworking, "Gateway", profile.KubeflowNamespace, "kubeflow-gateway"),
	manifest.NewID(survey.IstioNetworking, "Gateway", survey.OldGatewayNamespace, survey.OldGatewayName),
}

// removeGateways removes Kubeflow's Istio Gateways of the old gateway that nothing names any more, and
// reports the Gateways that stay on the old gateway.
func removeGateways(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	input.Live(survey.IstioNetworking, "Gateway", func(item *manifest.Item) {
		selector := manifest.Field(item.Node, "spec", "selector")
		if !input.SelectsOldGateway(selector) {
			if slices.Contains(kubeflowGateways, item.ID) && len(manifest.Content(selector)) > 0 {
				warnOtherPods(plan, notes, item)
			}
			return
		}
		if !slices.Contains(kubeflowGateways, item.ID) {
			notes.Warn(diagnostic.StaysOnOldGateway, item, "selects the pods of the old gateway, and was kept because it is not one of Kubeflow's own",
				"the old gateway no longer allows any request, so nobody reaches its hosts", toNewGateway(plan, "add an HTTPRoute for its hosts"))
			return
		}
		warnTLS(plan, notes, item)
		users := input.UsersOfGateway(item)
		if len(users) > 0 {
			notes.Warn(diagnostic.GatewayKept, item, "was kept, because "+namedBy(users), "the old gateway no longer allows any request, so nobody reaches what is routed by this Gateway", "")
			return
		}
		item.Removed = true
		notes.Warn(diagnostic.GatewayRemoved, item, "was removed, because nothing in the input names it any more", "it was one of Kubeflow's own for the old gateway, which Gateway "+
			plan.Mesh.GatewayNamespace+"/"+plan.Mesh.GatewayName+" replaces", "")
	})
}

// warnOtherPods reports a tree whose old gateway has another name than Kubeflow's, by which it is known here.
func warnOtherPods(plan generate.Plan, notes *survey.Notes, item *manifest.Item) {
	notes.WarnAt(diagnostic.OldGatewayUnknown, item, "spec.selector", "selects other pods than those of "+survey.OldGatewayNamespace+"/"+survey.OldGatewayName,
		"what is for those pods (policies, EnvoyFilters, NetworkPolicies) and rules with their principal were left unchanged, so that rules with that principal let nobody in by the new gateway",
		toGateway(plan, "attach what must stay in force with targetRefs")+", and write the principal "+plan.Mesh.Ingress+" in the rules")
}

// toGateway is a remedy that attaches something to the ingress Gateway.
func toGateway(plan generate.Plan, remedy string) string {
	return fmt.Sprintf("%s: [{group: %s, kind: Gateway, name: %s}]", remedy, survey.GatewayGroup, plan.Mesh.GatewayName)
}

// namedBy says which objects name a Gateway: the first few of them.
func namedBy(users []survey.GatewayUser) string {
	const few = 3
	var names []string
	for _, u := range users {
		name := u.Item.String()
		if u.Field != "" {
			name += " (" + u.Field + ")"
		}
		names = append(names, name)
	}
	if more := len(names) - few; more > 0 {
		names = append(names[:few:few], fmt.Sprintf("%d more", more))
	}
	if len(names) == 1 {
		return names[0] + " names it"
	}
	return inWords(names) + " name it"
}

// toNewGateway is a remedy that ends at the ingress Gateway.
func toNewGateway(plan generate.Plan, remedy string) string {
	return fmt.Sprintf("%s with parentRefs: [{name: %s, namespace: %s}]", remedy, plan.Mesh.GatewayName, plan.Mesh.GatewayNamespace)
}
