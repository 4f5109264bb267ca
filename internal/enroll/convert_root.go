package enroll

import (
	"fmt"
	"slices"

	"istio.io/api/label"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// fromRoot has a policy of the root namespace hold at the waypoints, which take such a policy only
// by targetRefs to their GatewayClass (Istio 1.31: ShouldAttachPolicy). Without a selector it stays
// in force at every gateway of the Gateway API, and in ztunnel.
func (c *copies) fromRoot(item *manifest.Item, spec *yaml.Node, places map[string]place) {
	selector := manifest.Field(spec, "selector")
	wanted := survey.LabelsOf(manifest.Field(selector, "matchLabels"))
	if !isSelector(selector, manifest.Field(selector, "matchLabels")) || c.input.SelectsOldGateway(manifest.Field(selector, "matchLabels")) && c.input.OnlyOldGateway(manifest.Field(selector, "matchLabels")) {
		return // a policy of the old gateway alone moves to the new one
	}
	if c.plan.Platform == nil {
		c.rootLoses(item, spec, wanted, places)
		return
	}
	all := place{all: true, principals: waypoints(c.plan, c.input, places), past: "at pod addresses and at Services that are behind no waypoint"}
	rules := atWaypoint(c.plan, item.Namespace, spec, all.principals)
	if len(wanted) > 0 || slices.ContainsFunc(rules, namesPorts) {
		if !c.fromRootToServices(item, spec, all, wanted, places) {
			return // its pods stay where they are
		}
	} else {
		w := written{all: true}
		w.add(c, item, spec, item.Namespace, "", list(ref(survey.GatewayGroup, "GatewayClass", "istio-waypoint")), rules)
		c.tell(item, spec, all, w)
	}
	if survey.Action(spec) == "DENY" {
		if selector != nil && len(wanted) == 0 {
			item.Drop(spec, "selector")
		}
		exempt(item, spec, all.principals, true)
	}
}

// fromRootToServices makes copies in the namespaces that have a waypoint, for the Services there
// that lead to what the policy is for: a policy can only name Services of its own namespace. moves
// is false where the policy is for pods of other namespaces.
func (c *copies) fromRootToServices(item *manifest.Item, spec *yaml.Node, all place, wanted survey.Labels, places map[string]place) (moves bool) {
	var sum written
	for _, name := range generate.SortedKeys(places) {
		at := places[name]
		at.principals = all.principals // what the policy is exempted from, and the copy is not
		w := c.write(item, spec, at, wanted, item.Namespace+"-")
		sum.copies = append(sum.copies, w.copies...)
		sum.whole, sum.partly, sum.past = append(sum.whole, w.whole...), append(sum.partly, w.partly...), append(sum.past, w.past...)
		sum.portless, sum.unknown = append(sum.portless, w.portless...), append(sum.unknown, w.unknown...)
		sum.ported = w.ported
		sum.through.add(w.through)
		sum.models = append(sum.models, w.models...)
	}
	if len(sum.copies) == 0 && selectsElsewhere(c.plan, c.input, wanted, places) {
		return false
	}
	sum.copies = slices.Compact(sum.copies)
	c.tell(item, spec, all, sum)
	return true
}

// selectsElsewhere reports whether a workload of the input that stays where it is has the labels, or
// the pods that Istio makes for the ingress Gateway have them.
func selectsElsewhere(plan generate.Plan, input *survey.Index, wanted survey.Labels, places map[string]place) bool {
	if len(wanted) > 0 && slices.ContainsFunc(input.PodsOfGateway(), func(pod survey.Labels) bool { return pod.Cover(wanted) }) {
		return true
	}
	return len(wanted) > 0 && slices.ContainsFunc(input.Items, func(item *manifest.Item) bool {
		_, moves := places[item.Namespace]
		return !moves && slices.ContainsFunc(survey.PodLabelsOf(item), func(l survey.Labels) bool { return l.Cover(wanted) })
	})
}

// waypoints are the principals of all that are ours, and of all that the input has.
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

// allowInKubeflow has an ALLOW policy of the namespace kubeflow hold at the waypoint, as far as its
// pods are behind it. The policy stays in ztunnel, whose part it says as well.
func (c *copies) allowInKubeflow(item *manifest.Item, spec *yaml.Node, at place) {
	selector := manifest.Field(spec, "selector")
	wanted := survey.LabelsOf(manifest.Field(selector, "matchLabels"))
	if !isSelector(selector, manifest.Field(selector, "matchLabels")) {
		return
	}
	w := c.write(item, spec, at, wanted, "")
	http := survey.HTTPRules(spec)
	switch {
	case len(w.copies) == 0:
		c.notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("rules %v use HTTP attributes, and its pods are behind no waypoint", http), "ztunnel, which protects them, drops such a rule, so it lets nobody in",
			"write them with peers and ports only")
	case len(wanted) == 0:
		c.notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("rules %v use HTTP attributes, which ztunnel does not know", http), fmt.Sprintf("they hold at the waypoint (in %s), and let nobody in elsewhere", survey.Names(w.copies)),
			"write them with peers and ports only")
	case selectsBeside(c.input, w.whole, at.namespace, wanted):
		c.notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("rules %v use HTTP attributes, and some of its pods are behind no waypoint", http), fmt.Sprintf("they hold at the waypoint (in %s), and let nobody in at the other pods", survey.Names(w.copies)),
			"write them with peers and ports only for those")
	}
}

