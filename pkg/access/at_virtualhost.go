package access

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// host finds the virtual host of a request: that of its name, else the longest suffix *.<name>, else * (Envoy RouteConfiguration; Istio
// leaves the port out).
func (t *table) host(name string) *virtualHost {
	name, _, _ = strings.Cut(strings.ToLower(name), ":")
	if h := t.hosts[name]; h != nil {
		return h
	}
	for i := 1; i < len(name); i++ {
		if name[i] == '.' {
			if h := t.hosts["*"+name[i:]]; h != nil {
				return h
			}
		}
	}
	return t.hosts["*"]
}

// of is host for the host of a request, as it says what it looked for.
func (t *table) of(host value, trace *symbolic.Trace) *virtualHost {
	name := host.Before(":").Lower()
	if !name.Varies() {
		return t.host(name.Shown())
	}
	from := trace.Mark()
	for _, h := range t.bySpecificity() {
		mark := trace.Mark()
		switch exact := !strings.HasPrefix(h.domain, "*"); {
		case exact && name.Is(h.domain):
			trace.Forget(from, mark) // then it cannot be any other
			return h
		case !exact && (h.domain == "*" || !name.Is(h.domain[1:]) && name.Matches(h.domain) == yes):
			return h
		}
	}
	return nil
}

// bySpecificity are the virtual hosts in the order in which Envoy looks for that of a request.
func (t *table) bySpecificity() []*virtualHost {
	return slices.SortedStableFunc(slices.Values(t.ordered), func(a, b *virtualHost) int {
		exact := func(h *virtualHost) int {
			if strings.HasPrefix(h.domain, "*") {
				return 0
			}
			return 1
		}
		return cmp.Or(exact(b)-exact(a), len(b.domain)-len(a.domain))
	})
}

// pick finds the match that takes a request. It is one, unless the manifests do not show which of several comes first, or whether one fits.
func (h *virtualHost) pick(a *attributes, query string) (out []*candidate) {
	for _, l := range h.lists {
		out = append(out, l.pick(a, query)...)
	}
	if !h.atWaypoint && len(h.lists) > 1 && slices.ContainsFunc(out, func(c *candidate) bool { return !c.match.catchesAll() }) {
		out = slices.DeleteFunc(out, func(c *candidate) bool { return c.match.catchesAll() })
	}
	return out
}

func (l *routeList) pick(a *attributes, query string) (out []*candidate) {
	var first *candidate // that fits for certain
	var sure []*route
	for _, i := range l.near(a.path) {
		c := &l.all[i]
		if first != nil && first.match.before(c.match) {
			break
		}
		if slices.Contains(sure, c.route) { // within a route the order is that of the file
			continue
		}
		fits := c.match.fits(a, query)
		if fits == no {
			continue
		}
		out = append(out, c)
		if fits == yes {
			sure = append(sure, c.route)
			if first == nil {
				first = c
			}
		}
	}
	return out
}

// pathTo is a path, as a request's first words, that a match of the host takes to a Service.
func (h *virtualHost) pathTo(backend string) (path string, c *candidate) {
	for _, c := range h.byBackend[backend] {
		if path := c.match.example(); path != "" {
			return path, c
		}
	}
	return "", nil
}

// example is a path that fits, "" where none is found.
func (m *routeMatch) example() string {
	switch m.kind {
	case exactPath:
		return m.path
	case regexPath:
		return m.exampleOfExpression()
	}
	if !strings.HasSuffix(m.path, "/") {
		return m.path + "/"
	}
	return m.path
}

func (m *routeMatch) exampleOfExpression() string {
	bare, err := regexp.Compile(strings.TrimPrefix(m.path, "^"))
	if err != nil {
		return ""
	}
	prefix, _ := bare.LiteralPrefix()
	for _, path := range [4]string{prefix, prefix + "x", prefix + "/", prefix + "/x"} {
		if strings.HasPrefix(path, "/") && m.regex.MatchString(path) {
			return path
		}
	}
	return ""
}
