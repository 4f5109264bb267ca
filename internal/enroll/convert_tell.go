package enroll

import (
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// unseen are the rules of a policy that ztunnel does not apply as they are: all of one that it does
// not get, else those that it leaves something out of.
func unseen(spec *yaml.Node) []int {
	if a := survey.Action(spec); a == "CUSTOM" || a == "AUDIT" {
		return ruleNumbers(spec)
	}
	return survey.HTTPRules(spec)
}

// atPodsOnly are attributes that a waypoint cannot compare as the sidecar of a pod did: it has the
// Service's address, and no TLS of the client's own.
var atPodsOnly = []string{"destination.ip", "connection.sni"}

// tell says what of a policy that does not allow holds where.
func tell(notes *survey.Notes, item *manifest.Item, at place, w coverage) {
	spec := manifest.Field(item.Node, "spec")
	tellWays(notes, item, w.through)
	tellModels(notes, item, w, ruleNumbers(spec))
	if len(w.parts) == 0 {
		tellNoCopy(notes, item, at, w)
		return
	}
	if http := unseen(spec); len(http) > 0 {
		effect, remedy := "they hold at the waypoint (in %s), but not %s", "add a DENY rule that names peers or ports only for what must not be reached there"
		if survey.Action(spec) == "ALLOW" {
			effect, remedy = "they hold at the waypoint (in %s), and let nobody in %s", "write them with peers and ports only"
		}
		notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("rules %v use %s, which ztunnel does not know", http, what(spec)), fmt.Sprintf(effect, survey.Names(w.copies), at.past), remedy)
	}
	if rules := comparing(spec, atPodsOnly); len(rules) > 0 {
		notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("rules %v compare %s", rules, survey.Names(atPodsOnly)), "at the waypoint they compare what is not the pod's, so they do not hold for requests to Services",
			"write them without that condition")
	}
	if len(w.partly) > 0 {
		notes.Warn(diagnostic.Uncoded, item, "its selector selects some pods of the Services "+serviceNames(w.partly)+" and not all", "the waypoint cannot tell them apart, so "+survey.Names(w.copies)+" denies requests to all of them",
			"give the other pods a Service of their own")
	}
	tellMissing(notes, item, w)
}

// what a policy uses that ztunnel does not know.
func what(spec *yaml.Node) string {
	if a := survey.Action(spec); a == "CUSTOM" || a == "AUDIT" {
		return "the action " + a
	}
	return "HTTP attributes"
}

// tellMissing names the Services that a copy may be missing for.
func tellMissing(notes *survey.Notes, item *manifest.Item, w coverage) {
	if len(w.portless) > 0 {
		notes.Warn(diagnostic.RulesNotConverted, item, "it names ports of pods, and the input does not say which port of the Services "+serviceNames(w.portless)+" leads to them",
			"the waypoint does not enforce it for requests to these Services", "name the targetPort by its number")
	}
	if len(w.unknown) > 0 {
		notes.Warn(diagnostic.RulesNotConverted, item, "its selector may select pods of the Services "+serviceNames(w.unknown)+", whose pods are not in the input",
			"the waypoint does not enforce it for requests to these Services", "put their workloads into the input, or name the Services in targetRefs of a policy")
	}
	if w.ported && manifest.Field(item.Node, "spec", "selector") == nil {
		notes.Note(diagnostic.UncodedInfo, item.String(), "names ports of pods, which a waypoint knows by the Services that lead there", "it is enforced for the Services of the input")
	}
}

// tellNoCopy warns of a policy that no waypoint enforces.
func tellNoCopy(notes *survey.Notes, item *manifest.Item, at place, w coverage) {
	spec := manifest.Field(item.Node, "spec")
	http := unseen(spec)
	if !at.all && len(w.unknown)+len(w.portless) == 0 {
		if len(http) > 0 { // all else is ztunnel's, which sees who asks: no waypoint stands before these pods
			notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("rules %v use %s, and its pods are behind no waypoint", http, what(spec)), "ztunnel, which protects them, does not know these, so the rules do not hold",
				"write them with peers and ports only, or have the component check it")
		}
		return
	}
	effect := ""
	if len(http) > 0 {
		effect = fmt.Sprintf("rules %v, which use %s, hold nowhere", http, what(spec))
	}
	why := noService(spec, w)
	if why == "" && effect == "" {
		return
	}
	if len(w.past) == 0 || len(w.unknown)+len(w.portless) > 0 {
		no := fmt.Sprintf("no waypoint enforces it: rules %v do not hold for requests to Services", ruleNumbers(spec))
		if effect != "" {
			no += ", and "
		}
		effect = no + effect
	}
	if effect != "" {
		notes.Warn(diagnostic.RulesNotConverted, item, why, effect, "put what is missing into the input, or name in targetRefs what the policy is for")
	}
}

// noService says why a policy has no copy, "" where it needs none.
func noService(spec *yaml.Node, w coverage) string {
	switch {
	case len(w.portless) > 0:
		return "it names ports of pods, and the input does not say which port of the Services " + serviceNames(w.portless) + " leads to them"
	case len(w.whole)+len(w.partly) > 0:
		return "" // they lead to none of the ports that it names
	case len(w.unknown) > 0:
		return "its selector may select pods of the Services " + serviceNames(w.unknown) + ", whose pods are not in the input"
	case len(w.past) > 0:
		return "the Services of the pods that its selector selects, " + serviceNames(w.past) + ", are not behind the waypoint"
	case manifest.Field(spec, "selector") == nil:
		return "it names ports of pods, and no Service of the input leads there"
	}
	return "its selector selects the pods of no Service in the input"
}

// comparing are the rules with a condition on one of some keys.
func comparing(spec *yaml.Node, keys []string) []int {
	var out []int
	for i, rule := range survey.RulesOf(spec) {
		if slices.ContainsFunc(manifest.Content(manifest.Field(manifest.Dealias(rule), "when")), func(c *yaml.Node) bool { return slices.Contains(keys, manifest.Value(manifest.Dealias(c), "key")) }) {
			out = append(out, i)
		}
	}
	return out
}

// ruleNumbers are all of a policy's rules.
func ruleNumbers(spec *yaml.Node) []int {
	var out []int
	for i := range survey.RulesOf(spec) {
		out = append(out, i)
	}
	return out
}
