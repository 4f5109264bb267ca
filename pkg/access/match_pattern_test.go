package access

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"*", "a", true}, {"*", "", false}, {"a*", "a", true}, {"a*", "ba", false},
		{"*a", "ba", true}, {"*a", "ab", false}, {"a*b", "axb", false}, {"a*b", "a*b", true}, {"*a*", "xa*", true}, {"*a*", "xax", false},
	} {
		if got := matchPattern(c.pattern, c.s); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.s, got)
		}
	}
	for state, want := range map[presence][2]verdict3{absent: {no, no}, some: {yes, maybe}, perhaps: {maybe, maybe}} {
		v := symbolic.In(state)
		if got := [2]verdict3{v.Matches("*"), v.Matches("a")}; got != want {
			t.Errorf("state %d: %v, want %v", state, got, want)
		}
	}
	empty := knownValue("")
	if empty.Matches("*") != no || empty.MatchesHeader("*") != yes || empty.MatchesHost("*") != yes || empty.MatchesHeader("a*") != no ||
		(value{}).MatchesHeader("*") != no || (symbolic.In(perhaps)).MatchesHeader("*") != maybe {
		t.Error("an empty header is there")
	}
	if !symbolic.MatchStars("a*b*c", "a-b-c") || symbolic.MatchStars("a*b*c", "ac") || !symbolic.MatchStars("*/ns/a*/*", "spiffe://d/ns/abc/sa/x") || symbolic.MatchStars("ab*ba", "aba") {
		t.Error("stars")
	}
}

func TestPathTemplates(t *testing.T) {
	for _, c := range []struct {
		template, path string
		want           bool
	}{
		{"/notebook/a/{*}/api", "/notebook/a/tet/api", true},
		{"/notebook/a/{*}/api", "/notebook/a//api", false},
		{"/notebook/a/{*}/api", "/notebook/a/x/y/api", false},
		{"/notebook/a/{*}/api", "/notebook/a/tet/api/x", false},
		{"/a/{**}", "/a/", true}, {"/a/{**}", "/a", false}, {"/a/{**}", "/a/b/c", true},
		{"/a/{**}/z", "/a/b/c/z", true}, {"/a/{**}/z", "/a/z", false}, {"/a/{**}/z", "/a//z", true},
		{"/{*}/b/{**}", "/x/b/c/d", true}, {"/{*}", "/a[b", false}, {"/a/{**}", "/a/b{c", false},
	} {
		if got := symbolic.MatchTemplate(c.template, c.path); got != c.want {
			t.Errorf("%s on %s: %v", c.template, c.path, got)
		}
	}
	for path, good := range map[string]bool{
		"/a/{*}/b": true, "/a/{**}": true, "/a/{**}/b": true, "/a/*": true, "*/api": true,
		"/a/{**}/{*}": false, "/a/{x}": false, "/a/{*}b": false, "/a/{*}/b*": false, "a/{*}": false, "/a}": false,
	} {
		if (badTemplate(path) == "") != good {
			t.Errorf("%s: %q", path, badTemplate(path))
		}
	}
}

func TestNormalize(t *testing.T) {
	for _, c := range []struct{ mode, in, want string }{
		{"BASE", "/a/../b?q=/../x", "/b"}, {"BASE", "/a/%2e%2E/b", "/b"}, {"BASE", "/a/./b/..", "/a/"}, {"BASE", `/a\b`, "/a/b"},
		{"BASE", "/../..", "/"}, {"BASE", "//a", "//a"}, {"BASE", "/a%2Fb", "/a%2Fb"}, {"BASE", "/%61", "/a"}, {"BASE", "/%zz", "/%zz"},
		{"NONE", "/a/../b", "/a/../b"}, {"MERGE_SLASHES", "/a//../b", "/a/b"}, {"DECODE_AND_MERGE_SLASHES", "/a%2f%5Cb", "/a/b"},
	} {
		if got := normalize(c.in, c.mode); !got.ok || got.path != c.want {
			t.Errorf("%s %s: %+v, want %s", c.mode, c.in, got, c.want)
		}
	}
	if normalize("/%00", "BASE").ok {
		t.Error("/%00 passes")
	}
}

