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

// warnRootNotConverted reports a policy of the root namespace that applies to profiles and is not converted.
func warnRootNotConverted(plan generate.Plan, input *survey.Index, notes *survey.Notes, places map[string]place, item *manifest.Item, wanted survey.Labels) {
	spec := manifest.Field(item.Node, "spec")
	if plan.Cluster == nil || input.SelectsOldGateway(manifest.Field(spec, "selector", "matchLabels")) {
		return
	}
	if len(wanted) > 0 && !slices.ContainsFunc(plan.Namespaces, func(ns generate.Namespace) bool {
		found := selectedBy(input, places[ns.Name], wanted)
		return len(found.whole)+len(found.partly) > 0
	}) {
		return
	}
	if atEveryWaypoint(plan, input, item) {
		return
	}
	rules := ruleNumbers(spec)
	if survey.Action(spec) == "ALLOW" {
		rules = survey.HTTPRules(spec)
	}
	field, found := aboutRules(rules, "is for the pods of profiles too, and the policy has no targetRefs", "are for the pods of profiles too, and the policy has no targetRefs")
	targets := targetRefs("GatewayClass", "istio-waypoint")
	notes.Report(item.Report(diagnostic.RootPolicyNotConverted, field, found,
		"the waypoints of profiles do not read the policy, and ztunnel sees the waypoint as the client, so no proxy enforces "+theRules(rules)+" for requests to Services",
		"set cluster.platform.enabled: true, or write a copy with "+targets).Writes(targets))
}

// warnNotConverted reports policies outside of profiles that lose rules and are not converted.
func warnNotConverted(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
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
				field, found := aboutRules(ruleNumbers(spec), "is for the old gateway", "are for the old gateway")
				notes.WarnAt(diagnostic.OldGatewayPolicyNotConverted, item, field, found,
					fmt.Sprintf("the Gateway %s/%s, which replaces it, does not enforce %s", mesh.GatewayNamespace, mesh.GatewayName, theRules(ruleNumbers(spec))),
					"set cluster.platform.enabled: true, or write a copy with targetRefs to that Gateway")
			}
		case !old && ztunnelAlone(plan, input, item.Namespace, survey.LabelsOf(labels)):
			if rules := unseen(spec); len(rules) > 0 {
				field, found := aboutUnseen(spec, ", and the policy has no targetRefs")
				effect := "so no proxy enforces " + theUnseen(spec)
				if survey.Action(spec) == "ALLOW" {
					effect = "so the clients that " + theUnseen(spec) + " should allow are denied"
				}
				notes.WarnAt(diagnostic.AmbientPolicyNotConverted, item, field, found, "the namespace is in ambient mode, and ztunnel does not know "+unseenAttribute(spec)+", "+effect,
					"name in targetRefs a Service that is behind a waypoint, or write the rules with peers and ports only")
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

// onNewGateway reports whether the input has the same policy at the new Gateway, with the ports of its
// listeners, as at the old one.
func onNewGateway(plan generate.Plan, input *survey.Index, item *manifest.Item, wanted *yaml.Node) bool {
	return hasCopy(plan, input, item, wanted, plan.Mesh.GatewayNamespace, ref(survey.GatewayGroup, "Gateway", plan.Mesh.GatewayName))
}

// atEveryWaypoint reports whether the input has the same policy for all waypoints.
func atEveryWaypoint(plan generate.Plan, input *survey.Index, item *manifest.Item) bool {
	return hasCopy(plan, input, item, manifest.Field(item.Node, "spec"), plan.Mesh.RootNamespace, ref(survey.GatewayGroup, "GatewayClass", "istio-waypoint"))
}

// hasCopy reports whether a namespace of the input has the same policy with this target, in force.
func hasCopy(plan generate.Plan, input *survey.Index, item *manifest.Item, wanted *yaml.Node, namespace string, target *yaml.Node) bool {
	targets := list(target)
	return slices.ContainsFunc(input.Items, func(other *manifest.Item) bool {
		if other.Kind != item.Kind || other.Group != item.Group || other.Namespace != namespace || survey.OwnedBy(other) == plan.Name ||
			survey.DryRun(other) || other.Revision() != "" && other.Revision() != item.Revision() {
			return false
		}
		spec := manifest.Field(other.Node, "spec")
		refs := manifest.Field(spec, "targetRefs")
		return refs != nil && manifest.Equal(refs, targets) && sameRules(spec, wanted)
	})
}
