package access

import (
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// limits are what the API server demands of a field and of those below it (Kubernetes 1.36: structural schemas). The patterns of these CRDs are of
// fields whose readers take even less.
type limits struct {
	kind                string // object, array, string, boolean
	items, names        int    // at most; 0: any number
	leastItems          int
	leastNames          int
	length, leastLength int
	enum                []string
	fields              map[string]*limits
	each                *limits // of a list's elements, or a map's values
}

// limitsOf are those of the spec of each kind.
var limitsOf = sync.OnceValue(func() map[string]*limits {
	return map[string]*limits{
		"AuthorizationPolicy": parseLimits(authorizationPolicyCRD), "RequestAuthentication": parseLimits(requestAuthenticationCRD), "PeerAuthentication": parseLimits(peerAuthenticationCRD),
		"Gateway": parseLimits(gatewayCRD), "ListenerSet": parseLimits(listenerSetCRD), "ReferenceGrant": parseLimits(referenceGrantCRD),
		"HTTPRoute": parseLimits(routeCRD), "GRPCRoute": parseLimits(routeCRD),
	}
})

// parseLimits reads lines such as `spec.rules array maxItems=512`. A field comes after those that hold it.
func parseLimits(text string) *limits {
	root := &limits{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		at := root
		for step := range strings.SplitSeq(strings.NewReplacer("[]", ".[]", "{}", ".[]").Replace(words[0]), ".") {
			at = at.step(step)
		}
		at.kind = words[1]
		for _, w := range words[2:] {
			at.limit(w)
		}
	}
	return root.fields["spec"]
}

func (l *limits) step(name string) *limits {
	if name == "[]" {
		if l.each == nil {
			l.each = &limits{}
		}
		return l.each
	}
	if l.fields[name] == nil {
		if l.fields == nil {
			l.fields = map[string]*limits{}
		}
		l.fields[name] = &limits{}
	}
	return l.fields[name]
}

func (l *limits) limit(word string) {
	name, value, _ := strings.Cut(word, "=")
	n, _ := strconv.Atoi(value)
	switch name {
	case "maxItems":
		l.items = n
	case "minItems":
		l.leastItems = n
	case "maxProperties":
		l.names = n
	case "minProperties":
		l.leastNames = n
	case "maxLength":
		l.length = n
	case "minLength":
		l.leastLength = n
	case "enum":
		l.enum = strings.Split(value, ",")
	}
}

// maxMatches is how many matches all rules of a route may have (Gateway API 1.5 and 1.6: the validation rule of spec.rules in the CRDs).
const maxMatches = 128

// checkMatches counts those of a route. A rule of an HTTPRoute without any gets one by default.
func checkMatches(kind string, spec *yaml.Node) *fault {
	rules := nonNull(field(spec, "rules"))
	if rules == nil || rules.Kind != yaml.SequenceNode {
		return nil
	}
	total := 0
	for _, r := range rules.Content {
		switch m := nonNull(field(r, "matches")); {
		case m != nil:
			total += len(m.Content)
		case kind == "HTTPRoute":
			total++
		}
	}
	if total > maxMatches {
		return wrong(rules, "spec.rules", "holds %d matches, and the CRD admits at most %d", total, maxMatches)
	}
	return nil
}

// checkLimits is the first thing in the spec of an object that the API server refuses. A field that the CRD does not have is for others to report.
func checkLimits(kind string, spec *yaml.Node) *fault {
	if spec = nonNull(spec); spec == nil {
		return nil // null is an absent field
	}
	return below("spec", limitsOf()[kind].check(spec))
}

func (l *limits) check(n *yaml.Node) *fault {
	switch {
	case l.kind == "object" && n.Kind != yaml.MappingNode:
		return wrong(n, "", "must be a mapping")
	case l.kind == "array" && n.Kind != yaml.SequenceNode:
		return wrong(n, "", "must be a list")
	case l.kind == "boolean" && tag(n) != yaml.NodeTagBool:
		return wrong(n, "", "must be true or false")
	case l.kind == "string":
		return l.checkText(n)
	case n.Kind == yaml.SequenceNode:
		return l.checkList(n)
	case n.Kind == yaml.MappingNode:
		return l.checkMap(n)
	}
	return nil
}

func (l *limits) checkText(n *yaml.Node) *fault {
	s, err := text(n)
	switch {
	case err != nil:
		return wrong(n, "", "must be a string")
	case utf8.RuneCountInString(s) < l.leastLength:
		return wrong(n, "", "must not be empty")
	case l.length > 0 && utf8.RuneCountInString(s) > l.length:
		return wrong(n, "", "is longer than %d characters", l.length)
	case len(l.enum) > 0 && !contains(l.enum, s):
		return wrong(n, "", "%q is not one of %s", s, strings.Join(l.enum, ", "))
	}
	return nil
}

func (l *limits) checkList(n *yaml.Node) *fault {
	if l.items > 0 && len(n.Content) > l.items {
		return wrong(n, "", "holds %d entries, and the CRD admits at most %d", len(n.Content), l.items)
	}
	if len(n.Content) < l.leastItems {
		return wrong(n, "", "must not be empty")
	}
	for i, e := range n.Content {
		if l.each == nil {
			break
		}
		if e = nonNull(e); e == nil {
			return wrong(n, "["+strconv.Itoa(i)+"]", "must not be null")
		}
		if bad := l.each.check(e); bad != nil {
			return below("["+strconv.Itoa(i)+"]", bad)
		}
	}
	return nil
}

func (l *limits) checkMap(n *yaml.Node) *fault {
	if count := len(n.Content) / 2; l.names > 0 && count > l.names || count < l.leastNames {
		return wrong(n, "", "holds %d entries, which the CRD does not admit", count)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, of := n.Content[i].Value, l.each
		if l.fields != nil {
			of = l.fields[key]
		}
		v := nonNull(n.Content[i+1])
		if of == nil || v == nil {
			continue
		}
		if bad := of.check(v); bad != nil {
			return below("."+key, bad)
		}
	}
	return nil
}
