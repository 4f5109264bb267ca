package enroll

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// matches reports whether a label selector of Kubernetes selects what has these labels; one that is
// empty, or not there, selects everything. With more, there may be other labels that the input does
// not show, and the answer is whether it could.
func matches(selector *yaml.Node, has map[string]string, more bool) bool {
	wanted := field(selector, "matchLabels")
	for i := 0; wanted != nil && i+1 < len(wanted.Content); i += 2 {
		if found, known := has[wanted.Content[i].Value]; !known && !more || known && found != dealias(wanted.Content[i+1]).Value {
			return false
		}
	}
	for _, expression := range content(field(selector, "matchExpressions")) {
		if !matchesExpression(dealias(expression), has, more) {
			return false
		}
	}
	return true
}

func matchesExpression(expression *yaml.Node, has map[string]string, more bool) bool {
	found, known := has[value(expression, "key")]
	if !known && more {
		return true
	}
	named := known && slices.ContainsFunc(content(field(expression, "values")), func(n *yaml.Node) bool { return dealias(n).Value == found })
	switch value(expression, "operator") {
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

// valuesOf are the values to which a label selector narrows a key, and whether it does.
func valuesOf(selector *yaml.Node, key string) (values []string, narrowed bool) {
	if text := value(field(selector, "matchLabels"), key); text != "" {
		return []string{text}, true
	}
	for _, expression := range content(field(selector, "matchExpressions")) {
		expression = dealias(expression)
		if value(expression, "key") == key && value(expression, "operator") == "In" {
			for _, n := range content(field(expression, "values")) {
				values = append(values, dealias(n).Value)
			}
			return values, true
		}
	}
	return nil, false
}
