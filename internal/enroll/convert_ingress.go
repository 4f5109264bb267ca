package enroll

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// followIngress adds the new gateway to rules that mean the old one without naming its principal: by
// a pattern, or by the gateway's namespace. It never makes an ALLOW rule allow a
// whole namespace.
func followIngress(plan generate.Plan, item *manifest.Item, rules []*yaml.Node, allows bool) {
	for _, rule := range rules {
		followIngressIn(plan, item, manifest.Dealias(rule), allows)
	}
}

// replaceAccounts replaces the service account of the old gateway by that of the new one.
func replaceAccounts(plan generate.Plan, item *manifest.Item, rules []*yaml.Node) {
	namespace, account := partsOf(plan.Mesh.Ingress)
	for _, rule := range rules {
		for _, source := range sourcesOf(manifest.Dealias(rule)) {
			for _, key := range []string{"serviceAccounts", "notServiceAccounts"} {
				for _, n := range manifest.Content(manifest.Field(source, key)) {
					if n = manifest.Dealias(n); isAccount(n.Value, item.Namespace, plan.Mesh.OldIngress) {
						n.Value = namespace + "/" + account
						item.Changed = true
					}
				}
			}
		}
	}
}

func followIngressIn(plan generate.Plan, item *manifest.Item, rule *yaml.Node, allows bool) {
	old, now := plan.Mesh.OldIngress, plan.Mesh.Ingress
	oldNamespace, _ := partsOf(old)
	nowNamespace, _ := partsOf(now)
	for _, source := range sourcesOf(rule) {
		for _, key := range []string{"principals", "notPrincipals"} {
			if matchesOnly(manifest.Field(source, key), old, now) {
				addTexts(item, source, key, []string{now})
			}
		}
		if !allows && matchesOnly(manifest.Field(source, "namespaces"), oldNamespace, nowNamespace) {
			addTexts(item, source, "namespaces", []string{nowNamespace})
		}
		if matchesOnly(manifest.Field(source, "notNamespaces"), oldNamespace, nowNamespace) {
			addTexts(item, source, "notPrincipals", []string{now})
		}
	}
	for _, condition := range slices.Clone(manifest.Content(manifest.Field(rule, "when"))) {
		condition = manifest.Dealias(condition)
		values, without := manifest.Field(condition, "values"), manifest.Field(condition, "notValues")
		switch manifest.Value(condition, "key") {
		case sourcePrincipal:
			if matchesOnly(values, old, now) {
				addTexts(item, condition, "values", []string{now})
			}
			if matchesOnly(without, old, now) {
				addTexts(item, condition, "notValues", []string{now})
			}
		case "source.namespace":
			if !allows && matchesOnly(values, oldNamespace, nowNamespace) {
				addTexts(item, condition, "values", []string{nowNamespace})
			}
			if matchesOnly(without, oldNamespace, nowNamespace) {
				addCondition(item, rule, sourcePrincipal, "notValues", now)
			}
		}
	}
}

// matchesOnly reports whether some pattern of a list matches one string, and none the other.
func matchesOnly(patterns *yaml.Node, one, other string) bool {
	matches := func(text string) bool {
		return slices.ContainsFunc(manifest.Content(patterns), func(n *yaml.Node) bool { return fitsPattern(manifest.Dealias(n).Value, text) })
	}
	return matches(one) && !matches(other)
}

// isAccount reports whether a service account is that of a principal. A bare name is one of the policy's own
// namespace.
func isAccount(name, namespace, principal string) bool {
	if !strings.Contains(name, "/") {
		name = namespace + "/" + name
	}
	ns, account := partsOf(principal)
	return name == ns+"/"+account
}

// qualify adds the namespace to service accounts in a copy that is in another namespace than its
// source (Istio: a bare name is one of the policy's own namespace).
func qualify(rules []*yaml.Node, namespace string) {
	accounts := func(list []*yaml.Node) {
		for _, n := range list {
			if !strings.Contains(n.Value, "/") {
				n.Value = namespace + "/" + n.Value
			}
		}
	}
	for _, rule := range rules {
		for _, source := range sourcesOf(rule) {
			accounts(manifest.Content(manifest.Field(source, "serviceAccounts")))
			accounts(manifest.Content(manifest.Field(source, "notServiceAccounts")))
		}
		for _, condition := range manifest.Content(manifest.Field(rule, "when")) {
			if manifest.Value(condition, "key") == "source.serviceAccount" {
				accounts(manifest.Content(manifest.Field(condition, "values")))
				accounts(manifest.Content(manifest.Field(condition, "notValues")))
			}
		}
	}
}
