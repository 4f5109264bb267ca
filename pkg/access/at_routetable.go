package access

import "strings"

// table is what a gateway's routes say: all matches, the first that fits wins, and where to look for one. Thousands of tenants have routes
// like /notebook/<namespace>/<name>, so a path's first two segments narrow the search, and a backend's name too.
type table struct {
	all       []candidate
	wide      []int            // matches that say less than two segments, or an expression
	bySegment map[string][]int // the others, by their first two segments
	byBackend map[string][]int // namespace/name of a Service
	hostnames []string         // each once
}

// candidates are all matches at a gateway, the first that fits wins: Exact before PathPrefix before RegularExpression, then longer paths,
// a method, more headers, more query parameters, then the order of namespace and name (gateway conversion sortHTTPRoutes; creation times
// are not in manifests).
func (w *World) candidates(g *gateway) *table {
	g.once.Do(func() { g.routes = newTable(w.findCandidates(g)) })
	return g.routes
}

func newTable(all []candidate) *table {
	t := &table{all: all, bySegment: map[string][]int{}, byBackend: map[string][]int{}}
	seen := map[string]bool{}
	for i := range all {
		c := &all[i]
		if key, ok := twoSegments(c.match.path); ok && c.match.kind != regexPath {
			t.bySegment[key] = append(t.bySegment[key], i)
		} else {
			t.wide = append(t.wide, i)
		}
		for _, b := range c.rule.backends {
			id := join(b.namespace, b.name)
			if l := t.byBackend[id]; !b.foreign && (len(l) == 0 || l[len(l)-1] != i) {
				t.byBackend[id] = append(l, i)
			}
		}
		for _, h := range c.hostnames {
			if !seen[h] {
				seen[h] = true
				t.hostnames = append(t.hostnames, h)
			}
		}
	}
	return t
}

// twoSegments gives /a/b of /a/b/c; ok is false where there are not two.
func twoSegments(path string) (key string, ok bool) {
	if !strings.HasPrefix(path, "/") {
		return "", false
	}
	first := strings.IndexByte(path[1:], '/')
	if first < 0 {
		return "", false
	}
	if second := strings.IndexByte(path[first+2:], '/'); second >= 0 {
		return path[:first+2+second], true
	}
	return path, true
}

// near gives the matches that a path may fit, in their order.
func (t *table) near(path string) []int {
	key, _ := twoSegments(path)
	a, b := t.wide, t.bySegment[key]
	out := make([]int, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0] < b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
