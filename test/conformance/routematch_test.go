package main

import (
	"testing"

	routepb "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	matcherpb "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
)

// The exact domain, then the longest suffix, then the longest prefix, then *
// (Envoy's config_impl.cc findVirtualHost); a wildcard matches one character or more.
func TestDomains(t *testing.T) {
	for _, c := range []struct{ name, better, worse string }{
		{"a.b.org", "a.b.org", "*.b.org"}, {"a.b.org", "*.b.org", "*.org"}, {"a.b.org", "*.org", "a.b.*"}, {"a.b.org", "a.b.*", "a.*"}, {"a.b.org", "a.*", "*"},
		{".b.org", "*", "*.b.org"}, {"x.org", "*", "y.org"},
	} {
		if domainRank(c.better, c.name) <= domainRank(c.worse, c.name) {
			t.Errorf("%s is not before %s for %s", c.better, c.worse, c.name)
		}
	}
	if domainRank("*.b.org", ".b.org") >= 0 || domainRank("y.org", "x.org") >= 0 {
		t.Error("a domain takes a name that it does not fit")
	}
}

// What Envoy's documentation says of invert_match and treat_missing_header_as_empty.
func TestInvertedHeaders(t *testing.T) {
	exact := func(invert, empty bool) *routepb.HeaderMatcher {
		return &routepb.HeaderMatcher{Name: "X", InvertMatch: invert, TreatMissingHeaderAsEmpty: empty, HeaderMatchSpecifier: &routepb.HeaderMatcher_StringMatch{
			StringMatch: &matcherpb.StringMatcher{MatchPattern: &matcherpb.StringMatcher_Exact{Exact: "v"}},
		}}
	}
	present := &routepb.HeaderMatcher{Name: "X", InvertMatch: true, HeaderMatchSpecifier: &routepb.HeaderMatcher_PresentMatch{PresentMatch: true}}
	for i, c := range []struct {
		m       *routepb.HeaderMatcher
		headers map[string]string
		want    bool
	}{
		{exact(false, false), map[string]string{"x": "v"}, true}, {exact(true, false), map[string]string{"x": "v"}, false},
		{exact(true, false), map[string]string{"x": "w"}, true}, {exact(true, false), nil, false}, {exact(true, true), nil, true}, {exact(false, true), nil, false},
		{present, nil, true}, {present, map[string]string{"x": ""}, false},
	} {
		if got, err := routeHeader(c.m, c.headers); got != c.want || err != nil {
			t.Errorf("case %d: %v %v, want %v", i, got, err, c.want)
		}
	}
}

// The part that matched is replaced, an expression replaces what it finds, and the query stays.
func TestRewrites(t *testing.T) {
	prefix := &routepb.RouteMatch{PathSpecifier: &routepb.RouteMatch_PathSeparatedPrefix{PathSeparatedPrefix: "/a"}}
	regex := func(find, to string) *routepb.RouteAction {
		return &routepb.RouteAction{RegexRewrite: &matcherpb.RegexMatchAndSubstitute{Pattern: &matcherpb.RegexMatcher{Regex: find}, Substitution: to}}
	}
	for _, c := range []struct {
		action     *routepb.RouteAction
		path, want string
	}{
		{&routepb.RouteAction{}, "/a/x?q=1", "/a/x?q=1"},
		{&routepb.RouteAction{PrefixRewrite: "/b"}, "/a/x?q=/a", "/b/x?q=/a"},
		{regex("^/a(/?)(.*)", `/\2`), "/a/x?q=1", "/x?q=1"},
		{regex("^/a(/?)(.*)", `/\2`), "/a", "/"},
	} {
		if got, err := rewritten(prefix, c.action, c.path); got != c.want || err != nil {
			t.Errorf("%s: %q %v, want %q", c.path, got, err, c.want)
		}
	}
}
