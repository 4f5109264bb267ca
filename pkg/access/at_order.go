package access

import (
	"reflect"
	"slices"
)

// inOrder gives the rules of a point in the order in which Envoy tries them. Istio sorts them by issuer, and those of one issuer stay in the order
// of their RequestAuthentications: namespace by namespace, the oldest first (model getConfigsForWorkload). Which one is the oldest a file does
// not show, so each order is judged.
func (t *trip) inOrder(point Point, rules []*jwtRule) []*jwtRule {
	for i := 0; i < len(rules); {
		end := i + 1
		for end < len(rules) && sameIssuer(rules[i], rules[end]) {
			end++
		}
		if end-i > 1 && slices.ContainsFunc(rules[i:end], func(r *jwtRule) bool { return r.of.created == "" }) && !alike(rules[i:end]) {
			rules = t.oneOrder(point, rules, i, end)
		}
		i = end
	}
	return rules
}

// sameIssuer: the order of two rules is that of the age of their RequestAuthentications.
func sameIssuer(a, b *jwtRule) bool {
	return a.issuer == b.issuer && a.of != nil && b.of != nil && a.of.namespace == b.of.namespace
}

// alike reports whether the order of rules cannot matter: they differ in nothing, or are of one RequestAuthentication, which has an order.
func alike(rules []*jwtRule) bool {
	one := true
	for _, r := range rules[1:] {
		one = one && r.of == rules[0].of
	}
	return one || !slices.ContainsFunc(rules[1:], func(r *jwtRule) bool {
		a, b := *rules[0], *r
		a.of, b.of, a.keys, b.keys = nil, nil, "", ""
		return !reflect.DeepEqual(a, b)
	})
}

// oneOrder is this run's order of the rules from i to end: the RequestAuthentications change places, and each keeps its own order. One after the
// other is chosen to come next.
func (t *trip) oneOrder(point Point, rules []*jwtRule, i, end int) []*jwtRule {
	var left []*authentication
	for _, r := range rules[i:end] {
		if !slices.Contains(left, r.of) {
			left = append(left, r.of)
		}
	}
	out := slices.Clone(rules[:i])
	why := "which of the RequestAuthentications for " + rules[i].issuer + " is the oldest is not known"
	for len(left) > 0 {
		n := 0
		if len(left) > 1 {
			n = t.choose(point, len(left), why)
		}
		for _, r := range rules[i:end] {
			if r.of == left[n] {
				out = append(out, r)
			}
		}
		left = slices.Delete(left, n, n+1)
	}
	return append(out, rules[end:]...)
}
