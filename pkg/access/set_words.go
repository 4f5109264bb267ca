package access

import (
	"cmp"
	"slices"
	"strings"
)

// words are the axes in the rule's words; of those with several, each is tried. others: hunts by further approaches, where a word passes that does not here.
func (h *hunt) words(others []*hunt) string {
	var parts []string
	text, both := h.operations(others)
	if both {
		parts = append(parts, text)
	}
	for i := range h.axes {
		a := &h.axes[i]
		if !a.listed && a.but == "" || a.attribute == header && (h.c.owns[a.key] || h.without(a.key)) || both && i < 2 {
			continue
		}
		parts = append(parts, a.text(h.passing(i, others)))
	}
	return strings.Join(parts, " ")
}

// without reports whether the request passes without a header too, because a route sets it.
func (h *hunt) without(name string) bool {
	if h.picks == nil {
		return false
	}
	r := h.request(h.picks)
	if _, sent := r.Headers[name]; !sent {
		return false
	}
	delete(r.Headers, name)
	return h.o.passes(h.x.w.Decide(r))
}

// passing are the words of an axis by which requests get in.
func (h *hunt) passing(i int, others []*hunt) []string {
	a := &h.axes[i]
	if !a.listed {
		return []string{""}
	}
	var out []string
	for _, word := range a.words() {
		if h.passesWith(i, word, others) {
			out = append(out, word)
		}
	}
	return out
}

// operations are methods and paths where a rule lists several of both and a DENY may take one of one: then each method is tried with each path.
func (h *hunt) operations(others []*hunt) (text string, ok bool) {
	denies := func(p *policy) bool { return p.action == deny }
	if h.picks == nil || !h.axes[0].listed || !h.axes[1].listed || len(h.axes[0].words()) < 2 || len(h.axes[1].words()) < 2 ||
		!slices.ContainsFunc(h.to.policies, denies) && (!h.c.from.ingress() || !slices.ContainsFunc(h.x.gatewayPolicies, denies)) {
		return "", false
	}
	var parts []string
	byMethods := map[string][]string{}
	for _, p := range h.axes[1].words() {
		var methods []string
		for _, m := range h.axes[0].words() {
			if h.hits(pin{0, m}, pin{1, p}) || h.widened().hits(pin{0, m}, pin{1, p}) || slices.ContainsFunc(others, func(o *hunt) bool { return o != h && o.hits(pin{0, m}, pin{1, p}) }) {
				methods = append(methods, m)
			}
		}
		if len(methods) == 0 {
			continue
		}
		text := h.axes[0].text(methods)
		if byMethods[text] == nil {
			parts = append(parts, text)
		}
		byMethods[text] = append(byMethods[text], p)
	}
	for i, m := range parts {
		parts[i] = m + " " + h.axes[1].text(byMethods[m])
	}
	return strings.Join(parts, ", "), true
}

// widened is the hunt with the values of other rules too, from its start.
func (h *hunt) widened() *hunt {
	if h.wide {
		return h
	}
	if h.wider == nil {
		h.wider = &hunt{x: h.x, o: h.o, c: h.c, to: h.to, by: h.by, wide: true}
		h.wider.axes, _ = h.x.axes(h.o, h.c, h.to, h.by, true)
	}
	return h.wider
}

// hits reports whether some request with these words passes.
func (h *hunt) hits(pins ...pin) bool {
	hit, _ := h.pinned(pins...)
	return hit
}

// words are those of the options, each once.
func (a *axis) words() (out []string) {
	for i := range a.options {
		if w := a.options[i].word; !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

func (h *hunt) passesWith(at int, word string, others []*hunt) bool {
	if h.picks == nil || h.axes[at].options[h.picks[at]].word == word {
		return true
	}
	if h.hits(pin{at, word}) || h.widened().hits(pin{at, word}) {
		return true
	}
	return slices.ContainsFunc(others, func(o *hunt) bool {
		i := slices.IndexFunc(o.axes, func(a axis) bool { return a.attribute == h.axes[at].attribute && a.key == h.axes[at].key })
		if o == h || i < 0 {
			return false
		}
		return o.hits(pin{i, word})
	})
}

// text is the axis in the rule's words, of which those in passing let a request in.
func (a *axis) text(passing []string) string {
	listed := strings.Join(passing, ", ")
	if a.attribute == method {
		listed = strings.Join(passing, ",")
	}
	join := func(name, whole string) string {
		switch {
		case a.but == "":
			return strings.TrimSpace(name + " " + listed)
		case listed == "":
			return whole + " but " + a.but
		}
		return strings.TrimSpace(name+" "+listed) + " but " + a.but
	}
	switch a.attribute {
	case method:
		return join("", "any method")
	case path:
		return join("", "any path")
	case host:
		return join("host", "any host")
	case port:
		return join("port", "any port")
	case header:
		return a.ofKey("with ", a.key, listed)
	case claim:
		return a.ofKey("with claim ", strings.ReplaceAll(a.key, "\x00", "."), listed)
	case requestPrincipal:
		return a.ofKey("with a token of ", "", listed)
	case audience:
		return a.ofKey("with audience ", "", listed)
	case presenter:
		return a.ofKey("with claim ", "azp", listed)
	}
	return a.ofKey("with ", cmp.Or(a.key, (&condition{attribute: a.attribute}).name()), listed)
}

func (a *axis) ofKey(with, key, listed string) string {
	if key != "" {
		key += ": "
	}
	switch {
	case listed != "" && a.but != "":
		return with + key + listed + " but " + a.but
	case listed != "":
		return with + key + listed
	}
	return strings.Replace(with, "with", "without", 1) + key + a.but
}
