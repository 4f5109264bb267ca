package enroll

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// readsToken reports whether a rule compares what a RequestAuthentication has read from a token.
func readsToken(rule *yaml.Node) bool {
	return slices.ContainsFunc(sourcesOf(rule), func(s *yaml.Node) bool {
		return field(s, "requestPrincipals") != nil || field(s, "notRequestPrincipals") != nil
	}) || slices.ContainsFunc(content(field(rule, "when")), func(c *yaml.Node) bool {
		return strings.HasPrefix(value(dealias(c), "key"), "request.auth.")
	})
}

// convertAuthentications attaches to a waypoint the RequestAuthentications that policies there
// depend on: neither ztunnel nor a waypoint looks at one without targetRefs, and without it no
// request has a principal or a claim.
func (c *copies) convertAuthentications(places map[string]place) {
	depend := map[string]*Item{} // a policy of each namespace that reads tokens
	note := func(namespace string, item *Item, spec *yaml.Node) {
		if depend[namespace] == nil && slices.ContainsFunc(rulesOf(spec), func(rule *yaml.Node) bool { return readsToken(dealias(rule)) }) {
			depend[namespace] = item
		}
	}
	c.live(istioSecurity, "AuthorizationPolicy", func(item *Item) {
		if _, known := places[item.Namespace]; known && !withoutTargets(field(item.Node, "spec")) {
			note(item.Namespace, item, field(item.Node, "spec"))
		}
	})
	for _, o := range c.out {
		note(o.Namespace, c.source[o.Name], o.Fields["spec"].(*yaml.Node))
	}
	var anywhere *Item
	for _, namespace := range generate.SortedKeys(depend) {
		anywhere = depend[namespace]
		break
	}
	c.live(istioSecurity, "RequestAuthentication", func(item *Item) {
		spec := field(item.Node, "spec")
		policy := depend[item.Namespace]
		if !withoutTargets(spec) || spec == nil {
			return
		}
		at, known := places[item.Namespace]
		switch {
		case item.Namespace == c.plan.Mesh.RootNamespace:
			if anywhere != nil && len(labelsOf(field(field(spec, "selector"), "matchLabels"))) == 0 {
				c.rootAuthentication(item, spec, anywhere)
			}
		case known && policy != nil:
			c.attachAuthentication(item, spec, at, policy)
		}
	})
}

// attachAuthentication attaches one to what its own selector is for.
func (c *copies) attachAuthentication(item *Item, spec *yaml.Node, at place, policy *Item) {
	selector := field(spec, "selector")
	labels := field(selector, "matchLabels")
	if !isSelector(selector, labels) {
		return
	}
	refs := list(ref(gatewayGroup, "Gateway", at.waypoint))
	if wanted := labelsOf(labels); len(wanted) > 0 {
		found := c.selectedBy(at, wanted)
		services := slices.Concat(found.whole, found.partly)
		if len(services) == 0 || len(services) > mostTargets {
			c.loses(item, fmt.Sprintf("its selector names the pods of %d Services behind the waypoint, and %s depends on it", len(services), policy),
				"it cannot be attached to them, so no request there has a verified token for that policy", fmt.Sprintf("name in targetRefs what it is for, at most %d Services", mostTargets))
			return
		}
		if len(found.partly) > 0 {
			c.warn(item, "its selector selects some pods of the Services "+serviceNames(found.partly)+" and not all", "the waypoint verifies the tokens of requests to all of them, and refuses those with an invalid one",
				"give the other pods a Service of their own")
		}
		refs = list()
		for _, s := range services {
			refs.Content = append(refs.Content, ref("", "Service", s.name))
		}
	}
	rules := field(spec, "jwtRules")
	kept := c.withoutVoiding(item, rules, item.Namespace, refs)
	if len(kept.Content) == 0 && len(content(rules)) > 0 {
		return
	}
	item.drop(spec, "selector")
	item.set(spec, "targetRefs", refs)
	if len(kept.Content) < len(content(rules)) {
		item.set(spec, "jwtRules", kept)
	}
}

// rootAuthentication copies one that is for the whole mesh to every waypoint. It stays as it is for
// gateways.
func (c *copies) rootAuthentication(item *Item, spec *yaml.Node, policy *Item) {
	if c.plan.Platform == nil {
		c.loses(item, fmt.Sprintf("is for the whole mesh, has no targetRefs, and %s depends on it", policy), "no waypoint looks at it, so no request there has a verified token for that policy",
			"set cluster.platform.enabled: true, or write a copy with targetRefs to the waypoint")
		return
	}
	refs := list(ref(gatewayGroup, "GatewayClass", "istio-waypoint"))
	rules := c.withoutVoiding(item, field(spec, "jwtRules"), "", refs)
	if len(rules.Content) == 0 && len(content(field(spec, "jwtRules"))) > 0 {
		return
	}
	fresh := copied(without(without(spec, "selector"), "jwtRules"))
	fresh.Content = append(fresh.Content, scalar("targetRefs"), refs, scalar("jwtRules"), rules)
	fresh.Style = 0
	sortKeys(fresh)
	c.out = append(c.out, generate.Object{
		APIVersion: "security.istio.io/v1", Kind: item.Kind, Namespace: item.Namespace,
		Name: c.name(item.Kind, item.Namespace, item.Name, suffix), Fields: generate.Fields{"spec": fresh}, Labels: revisionOf(item),
	})
}
