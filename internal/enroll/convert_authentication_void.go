package enroll

import (
	"fmt"

	security "istio.io/api/security/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// withoutVoiding returns the JWT rules of a RequestAuthentication that is attached to targets in a
// namespace, "" for every waypoint, without those that would make verifyTokens void.
func withoutVoiding(notes *survey.Notes, item *manifest.Item, verified map[string]verifying, places map[string]place, namespace string, refs *yaml.Node) *yaml.Node {
	kept := list()
	for i, n := range manifest.Content(manifest.Field(item.Node, "spec", "jwtRules")) {
		found, lost := wouldVoid(survey.ReadJWTRule(manifest.Dealias(n)), verified, places, namespace, refs)
		if found == "" {
			kept.Content = append(kept.Content, copied(manifest.Dealias(n)))
			continue
		}
		field := fmt.Sprintf("spec.jwtRules[%d]", i)
		const out = "it would make verifyTokens void at the waypoint, so it was left out there"
		if lost {
			notes.WarnAt(diagnostic.VoidingRuleLost, item, field, found, out+", and policies see no token by that rule where "+generate.VerifyTokensName+" is not in force or does not read it",
				"write what verifyTokens is not for with targetRefs to those Services")
		} else {
			notes.WarnAt(diagnostic.VoidingRuleLeftOut, item, field, found, out+"; "+generate.VerifyTokensName+" verifies these tokens", "")
		}
	}
	return kept
}

// wouldVoid says how a rule would make verifyTokens void at some target. lost reports whether tokens
// are no longer read without the rule, because verify-tokens is not in force or does not read them.
func wouldVoid(rule *security.JWTRule, verified map[string]verifying, places map[string]place, namespace string, refs *yaml.Node) (found string, lost bool) {
	lost = rule.Issuer == ""
	for _, name := range generate.SortedKeys(places) {
		if namespace != "" && namespace != name {
			continue
		}
		v, verifies := verified[name]
		if !verifies {
			lost = true
			continue
		}
		var hit bool
		for _, ref := range manifest.Content(refs) {
			whole := manifest.Value(ref, "kind") != "Service"
			hit = hit || whole || v.covers(manifest.Value(ref, "name"))
			lost = lost || v.services != nil && (whole || !v.covers(manifest.Value(ref, "name")))
		}
		if f, _ := v.voids(rule); f != "" && hit {
			found, lost = f, lost || !v.reads(rule)
		}
	}
	return found, lost
}
