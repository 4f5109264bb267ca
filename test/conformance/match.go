package main

import (
	"fmt"
	"regexp"
	"strings"

	corepb "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	routepb "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	uritemplate "github.com/envoyproxy/go-control-plane/envoy/extensions/path/match/uri_template/v3"
	matcherpb "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
)

// stringMatch follows Envoy's StringMatcherImpl; a regular expression has to
// match the whole value (RE2::FullMatch).
func stringMatch(m *matcherpb.StringMatcher, v string) (bool, error) {
	fold := func(s string) string {
		if m.GetIgnoreCase() {
			return strings.ToLower(s)
		}
		return s
	}
	switch p := m.GetMatchPattern().(type) {
	case *matcherpb.StringMatcher_Exact:
		return fold(v) == fold(p.Exact), nil
	case *matcherpb.StringMatcher_Prefix:
		return strings.HasPrefix(fold(v), fold(p.Prefix)), nil
	case *matcherpb.StringMatcher_Suffix:
		return strings.HasSuffix(fold(v), fold(p.Suffix)), nil
	case *matcherpb.StringMatcher_SafeRegex:
		re, err := regexp.Compile(`^(?:` + p.SafeRegex.Regex + `)$`)
		return err == nil && re.MatchString(v), err
	}
	return false, fmt.Errorf("string matcher %T is not evaluated here", m.GetMatchPattern())
}

// header follows Envoy's HeaderUtility: a header that is missing matches
// nothing, one that is there and empty is present.
func header(m *routepb.HeaderMatcher, headers map[string]string) (bool, error) {
	name := strings.ToLower(m.Name)
	if name == "host" {
		name = ":authority" // Envoy's header map keeps one for both
	}
	v, ok := headers[name]
	switch p := m.HeaderMatchSpecifier.(type) {
	case *routepb.HeaderMatcher_PresentMatch:
		return ok == p.PresentMatch, nil
	case *routepb.HeaderMatcher_StringMatch:
		if !ok {
			return false, nil
		}
		return stringMatch(p.StringMatch, v)
	}
	return false, fmt.Errorf("header matcher %T is not evaluated here", m.HeaderMatchSpecifier)
}

// path never sees query or fragment (Envoy's PathMatcher::match).
func path(m *matcherpb.PathMatcher, headers map[string]string) (bool, error) {
	v, ok := headers[":path"]
	if !ok {
		return false, nil
	}
	return stringMatch(m.GetPath(), bare(v))
}

func bare(path string) string {
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		return path[:i]
	}
	return path
}

// pathLiteral is what a path segment may hold (Envoy's uri_template_internal.cc).
const pathLiteral = `a-zA-Z0-9\-._~%!$&'()+,;:@=`

var (
	literal = regexp.MustCompile(`^[` + pathLiteral + `]+$`)
	escapes = strings.NewReplacer("$", `\$`, "(", `\(`, ")", `\)`, "+", `\+`, ".", `\.`)
)

// template follows Envoy's parseURLPatternSyntax and toRegexPattern, for the
// patterns that Istio writes: literals, "*" and "**".
func template(c *corepb.TypedExtensionConfig, headers map[string]string) (bool, error) {
	config := &uritemplate.UriTemplateMatchConfig{}
	if err := c.TypedConfig.UnmarshalTo(config); err != nil {
		return false, err
	}
	expr, err := templateRegexp(config.PathTemplate)
	if err != nil {
		return false, err
	}
	v, ok := headers[":path"]
	return ok && expr.MatchString(bare(v)), nil
}

func templateRegexp(pattern string) (*regexp.Regexp, error) {
	if !strings.HasPrefix(pattern, "/") {
		return nil, refusedByEnvoy("path template %q does not begin with /", pattern)
	}
	segments := strings.Split(pattern[1:], "/")
	glob := false
	for i, s := range segments {
		switch {
		case s == "" && i == len(segments)-1:
		case glob && (s == "*" || s == "**"):
			return nil, refusedByEnvoy("path template %q has a glob after **", pattern)
		case s == "*":
			segments[i] = "[" + pathLiteral + "]+"
		case s == "**":
			glob, segments[i] = true, "["+pathLiteral+"/]*"
		case !literal.MatchString(s):
			return nil, refusedByEnvoy("path template %q has an invalid literal", pattern)
		default:
			segments[i] = escapes.Replace(s)
		}
	}
	return regexp.Compile("^(?:/" + strings.Join(segments, "/") + ")$")
}

// metadata looks at the payload that the jwt_authn filter left; nothing else
// writes dynamic metadata here.
func metadata(m *matcherpb.MetadataMatcher, payload map[string]any) (bool, error) {
	if m.Filter != "envoy.filters.http.jwt_authn" || len(m.Path) == 0 || m.Path[0].GetKey() != "payload" || payload == nil {
		return false, nil
	}
	var v any = payload
	for _, segment := range m.Path[1:] {
		fields, ok := v.(map[string]any)
		if !ok {
			return false, nil
		}
		if v, ok = fields[segment.GetKey()]; !ok {
			return false, nil
		}
	}
	return value(m.Value, v)
}

func value(m *matcherpb.ValueMatcher, v any) (bool, error) {
	switch p := m.GetMatchPattern().(type) {
	case *matcherpb.ValueMatcher_StringMatch:
		s, ok := v.(string)
		if !ok {
			return false, nil
		}
		return stringMatch(p.StringMatch, s)
	case *matcherpb.ValueMatcher_ListMatch:
		list, _ := v.([]any)
		return anyOf(list, func(e any) (bool, error) { return value(p.ListMatch.GetOneOf(), e) })
	case *matcherpb.ValueMatcher_OrMatch:
		return anyOf(p.OrMatch.ValueMatchers, func(q *matcherpb.ValueMatcher) (bool, error) { return value(q, v) })
	}
	return false, fmt.Errorf("value matcher %T is not evaluated here", m.GetMatchPattern())
}

// An envoyRefusal is a configuration that Istio sends and Envoy does not take.
type envoyRefusal struct{ error }

func refusedByEnvoy(format string, args ...any) error {
	return envoyRefusal{fmt.Errorf(format, args...)}
}
