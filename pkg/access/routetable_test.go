package access

import (
	"fmt"
	"testing"
)

// The table narrows the search and changes no answer: every match that fits a path is near it, in the order of all.
func TestTableMissesNoRoute(t *testing.T) {
	paths := []string{"/", "/a", "/a/", "/a//", "/a/b", "/a/b/", "/a/b/c", "/a//b", "/ab", "/b/a", "//", "//a", "/a/b//c"}
	var all []candidate
	for _, p := range paths {
		for kind, name := range []string{"PathPrefix", "Exact", "RegularExpression"} {
			m := parsedMatch(t, fmt.Sprintf("{path: {type: %s, value: %q}}", name, p))
			if m.kind != pathKind(kind) {
				t.Fatal(m)
			}
			all = append(all, candidate{match: &m, rule: &routeRule{}, hostnames: []string{"*"}})
		}
	}
	table := newTable(all)
	for _, p := range append(paths, "", "/a/b/c/d", "/x/y", "a/b") {
		a := attributes{path: knownValue(p), host: value{state: some}}
		near := table.near(p)
		for i, j := 0, 0; i < len(all); i++ {
			for j < len(near) && near[j] < i {
				j++
			}
			if all[i].match.fits(&a, "") && (j == len(near) || near[j] != i) {
				t.Errorf("%q fits %q and is not near: %v", all[i].match.path, p, near)
			}
		}
		if len(near) == len(all) && p != "" {
			t.Errorf("all is near %q", p)
		}
	}
}

func parsedMatch(t *testing.T, text string) routeMatch {
	t.Helper()
	m, err := parseRouteMatch(manifests(t, text)[0].YNode())
	if err != nil {
		t.Fatal(err)
	}
	return m
}
