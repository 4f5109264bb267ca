package access

import (
	"net/url"
	"sort"
	"strings"
)

// candidate is one match of one rule of a route that is attached to a gateway.
type candidate struct {
	route     *route
	index     int // of the rule
	rule      *routeRule
	match     *routeMatch
	hostnames []string
	doubt     string
}

// step is the route's rule, on the way of a request.
func (c *candidate) step(why string) Step {
	return Step{Point: Point{Kind: AtRoute}, Policy: c.route.id(), Rule: c.index, Why: why}
}

func (w *World) findCandidates(g *gateway) []candidate {
	var out []candidate
	names := append([]string(nil), w.names...)
	sort.Strings(names)
	for _, ns := range names {
		routes := append([]*route(nil), w.namespaces[ns].routes...)
		sort.SliceStable(routes, func(i, j int) bool { return routes[i].name < routes[j].name })
		for _, r := range routes {
			if hostnames, doubt, ok := w.attaches(r, g); ok {
				for i := range r.rules {
					for j := range r.rules[i].matches {
						out = append(out, candidate{r, i, &r.rules[i], &r.rules[i].matches[j], hostnames, doubt})
					}
				}
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].match.before(out[j].match) })
	return out
}

func (m *routeMatch) before(o *routeMatch) bool {
	rank := [3]int{exactPath: 0, prefixPath: 1, regexPath: 2}
	switch {
	case m.kind != o.kind:
		return rank[m.kind] < rank[o.kind]
	case len(m.path) != len(o.path):
		return len(m.path) > len(o.path)
	case (m.method == "") != (o.method == ""):
		return m.method != ""
	case len(m.headers) != len(o.headers):
		return len(m.headers) > len(o.headers)
	}
	return len(m.query) > len(o.query)
}

// attaches reports whether a route hangs on a gateway, and under which hostnames: a parentRef names it, and a listener of that section and
// port admits the route's namespace and a hostname. A made up gateway admits all.
func (w *World) attaches(r *route, g *gateway) (hostnames []string, doubt string, ok bool) {
	for _, p := range r.parents {
		if p.kind != "Gateway" || p.namespace != g.namespace || p.name != g.name {
			continue
		}
		if g.assumed != "" {
			return orAny(r.hostnames), "", true
		}
		for i := range g.listeners {
			l := &g.listeners[i]
			if p.section != "" && p.section != l.name || p.port != 0 && p.port != l.port || l.protocol != "HTTP" && l.protocol != "HTTPS" {
				continue
			}
			switch l.admits(w, g.namespace, r.namespace) {
			case no:
				continue
			case maybe:
				doubt = "whether Gateway " + g.id() + " admits routes of " + r.namespace + " depends on labels that are not given"
			}
			if h := l.narrow(r.hostnames); len(h) > 0 {
				hostnames, ok = append(hostnames, h...), true
			}
		}
	}
	return hostnames, doubt, ok
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

// pick finds the match that takes a request: first the most specific hostname (Envoy chooses one virtual host), then the order of
// candidates. A host that is not known fits every hostname.
func (t *table) pick(a *attributes, query string) *candidate {
	best := hostRankOf(t.hostnames, a)
	if best < 0 {
		return nil
	}
	for _, i := range t.near(a.path.s) {
		if c := &t.all[i]; (a.host.state != known || hostRankOf(c.hostnames, a) == best) && c.match.fits(a, query) {
			return c
		}
	}
	return nil
}

func hostRankOf(hostnames []string, a *attributes) int {
	best := -1
	for _, h := range hostnames {
		if a.host.state != known {
			return 0
		}
		name, _, _ := strings.Cut(a.host.s, ":")
		best = max(best, hostRank(h, name))
	}
	return best
}

func (m *routeMatch) fits(a *attributes, query string) bool {
	path := a.path.s
	switch m.kind {
	case exactPath:
		if path != m.path {
			return false
		}
	case regexPath:
		if !m.regex.MatchString(path) {
			return false
		}
	default: // whole segments only (Envoy path_separated_prefix)
		if m.path != "/" && path != m.path && !strings.HasPrefix(path, m.path+"/") {
			return false
		}
	}
	if m.method != "" && m.method != a.method.s {
		return false
	}
	for _, h := range m.headers {
		if v := a.header(strings.ToLower(h.name)); v.state != known || !h.fits(v.s) {
			return false
		}
	}
	if len(m.query) == 0 {
		return true
	}
	values, _ := url.ParseQuery(query)
	for _, q := range m.query {
		if !values.Has(q.name) || !q.fits(values.Get(q.name)) {
			return false
		}
	}
	return true
}

func (h *routeHeader) fits(s string) bool {
	if h.regex != nil {
		return h.regex.MatchString(s)
	}
	return s == h.value
}

// forward changes a request as the rule's filters do on the way to the backend.
func (c *candidate) forward(a *attributes) {
	for _, f := range c.rule.filters {
		for _, v := range f.set {
			a.headers = append(a.headers.without(v.name), v)
		}
		for _, v := range f.add {
			switch before := find(a.headers, v.name); before.state {
			case known:
				v.s = before.s + "," + v.s
			case some, perhaps:
				v.value = value{state: some}
			}
			a.headers = append(a.headers.without(v.name), v)
		}
		for _, name := range f.remove {
			a.headers = a.headers.without(name)
		}
		if f.hostname != "" {
			a.host = knownValue(f.hostname)
		}
		switch {
		case f.full != nil:
			a.path.s = *f.full
		case f.prefix != nil && c.match.kind == prefixPath:
			a.path.s = replacePrefix(a.path.s, c.match.path, *f.prefix)
		}
	}
}

// replacePrefix: /jupyter/x with prefix /jupyter and / in its place is /x (gateway conversion createRewriteFilter).
func replacePrefix(path, prefix, with string) string {
	rest := path
	if prefix != "/" {
		rest = strings.TrimPrefix(path, prefix)
	}
	rest = strings.TrimPrefix(rest, "/")
	with = strings.TrimSuffix(with, "/")
	if rest == "" && with != "" && !strings.HasSuffix(path, "/") {
		return with
	}
	return with + "/" + rest
}
