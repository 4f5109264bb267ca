package access

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// The table narrows the search and changes no answer: every match that fits a path is near it, in the order of all.
func TestTableMissesNoRoute(t *testing.T) {
	paths := []string{"/", "/a", "/a/", "/a//", "/a/b", "/a/b/", "/a/b/c", "/a//b", "/ab", "/b/a", "//", "//a", "/a/b//c", "/a/.*"}
	var all []candidate
	for _, p := range paths {
		for kind, name := range []string{"PathPrefix", "Exact", "RegularExpression"} {
			m := parsedMatch(t, fmt.Sprintf("{path: {type: %s, value: %q}}", name, p))
			if m.kind != pathKind(kind) {
				t.Fatal(m)
			}
			all = append(all, candidate{match: &m, rule: &routeRule{}})
		}
	}
	table := routeList{all: all}
	table.finish()
	for _, p := range append(paths, "", "/a/b/c/d", "/x/y", "a/b") {
		a := attributes{path: knownValue(p), host: symbolic.In(some)}
		near := table.near(knownValue(p))
		for i, j := 0, 0; i < len(all); i++ {
			for j < len(near) && near[j] < i {
				j++
			}
			if table.all[i].match.fits(&a, "") == yes && (j == len(near) || near[j] != i) {
				t.Errorf("%q fits %q and is not near: %v", table.all[i].match.path, p, near)
			}
		}
		if len(near) == len(all) && p != "" {
			t.Errorf("all is near %q", p)
		}
	}
}

func TestTwoSegments(t *testing.T) {
	for path, want := range map[string]string{"/a/b/c": "/a/b", "/a/b": "/a/b", "/a/b/": "/a/b", "/a/": "/a/", "/a//b": "/a/", "//a/b": "//a", "/a": "", "a/b/c": "", "": ""} {
		if got, ok := twoSegments(path); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", path, got, ok)
		}
	}
}

// A case without a path takes that of a route to the Service, which an expression cannot give and another kind of backend does not mean.
func TestThePathOfARoute(t *testing.T) {
	to := "backendRefs: [{name: s, port: 80}]"
	for rules, want := range map[string]string{
		"{matches: [{path: {type: RegularExpression, value: /x.*/}}], " + to + "}, {matches: [{path: {value: /n/s}}], " + to + "}": "path /n/s/ (taken from a route)",
		"{matches: [{path: {value: /n/s}}], backendRefs: [{kind: Other, name: s}]}, {matches: [{path: {value: /m}}], " + to + "}":  "path /m/ (taken from a route)",
	} {
		text := edit(t, small+ingress, "rules: [{matches: [{path: {value: /s/}}], "+to+"}]", "rules: ["+rules+"]")
		v := decides(t, load(t, text), Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}}, Allow)
		if !contains(v.Assumed, want) {
			t.Errorf("%q", v.Assumed)
		}
	}
}

// An expression gives a path where its first words do.
func TestThePathOfAnExpression(t *testing.T) {
	for expression, want := range map[string]string{
		"^/.*$": "/", "/x.*/": "/x/", "^/m/n/?$": "/m/n", "/m/.+": "/m/x", "/[a-z]{3}": "", ".*": "/", "/a|/b": "",
	} {
		m := parsedMatch(t, "{path: {type: RegularExpression, value: '"+expression+"'}}")
		if got := m.example(); got != want {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
	text := edit(t, small+ingress, "{path: {value: /s/}}", "{path: {type: RegularExpression, value: '/[a-z]{3}'}}")
	v := decides(t, load(t, text), Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}}, Allow)
	for _, a := range v.Assumed {
		if strings.HasPrefix(a, "path ") {
			t.Error(a)
		}
	}
}

func parsedMatch(t *testing.T, text string) routeMatch {
	t.Helper()
	m, err := parseRouteMatch(manifests(t, text)[0])
	if err != nil {
		t.Fatal(err)
	}
	return m
}
