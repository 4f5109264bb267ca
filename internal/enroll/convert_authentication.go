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
// depend on: neither ztunnel nor a waypoint looks at one without targetRefs, and without it no
// request has a principal or a claim.
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
	var anywhere *manifest.Item
	for _, namespace := range generate.SortedKeys(depend) {
		anywhere = depend[namespace]
		break
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
			if anywhere != nil && len(survey.LabelsOf(manifest.Field(spec, "selector", "matchLabels"))) == 0 {
				copyAuthentication(plan, notes, made, places, verified, item, anywhere)
			}
		case known && policy != nil:
			attachAuthentication(input, notes, places, verified, item, policy)
		}
	})
}

// attachAuthentication attaches one to what its own selector is for.
func attachAuthentication(input *survey.Index, notes *survey.Notes, places map[string]place, verified map[string]verifying, item, policy *manifest.Item) {
	spec, at := manifest.Field(item.Node, "spec"), places[item.Namespace]
	selector := manifest.Field(spec, "selector")
	labels := manifest.Field(selector, "matchLabels")
	if !isSelector(selector, labels) {
		return
	}
	refs := list(ref(survey.GatewayGroup, "Gateway", at.waypoint))
	if wanted := survey.LabelsOf(labels); len(wanted) > 0 {
		found := selectedBy(input, at, wanted)
		services := slices.Concat(found.whole, found.partly)
		if len(services) == 0 || len(services) > mostTargets {
			notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("its selector names the pods of %d Services behind the waypoint, and %s depends on it", len(services), policy),
				"it cannot be attached to them, so no request there has a verified token for that policy", fmt.Sprintf("name in targetRefs what it is for, at most %d Services", mostTargets))
			return
		}
		if len(found.partly) > 0 {
			notes.Warn(diagnostic.Uncoded, item, "its selector selects some pods of the Services "+serviceNames(found.partly)+" and not all", "the waypoint verifies the tokens of requests to all of them, and refuses those with an invalid one",
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

// copyAuthentication copies one that is for the whole mesh to every waypoint. It stays as it is for
// gateways.
func copyAuthentication(plan generate.Plan, notes *survey.Notes, made *copies, places map[string]place, verified map[string]verifying, item, policy *manifest.Item) {
	spec := manifest.Field(item.Node, "spec")
	if plan.Platform == nil {
		notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("is for the whole mesh, has no targetRefs, and %s depends on it", policy), "no waypoint looks at it, so no request there has a verified token for that policy",
			"set cluster.platform.enabled: true, or write a copy with targetRefs to the waypoint")
		return
	}
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
