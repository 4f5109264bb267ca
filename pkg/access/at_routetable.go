package access

import (
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// table is what one route configuration of a gateway holds: that of a port, or of a listener that ends TLS (Istio: model mergeGateways and
// gatewayRDSRouteName). Thousands of tenants have routes like /notebook/<namespace>/<name> or hosts like <name>-<namespace>.example.com, so
// hosts are looked up by name, paths by their first two segments, and both by the Service that they lead to.
type table struct {
	listeners []string // names of the listeners
	port      int
	any       bool // a made up gateway's
	hosts     map[string]*virtualHost
	ordered   []*virtualHost
	byBackend map[string][]*virtualHost // namespace/name of a Service
	toPools   []hostMatch               // that lead to InferencePools
}

// hostMatch is a match of a virtual host.
type hostMatch struct {
	host  *virtualHost
	match *candidate
}

// virtualHost is what Envoy chooses by the request's host: its routes, and no others.
type virtualHost struct {
	domain    string
	lists     []*routeList // in an order that a file does not show
	byKey     map[string]*routeList
	byBackend map[string][]*candidate
	// atWaypoint: a waypoint has what catches all where it stands, a gateway behind all others (istio route SortVHostRoutes).
	atWaypoint bool
}

// routeList is all matches of the routes with one hostname at one listener, in Istio's order (gateway conversion mergeHTTPRoutes).
type routeList struct {
	all       []candidate
	wide      []int            // matches that say less than two segments, or an expression
	bySegment map[string][]int // the others, by their first two segments
}

// tables are what a gateway routes by.
func (w *World) tables(g *gateway) []*table {
	g.once.Do(func() { g.tables = w.makeTables(g) })
	return g.tables
}

func (w *World) makeTables(g *gateway) (out []*table) {
	listeners := w.servedListeners(g)
	of := make([]*table, len(listeners))
	byPort := map[int]*table{}
	for i := range listeners {
		l := &listeners[i]
		if !l.readsRequests() {
			continue
		}
		if l.protocol == "HTTP" {
			of[i] = byPort[l.port]
		}
		if of[i] == nil {
			of[i] = &table{port: l.port, any: l.any, hosts: map[string]*virtualHost{}, byBackend: map[string][]*virtualHost{}}
			out = append(out, of[i])
		}
		if l.protocol == "HTTP" {
			byPort[l.port] = of[i]
		}
		of[i].listeners = append(of[i].listeners, l.name)
	}
	for _, r := range w.sortedRoutes() {
		w.attach(r, listeners, of)
	}
	for _, t := range out {
		t.finish()
	}
	return out
}

// sortedRoutes are all routes by namespace and name.
func (w *World) sortedRoutes() []*route {
	var out []*route
	for _, ns := range w.names {
		out = append(out, w.namespaces[ns].routes...)
	}
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].namespace != out[j].namespace {
			return out[i].namespace < out[j].namespace
		}
		return out[i].name < out[j].name
	})
	return out
}

// attach files a route under the hosts of the listeners that take it.
func (w *World) attach(r *route, listeners []served, of []*table) {
	for i := range listeners {
		l := &listeners[i]
		for _, p := range r.parents {
			if of[i] == nil {
				break
			}
			doubt, ok := w.takes(l, r, p)
			if !ok {
				continue
			}
			for _, h := range orAny(r.hostnames) {
				if isolated(l, listeners, h) {
					continue
				}
				for _, domain := range l.narrow([]string{h}) {
					of[i].add(strings.ToLower(domain), join(portText(i), h), r, doubt)
				}
			}
			break // another parentRef that means this listener changes nothing
		}
	}
}

func (t *table) add(domain, key string, r *route, doubt string) {
	h := t.hosts[domain]
	if h == nil {
		h = &virtualHost{domain: domain, byKey: map[string]*routeList{}, byBackend: map[string][]*candidate{}}
		t.hosts[domain] = h
		t.ordered = append(t.ordered, h)
	}
	l := h.byKey[key]
	if l == nil {
		l = &routeList{}
		h.byKey[key] = l
		h.lists = append(h.lists, l)
	}
	l.all = append(l.all, matchesOf(r, doubt)...)
}

func (t *table) finish() {
	sort.Slice(t.ordered, func(i, j int) bool { return t.ordered[i].domain < t.ordered[j].domain })
	for _, h := range t.ordered {
		for _, l := range h.lists {
			l.finish()
			for i := range l.all {
				t.index(h, &l.all[i])
			}
		}
	}
}

func (t *table) index(h *virtualHost, c *candidate) {
	for _, b := range c.rule.backends {
		if b.kind == "InferencePool" {
			t.toPools = append(t.toPools, hostMatch{h, c})
		}
		if b.foreign {
			continue
		}
		id := join(b.namespace, b.name)
		l := h.byBackend[id]
		if len(l) == 0 {
			t.byBackend[id] = append(t.byBackend[id], h)
		}
		if len(l) == 0 || l[len(l)-1] != c {
			h.byBackend[id] = append(l, c)
		}
	}
}

// finish sorts a list: Exact before PathPrefix before RegularExpression, then longer paths, a method, more headers, more query parameters
// (gateway conversion sortHTTPRoutes). What is equal is in the order of creation times, which are not in manifests.
func (l *routeList) finish() {
	sort.SliceStable(l.all, func(i, j int) bool { return l.all[i].match.before(l.all[j].match) })
	l.bySegment = map[string][]int{}
	for i := range l.all {
		c := &l.all[i]
		if key, ok := twoSegments(c.match.path); ok && c.match.kind != regexPath {
			l.bySegment[key] = append(l.bySegment[key], i)
		} else {
			l.wide = append(l.wide, i)
		}
	}
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

// segments are the first two of a path, where some match has them.
func (l *routeList) segments(path value) string {
	var all symbolic.List
	if path.Varies() {
		all = symbolic.List{Name: strings.Join(slices.Sorted(maps.Keys(l.bySegment)), " "), All: slices.Sorted(maps.Keys(l.bySegment))}
	}
	return path.Lookup(all, func(s string) string {
		if key, ok := twoSegments(s); ok && len(l.bySegment[key]) > 0 {
			return key
		}
		return ""
	})
}

// near gives the matches that a path may fit, in their order.
func (l *routeList) near(path value) []int {
	a, b := l.wide, l.bySegment[l.segments(path)]
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
