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
func (c *copies) convertAuthentications(places map[string]place) {
	depend := map[string]*manifest.Item{} // a policy of each namespace that reads tokens
	note := func(namespace string, item *manifest.Item, spec *yaml.Node) {
		if depend[namespace] == nil && slices.ContainsFunc(survey.RulesOf(spec), func(rule *yaml.Node) bool { return readsToken(manifest.Dealias(rule)) }) {
			depend[namespace] = item
		}
	}
	c.input.Live(survey.IstioSecurity, "AuthorizationPolicy", func(item *manifest.Item) {
		if _, known := places[item.Namespace]; known && !survey.WithoutTargets(manifest.Field(item.Node, "spec")) {
			note(item.Namespace, item, manifest.Field(item.Node, "spec"))
		}
	})
	for _, o := range c.out {
		note(o.Namespace, c.source[o.Name], o.Fields["spec"].(*yaml.Node))
	}
	var anywhere *manifest.Item
	for _, namespace := range generate.SortedKeys(depend) {
		anywhere = depend[namespace]
		break
	}
	c.input.Live(survey.IstioSecurity, "RequestAuthentication", func(item *manifest.Item) {
		spec := manifest.Field(item.Node, "spec")
		policy := depend[item.Namespace]
		if !survey.WithoutTargets(spec) || spec == nil {
			return
		}
		at, known := places[item.Namespace]
		switch {
		case item.Namespace == c.plan.Mesh.RootNamespace:
			if anywhere != nil && len(survey.LabelsOf(manifest.Field(spec, "selector", "matchLabels"))) == 0 {
				c.rootAuthentication(item, spec, anywhere)
			}
		case known && policy != nil:
			c.attachAuthentication(item, spec, at, policy)
		}
	})
}

// attachAuthentication attaches one to what its own selector is for.
func (c *copies) attachAuthentication(item *manifest.Item, spec *yaml.Node, at place, policy *manifest.Item) {
	selector := manifest.Field(spec, "selector")
	labels := manifest.Field(selector, "matchLabels")
	if !isSelector(selector, labels) {
		return
	}
	refs := list(ref(survey.GatewayGroup, "Gateway", at.waypoint))
	if wanted := survey.LabelsOf(labels); len(wanted) > 0 {
		found := selectedBy(c.input, at, wanted)
		services := slices.Concat(found.whole, found.partly)
		if len(services) == 0 || len(services) > mostTargets {
			c.notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("its selector names the pods of %d Services behind the waypoint, and %s depends on it", len(services), policy),
				"it cannot be attached to them, so no request there has a verified token for that policy", fmt.Sprintf("name in targetRefs what it is for, at most %d Services", mostTargets))
			return
		}
		if len(found.partly) > 0 {
			c.notes.Warn(diagnostic.Uncoded, item, "its selector selects some pods of the Services "+serviceNames(found.partly)+" and not all", "the waypoint verifies the tokens of requests to all of them, and refuses those with an invalid one",
				"give the other pods a Service of their own")
		}
		refs = list()
		for _, s := range services {
			refs.Content = append(refs.Content, ref("", "Service", s.Name))
		}
	}
	rules := manifest.Field(spec, "jwtRules")
	kept := c.withoutVoiding(item, rules, item.Namespace, refs)
	if len(kept.Content) == 0 && len(manifest.Content(rules)) > 0 {
		return
	}
	item.Drop(spec, "selector")
	item.Set(spec, "targetRefs", refs)
	if len(kept.Content) < len(manifest.Content(rules)) {
		item.Set(spec, "jwtRules", kept)
	}
}

// rootAuthentication copies one that is for the whole mesh to every waypoint. It stays as it is for
// gateways.
func (c *copies) rootAuthentication(item *manifest.Item, spec *yaml.Node, policy *manifest.Item) {
	if c.plan.Platform == nil {
		c.notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("is for the whole mesh, has no targetRefs, and %s depends on it", policy), "no waypoint looks at it, so no request there has a verified token for that policy",
			"set cluster.platform.enabled: true, or write a copy with targetRefs to the waypoint")
		return
	}
	refs := list(ref(survey.GatewayGroup, "GatewayClass", "istio-waypoint"))
	rules := c.withoutVoiding(item, manifest.Field(spec, "jwtRules"), "", refs)
	if len(rules.Content) == 0 && len(manifest.Content(manifest.Field(spec, "jwtRules"))) > 0 {
		return
	}
	fresh := copied(manifest.Without(manifest.Without(spec, "selector"), "jwtRules"))
	fresh.Content = append(fresh.Content, manifest.Text("targetRefs"), refs, manifest.Text("jwtRules"), rules)
	fresh.Style = 0
	sortKeys(fresh)
	c.out = append(c.out, generate.Object{
		APIVersion: "security.istio.io/v1", Kind: item.Kind, Namespace: item.Namespace,
		Name: c.name(item.Kind, item.Namespace, item.Name, suffix), Fields: generate.Fields{"spec": fresh}, Labels: revisionOf(item),
	})
}
