package enroll

import (
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// warnCoverage reports where the copies of a policy are not enforced as the policy was. A policy
// without copies gets one message.
func warnCoverage(notes *survey.Notes, item *manifest.Item, at place, w coverage) {
	if len(w.parts) == 0 {
		warnNoCopy(notes, item, at, w)
		return
	}
	spec := manifest.Field(item.Node, "spec")
	if len(unseen(spec)) > 0 {
		warnOnlyAtWaypoint(notes, item, at.past, w.denied)
	}
	if rules := comparing(spec, atPodsOnly); len(rules) > 0 {
		field, found := aboutRules(rules, "compares "+podAttributes, "compare "+podAttributes)
		notes.WarnAt(diagnostic.PodAttributeAtWaypoint, item, field, found,
			"a waypoint does not see these of a pod, so it does not enforce "+theRules(rules)+" for requests to Services", "remove the condition")
	}
	if mixed := slices.Concat(w.partly, w.through.mixed); len(mixed) > 0 {
		notes.WarnAt(diagnostic.OtherPodsToo, item, "spec.selector", "selects some but not all pods behind "+servicesNamed(mixed),
			"a waypoint cannot tell pods apart, so it enforces the policy for all of them", "give the other pods a Service of their own")
	}
	unenforced := "the waypoint does not enforce " + ruleNames(ruleNumbers(spec)) + " for requests there, and ztunnel sees the waypoint as the client"
	for _, why := range missing(spec, w) {
		notes.WarnAt(why.code, item, why.field, why.found, unenforced, why.remedy)
	}
	if w.ported && manifest.Field(spec, "selector") == nil {
		notes.WarnAt(diagnostic.OnlyForServicesOfInput, item, "", "names ports of pods, which a waypoint knows as ports of Services only", "its copies are for the Services in the input", "")
	}
}

// warnOnlyAtWaypoint reports rules that ztunnel does not enforce; past says for which requests. It denies
// those of the rules denied all the same.
func warnOnlyAtWaypoint(notes *survey.Notes, item *manifest.Item, past string, denied []int) {
	spec := manifest.Field(item.Node, "spec")
	rules := slices.DeleteFunc(unseen(spec), func(i int) bool { return slices.Contains(denied, i) })
	if len(rules) == 0 {
		return
	}
	field, found := aboutRules(rules, "uses HTTP attributes, which ztunnel does not enforce", "use HTTP attributes, which ztunnel does not enforce")
	the := theRules(rules)
	if isUnseenAction(spec) {
		field, found, the = "spec.action", "is "+survey.Action(spec)+", which ztunnel does not enforce", ruleNames(rules)
	}
	effect := "the waypoint enforces " + the + ", but no proxy does " + past
	remedy := "add a DENY policy for the same pods, peers and ports without HTTP attributes, which then holds at the waypoint too"
	switch survey.Action(spec) {
	case "ALLOW":
		effect, remedy = "the waypoint enforces "+the+", but the clients that "+agree(rules, "it allows", "they allow")+" are denied "+past, "write the rules with peers and ports only"
	case "AUDIT":
		remedy = "call the pods by their Services where requests must be logged"
	}
	notes.WarnAt(diagnostic.OnlyAtWaypoint, item, field, found, effect, remedy)
}

// warnNoCopy reports a policy that no waypoint enforces.
func warnNoCopy(notes *survey.Notes, item *manifest.Item, at place, w coverage) {
	spec := manifest.Field(item.Node, "spec")
	all, http, lacks := ruleNumbers(spec), unseen(spec), missing(spec, w)
	if !at.all && len(lacks) == 0 {
		if len(http) > 0 { // ztunnel enforces all others, and sees the client: no waypoint is in front of these pods
			field, found := aboutUnseen(spec, ", and the pods of the policy are behind no waypoint")
			notes.WarnAt(diagnostic.BehindNoWaypoint, item, field, found,
				"ztunnel, which protects them, does not know "+unseenAttribute(spec)+", so no proxy enforces "+theUnseen(spec),
				"write the rules with peers and ports only, or have the component check them")
		}
		return
	}
	var effects []string
	if len(http) < len(all) && (len(lacks) > 0 || len(w.past)+len(w.whole)+len(w.partly) == 0) {
		effects = append(effects, "no waypoint enforces "+ruleNames(all)+" for requests there")
	}
	if len(http) > 0 {
		effects = append(effects, "ztunnel does not know "+unseenAttribute(spec)+", so no proxy enforces "+ruleNames(http))
	}
	if len(effects) > 0 {
		why := noCopy(spec, w)
		notes.WarnAt(why.code, item, why.field, why.found, strings.Join(effects, ", and "), why.remedy)
	}
}
