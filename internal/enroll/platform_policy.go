package enroll

import (
	"slices"
	"strings"

	"istio.io/api/label"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/platform"
)

// Kubeflow's sidecar-era gateway, as its pods are labelled.
const (
	oldGatewayNamespace = "istio-system"
	oldGatewayName      = "istio-ingressgateway"
)

var oldGatewayLabels = map[string]string{"app": oldGatewayName, "istio": "ingressgateway"}

// replaceOldIngress has every policy name the new ingress where it named the old one.
func replaceOldIngress(plan generate.Plan, input *Index) {
	input.live(istioSecurity, "AuthorizationPolicy", func(item *manifest.Item) {
		if spec := manifest.Field(item.Node, "spec"); spec != nil && !isMalformed(spec) {
			replaceIngress(plan, item, spec)
			followIngress(plan, item, rulesOf(spec), action(spec) == "ALLOW")
		}
	})
}

// movePolicies attaches what was in force at the old gateway to the new one. A policy can only be
// attached to a Gateway of its own namespace (Istio: ShouldAttachPolicy).
func movePolicies(plan generate.Plan, input *Index, notes *notes) (stay []*manifest.Item) {
	mesh := plan.Mesh
	move := func(item *manifest.Item) {
		spec := manifest.Field(item.Node, "spec")
		labels := manifest.Field(spec, "selector", "matchLabels")
		if item.Kind == "AuthorizationPolicy" && spec != nil && isMalformed(spec) {
			if item.Namespace == oldGatewayNamespace || item.Namespace == mesh.RootNamespace {
				notes.warn(item, "its rules are not as Istio takes them", "Istio refuses it, so it does nothing, and it is left as it is", "correct its rules")
			}
			return
		}
		if !input.atOldGateway(item) {
			if item.Kind == "AuthorizationPolicy" {
				tellGatewayPorts(plan, input, notes, item, spec)
			}
			return
		}
		if mesh.GatewayNamespace != oldGatewayNamespace || !input.onlyOldGateway(labels) {
			// It stays where it is, for others; copyToGateway makes one for the new Gateway.
			stay = append(stay, item)
			return
		}
		if atGateway(input, notes, item, rulesOf(spec)) {
			item.Changed = true
		}
		item.Drop(spec, "selector")
		item.Set(spec, "targetRefs", list(ref(gatewayGroup, "Gateway", mesh.GatewayName)))
	}
	input.live(istioSecurity, "AuthorizationPolicy", move)
	input.live(istioSecurity, "RequestAuthentication", move)
	return stay
}

// withoutKept leaves out what the input says itself of the login, perhaps with an issuer or with
// open paths of its own: its policies were moved, and are kept as they are.
func withoutKept(plan generate.Plan, input *Index, notes *notes, shipped map[manifest.ID][]*yaml.Node, wanted []generate.Object) []generate.Object {
	return slices.DeleteFunc(wanted, func(o generate.Object) bool {
		item := kept(plan, input, o)
		if item == nil {
			return false
		}
		if o.Name == plan.Mesh.GatewayName+requireJWT && !stillRequiresToken(notes, item, o) {
			return false
		}
		switchOn(notes, item, o)
		if was, fresh := manifest.Field(item.Node, "spec"), manifest.Field(o.Node(), "spec"); !samePolicy(was, fresh) && !isShipped(shipped, item, was) {
			notes.note(item.String(), "differs from how Kubeflow ships it", "it is kept as it is, on the Gateway "+o.Namespace+"/"+plan.Mesh.GatewayName)
		}
		return true
	})
}

