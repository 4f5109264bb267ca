package access

import (
	"slices"
	"strings"
)

// axis is one attribute of a request, and the values to try. A request that an opening may allow has one option of each.
type axis struct {
	attribute attribute
	key       string
	options   []option
	listed    bool   // the rule lists values
	but       string // the values that the rule excludes
}

// option is a value of an attribute: the word of the rule that it is for, and how a request gets it.
type option struct {
	word string // of the rule, "" where it lists none
	note string // what is special about the value, where the rule does not say it
	set  func(*Request)
}

// sameAxis are the conditions about one attribute.
type sameAxis struct {
	attribute attribute
	key       string
	all       []condition
}

// byAxis groups an opening's conditions.
func (o *opening) byAxis() (out []sameAxis) {
	add := func(conditions []condition, front bool) {
		for _, c := range conditions {
			if front && (c.attribute == path || c.attribute == port) {
				continue // the client's path, which routes may change, and the listener's port
			}
			i := slices.IndexFunc(out, func(s sameAxis) bool { return s.attribute == c.attribute && s.key == c.key })
			if i < 0 {
				i, out = len(out), append(out, sameAxis{attribute: c.attribute, key: c.key})
			}
			out[i].all = append(out[i].all, c)
		}
	}
	add(o.asks, false)
	if o.front != nil {
		add(o.front.asks, true)
	}
	return out
}

// inWords is the order in which a line names attributes.
var inWords = []attribute{method, path, host, port}

func rankInWords(a attribute) int {
	if i := slices.Index(inWords, a); i >= 0 {
		return i
	}
	return len(inWords)
}

// words are the values that the rule lists, and whether it lists any.
func (s *sameAxis) words() ([]string, bool) {
	for _, c := range s.all {
		if len(c.values) > 0 {
			return c.values, true
		}
	}
	return []string{""}, false
}

// but are the values that the rule excludes.
func (s *sameAxis) but() string {
	var out []string
	for _, c := range s.all {
		out = append(out, c.notValues...)
	}
	return strings.Join(out, ", ")
}

// takes reports whether the conditions may hold of a request that has a value for their attribute.
func (s *sameAxis) takes(w *World, p *policy, at *attributes) bool {
	return w.envoyAll(p, s.all, at) != no
}

// axes are those of an opening for a client at an aim, by one approach: first the rule's own, then those that DENY rules of the point speak of. wide:
// with values that other rules of the point name, by which a request may get around a DENY. ok is false where no value satisfies the rule.
func (x *asker) axes(o *opening, c *client, to *aim, by *approach, wide bool) (out []axis, ok bool) {
	seeds := &values{}
	if wide {
		seeds = to.values(x)
	}
	groups := o.byAxis()
	for _, a := range [2]attribute{method, path} {
		if !slices.ContainsFunc(groups, func(s sameAxis) bool { return s.attribute == a }) {
			groups = append(groups, sameAxis{attribute: a})
		}
	}
	if by == nil || by.host.domain != "*" || to.comparesHosts(x) {
		if !slices.ContainsFunc(groups, func(s sameAxis) bool { return s.attribute == host }) {
			groups = append(groups, sameAxis{attribute: host})
		}
	}
	slices.SortStableFunc(groups, func(a, b sameAxis) int { return rankInWords(a.attribute) - rankInWords(b.attribute) })
	for i := range groups {
		s := &groups[i]
		a := axis{attribute: s.attribute, key: s.key, but: s.but()}
		var list []string
		list, a.listed = s.words()
		for _, word := range list {
			a.options = append(a.options, x.optionsFor(o, s, word, a.listed, c, to, by, seeds)...)
		}
		if len(a.options) == 0 {
			return nil, false
		}
		out = append(out, a)
	}
	return append(out, x.sideAxes(groups, c, to, seeds)...), true
}

// optionsFor are the values to try for a word of the rule.
func (x *asker) optionsFor(o *opening, s *sameAxis, word string, listed bool, c *client, to *aim, by *approach, seeds *values) (out []option) {
	add := func(note string, at attributes, set func(*Request)) {
		if s.takes(x.w, o.policy, &at) {
			out = append(out, option{word: word, note: note, set: set})
		}
	}
	fits := func(v string) bool { return !listed || matchPattern(word, v) || word == "*" }
	switch s.attribute {
	case method:
		for _, m := range slices.Concat(methodsLike(word, listed, by), seeds.methods) {
			if fits(m) {
				at := attributes{method: knownValue(m)}
				add("", at, func(r *Request) { r.Method = m })
			}
		}
	case path:
		for _, p := range x.pathsLike(o, s, word, listed, to, by, seeds) {
			out = append(out, option{word: word, set: func(r *Request) { r.Path = p }})
		}
	case host:
		for _, h := range hostsLike(word, listed, to, by, seeds) {
			if !listed || knownValue(h).MatchesHost(word) == yes {
				at := attributes{host: knownValue(h)}
				add("", at, func(r *Request) { r.Host = h })
			}
		}
	case port:
		out = x.portOptions(o, s, word, listed, to, by)
	case header:
		if c.owns[s.key] { // as the client comes, else as anybody may send it
			out = append(out, option{word: word, set: func(*Request) {}})
		}
		for _, h := range slices.Concat(fills(word, listed), seeds.headers[s.key]) {
			if fits(h) && badHeader(s.key, h) == "" {
				note := ""
				if c.owns[s.key] {
					note = "with " + s.key + ": " + h
				}
				add(note, attributes{headers: headers{{s.key, knownValue(h)}}}, func(r *Request) { r.setHeader(s.key, h) })
			}
		}
		if !listed && !c.owns[s.key] {
			add("", attributes{}, func(r *Request) { delete(r.Headers, s.key) })
			if len(out) > 1 { // as it usually is, first
				out = append(out[len(out)-1:], out[:len(out)-1]...)
			}
		}
	case claim, requestPrincipal, audience, presenter:
		return x.tokenOptions(s, word, listed, c, to)
	default: // addresses, SNI and Envoy's own metadata, which no request of a case can have
		out = []option{{word: word, set: func(*Request) {}}}
	}
	return out
}

