package enroll

import (
	"slices"

	"istio.io/api/label"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// copyToGateway copies the policies that stay at the old gateway to the new one: those that other
// pods share, and all if the new one is in another namespace, because a Gateway takes only policies
// of its own namespace (Istio 1.31: ShouldAttachPolicy).
func copyToGateway(plan generate.Plan, input *survey.Index, notes *survey.Notes, made *copies, stay []*manifest.Item) {
	mesh := plan.Mesh
	for _, item := range stay {
		spec := manifest.Field(item.Node, "spec")
		moving := copied(spec)
		forGateway(input, survey.RulesOf(moving))
		if onNewGateway(plan, input, item, moving) || survey.DryRun(item) || slices.ContainsFunc(made.wanted, func(o generate.Object) bool {
			return o.Kind == item.Kind && o.Namespace == mesh.GatewayNamespace && manifest.Field(o.Node(), "spec") != nil && sameRules(manifest.Field(o.Node(), "spec"), moving)
		}) {
			continue
		}
		fresh := copied(manifest.Without(manifest.Without(spec, "selector"), "targetRefs"))
		atGateway(input, notes, item, survey.RulesOf(fresh))
		if item.Namespace != mesh.GatewayNamespace {
			qualify(survey.RulesOf(fresh), item.Namespace)
		}
		fresh.Content = append(fresh.Content, manifest.Text("targetRefs"), list(ref(survey.GatewayGroup, "Gateway", mesh.GatewayName)))
		sortKeys(fresh)
		made.add(item, mesh.GatewayNamespace, item.Name, "-at-gateway", fresh)
	}
}

// sameRules reports whether policies are the same, whatever they are attached to.
func sameRules(a, b *yaml.Node) bool {
	bare := func(spec *yaml.Node) *yaml.Node {
		return manifest.Without(manifest.Without(spec, "selector"), "targetRefs")
	}
	return samePolicy(bare(a), bare(b))
}

// withoutOpenDoor leaves out our policy that allows every client at the Gateway if the input decides
// itself who may reach it: its rules and ours together would allow every client.
func withoutOpenDoor(plan generate.Plan, input *survey.Index, notes *survey.Notes, stay []*manifest.Item, wanted []generate.Object) []generate.Object {
	mesh := plan.Mesh
	gateway := list(ref(survey.GatewayGroup, "Gateway", mesh.GatewayName))
	var door *manifest.Item
	var apart []*manifest.Item // an istiod of another revision ignores them
	at := func(item *manifest.Item) {
		spec := manifest.Field(item.Node, "spec")
		moved := slices.Contains(stay, item) || item.Namespace == mesh.GatewayNamespace && manifest.Field(spec, "targetRefs") != nil && manifest.Equal(manifest.Field(spec, "targetRefs"), gateway)
		switch {
		case !moved || survey.Action(spec) != "ALLOW" || survey.DryRun(item):
		case item.Revision() != "" && item.Name != mesh.GatewayName:
			apart = append(apart, item)
		case door == nil:
			door = item
		}
	}
	input.Live(survey.IstioSecurity, "AuthorizationPolicy", at)
	if door == nil {
		for _, item := range apart {
			notes.WarnAt(diagnostic.GatewayPolicyOfRevision, item, "", "decides who may reach the Gateway, and has the label "+label.IoIstioRev.Name+": "+item.Revision(),
				"an istiod of another revision ignores it, so AuthorizationPolicy "+mesh.GatewayName+", which allows every client, was added",
				"remove the label, or delete the policy")
		}
		return wanted
	}
	return slices.DeleteFunc(wanted, func(o generate.Object) bool {
		ours := o.Kind == "AuthorizationPolicy" && o.Namespace == mesh.GatewayNamespace && o.Name == mesh.GatewayName
		if ours && door.ID != idOf(o) && !opensToAll(manifest.Field(door.Node, "spec")) {
			notes.WarnAt(diagnostic.OpenGatewayPolicyLeftOut, door, "", "decides who may reach the Gateway", "AuthorizationPolicy "+o.Name+", which allows every client, was left out", "")
			return true
		}
		return false
	})
}

// opensToAll reports whether a policy has a rule that every request matches.
func opensToAll(spec *yaml.Node) bool {
	return slices.ContainsFunc(survey.RulesOf(spec), func(rule *yaml.Node) bool {
		return manifest.Dealias(rule).Kind == yaml.MappingNode && len(manifest.Dealias(rule).Content) == 0
	})
}
