package enroll

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// selectorOf returns the labels that a policy selects pods by; none select every pod. known is false
// for a selector that is misspelled: what it was meant to select is not known.
func selectorOf(spec *yaml.Node) (wanted survey.Labels, known bool) {
	selector := manifest.Field(spec, "selector")
	labels := manifest.Field(selector, "matchLabels")
	known = isMap(selector) && isMap(labels) && (labels != nil || len(manifest.Content(selector)) == 0)
	return survey.LabelsOf(labels), known
}

// selectorField returns the field of a message about what a policy selects: a policy without a selector
// selects every pod.
func selectorField(spec *yaml.Node) string {
	if manifest.Field(spec, "selector") == nil {
		return ""
	}
	return "spec.selector"
}

// isMap reports whether n is a map, or absent.
func isMap(n *yaml.Node) bool {
	return n == nil || n.Kind == yaml.MappingNode || n.ShortTag() == yaml.NodeTagNull
}

// warnSelector reports a policy that is left as it is because nobody knows what it selects. Istio
// rejects a selector that is not a map; in the namespace of a profile the referee reports that.
func warnSelector(notes *survey.Notes, item *manifest.Item, profiles bool) {
	spec := manifest.Field(item.Node, "spec")
	selector := manifest.Field(spec, "selector")
	if !isMap(selector) || !isMap(manifest.Field(selector, "matchLabels")) {
		if !profiles {
			notes.WarnAt(diagnostic.SelectorNotKnown, item, "spec.selector", "is not a map of labels",
				"Istio rejects the policy, so no proxy enforces "+ruleNames(ruleNumbers(spec)), "write spec.selector.matchLabels as a map")
		}
		return
	}
	effect := "the policy was not attached to a waypoint, so no waypoint enforces " + ruleNames(ruleNumbers(spec))
	if survey.Action(spec) == "ALLOW" {
		effect = deniedClients(spec)
	}
	notes.WarnAt(diagnostic.SelectorNotKnown, item, "spec.selector", "has no matchLabels, the only field that Istio knows there", effect, "select the pods by matchLabels, or "+nameTargets)
}

// deniedClients is what it means that an ALLOW policy with HTTP attributes is not attached to a waypoint.
func deniedClients(spec *yaml.Node) string {
	return "the policy was not attached to a waypoint, and ztunnel drops rules with HTTP attributes, so the clients that " + ruleNames(survey.HTTPRules(spec)) + " should allow are denied"
}
