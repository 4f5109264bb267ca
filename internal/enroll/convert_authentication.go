package enroll

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// readsToken reports whether a rule compares what a RequestAuthentication has read from a token.
func readsToken(rule *yaml.Node) bool {
	return slices.ContainsFunc(sourcesOf(rule), func(s *yaml.Node) bool {
		return manifest.Field(s, "requestPrincipals") != nil || manifest.Field(s, "notRequestPrincipals") != nil
	}) || slices.ContainsFunc(manifest.Content(manifest.Field(rule, "when")), func(c *yaml.Node) bool {
		return strings.HasPrefix(manifest.Value(manifest.Dealias(c), "key"), "request.auth.")
	})
}

// convertAuthentications attaches to a waypoint the RequestAuthentications that policies there
// depend on. Neither ztunnel nor a waypoint reads one without targetRefs, and without it no request
// has a principal or a claim.
func convertAuthentications(plan generate.Plan, input *survey.Index, notes *survey.Notes, made *copies, places map[string]place) {
	verified := verifyingIn(plan, made.wanted, places)
	depend := map[string]*manifest.Item{} // a policy of each namespace that reads tokens
	note := func(namespace string, item *manifest.Item, spec *yaml.Node) {
		if depend[namespace] == nil && slices.ContainsFunc(survey.RulesOf(spec), func(rule *yaml.Node) bool { return readsToken(manifest.Dealias(rule)) }) {
			depend[namespace] = item
		}
	}
	input.Live(survey.IstioSecurity, "AuthorizationPolicy", func(item *manifest.Item) {
		if _, known := places[item.Namespace]; known && !survey.WithoutTargets(manifest.Field(item.Node, "spec")) {
			note(item.Namespace, item, manifest.Field(item.Node, "spec"))
		}
	})
	for i, o := range made.objects {
		note(o.Namespace, made.sources[i], o.Fields["spec"].(*yaml.Node))
	}
	input.Live(survey.IstioSecurity, "RequestAuthentication", func(item *manifest.Item) {
		spec := manifest.Field(item.Node, "spec")
		policy := depend[item.Namespace]
		if !survey.WithoutTargets(spec) || spec == nil {
			return
		}
		_, known := places[item.Namespace]
		switch {
		case item.Namespace == plan.Mesh.RootNamespace:
			switch {
			case len(depend) == 0 || len(survey.LabelsOf(manifest.Field(spec, "selector", "matchLabels"))) > 0:
			case plan.Platform != nil:
				copyAuthentication(notes, made, places, verified, item)
			default:
				warnMeshTokens(plan, input, notes, places, item, depend)
			}
		case known && policy != nil:
			attachAuthentication(input, notes, places, verified, item, policy)
		}
	})
}

// attachAuthentication attaches a RequestAuthentication to the Services whose pods it selects, or to
// the waypoint.
func attachAuthentication(input *survey.Index, notes *survey.Notes, places map[string]place, verified map[string]verifying, item, policy *manifest.Item) {
	spec, at := manifest.Field(item.Node, "spec"), places[item.Namespace]
	wanted, known := selectorOf(spec)
	if !known {
		return
	}
	refs := list(ref(survey.GatewayGroup, "Gateway", at.waypoint))
	if len(wanted) > 0 {
		found := selectedBy(input, at, wanted)
		services := slices.Concat(found.whole, found.partly)
		if why := tooFewOrMany(services); why.found != "" {
			notes.WarnAt(diagnostic.TokensNotVerified, item, "spec.selector", why.found,
				fmt.Sprintf("the RequestAuthentication was not attached to a waypoint, so %s finds no verified token in requests there", policy), why.remedy)
			return
		}
		if len(found.partly) > 0 {
			notes.WarnAt(diagnostic.TokensOfOtherPods, item, "spec.selector", "selects some but not all pods behind "+servicesNamed(found.partly),
				"the waypoint verifies the tokens of requests to all of them, and denies requests with an invalid one",
				"give the other pods a Service of their own")
		}
		refs = refsTo(services)
	}
	rules := manifest.Field(spec, "jwtRules")
	kept := withoutVoiding(notes, item, verified, places, item.Namespace, refs)
	if len(kept.Content) == 0 && len(manifest.Content(rules)) > 0 {
		return
	}
	item.Drop(spec, "selector")
	item.Set(spec, "targetRefs", refs)
	if len(kept.Content) < len(manifest.Content(rules)) {
		item.Set(spec, "jwtRules", kept)
	}
}

// tooFewOrMany says why a RequestAuthentication cannot be attached to Services; its found is "" if it
// can be.
func tooFewOrMany(services []survey.Service) (why obstacle) {
	switch {
	case len(services) == 0:
		why.found, why.remedy = "selects the pods of no Service behind the waypoint", "add their Service to the input, or name in targetRefs what it is for"
	case len(services) > mostTargets:
		why.found = fmt.Sprintf("selects the pods of %d Services, and a RequestAuthentication can name %d", len(services), mostTargets)
		why.remedy = fmt.Sprintf("write several with targetRefs, each for at most %d Services", mostTargets)
	}
	return why
}

// warnMeshTokens reports a RequestAuthentication of the whole mesh that is not copied to the waypoint in
// front of a policy which depends on it.
func warnMeshTokens(plan generate.Plan, input *survey.Index, notes *survey.Notes, places map[string]place, item *manifest.Item, depend map[string]*manifest.Item) {
	if atEveryWaypoint(plan, input, item) {
		return
	}
	spec := manifest.Field(item.Node, "spec")
	for _, namespace := range generate.SortedKeys(depend) {
		if hasCopy(plan, input, item, spec, namespace, ref(survey.GatewayGroup, "Gateway", places[namespace].waypoint)) {
			continue
		}
		notes.WarnAt(diagnostic.MeshTokensNotVerified, item, "", "is for the whole mesh and has no targetRefs", fmt.Sprintf("no waypoint reads it, so %s finds no verified token in requests there", depend[namespace]),
			"set cluster.platform.enabled: true, or write a copy with targetRefs to the waypoint")
		return
	}
}

// copyAuthentication copies a RequestAuthentication of the whole mesh to every waypoint. The original
// stays in force at gateways.
func copyAuthentication(notes *survey.Notes, made *copies, places map[string]place, verified map[string]verifying, item *manifest.Item) {
	spec := manifest.Field(item.Node, "spec")
	refs := list(ref(survey.GatewayGroup, "GatewayClass", "istio-waypoint"))
	rules := withoutVoiding(notes, item, verified, places, "", refs)
	if len(rules.Content) == 0 && len(manifest.Content(manifest.Field(spec, "jwtRules"))) > 0 {
		return
	}
	fresh := copied(manifest.Without(manifest.Without(spec, "selector"), "jwtRules"))
	fresh.Content = append(fresh.Content, manifest.Text("targetRefs"), refs, manifest.Text("jwtRules"), rules)
	fresh.Style = 0
	sortKeys(fresh)
	made.add(item, item.Namespace, item.Name, suffix, fresh)
}
