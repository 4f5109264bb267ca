package enroll

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// everyRequest is a condition that every HTTP request matches. ztunnel does not know it, and never
// applies a DENY rule that has it (Istio 1.31: ambient handleRule leaves an empty match of it, which
// ztunnel skips).
const everyRequest = "request.headers[:method]"

const sourcePrincipal = "source.principal"

// entries returns the sources of a rule's `from`, or the operations of its `to`.
func entries(rule *yaml.Node, list, below string) []*yaml.Node {
	var out []*yaml.Node
	for _, item := range manifest.Content(manifest.Field(rule, list)) {
		out = append(out, manifest.Field(manifest.Dealias(item), below))
	}
	return out
}

func sourcesOf(rule *yaml.Node) []*yaml.Node    { return entries(rule, "from", "source") }
func operationsOf(rule *yaml.Node) []*yaml.Node { return entries(rule, "to", "operation") }

// layers reports which kinds of attribute an entry has: those that ztunnel knows, and others. An empty
// list counts as absent.
func layers(entry *yaml.Node, known []string) (l4, other bool) {
	if entry == nil || entry.Kind != yaml.MappingNode {
		return false, true
	}
	for i := 0; i+1 < len(entry.Content); i += 2 {
		switch values := manifest.Dealias(entry.Content[i+1]); {
		case values.Kind == yaml.SequenceNode && len(values.Content) == 0 || values.ShortTag() == yaml.NodeTagNull:
		case slices.Contains(known, entry.Content[i].Value):
			l4 = true
		default:
			other = true
		}
	}
	return l4, other
}

// onlyL4 reports whether ztunnel knows all attributes of an entry.
func onlyL4(entry *yaml.Node, known []string) bool {
	l4, other := layers(entry, known)
	return l4 && !other
}

// unseenCondition reports whether a rule has a `when` that ztunnel does not know. Then ztunnel never
// applies the rule.
func unseenCondition(rule *yaml.Node) bool {
	return slices.ContainsFunc(manifest.Content(manifest.Field(rule, "when")), func(c *yaml.Node) bool {
		return !slices.Contains(survey.L4Conditions, manifest.Value(manifest.Dealias(c), "key"))
	})
}

// widened reports whether ztunnel would apply a DENY rule to more requests than it means, because it
// drops the HTTP attributes of an entry and keeps the rest (Istio 1.31: ambient handleRule).
func widened(rule *yaml.Node) bool {
	mixed := func(known []string) func(*yaml.Node) bool {
		return func(entry *yaml.Node) bool {
			l4, other := layers(entry, known)
			return l4 && other
		}
	}
	return !unseenCondition(rule) && (slices.ContainsFunc(sourcesOf(rule), mixed(survey.L4Source)) || slices.ContainsFunc(operationsOf(rule), mixed(survey.L4Operation)))
}

// applied reports whether ztunnel applies a DENY rule that it does not widen. It applies the entries
// without HTTP attributes, and skips the others.
func applied(rule *yaml.Node) bool {
	seen := func(list []*yaml.Node, known []string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(entry *yaml.Node) bool { return onlyL4(entry, known) })
	}
	return rule != nil && rule.Kind == yaml.MappingNode && !unseenCondition(rule) && seen(sourcesOf(rule), survey.L4Source) && seen(operationsOf(rule), survey.L4Operation)
}

// exempt makes a DENY policy that ztunnel enforces never match the waypoints of its own place, which
// are the peers of all requests to Services. If few is true, only those are named that a source may
// match. It also keeps ztunnel from widening a rule.
func exempt(item *manifest.Item, spec *yaml.Node, principals []string, few bool) {
	for _, rule := range survey.RulesOf(spec) {
		rule = manifest.Dealias(rule)
		switch {
		case widened(rule):
			addCondition(item, rule, everyRequest, "values", "*")
		case applied(rule):
			exemptRule(item, rule, principals, few)
		}
	}
}

func exemptRule(i *manifest.Item, rule *yaml.Node, principals []string, few bool) {
	sources := sourcesOf(rule)
	var accounts bool
	var matched []string
	for _, source := range sources {
		accounts = accounts || manifest.Field(source, "serviceAccounts") != nil || manifest.Field(source, "notServiceAccounts") != nil
	}
	for _, p := range principals {
		if !few || len(sources) == 0 || slices.ContainsFunc(sources, func(s *yaml.Node) bool { return mayMatch(s, p) }) {
			matched = append(matched, p)
		}
	}
	switch {
	case len(matched) == 0:
	case accounts: // Istio: a source may not have both serviceAccounts and principals
		addCondition(i, rule, sourcePrincipal, "notValues", matched...)
	case len(sources) == 0:
		i.Set(rule, "from", list(mapOf("source", mapOf("notPrincipals", texted(matched)))))
	default:
		for _, source := range sources {
			if onlyL4(source, survey.L4Source) {
				addTexts(i, source, "notPrincipals", matched)
			}
		}
	}
}

