package enroll

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// deniedAtPods returns those rules of a policy whose requests ztunnel denies at the same pods in any case:
// a DENY rule with peers and ports only covers them.
func deniedAtPods(plan generate.Plan, input *survey.Index, item *manifest.Item, principals []string) []int {
	var wide []*yaml.Node
	for _, other := range input.Items {
		spec := manifest.Field(other.Node, "spec")
		if other.Group != survey.IstioSecurity || other.Kind != "AuthorizationPolicy" || other.Removed || survey.Action(spec) != "DENY" ||
			!survey.WithoutTargets(spec) || isMalformed(spec) || !survey.Enforced(other) || other.Revision() != "" && other.Revision() != item.Revision() || !selectsAllOf(plan, other, item) {
			continue
		}
		http := survey.HTTPRules(spec)
		for i, rule := range atWaypoint(plan, other.Namespace, spec, principals) {
			if !slices.Contains(http, i) {
				wide = append(wide, rule)
			}
		}
	}
	var out []int
	for i, rule := range atWaypoint(plan, item.Namespace, manifest.Field(item.Node, "spec"), principals) {
		if slices.ContainsFunc(wide, func(w *yaml.Node) bool { return covers(w, rule) }) {
			out = append(out, i)
		}
	}
	return out
}

// selectsAllOf reports whether a policy is for all pods that another one is for.
func selectsAllOf(plan generate.Plan, wide, item *manifest.Item) bool {
	chosen, known := selectorOf(manifest.Field(wide.Node, "spec"))
	other, knownOther := selectorOf(manifest.Field(item.Node, "spec"))
	return known && knownOther && (wide.Namespace == item.Namespace || wide.Namespace == plan.Mesh.RootNamespace) && other.Cover(chosen)
}

// covers reports whether a rule matches every request that another one matches, by their words: it has a
// field only if the other one has it too, with no other values.
func covers(wide, rule *yaml.Node) bool {
	return coversEntries(sourcesOf(wide), sourcesOf(rule)) && coversEntries(operationsOf(wide), operationsOf(rule)) &&
		!slices.ContainsFunc(manifest.Content(manifest.Field(wide, "when")), func(c *yaml.Node) bool {
			return !slices.ContainsFunc(manifest.Content(manifest.Field(rule, "when")), func(other *yaml.Node) bool {
				return manifest.Value(c, "key") == manifest.Value(other, "key") && coversEntry(manifest.Without(c, "key"), manifest.Without(other, "key"))
			})
		})
}

// coversEntries reports whether every entry of a list is covered by one of another list; no entries match
// every request.
func coversEntries(wide, list []*yaml.Node) bool {
	if len(wide) == 0 {
		return true
	}
	return len(list) > 0 && !slices.ContainsFunc(list, func(entry *yaml.Node) bool {
		return !slices.ContainsFunc(wide, func(w *yaml.Node) bool { return coversEntry(w, entry) })
	})
}

// coversEntry compares the fields of two sources, operations or conditions.
func coversEntry(wide, entry *yaml.Node) bool {
	if wide == nil || wide.Kind != yaml.MappingNode || len(wide.Content) == 0 {
		return false
	}
	for i := 0; i+1 < len(wide.Content); i += 2 {
		key := wide.Content[i].Value
		more, fewer := manifest.Strings(manifest.Field(wide, key)), manifest.Strings(manifest.Field(entry, key))
		if strings.HasPrefix(key, "not") {
			more, fewer = fewer, more
		}
		if len(fewer) == 0 || slices.ContainsFunc(fewer, func(text string) bool { return !slices.Contains(more, text) }) {
			return false
		}
	}
	return true
}
