package enroll

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// followIngress has rules that are for the old gateway be for the new one too, where they do not
// name the principal itself: by a pattern, by a service account, or by the gateway's namespace. What
// allows is not made to allow a whole namespace.
func (e *enrolment) followIngress(item *Item, rules []*yaml.Node, allows bool) {
	for _, rule := range rules {
		e.followIngressIn(item, dealias(rule), allows)
	}
}

func (e *enrolment) followIngressIn(item *Item, rule *yaml.Node, allows bool) {
	namespace := item.Namespace
	old, now := e.plan.Mesh.OldIngress, e.plan.Mesh.Ingress
	oldNamespace, _ := partsOf(old)
	nowNamespace, nowAccount := partsOf(now)
	for _, source := range sourcesOf(rule) {
		for _, key := range []string{"principals", "notPrincipals"} {
			if matchesOnly(field(source, key), old, now) {
				item.addTexts(source, key, []string{now})
			}
		}
		for _, key := range []string{"serviceAccounts", "notServiceAccounts"} {
			if namesAccount(field(source, key), namespace, old) && !namesAccount(field(source, key), namespace, now) {
				item.addTexts(source, key, []string{nowNamespace + "/" + nowAccount})
			}
		}
		if !allows && matchesOnly(field(source, "namespaces"), oldNamespace, nowNamespace) {
			item.addTexts(source, "namespaces", []string{nowNamespace})
		}
		if matchesOnly(field(source, "notNamespaces"), oldNamespace, nowNamespace) {
			item.addTexts(source, "notPrincipals", []string{now})
		}
	}
	for _, condition := range slices.Clone(content(field(rule, "when"))) {
		condition = dealias(condition)
		values, without := field(condition, "values"), field(condition, "notValues")
		switch value(condition, "key") {
		case sourcePrincipal:
			if matchesOnly(values, old, now) {
				item.addTexts(condition, "values", []string{now})
			}
			if matchesOnly(without, old, now) {
				item.addTexts(condition, "notValues", []string{now})
			}
		case "source.namespace":
			if !allows && matchesOnly(values, oldNamespace, nowNamespace) {
				item.addTexts(condition, "values", []string{nowNamespace})
			}
			if matchesOnly(without, oldNamespace, nowNamespace) {
				item.addCondition(rule, sourcePrincipal, "notValues", now)
			}
		}
	}
}

// matchesOnly reports whether some pattern of a list matches one text, and none the other.
func matchesOnly(patterns *yaml.Node, one, other string) bool {
	matches := func(text string) bool {
		return slices.ContainsFunc(content(patterns), func(n *yaml.Node) bool { return fitsPattern(dealias(n).Value, text) })
	}
	return matches(one) && !matches(other)
}

// namesAccount reports whether a list of service accounts has a principal's; a bare name is one of
// the policy's own namespace.
func namesAccount(accounts *yaml.Node, namespace, principal string) bool {
	return slices.ContainsFunc(content(accounts), func(n *yaml.Node) bool {
		name := dealias(n).Value
		if !strings.Contains(name, "/") {
			name = namespace + "/" + name
		}
		ns, account := partsOf(principal)
		return name == ns+"/"+account
	})
}
