package enroll

import (
	"cmp"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// matched is one match of an HTTPRoute, and the rule and the route of the VirtualService that it is of.
type matched struct {
	rule                   int
	at, kind, path, method string
	headers, query         []any
}

// orderMatters says which two routes of a VirtualService an HTTPRoute would try in another order, or "". The
// first match wins in a VirtualService, and the closest one in an HTTPRoute.
func orderMatters(rules []any, at []string) string {
	all := matchesOf(rules, at)
	for i, first := range all {
		for _, second := range all[i+1:] {
			if first.rule != second.rule && closer(second, first) && meet(first, second) {
				return "leads some requests by " + first.at + " and not by " + second.at + ", which comes later and matches more closely"
			}
		}
	}
	return ""
}

func matchesOf(rules []any, at []string) (out []matched) {
	for i, rule := range rules {
		matches, _ := rule.(generate.Fields)["matches"].([]any)
		if len(matches) == 0 {
			matches = []any{generate.Fields{}}
		}
		for _, match := range matches {
			fields := match.(generate.Fields)
			m := matched{rule: i, at: at[i], kind: "PathPrefix", path: "/"} // Gateway API's default
			if path, found := fields["path"].(generate.Fields); found {
				m.kind, m.path = path["type"].(string), path["value"].(string)
			}
			m.method, _ = fields["method"].(string)
			m.headers, _ = fields["headers"].([]any)
			m.query, _ = fields["queryParams"].([]any)
			out = append(out, m)
		}
	}
	return out
}

// closer reports whether a match is tried before another one. Istio 1.31: pilot/pkg/config/kube/gateway,
// sortHTTPRoutes; equal ones keep the order of the rules.
func closer(a, b matched) bool {
	rank := map[string]int{"Exact": 3, "PathPrefix": 2, "RegularExpression": 1}
	set := func(text string) int { return min(len(text), 1) }
	return cmp.Or(
		cmp.Compare(rank[a.kind], rank[b.kind]),
		cmp.Compare(len(a.path), len(b.path)),
		cmp.Compare(set(a.method), set(b.method)),
		cmp.Compare(len(a.headers), len(b.headers)),
		cmp.Compare(len(a.query), len(b.query)),
	) > 0
}

// meet reports whether some request could match both.
func meet(a, b matched) bool {
	if a.method != "" && b.method != "" && a.method != b.method || apart(a.headers, b.headers) || apart(a.query, b.query) {
		return false
	}
	switch {
	case a.kind == "RegularExpression" || b.kind == "RegularExpression":
		return true
	case a.kind == "Exact" && b.kind == "Exact":
		return a.path == b.path
	case a.kind == "Exact":
		return strings.HasPrefix(a.path, b.path)
	case b.kind == "Exact":
		return strings.HasPrefix(b.path, a.path)
	}
	return strings.HasPrefix(a.path, b.path) || strings.HasPrefix(b.path, a.path)
}

// apart reports whether two lists of values ask for different ones of one name.
func apart(a, b []any) bool {
	exact := map[string]string{}
	for _, v := range a {
		if f := v.(generate.Fields); f["type"] == nil {
			name, _ := f["name"].(string)
			exact[strings.ToLower(name)], _ = f["value"].(string)
		}
	}
	for _, v := range b {
		f := v.(generate.Fields)
		name, _ := f["name"].(string)
		value, _ := f["value"].(string)
		if other, found := exact[strings.ToLower(name)]; found && f["type"] == nil && other != value {
			return true
		}
	}
	return false
}
