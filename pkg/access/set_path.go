package access

import (
	"slices"
	"strings"
)

// approach is a match of a route that leads a client of the ingress to a Service.
type approach struct {
	host  *virtualHost
	match *candidate
}

// approaches are all to a Service, each once.
func (w *World) approaches(id string) (out []approach) {
	for _, g := range w.allIngresses() {
		for _, t := range w.tables(g) {
			for _, h := range t.byBackend[id] {
				for _, c := range h.byBackend[id] {
					if !slices.ContainsFunc(out, func(a approach) bool { return a.match.match == c.match && a.host.domain == h.domain }) {
						out = append(out, approach{h, c})
					}
				}
			}
		}
	}
	return out
}

// text is the approach as a client knows it.
func (a *approach) text() string {
	m, out := a.match.match, ""
	switch m.kind {
	case exactPath, regexPath:
		out = m.path
	default:
		out = strings.TrimSuffix(m.path, "/") + "/*"
	}
	if a.host.domain != "*" {
		out = a.host.domain + out
	}
	return out
}

// port is that of the Service that the match leads to, 0 where it does not say.
func (a *approach) port(to *aim) int {
	for _, b := range a.match.rule.backends {
		if !b.foreign && b.namespace == to.to.Namespace && b.name == to.name {
			return b.port
		}
	}
	return 0
}

// apply gives a request what the match asks for beside its path.
func (a *approach) apply(r *Request) {
	for _, h := range a.match.match.headers {
		if h.regex == nil {
			r.setHeader(strings.ToLower(h.name), h.value)
		}
	}
	sign := "?"
	for _, q := range a.match.match.query {
		if q.regex == nil && r.Path != "" {
			r.Path += sign + q.name + "=" + q.value
			sign = "&"
		}
	}
}

// behind is a client's path as the Service gets it.
func (a *approach) behind(path string) string {
	at := attributes{path: knownValue(path)}
	a.match.forward(&at)
	return at.path.Read()
}

// leads reports whether the match takes a path.
func (a *approach) leads(path string) bool {
	bare := routeMatch{kind: a.match.match.kind, path: a.match.match.path, regex: a.match.match.regex}
	return strings.HasPrefix(path, "/") && bare.fits(&attributes{path: knownValue(path)}, "") != no
}

// root is the start of the paths that the Service gets.
func (a *approach) root() string {
	root := a.match.match.example()
	return strings.TrimSuffix(a.behind(root), "/")
}

// before gives the client's paths that the Service gets as this one.
func (a *approach) before(path string) (out []string) {
	m := a.match.match
	tried := []string{path}
	for _, f := range a.match.rule.filters {
		switch {
		case f.full != nil:
			tried = []string{m.example()}
		case f.prefix != nil && m.kind == prefixPath:
			rest := strings.TrimPrefix(path, strings.TrimSuffix(*f.prefix, "/"))
			bare := strings.TrimSuffix(m.path, "/")
			tried = []string{bare + rest, bare + "/" + strings.TrimPrefix(rest, "/")}
		}
	}
	for _, p := range tried {
		if a.leads(p) && a.behind(p) == path && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// pathsLike are the paths, as a client sends them, that come to the Service as ones that a rule takes for one of its words.
func (x *asker) pathsLike(o *opening, s *sameAxis, word string, listed bool, to *aim, by *approach, seeds *values) (out []string) {
	name := strings.ReplaceAll(to.name, " ", "-")
	root, wanted := "", []string(nil)
	switch {
	case by != nil:
		root = by.root()
		if !listed {
			wanted = append(wanted, by.behind(by.match.match.example()), root+"/x")
		}
	case !listed:
		wanted = append(wanted, "/", "/x")
	}
	wanted = append(append(wanted, pathFills(word, root, name)...), seeds.paths...)
	add := func(p, sent string) {
		behind, front := attributes{path: knownValue(p)}, attributes{path: knownValue(sent)}
		switch {
		case slices.Contains(out, sent), listed && behind.matchPath(word) == no, !s.takes(x.w, o.policy, &behind):
		case o.front != nil && !frontPath(x.w, o.front, &front):
		default:
			out = append(out, sent)
		}
	}
	for _, p := range wanted {
		if by == nil {
			add(p, p)
			continue
		}
		for _, sent := range by.before(p) {
			add(p, sent)
		}
	}
	if by != nil && o.front != nil { // the gateway's own words for paths
		for _, c := range o.front.asks {
			for _, v := range c.values {
				if c.attribute != path {
					continue
				}
				for _, sent := range pathFills(v, strings.TrimSuffix(by.match.match.example(), "/"), name) {
					if by.leads(sent) {
						add(by.behind(sent), sent)
					}
				}
			}
		}
	}
	return out
}

func frontPath(w *World, front *opening, at *attributes) bool {
	for i := range front.asks {
		if c := &front.asks[i]; c.attribute == path && w.envoyCondition(front.policy, c, at) == no {
			return false
		}
	}
	return true
}

// pathFills are paths that a pattern or template takes: below a root where there is one, and with the name of the Service in the place of a segment.
func pathFills(word, root, name string) (out []string) {
	switch {
	case word == "":
		return nil
	case isTemplate(word):
		return templateFills(word, root, name)
	case word == "*":
		return []string{root + "/", root + "/x"}
	case strings.HasPrefix(word, "*"):
		tail := word[1:]
		for _, lead := range [4]string{"", "/", "/x", "/x/"} {
			out = append(out, root+lead+tail)
		}
	case strings.HasSuffix(word, "*"):
		bare := word[:len(word)-1]
		if strings.HasPrefix(root+"/", bare) {
			out = append(out, root+"/", root, root+"/x")
		}
		out = append(out, bare+"x", bare, bare+"x/x", bare+"y", bare+"/x")
	default:
		out = append(out, word)
	}
	return slices.DeleteFunc(out, func(p string) bool { return !strings.HasPrefix(p, "/") })
}

func templateFills(word, root, name string) (out []string) {
	given := strings.Split(strings.Trim(root, "/"), "/")
	for _, plain := range [3]string{name, "x", "y"} {
		segments := strings.Split(strings.Trim(word, "/"), "/")
		for i, s := range segments {
			value := plain
			if i < len(given) && given[i] != "" {
				value = given[i]
			}
			switch s {
			case oneSegment:
				segments[i] = value
			case anySegments:
				if i < len(given) && given[i] != "" {
					value = strings.Join(given[i:], "/")
				}
				segments[i] = value
			}
		}
		filled := "/" + strings.Join(segments, "/")
		if strings.HasSuffix(word, "/") {
			filled += "/"
		}
		out = append(out, filled)
		if strings.Contains(word, anySegments) {
			out = append(out, strings.NewReplacer(oneSegment, plain, "/"+anySegments, "", anySegments, "").Replace(word))
		}
	}
	return out
}