func TestPrincipalsAndTrustDomains(t *testing.T) {
	id := identity{domain: "td1", namespace: "ns", account: "sa"}
	aliased := &mesh{domains: []string{"td1", "old"}}
	for _, c := range []struct {
		pattern        string
		ztunnel, envoy bool
	}{
		{"td1/ns/ns/sa/sa", true, true},
		{"cluster.local/ns/ns/sa/sa", false, true}, // Envoy: cluster.local means the mesh's own
		{"old/ns/ns/sa/sa", false, true},           // an alias, which ztunnel does not know
		{"other/ns/ns/sa/sa", false, false},
		{"*/ns/ns/sa/sa", true, true}, {"*", true, true}, {"td1/ns/ns/*", true, true}, {"old/ns/ns/sa/*", false, true},
		{"*/sa/sa", true, true}, {"td1/ns/ns/sa/s", false, false}, {"td1/ns/n", false, false}, {"*1/ns/ns/sa/sa", true, true},
	} {
		if got := id.matchPrincipal(c.pattern); got != c.ztunnel {
			t.Errorf("ztunnel %s: %v", c.pattern, got)
		}
		if got := aliased.matchPrincipalEnvoy(id, c.pattern); got != c.envoy {
			t.Errorf("envoy %s: %v", c.pattern, got)
		}
	}
	if (identity{}).matchPrincipal("*") || aliased.matchPrincipalEnvoy(identity{}, "*") || (identity{}).matchNamespaceEnvoy("*") {
		t.Error("an absent identity matches")
	}
	if !id.matchNamespaceEnvoy("ns/sa") || !id.matchNamespaceEnvoy("ns") || id.matchNamespaceEnvoy("ns/s") || id.matchNamespaceEnvoy("s") {
		t.Error("a namespace with a slash is a part of the identity's text")
	}
	if !id.matchNamespaceEnvoy("n*") || id.matchNamespaceEnvoy("m*") || !id.matchAccount("sa", "ns") || id.matchAccount("sa", "x") || !id.matchAccount("ns/sa", "x") {
		t.Error("namespaces and accounts")
	}
	if !aliased.matchTrustDomain(id, "old") || !aliased.matchTrustDomain(id, "td*") || aliased.matchTrustDomain(id, "other") {
		t.Error("trust domains")
	}
}

func FuzzPatterns(f *testing.F) {
	for _, s := range []string{"*", "a*", "*a", "/a/{*}/b", "/a/{**}", "a*b", "", "td/ns/a/sa/b", "**"} {
		f.Add(s, "/a/x/b")
	}
	w := &World{namespaces: map[string]*space{}, mesh: defaultMesh()}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		symbolic.MatchStars(pattern, s)
		readPath(s, "DECODE_AND_MERGE_SLASHES")
		parseKey(pattern)
		if pattern == "" || badTemplate(pattern) != "" {
			return
		}
		a := attributes{path: knownValue(s), host: knownValue(s), headers: headers{{"x", knownValue(s)}}, peer: identity{domain: "d", namespace: s, account: "a"}}
		p := &policy{origin: origin{namespace: "a"}}
		for _, attr := range []attribute{path, host, header, namespaceOf, principal} {
			with := condition{attribute: attr, key: "x", values: []string{pattern}}
			without := condition{attribute: attr, key: "x", notValues: []string{pattern}}
			if got, negated := w.envoyCondition(p, &with, &a), w.envoyCondition(p, &without, &a); got != not(negated) {
				t.Errorf("%q on %q (%d): %v and its negation %v", pattern, s, attr, got, negated)
			}
		}
		// Without template operators a path pattern is an ordinary one.
		if !isTemplate(pattern) && is(matchPattern(pattern, s)) != a.matchPath(pattern) {
			t.Errorf("%q on %q", pattern, s)
		}
		if id, ok := parsePrincipal(pattern); ok && !strings.Contains(pattern, "*") && !id.matchPrincipal(pattern) {
			t.Errorf("%q does not match itself", pattern)
		}
	})
}

func FuzzLoad(f *testing.F) {
	f.Add("kind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: a, namespace: a}\nspec: {rules: [{from: [{source: {principals: ['*']}}]}]}")
	f.Add("kind: HTTPRoute\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: a}\nspec: {rules: [{matches: [null], backendRefs: [&a [*a]]}]}")
	f.Add("kind: ConfigMap\napiVersion: v1\nmetadata: {name: istio}\ndata: {mesh: '{extensionProviders: [1]}'}")
	f.Add("kind: Gateway\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: w, namespace: a}\nspec: {listeners: [{}], gatewayClassName: 3}")
	f.Fuzz(func(_ *testing.T, doc string) {
		n, err := yaml.Parse(doc)
		if err != nil {
			return
		}
		w, err := Load(slices.Values([]*yaml.Node{n.YNode(), nil}))
		if err != nil {
			return
		}
		for _, from := range []From{{User: "u"}, {Anonymous: true}, {ServiceAccount: "a/b"}, {OffMesh: true}, {Token: "a/b"}} {
			w.Decide(Request{From: from, To: To{Namespace: "a", Service: "s"}, Path: "/x"})
			w.Decide(Request{From: from, To: To{Namespace: "a", Service: "s", Direct: true}})
		}
	})
}
