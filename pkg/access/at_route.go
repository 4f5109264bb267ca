package access

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// candidate is one match of one rule of a route that is attached to a gateway, or to a Service.
type candidate struct {
	route *route
	index int // of the rule
	rule  *routeRule
	match *routeMatch
	doubt string // why it may not be there
}

// step is the route's rule, on the way of a request.
func (c *candidate) step(why string) Step {
	return Step{Point: Point{Kind: AtRoute}, Policy: c.route.id(), Rule: c.index, Why: why}
}

// matchesOf are all matches of a route.
func matchesOf(r *route, doubt string) (out []candidate) {
	doubt = cmp.Or(doubt, unserved(r.doubt))
	for i := range r.rules {
		for j := range r.rules[i].matches {
			out = append(out, candidate{r, i, &r.rules[i], &r.rules[i].matches[j], doubt})
		}
	}
	return out
}

func unserved(part string) string {
	if part == "" {
		return ""
	}
	return part + " is not judged"
}

func (m *routeMatch) before(o *routeMatch) bool {
	rank := [5]int{exactPath: 0, prefixPath: 1, regexPath: 2, anyPath: 3, unmatched: 4}
	switch {
	case m.kind != o.kind:
		return rank[m.kind] < rank[o.kind]
	case m.sortLength() != o.sortLength():
		return m.sortLength() > o.sortLength()
	case (m.method == "") != (o.method == ""):
		return m.method != ""
	case len(m.headers) != len(o.headers):
		return len(m.headers) > len(o.headers)
	}
	return len(m.query) > len(o.query)
}

func (m *routeMatch) sortLength() int { return cmp.Or(m.length, len(m.path)) }

// catchesAll: Envoy has such a match behind all others of its virtual host (istio route IsCatchAllRoute and SortVHostRoutes).
func (m *routeMatch) catchesAll() bool {
	return (m.kind == regexPath && m.path == ".*" || m.kind != regexPath && m.kind != exactPath && m.path == "/") &&
		m.method == "" && len(m.headers) == 0 && len(m.query) == 0
}

func orAny(hostnames []string) []string {
	if len(hostnames) == 0 {
		return []string{"*"}
	}
	return hostnames
}

// narrow gives the hostnames of a route that fit a listener's.
func (l *listener) narrow(hostnames []string) (out []string) {
	if l.hostname == "" {
		return orAny(hostnames)
	}
	if len(hostnames) == 0 {
		return []string{l.hostname}
	}
	for _, h := range hostnames {
		switch {
		case hostRank(l.hostname, h) >= 0:
			out = append(out, h)
		case hostRank(h, l.hostname) >= 0:
			out = append(out, l.hostname)
		}
	}
	return out
}

// hostRank tells how specifically a hostname, *.suffix or * fits a host: -1 not at all, more is more specific.
func hostRank(pattern, host string) int {
	pattern, host = strings.ToLower(pattern), strings.ToLower(host)
	switch {
	case pattern == "*":
		return 0
	case pattern == host:
		return 1 << 20
	case strings.HasPrefix(pattern, "*.") && strings.HasSuffix(host, pattern[1:]) && len(host) > len(pattern)-1:
		return len(pattern)
	}
	return -1
}

// fits reports whether a match takes a request; maybe where that depends on a header that nobody knows.
func (m *routeMatch) fits(a *attributes, query string) verdict3 {
	switch m.kind {
	case exactPath:
		if !a.path.Is(m.path) {
			return no
		}
	case regexPath:
		if !a.path.Finds(m.regex) {
			return no
		}
	default: // whole segments only (Envoy path_separated_prefix)
		if m.path != "/" && !a.path.Under(m.path) {
			return no
		}
	}
	if m.method != "" && !a.method.Is(m.method) {
		return no
	}
	if len(m.query) > 0 {
		values, _ := url.ParseQuery(query)
		for _, q := range m.query {
			if v := a.trace.At(paramAxis+q.name, symbolic.Point{Text: values.Get(q.name), There: values.Has(q.name)}); v.State() == absent || !q.fits(v) {
				return no
			}
		}
	}
	out := yes
	for _, h := range m.headers {
		v := a.header(strings.ToLower(h.name))
		switch v.State() {
		case absent:
			return no
		case known:
			if !h.fits(v) {
				return no
			}
		default:
			out = maybe
		}
	}
	return out
}

func (h *routeHeader) fits(v value) bool {
	if h.regex != nil {
		return v.Finds(h.regex)
	}
	return v.Is(h.value)
}

// forward changes a request as the rule's filters do on the way to the backend. Envoy removes headers before it writes any.
func (c *candidate) forward(a *attributes) {
	for _, f := range c.rule.filters {
		for _, name := range f.remove {
			a.drop(name)
		}
		for _, v := range f.set {
			if v.name == "host" || v.name == ":authority" { // istio route TranslateHeadersOperations
				a.host = v.value
				continue
			}
			a.headers = append(a.headers.without(v.name), v)
		}
		for _, v := range f.add {
			switch before := a.sent(v.name); before.State() {
			case known:
				v.value = before.Append("," + v.Shown())
			case some, perhaps:
				v.value = symbolic.In(some)
			}
			a.headers = append(a.headers.without(v.name), v)
		}
		if f.hostname != "" {
			a.host = knownValue(f.hostname)
		}
		switch {
		case f.full != nil:
			a.path = knownValue(*f.full)
		case f.prefix != nil && c.match.kind == prefixPath:
			a.path = replacePrefix(a.path, c.match.path, *f.prefix)
		}
	}
}

// replacePrefix: Istio 1.31 puts the replacement of the prefix unchanged in front of the rest, so with /v2 for the prefix / the path /x becomes /v2x.
// Only an empty replacement keeps the slash of the rest (gateway conversion createRewriteFilter; networking core/route applyHTTPRouteDestination).
func replacePrefix(path value, prefix, with string) value {
	if prefix == "/" {
		prefix = ""
	}
	with = strings.TrimSuffix(with, "/")
	switch {
	case with == "":
		return path.Swap(prefix, "/", true)
	case prefix == "":
		return path.Swap(prefix, with, true)
	}
	return path.Swap(prefix, with, false)
}
