package enroll

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// copyFromRoot copies a policy of the root namespace to the waypoints, which take such a policy only
// by targetRefs to their GatewayClass (Istio 1.31: ShouldAttachPolicy). Without a selector it stays
// in force at every gateway of the Gateway API, and in ztunnel.
func copyFromRoot(plan generate.Plan, input *survey.Index, notes *survey.Notes, made *copies, places map[string]place, item *manifest.Item) {
	spec := manifest.Field(item.Node, "spec")
	wanted, _ := selectorOf(spec)
	if labels := manifest.Field(spec, "selector", "matchLabels"); input.SelectsOldGateway(labels) && input.OnlyOldGateway(labels) {
		return // a policy of the old gateway alone moves to the new one
	}
	if plan.Platform == nil {
		warnRootNotConverted(plan, input, notes, places, item, wanted)
		return
	}
	all := place{all: true, principals: waypoints(plan, input, places), past: "at pod addresses and at Services that are behind no waypoint"}
	rules := atWaypoint(plan, item.Namespace, spec, all.principals)
	if len(wanted) > 0 || slices.ContainsFunc(rules, namesPorts) {
		if !copyFromRootToServices(plan, input, notes, made, places, item, all, wanted) {
			return // its pods stay where they are
		}
	} else {
		w := coverage{parts: []part{{list(ref(survey.GatewayGroup, "GatewayClass", "istio-waypoint")), rules}}, denied: deniedAtPods(plan, input, item, all.principals)}
		made.addPolicies(item, item.Namespace, "", w.parts)
		warnCoverage(notes, item, all, w)
	}
	if survey.Action(spec) == "DENY" {
		if len(wanted) == 0 {
			item.Drop(spec, "selector")
		}
		exempt(item, spec, all.principals, true)
	}
}

// copyFromRootToServices makes copies in the namespaces that have a waypoint, for the Services there
// that lead to the pods of the policy: a policy can only name Services of its own namespace. moves is
// false for a policy that is for pods of other namespaces.
func copyFromRootToServices(plan generate.Plan, input *survey.Index, notes *survey.Notes, made *copies, places map[string]place, item *manifest.Item, all place, wanted survey.Labels) (moves bool) {
	sum := coverage{denied: deniedAtPods(plan, input, item, all.principals)}
	for _, name := range generate.SortedKeys(places) {
		at := places[name]
		at.principals = all.principals // the policy exempts them, and the copy does not
		w := coverageOf(plan, input, item, at, wanted)
		made.addPolicies(item, name, item.Namespace+"-", w.parts)
		sum.add(w)
	}
	if len(sum.parts) == 0 && selectsElsewhere(input, wanted, places) {
		return false
	}
	warnCoverage(notes, item, all, sum)
	return true
}

func (w *coverage) add(more coverage) {
	w.parts, w.models, w.ported = append(w.parts, more.parts...), append(w.models, more.models...), more.ported
	w.whole, w.partly, w.past = append(w.whole, more.whole...), append(w.partly, more.partly...), append(w.past, more.past...)
	w.portless, w.unknown = append(w.portless, more.portless...), append(w.unknown, more.unknown...)
	w.through.add(more.through)
}

// selectsElsewhere reports whether the labels select a workload of a namespace without a waypoint, or
// the pods that Istio creates for the ingress Gateway.
func selectsElsewhere(input *survey.Index, wanted survey.Labels, places map[string]place) bool {
	if len(wanted) > 0 && slices.ContainsFunc(input.PodsOfGateway(), func(pod survey.Labels) bool { return pod.Cover(wanted) }) {
		return true
	}
	return len(wanted) > 0 && slices.ContainsFunc(input.Items, func(item *manifest.Item) bool {
		_, moves := places[item.Namespace]
		return !moves && slices.ContainsFunc(survey.PodLabelsOf(item), func(l survey.Labels) bool { return l.Cover(wanted) })
	})
}

// waypoints returns the principals of our waypoints and of those in the input.
func waypoints(plan generate.Plan, input *survey.Index, places map[string]place) []string {
	var out []string
	for _, name := range generate.SortedKeys(places) {
		out = append(out, places[name].principals...)
	}
	for _, item := range input.Items {
		if item.Kind != "Gateway" || item.Group != survey.GatewayGroup || manifest.Value(item.Node, "spec", "gatewayClassName") != "istio-waypoint" {
			continue
		}
		account := item.Annotation("gateway.istio.io/service-account")
		if account == "" {
			account = item.Name
		}
		if p := plan.Mesh.Principal(item.Namespace, account); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}
