package main

import (
	"net/netip"
	"testing"

	routepb "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	jwtpb "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/jwt_authn/v3"
	"google.golang.org/protobuf/types/known/emptypb"

	"istio.io/istio/pkg/workloadapi/security"
)

// What ztunnel's own tests say of empty policies, clauses and matches (rbac.rs rbac_empty_policy).
func TestZtunnelOnEmptiness(t *testing.T) {
	plain := connection{nil, netip.MustParseAddr("127.0.0.1"), netip.MustParseAddrPort("127.0.0.2:8080")}
	group := func(clauses ...*security.Rules) *security.Authorization {
		return &security.Authorization{Groups: []*security.Group{{Rules: clauses}}}
	}
	for name, c := range map[string]struct {
		policy *security.Authorization
		want   bool
	}{
		"no rule":           {&security.Authorization{}, false},
		"rule of no clause": {group(), true},
		"empty clause":      {group(&security.Rules{}), true},
		"empty match":       {group(&security.Rules{Matches: []*security.Match{{}}}), false},
	} {
		if got := plain.matches(c.policy); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// What ztunnel's own tests say of peers without identity (rbac.rs rbac_test not_namespaces, not_principals).
func TestZtunnelOnPlainText(t *testing.T) {
	plain := connection{nil, netip.MustParseAddr("127.0.0.1"), netip.MustParseAddrPort("127.0.0.2:8080")}
	exact := []*security.StringMatch{{MatchType: &security.StringMatch_Exact{Exact: "namespace"}}}
	present := []*security.StringMatch{{MatchType: &security.StringMatch_Presence{}}}
	for name, c := range map[string]struct {
		match *security.Match
		want  bool
	}{
		"namespace":               {&security.Match{Namespaces: exact}, false},
		"not a namespace":         {&security.Match{NotNamespaces: exact}, true},
		"not a principal":         {&security.Match{NotPrincipals: exact}, true},
		"some principal":          {&security.Match{Principals: present}, false},
		"no principal whatsoever": {&security.Match{NotPrincipals: present}, true},
		"not an account":          {&security.Match{NotServiceAccounts: []*security.ServiceAccountMatch{{Namespace: "a", ServiceAccount: "b"}}}, true},
	} {
		if got := plain.match(c.match); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// An empty header is present, a missing one is not (Envoy HeaderUtility present_match).
func TestHeaderPresence(t *testing.T) {
	m := &routepb.HeaderMatcher{Name: "X", HeaderMatchSpecifier: &routepb.HeaderMatcher_PresentMatch{PresentMatch: true}}
	for _, c := range []struct {
		headers map[string]string
		want    bool
	}{{map[string]string{"x": ""}, true}, {map[string]string{"x": "v"}, true}, {nil, false}} {
		if got, err := header(m, c.headers); got != c.want || err != nil {
			t.Errorf("%v: %v %v, want %v", c.headers, got, err, c.want)
		}
	}
}

// Envoy's uri_template tests: * is one segment, ** the rest, and neither takes other characters.
func TestTemplates(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"/a/*/c", "/a/b/c", true}, {"/a/*/c", "/a//c", false}, {"/a/*/c", "/a/b/b/c", false},
		{"/a/**", "/a/", true}, {"/a/**", "/a", false}, {"/a/**", "/a/b/c", true}, {"/a/**", "/a/b*", false},
		{"/**/c", "/a/b/c", true}, {"/a.b/*", "/aXb/c", false}, {"/a/*/", "/a/b/", true}, {"/a/*", "/a/b=c", true},
	} {
		re, err := templateRegexp(c.pattern)
		if err != nil || re.MatchString(c.path) != c.want {
			t.Errorf("%s on %s: want %v (%v)", c.pattern, c.path, c.want, err)
		}
	}
	for _, bad := range []string{"a/*", "/a//*", "/**/*", "/a^/*"} {
		if _, err := templateRegexp(bad); err == nil {
			t.Errorf("%s: Envoy refuses it", bad)
		}
	}
}

// Providers are tried in turn, each strips its headers when it is tried, and the
// first that is content ends it (Envoy verifier.cc).
func TestProvidersAreTriedInTurn(t *testing.T) {
	named := func(n string) *jwtpb.JwtRequirement {
		return &jwtpb.JwtRequirement{RequiresType: &jwtpb.JwtRequirement_ProviderName{ProviderName: n}}
	}
	provider := func(issuer, header string) *jwtpb.JwtProvider {
		return &jwtpb.JwtProvider{Issuer: issuer, Forward: true, ClaimToHeaders: []*jwtpb.JwtClaimToHeader{{HeaderName: header, ClaimName: "sub"}}}
	}
	missing := &jwtpb.JwtRequirement{RequiresType: &jwtpb.JwtRequirement_AllowMissing{AllowMissing: &emptypb.Empty{}}}
	config := &jwtpb.JwtAuthentication{
		Providers: map[string]*jwtpb.JwtProvider{"a": provider("ia", "xa"), "b": provider("ib", "xb")},
		Rules: []*jwtpb.RequirementRule{{RequirementType: &jwtpb.RequirementRule_Requires{Requires: &jwtpb.JwtRequirement{
			RequiresType: &jwtpb.JwtRequirement_RequiresAny{RequiresAny: &jwtpb.JwtRequirementOrList{
				Requirements: []*jwtpb.JwtRequirement{named("a"), named("b"), missing},
			}},
		}}}},
	}
	sent := map[string]string{"authorization": "Bearer t", "xa": "spoofed", "xb": "spoofed"}
	for _, c := range []struct {
		issuer, xa, xb string
		ok             bool
	}{{"ia", "me", "spoofed", true}, {"ib", "", "me", true}, {"ic", "", "", false}} {
		r, err := authenticate(config, sent, map[string]any{"iss": c.issuer, "sub": "me"})
		if err != nil || r.ok != c.ok || r.headers["xa"] != c.xa || r.headers["xb"] != c.xb {
			t.Errorf("%s: %v %v %v", c.issuer, r.ok, r.headers, err)
		}
	}
}
