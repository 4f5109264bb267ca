package survey

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// What ztunnel understands in a rule; every other attribute is HTTP, or unknown and as good as it
// (istiod: ambient handleRule, l4WhenAttributes).
var (
	L4Source     = []string{"principals", "notPrincipals", "namespaces", "notNamespaces", "ipBlocks", "notIpBlocks", "serviceAccounts", "notServiceAccounts"}
	L4Operation  = []string{"ports", "notPorts"}
	L4Conditions = []string{"source.ip", "source.namespace", "source.principal", "destination.ip", "destination.port"}
)

// RulesOf are a policy's rules, never nil nodes.
func RulesOf(spec *yaml.Node) []*yaml.Node {
	if rules := manifest.Field(spec, "rules"); rules != nil && rules.Kind == yaml.SequenceNode {
		return rules.Content
	}
	return nil
}

// HTTPRules are the indices of the rules that hold an HTTP attribute.
func HTTPRules(spec *yaml.Node) []int {
	var found []int
	for i, rule := range RulesOf(spec) {
		if holdsHTTP(manifest.Dealias(rule)) {
			found = append(found, i)
		}
	}
	return found
}

func holdsHTTP(rule *yaml.Node) bool {
	for _, part := range []struct {
		list, below string
		l4          []string
	}{{"from", "source", L4Source}, {"to", "operation", L4Operation}} {
		for _, item := range manifest.Content(manifest.Field(rule, part.list)) {
			attributes := manifest.Field(manifest.Dealias(item), part.below)
			for i := 0; attributes != nil && i+1 < len(attributes.Content); i += 2 {
				if !slices.Contains(part.l4, attributes.Content[i].Value) {
					return true
				}
			}
		}
	}
	for _, condition := range manifest.Content(manifest.Field(rule, "when")) {
		if !slices.Contains(L4Conditions, manifest.Value(manifest.Dealias(condition), "key")) {
			return true
		}
	}
	return false
}