// addCondition adds a `when` to a rule, or values to its condition of that key that has only notValues.
func addCondition(i *manifest.Item, rule *yaml.Node, key, in string, values ...string) {
	conditions := manifest.Field(rule, "when")
	for _, c := range manifest.Content(conditions) {
		if c = manifest.Dealias(c); manifest.Value(c, "key") == key && manifest.Field(c, in) != nil && len(c.Content) == 4 && in == "notValues" {
			addTexts(i, c, in, values)
			return
		}
	}
	condition := mapOf("key", manifest.Text(key))
	condition.Content = append(condition.Content, manifest.Text(in), texted(values))
	if conditions == nil || conditions.Kind != yaml.SequenceNode {
		i.Set(rule, "when", list(condition))
		return
	}
	conditions.Content = append(conditions.Content, condition)
	conditions.Style &^= yaml.FlowStyle
	i.Changed = true
}

// addTexts adds the strings that the list at a key of the map at parent lacks.
func addTexts(i *manifest.Item, parent *yaml.Node, key string, wanted []string) {
	have := manifest.Field(parent, key)
	if have == nil || have.Kind != yaml.SequenceNode {
		i.Set(parent, key, texted(wanted))
		return
	}
	known := map[string]bool{}
	for _, n := range have.Content {
		known[manifest.Dealias(n).Value] = true
	}
	for _, text := range wanted {
		if !known[text] {
			have.Content = append(have.Content, manifest.Text(text))
			i.Changed = true
		}
	}
}

func texted(texts []string) *yaml.Node {
	out := list()
	for _, text := range texts {
		out.Content = append(out.Content, manifest.Text(text))
	}
	return out
}

// mayMatch reports whether a source without HTTP attributes may match a principal.
func mayMatch(source *yaml.Node, principal string) bool {
	namespace, account := partsOf(principal)
	named := func(key string, fits func(pattern string) bool) bool {
		patterns := manifest.Content(manifest.Field(source, key))
		return len(patterns) == 0 || slices.ContainsFunc(patterns, func(n *yaml.Node) bool { return fits(manifest.Dealias(n).Value) })
	}
	return named("principals", func(p string) bool { return fitsPattern(p, principal) }) &&
		named("namespaces", func(p string) bool { return fitsPattern(p, namespace) }) &&
		named("serviceAccounts", func(p string) bool {
			return p == account || strings.HasSuffix(p, "/"+account)
		})
}

// partsOf returns the namespace and the account of a principal.
func partsOf(principal string) (namespace, account string) {
	_, rest, _ := strings.Cut(principal, "/ns/")
	namespace, account, _ = strings.Cut(rest, "/sa/")
	return namespace, account
}

// fitsPattern matches as ztunnel does: *, abc*, *abc or the string itself.
func fitsPattern(pattern, text string) bool {
	if suffix, found := strings.CutPrefix(pattern, "*"); found {
		return strings.HasSuffix(text, suffix)
	}
	if prefix, found := strings.CutSuffix(pattern, "*"); found {
		return strings.HasPrefix(text, prefix)
	}
	return pattern == text
}

// atWaypoint returns the rules of a policy for a waypoint, without what exempt added, so that a second
// run makes the same copies of the edited policy as the first made of the original.
func atWaypoint(plan generate.Plan, namespace string, spec *yaml.Node, principals []string) []*yaml.Node {
	var out []*yaml.Node
	for _, rule := range survey.RulesOf(spec) {
		rule = copied(rule)
		everybody := false
		for _, source := range sourcesOf(rule) {
			without := dropTexts(source, "notPrincipals", principals)
			everybody = everybody || without && len(source.Content) == 0
		}
		if everybody { // one source that matches every client makes the others redundant
			dropKey(rule, "from")
		}
		dropOurConditions(rule, principals)
		out = append(out, rule)
	}
	scratch := &manifest.Item{ID: manifest.ID{Namespace: namespace}}
	replaceIngress(plan, scratch, mapOf("rules", list(out...)))
	followIngress(plan, scratch, out, survey.Action(spec) == "ALLOW")
	return out
}

func dropOurConditions(rule *yaml.Node, principals []string) {
	conditions := manifest.Field(rule, "when")
	if conditions == nil || conditions.Kind != yaml.SequenceNode {
		return
	}
	conditions.Content = slices.DeleteFunc(conditions.Content, func(c *yaml.Node) bool {
		if manifest.Value(c, "key") == sourcePrincipal && manifest.Field(c, "values") == nil {
			return dropTexts(c, "notValues", principals) && manifest.Field(c, "notValues") == nil
		}
		values := manifest.Content(manifest.Field(c, "values"))
		return manifest.Value(c, "key") == everyRequest && len(values) == 1 && values[0].Value == "*" && len(c.Content) == 4
	})
	if len(conditions.Content) == 0 {
		dropKey(rule, "when")
	}
}

// dropTexts removes strings from the list at a key, and the list if it is empty then. It reports
// whether any of them was there.
func dropTexts(parent *yaml.Node, key string, texts []string) bool {
	have := manifest.Field(parent, key)
	if have == nil || have.Kind != yaml.SequenceNode {
		return false
	}
	before := len(have.Content)
	have.Content = slices.DeleteFunc(have.Content, func(n *yaml.Node) bool { return slices.Contains(texts, n.Value) })
	if len(have.Content) == before {
		return false
	}
	if len(have.Content) == 0 {
		dropKey(parent, key)
	}
	return true
}

func dropKey(n *yaml.Node, key string) {
	if at := manifest.IndexOf(n, key); at >= 0 {
		n.Content = slices.Delete(n.Content, at, at+2)
	}
}
