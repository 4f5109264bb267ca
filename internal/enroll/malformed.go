package enroll

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// isMalformed reports whether Istio rejects a policy because of the form of its rules. Such a policy
// is not in force. It is left as it is, because a copy would be rejected as well, and an edit could
// give it an effect that was never intended. In a tenant's namespace, the referee reports the field.
func isMalformed(spec *yaml.Node) bool {
	rules := filled(manifest.Field(spec, "rules"))
	if rules == nil || len(rules.Content) == 0 {
		return survey.Action(spec) == "DENY" || rules != nil && rules.Kind != yaml.SequenceNode // Istio: a DENY without rules never triggers
	}
	return rules.Kind != yaml.SequenceNode || slices.ContainsFunc(rules.Content, func(rule *yaml.Node) bool {
		rule = manifest.Dealias(rule)
		return rule.Kind != yaml.MappingNode || !isListOf(manifest.Field(rule, "from"), "source") || !isListOf(manifest.Field(rule, "to"), "operation") || !isListOf(manifest.Field(rule, "when"), "")
	})
}

// isListOf reports whether n is absent, or a list of maps that each hold a non-empty map at key.
func isListOf(n *yaml.Node, key string) bool {
	n = filled(n)
	if n == nil {
		return true
	}
	return n.Kind == yaml.SequenceNode && !slices.ContainsFunc(n.Content, func(entry *yaml.Node) bool {
		if entry = manifest.Dealias(entry); entry.Kind == yaml.MappingNode && key != "" {
			entry = manifest.Field(entry, key)
		}
		return entry == nil || entry.Kind != yaml.MappingNode || len(entry.Content) == 0
	})
}

// filled returns n, or nil for null, which Istio treats as absent.
func filled(n *yaml.Node) *yaml.Node {
	if n == nil || n.ShortTag() == yaml.NodeTagNull {
		return nil
	}
	return n
}
