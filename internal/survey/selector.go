package survey

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// Matches reports whether a label selector of Kubernetes selects what has these labels; one that is
// empty, or not there, selects everything. With more, there may be other labels that the input does
// not show, and the answer is whether it could.
func Matches(selector *yaml.Node, has map[string]string, more bool) bool {
	wanted := manifest.Field(selector, "matchLabels")
	for i := 0; wanted != nil && i+1 < len(wanted.Content); i += 2 {
		if found, known := has[wanted.Content[i].Value]; !known && !more || known && found != manifest.Dealias(wanted.Content[i+1]).Value {
			return false
		}
	}
	for _, expression := range manifest.Content(manifest.Field(selector, "matchExpressions")) {
		if !matchesExpression(manifest.Dealias(expression), has, more) {
			return false
		}
	}
	return true
}

func matchesExpression(expression *yaml.Node, has map[string]string, more bool) bool {
	found, known := has[manifest.Value(expression, "key")]
	if !known && more {
		return true
	}
	named := known && slices.ContainsFunc(manifest.Content(manifest.Field(expression, "values")), func(n *yaml.Node) bool { return manifest.Dealias(n).Value == found })
	switch manifest.Value(expression, "operator") {
	case "In":
		return named
	case "NotIn": // Kubernetes: also what has no such label
		return !named
	case "Exists":
		return known
	default: // DoesNotExist
		return !known
	}
}

// ValuesOf are the values to which a label selector narrows a key, and whether it does.
func ValuesOf(selector *yaml.Node, key string) (values []string, narrowed bool) {
	if text := manifest.Value(selector, "matchLabels", key); text != "" {
		return []string{text}, true
	}
	for _, expression := range manifest.Content(manifest.Field(selector, "matchExpressions")) {
		expression = manifest.Dealias(expression)
		if manifest.Value(expression, "key") == key && manifest.Value(expression, "operator") == "In" {
			for _, n := range manifest.Content(manifest.Field(expression, "values")) {
				values = append(values, manifest.Dealias(n).Value)
			}
			return values, true
		}
	}
	return nil, false
}