// selectsBeside reports whether a selector selects pods of the input that none of some Services leads to.
func selectsBeside(input *survey.Index, services []survey.Service, namespace string, wanted survey.Labels) bool {
	return slices.ContainsFunc(input.WorkloadsOf(namespace), func(w survey.PodMaker) bool {
		return w.Labels.Cover(wanted) && !slices.ContainsFunc(services, func(s survey.Service) bool { return w.Labels.Cover(s.Selector) })
	})
}

// rootLoses warns of a policy of the root namespace that is not ours to convert.
func (c *copies) rootLoses(item *manifest.Item, spec *yaml.Node, wanted survey.Labels, places map[string]place) {
	if c.plan.Cluster == nil || c.input.SelectsOldGateway(manifest.Field(spec, "selector", "matchLabels")) {
		return
	}
	if len(wanted) > 0 && !slices.ContainsFunc(c.plan.Namespaces, func(ns generate.Namespace) bool {
		found := selectedBy(c.input, places[ns.Name], wanted)
		return len(found.whole)+len(found.partly) > 0
	}) {
		return
	}
	rules := ruleNumbers(spec)
	if survey.Action(spec) == "ALLOW" {
		rules = survey.HTTPRules(spec)
	}
	c.notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("rules %v are for the profiles' pods too, and it has no targetRefs", rules),
		"their waypoints do not take it, and ztunnel sees the waypoint in the place of who asks: the rules do not hold for requests to Services",
		"set cluster.platform.enabled: true, or write a copy with targetRefs [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}]")
}

// elsewhereLoses warns of policies outside of the profiles that lose rules and that nothing converts.
func elsewhereLoses(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	if plan.Cluster == nil {
		return
	}
	mesh := plan.Mesh
	_, gateway := input.ByID[manifest.NewID(survey.GatewayGroup, "Gateway", mesh.GatewayNamespace, mesh.GatewayName)]
	input.Live(survey.IstioSecurity, "AuthorizationPolicy", func(item *manifest.Item) {
		spec := manifest.Field(item.Node, "spec")
		if !survey.WithoutTargets(spec) || survey.DryRun(item) {
			return
		}
		labels := manifest.Field(spec, "selector", "matchLabels")
		switch old := item.Namespace == survey.OldGatewayNamespace && input.SelectsOldGateway(labels); {
		case old && plan.Platform == nil && gateway && survey.Action(spec) != "ALLOW":
			if !onNewGateway(plan, input, item, spec) {
				notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("rules %v are for the old gateway", ruleNumbers(spec)), fmt.Sprintf("they do not hold at the Gateway %s/%s, the new way in", mesh.GatewayNamespace, mesh.GatewayName),
					"set cluster.platform.enabled: true, or write a copy with targetRefs to that Gateway")
			}
		case !old && ztunnelAlone(plan, input, item.Namespace, survey.LabelsOf(labels)):
			if rules := unseen(spec); len(rules) > 0 {
				notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("rules %v use what ztunnel does not know, and it has no targetRefs", rules), "they do not hold for the pods of its namespace, which is in ambient mode",
					"name in targetRefs a Service that is behind a waypoint, or write them with peers and ports only")
			}
		}
	})
}

// ztunnelAlone reports whether ztunnel alone enforces the policies of a namespace that is not a
// profile's, for pods with these labels, and nothing there is converted.
func ztunnelAlone(plan generate.Plan, input *survey.Index, namespace string, wanted survey.Labels) bool {
	mesh := plan.Mesh
	item := input.ByID[manifest.ID{Kind: "Namespace", Name: namespace}]
	if item == nil || item.Label(label.IoIstioDataplaneMode.Name) != "ambient" {
		return false
	}
	switch namespace {
	case profile.KubeflowNamespace:
		return plan.Platform == nil
	case mesh.RootNamespace:
		return slices.ContainsFunc(input.WorkloadsOf(namespace), func(w survey.PodMaker) bool { return len(wanted) > 0 && w.Labels.Cover(wanted) })
	}
	return namespace == mesh.GatewayNamespace
}

// onNewGateway reports whether a policy of the input says at the new Gateway what one says at the
// old one, with the ports of the new.
func onNewGateway(plan generate.Plan, input *survey.Index, item *manifest.Item, wanted *yaml.Node) bool {
	mesh := plan.Mesh
	gateway := list(ref(survey.GatewayGroup, "Gateway", mesh.GatewayName))
	return slices.ContainsFunc(input.Items, func(other *manifest.Item) bool {
		if other.Kind != item.Kind || other.Group != item.Group || other.Namespace != mesh.GatewayNamespace || survey.OwnedBy(other) == plan.Name ||
			survey.DryRun(other) || other.Revision() != "" && other.Revision() != item.Revision() {
			return false
		}
		spec := manifest.Field(other.Node, "spec")
		refs := manifest.Field(spec, "targetRefs")
		return refs != nil && manifest.Equal(refs, gateway) && saysTheSame(spec, wanted)
	})
}