// kept is the item that says of the login what the object would, or nil.
func kept(plan generate.Plan, input *Index, o generate.Object) *manifest.Item {
	mesh := plan.Mesh
	if o.Namespace != mesh.GatewayNamespace || o.Kind != "AuthorizationPolicy" && o.Kind != "RequestAuthentication" {
		return nil
	}
	names := []string{o.Name}
	if suffix, ours := strings.CutPrefix(o.Name, mesh.GatewayName); ours {
		names = append(names, oldGatewayName+suffix)
	}
	for _, name := range names {
		item := input.byID[manifest.NewID(istioSecurity, o.Kind, o.Namespace, name)]
		if item != nil && ownedBy(item) == "" && !item.Removed && sayTheSame(item, o) {
			return item
		}
	}
	return nil
}

// sayTheSame tells whether an item is on the ingress Gateway and does what the object does there.
func sayTheSame(item *manifest.Item, o generate.Object) bool {
	spec, fresh := manifest.Field(item.Node, "spec"), manifest.Field(o.Node(), "spec")
	refs := manifest.Field(spec, "targetRefs")
	return refs != nil && manifest.Equal(refs, manifest.Field(fresh, "targetRefs")) && action(spec) == action(fresh)
}

// withoutTwins leaves out policies that the input has itself, under whatever name, and perhaps with
// other labels in its selector for the same pods.
func withoutTwins(input *Index, notes *notes, wanted []generate.Object) []generate.Object {
	return slices.DeleteFunc(wanted, func(o generate.Object) bool {
		if o.Kind != "AuthorizationPolicy" {
			return false
		}
		fresh := manifest.Field(o.Node(), "spec")
		return slices.ContainsFunc(input.items, func(item *manifest.Item) bool {
			twin := item.Kind == o.Kind && item.Group == istioSecurity && item.Namespace == o.Namespace &&
				ownedBy(item) == "" && !item.Removed && item.Annotation("istio.io/dry-run") == "" && twins(input, item, fresh)
			if twin && item.Revision() != "" {
				tellRevision(notes, item, o)
			}
			return twin && item.Revision() == ""
		})
	})
}

// tellRevision says that a policy of the input does not take the place of ours.
func tellRevision(notes *notes, item *manifest.Item, o generate.Object) {
	if item.ID != idOf(o) { // from which switchOn takes the label
		notes.warn(item, "says what "+o.Name+" does, and has the label "+label.IoIstioRev.Name+": "+item.Revision(), "an istiod of another revision ignores it, so "+o.Name+" was added beside it",
			"take the label off, or remove the policy")
	}
}

// twins tells whether a policy of the input means a spec of ours.
func twins(input *Index, item *manifest.Item, fresh *yaml.Node) bool {
	spec := manifest.Field(item.Node, "spec")
	if samePolicy(spec, fresh) {
		return true
	}
	theirs, ours := manifest.Field(spec, "selector", "matchLabels"), manifest.Field(fresh, "selector", "matchLabels")
	return theirs != nil && ours != nil && samePolicy(manifest.Without(spec, "selector"), manifest.Without(fresh, "selector")) && samePods(input, item.Namespace, labelsOf(theirs), labelsOf(ours))
}

// samePods tells whether two selectors name the same workloads of the input, and some.
func samePods(input *Index, namespace string, theirs, ours labels) bool {
	var some bool
	for _, w := range input.workloadsOf(namespace) {
		if w.labels.cover(theirs) != w.labels.cover(ours) {
			return false
		}
		some = some || w.labels.cover(ours)
	}
	return some
}

// throughWaypoint has the policies of the input that let the ingress Gateway reach the pods which
// take the user from the header, under whatever name, let their waypoint reach them instead.
func throughWaypoint(plan generate.Plan, input *Index, kubeflow survey.Kubeflow) {
	direct, verified := platform.PastWaypoint(plan, kubeflow)
	input.live(istioSecurity, "AuthorizationPolicy", func(item *manifest.Item) {
		for i, o := range direct {
			if item.Namespace == o.Namespace && twins(input, item, manifest.Field(o.Node(), "spec")) {
				item.Set(manifest.Field(item.Node, "spec"), "rules", manifest.Field(verified[i].Node(), "spec", "rules"))
				return
			}
		}
	})
}
