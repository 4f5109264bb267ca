package fn

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// routeRules are the rules in CEL of an HTTPRoute that a translation could break (Gateway API 1.6:
// httproutes.yaml, x-kubernetes-validations).
func routeRules(object map[string]any) error {
	var route struct {
		Spec struct {
			Rules []struct {
				Matches []struct {
					Path struct{ Type, Value string }
				}
				Filters     []routeFilter
				BackendRefs []struct {
					Name    string
					Port    int
					Filters []routeFilter
				} `json:"backendRefs"`
			}
		}
	}
	if err := yaml.Unmarshal(must(yaml.Marshal(object)), &route); err != nil {
		return err
	}
	var wrong []error
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	for i, rule := range route.Spec.Rules {
		for _, match := range rule.Matches {
			if p := match.Path; p.Type != "RegularExpression" && p.Value != "" && badPath(p.Value) {
				say("rules[%d]: the path %s is not one that is normalized", i, p.Value)
			}
		}
		lists := [][]routeFilter{rule.Filters}
		for _, backend := range rule.BackendRefs {
			lists = append(lists, backend.Filters)
			if backend.Port == 0 {
				say("rules[%d]: Service %s has no port", i, backend.Name)
			}
		}
		for _, list := range lists {
			seen := map[string]bool{}
			for _, f := range list {
				if f.Type != "RequestMirror" && seen[f.Type] {
					say("rules[%d]: filter %s is repeated", i, f.Type)
				}
				seen[f.Type] = true
				if set := f.set(); len(set) != 1 || set[0] != f.Type {
					say("rules[%d]: filter %s has %v", i, f.Type, set)
				}
				if f.prefix() && (len(rule.Matches) != 1 || rule.Matches[0].Path.Type != "PathPrefix") {
					say("rules[%d]: replacePrefixMatch without exactly one path prefix", i)
				}
			}
			if seen["RequestRedirect"] && (seen["URLRewrite"] || len(rule.BackendRefs) > 0) {
				say("rules[%d]: a redirect together with a rewrite or a backend", i)
			}
		}
	}
	return errors.Join(wrong...)
}

type routeFilter struct {
	Type                   string
	RequestHeaderModifier  map[string]any `json:"requestHeaderModifier"`
	ResponseHeaderModifier map[string]any `json:"responseHeaderModifier"`
	RequestMirror          map[string]any `json:"requestMirror"`
	RequestRedirect        *struct{ Path *pathModifier }
	URLRewrite             *struct{ Path *pathModifier }
}

type pathModifier struct {
	Type                                string
	ReplacePrefixMatch, ReplaceFullPath *string
}

// set are the fields that say what a filter does.
func (f routeFilter) set() (out []string) {
	for _, field := range []struct {
		name string
		set  bool
	}{
		{"RequestHeaderModifier", f.RequestHeaderModifier != nil},
		{"ResponseHeaderModifier", f.ResponseHeaderModifier != nil},
		{"RequestMirror", f.RequestMirror != nil},
		{"RequestRedirect", f.RequestRedirect != nil},
		{"URLRewrite", f.URLRewrite != nil},
	} {
		if field.set {
			out = append(out, field.name)
		}
	}
	return out
}

// prefix reports whether a filter replaces the prefix that the rule matches.
func (f routeFilter) prefix() bool {
	return f.URLRewrite != nil && f.URLRewrite.Path != nil && f.URLRewrite.Path.ReplacePrefixMatch != nil ||
		f.RequestRedirect != nil && f.RequestRedirect.Path != nil && f.RequestRedirect.Path.ReplacePrefixMatch != nil
}

var pathCharacters = regexp.MustCompile(`^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$`)

// badPath reports whether an exact path or a prefix breaks a rule of the Gateway API.
func badPath(path string) bool {
	if !strings.HasPrefix(path, "/") || !pathCharacters.MatchString(path) || strings.HasSuffix(path, "/..") || strings.HasSuffix(path, "/.") {
		return true
	}
	for _, part := range []string{"//", "/./", "/../", "%2f", "%2F", "#"} {
		if strings.Contains(path, part) {
			return true
		}
	}
	return false
}

func TestRoutesThatTheAPIServerRefuses(t *testing.T) {
	const service = "backendRefs: [{name: a, port: 80}]"
	for rule, passes := range map[string]bool{
		service: true,
		"matches: [{path: {type: PathPrefix, value: /a}}], " + service:                       true,
		"matches: [{path: {type: PathPrefix, value: /a//b}}], " + service:                    false,
		"matches: [{path: {type: Exact, value: /a%2Fb}}], " + service:                        false,
		"matches: [{path: {type: Prefix, value: /a}}], " + service:                           false,
		"backendRefs: [{name: a}]":                                                           false,
		"backendRefs: [{name: a, port: 80}], timeout: 1s":                                    false,
		"timeouts: {request: 1.5s}, " + service:                                              false,
		"timeouts: {request: 1500ms}, " + service:                                            true,
		"filters: [{type: RequestRedirect, requestRedirect: {statusCode: 301}}], " + service: false,
		"filters: [{type: RequestRedirect, requestRedirect: {statusCode: 301}}]":             true,
		"filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], matches: [{path: {type: Exact, value: /a}}], " + service:      false,
		"filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], matches: [{path: {type: PathPrefix, value: /a}}], " + service: true,
		"filters: [{type: RequestHeaderModifier, requestHeaderModifier: {remove: [a]}}, {type: RequestHeaderModifier, requestHeaderModifier: {remove: [b]}}], " + service:    false,
		"filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: 'a b', value: c}]}}], " + service:                                                      false,
		"filters: [{type: RequestHeaderModifier, urlRewrite: {}}], " + service:                                                                                               false,
	} {
		var object map[string]any
		if err := yaml.Unmarshal([]byte("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\nspec: {parentRefs: [{name: g}], rules: [{"+rule+"}]}\n"), &object); err != nil {
			t.Fatal(err)
		}
		if err := passesCRD(object); (err == nil) != passes {
			t.Errorf("%s: %v", rule, err)
		}
	}
}