func (r *Request) setHeader(name, v string) {
	for k := range r.Headers {
		if strings.EqualFold(k, name) {
			delete(r.Headers, k)
		}
	}
	r.Headers[name] = v
}

var usualMethods = []string{"GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"}

func methodsLike(word string, listed bool, by *approach) []string {
	switch {
	case by != nil && by.match.match.method != "":
		return []string{by.match.match.method}
	case listed && !strings.Contains(word, "*"):
		return []string{word}
	case listed && word != "*":
		return append(slices.Clone(usualMethods), strings.ReplaceAll(word, "*", ""), strings.ReplaceAll(word, "*", "X"))
	}
	return usualMethods
}

// hostsLike: a pod may send any host, a client of the ingress one that leads to the target.
func hostsLike(word string, listed bool, to *aim, by *approach, seeds *values) (out []string) {
	if by == nil && !listed {
		out = append(out, to.host())
	}
	domain := "*"
	if by != nil {
		domain = by.host.domain
	}
	if !strings.HasPrefix(domain, "*") {
		return []string{domain}
	}
	for _, h := range slices.Concat(fills(word, listed), seeds.hosts) {
		out = append(out, strings.TrimSuffix(h, ":*"))
	}
	if suffix := strings.TrimPrefix(domain, "*"); suffix != "" {
		return append(slices.DeleteFunc(out, func(h string) bool { return hostRank(domain, h) < 0 }), "x"+suffix)
	}
	return append(out, "x.example.com")
}

// fills are texts that a value pattern takes.
func fills(word string, listed bool) []string {
	switch {
	case !listed:
		return []string{"x"}
	case word == "*":
		return []string{"x", "y"}
	case strings.HasPrefix(word, "*"):
		return []string{"x" + word[1:], word[1:], "y" + word[1:]}
	case strings.HasSuffix(word, "*"):
		bare := word[:len(word)-1]
		return []string{bare + "x", bare, bare + "y"}
	}
	return []string{word}
}

// sideAxes are the attributes that only DENY rules, or the point's tokens, ask for.
func (x *asker) sideAxes(own []sameAxis, c *client, to *aim, seeds *values) (out []axis) {
	has := func(a attribute, key string) bool {
		return slices.ContainsFunc(own, func(s sameAxis) bool { return s.attribute == a && s.key == key })
	}
	for _, name := range seeds.headerNames {
		if has(header, name) || c.owns[name] {
			continue
		}
		a := axis{attribute: header, key: name, options: []option{{set: func(*Request) {}}}}
		for _, v := range seeds.headers[name] {
			if badHeader(name, v) == "" {
				a.options = append(a.options, option{note: "with " + name + ": " + v, set: func(r *Request) { r.setHeader(name, v) }})
			}
		}
		out = append(out, a)
	}
	if !has(port, "") && to.svc != nil && len(to.svc.ports) > 1 && (!c.from.ingress() || len(to.approaches) == 0) {
		a := axis{attribute: port, options: []option{{set: func(*Request) {}}}}
		for _, p := range to.svc.ports[1:] {
			a.options = append(a.options, option{note: "port " + portText(p.number), set: func(r *Request) { r.Port = p.number }})
		}
		out = append(out, a)
	}
	if c.from.ServiceAccount != "" && !slices.ContainsFunc(own, func(s sameAxis) bool { return ofToken(s.attribute) }) {
		if a := (axis{attribute: requestPrincipal, options: []option{{set: func(*Request) {}}}}); to.comparesTokens() {
			for _, t := range to.tokens(x) {
				a.options = append(a.options, option{note: "with a token of " + t.Issuer, set: func(r *Request) { r.From.JWT = &t }})
			}
			out = append(out, a)
		}
	}
	return out
}

func ofToken(a attribute) bool {
	return a == claim || a == requestPrincipal || a == audience || a == presenter
}
