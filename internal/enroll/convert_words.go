package enroll

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// ruleNumbers returns the numbers of all rules of a policy.
func ruleNumbers(spec *yaml.Node) []int {
	var out []int
	for i := range survey.RulesOf(spec) {
		out = append(out, i)
	}
	return out
}

// unseen returns the rules of a policy that ztunnel does not apply as they are: all of a policy that
// it does not get, else those with HTTP attributes.
func unseen(spec *yaml.Node) []int {
	if isUnseenAction(spec) {
		return ruleNumbers(spec)
	}
	return survey.HTTPRules(spec)
}

// isUnseenAction reports whether ztunnel does not know the action of a policy.
func isUnseenAction(spec *yaml.Node) bool {
	a := survey.Action(spec)
	return a == "CUSTOM" || a == "AUDIT"
}

// unseenAttribute names what a policy uses and ztunnel does not know.
func unseenAttribute(spec *yaml.Node) string {
	if isUnseenAction(spec) {
		return "the action " + survey.Action(spec)
	}
	return "HTTP attributes"
}

// aboutUnseen returns the field and the first part of a message about what ztunnel does not know of a
// policy. The sentence ends with rest.
func aboutUnseen(spec *yaml.Node, rest string) (field, found string) {
	if isUnseenAction(spec) {
		return "spec.action", "is " + survey.Action(spec) + rest
	}
	return aboutRules(survey.HTTPRules(spec), "uses HTTP attributes"+rest, "use HTTP attributes"+rest)
}

// theUnseen refers to the rules of a message that begins with aboutUnseen: it names those of an action.
func theUnseen(spec *yaml.Node) string {
	if isUnseenAction(spec) {
		return ruleNames(ruleNumbers(spec))
	}
	return theRules(survey.HTTPRules(spec))
}

// theRules refers to rules that a message has named.
func theRules(rules []int) string { return agree(rules, "the rule", "these rules") }

// aboutRules returns the field and the first part of a message about some rules of a policy: the field
// names one rule, and the sentence names several.
func aboutRules(rules []int, one, several string) (field, found string) {
	if len(rules) == 1 {
		return "spec." + ruleNames(rules), one
	}
	return "", ruleNames(rules) + " " + several
}

// ruleNames names rules as a manifest has them, such as rules[0] and rules[2].
func ruleNames(rules []int) string {
	names := make([]string, len(rules))
	for i, n := range rules {
		names[i] = fmt.Sprintf("rules[%d]", n)
	}
	return inWords(names)
}

// agree returns the words for one rule, or for several.
func agree(rules []int, one, several string) string {
	if len(rules) == 1 {
		return one
	}
	return several
}

// inWords lists names in a sentence.
func inWords(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// firstOf returns the first few of some names, and how many more there are.
func firstOf(names []string, few int) []string {
	if len(names) <= few {
		return names
	}
	return append(slices.Clone(names[:few]), fmt.Sprintf("%d more", len(names)-few))
}

// servicesNamed names Services in a sentence, and of many the first few.
func servicesNamed(services []survey.Service) string {
	var names []string
	for _, s := range services {
		if !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	noun := "Services "
	if len(names) == 1 {
		noun = "Service "
	}
	return noun + inWords(firstOf(names, 5))
}

// atPodsOnly are attributes that a waypoint cannot compare as the sidecar of a pod did: it has the
// address of the Service, and none of the client's own TLS.
var atPodsOnly = []string{"destination.ip", "connection.sni"}

// podAttributes names them.
var podAttributes = strings.Join(atPodsOnly, " or ")

// comparing returns the rules that have a condition on one of some keys.
func comparing(spec *yaml.Node, keys []string) []int {
	var out []int
	for i, rule := range survey.RulesOf(spec) {
		if slices.ContainsFunc(manifest.Content(manifest.Field(manifest.Dealias(rule), "when")), func(c *yaml.Node) bool { return slices.Contains(keys, manifest.Value(manifest.Dealias(c), "key")) }) {
			out = append(out, i)
		}
	}
	return out
}
