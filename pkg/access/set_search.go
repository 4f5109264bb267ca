package access

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// found is a way in by an opening: what the rule's words say, and what else the request must be like.
type found struct {
	verdict Verdict
	text    string
	note    string
	narrow  bool   // not every request gets in
	such    string // a request that does
}

// maxTries bounds how many requests are tried for one word.
const maxTries = 100

// search looks for requests of a client that an opening allows.
func (x *asker) search(o *opening, c *client, to *aim) (out found, hit bool) {
	approaches := []*approach{nil}
	if c.from.ingress() && len(to.approaches) > 0 {
		approaches = nil
		for i := range to.approaches {
			approaches = append(approaches, &to.approaches[i])
		}
	}
	var all []*hunt
	unjudged := found{}
	for _, by := range approaches {
		h := &hunt{x: x, o: o, c: c, to: to, by: by}
		if h.start() {
			all = append(all, h)
		} else if h.unjudged != nil && unjudged.text == "" {
			unjudged = found{verdict: *h.unjudged, narrow: true, text: h.words(nil)}
		}
	}
	if len(all) == 0 {
		return unjudged, unjudged.verdict.Why != ""
	}
	out = all[0].result(all)
	if len(all) < len(approaches) && !all[0].axes[1].listed {
		var by []string
		for _, h := range all {
			if t := h.by.text(); !slices.Contains(by, t) {
				by = append(by, t)
			}
		}
		out.note, out.narrow = strings.TrimSpace(out.note+" by the route "+strings.Join(by, ", ")), true
	}
	return out, true
}

// hunt is the search by one approach.
type hunt struct {
	x        *asker
	o        *opening
	c        *client
	to       *aim
	by       *approach
	axes     []axis
	picks    []int // of the request that passes
	verdict  Verdict
	wide     bool
	unjudged *Verdict
	wider    *hunt
}

// start finds one request that passes: first with the rule's own values, then with those of other rules too.
func (h *hunt) start() bool {
	for _, wide := range [2]bool{false, true} {
		h.wide = wide
		var ok bool
		if h.axes, ok = h.x.axes(h.o, h.c, h.to, h.by, wide); !ok {
			continue
		}
		hit, over := h.pinned()
		if hit || over {
			return hit
		}
	}
	return false
}

// pin is that an axis has an option for this word.
type pin struct {
	axis int
	word string
}

// pinned tries requests whose options are for the words of pins. over: no other request would do better.
func (h *hunt) pinned(pins ...pin) (hit, over bool) {
	other := func(i int, word string) bool {
		return slices.ContainsFunc(pins, func(p pin) bool { return p.axis == i && p.word != word })
	}
	allowed := make([][]int, len(h.axes))
	for i := range h.axes {
		for j := range h.axes[i].options {
			if !other(i, h.axes[i].options[j].word) {
				allowed[i] = append(allowed[i], j)
			}
		}
		if len(allowed[i]) == 0 {
			return false, false
		}
	}
	base := make([]int, len(h.axes))
	for i := range base {
		base[i] = allowed[i][0]
		if h.picks != nil && !other(i, h.axes[i].options[h.picks[i]].word) {
			base[i] = h.picks[i]
		}
	}
	queue := [][]int{base}
	for n := 0; n < len(queue) && n < maxTries; n++ {
		v := h.x.w.Decide(h.request(queue[n]))
		if h.o.passes(v) {
			if h.picks == nil {
				h.picks, h.verdict = queue[n], v
			}
			return true, false
		}
		if v.Outcome == NotJudged && h.o.policy != nil && v.Policy == h.o.policy.id() && h.unjudged == nil {
			h.unjudged = &v
		}
		h.x.stop(h.o, v)
		varies := h.varies(&v)
		for i := range allowed {
			if !varies(&h.axes[i]) {
				continue
			}
			for _, j := range allowed[i] {
				next := slices.Clone(queue[n])
				next[i] = j
				if len(queue) < maxTries && !slices.ContainsFunc(queue, func(q []int) bool { return slices.Equal(q, next) }) {
					queue = append(queue, next)
				}
			}
		}
		if n == 0 && len(queue) == 1 && !h.wide {
			over = h.hopeless(&v)
		}
	}
	return false, over
}

// varies gives the attributes by which another request may do better than one with this verdict.
func (h *hunt) varies(v *Verdict) func(*axis) bool {
	none := func(*axis) bool { return false }
	switch {
	case v.Outcome == Allow || h.o.misses(*v): // the rule itself did not match
		return func(a *axis) bool { return ofToken(a.attribute) }
	case v.Point.Kind == AtRoute:
		return func(a *axis) bool { return a.attribute == path || a.attribute == host || a.attribute == method }
	case v.Policy != "" && v.Rule >= 0:
		p := h.x.policyOf(h.to, v.Policy)
		if p == nil || v.Rule >= len(p.rules) {
			return none
		}
		return p.rules[v.Rule].compares
	case v.Policy != "" && v.Point.Kind == AtGateway:
		return func(*axis) bool { return true }
	case v.Policy != "":
		return func(a *axis) bool { return a.attribute == port }
	}
	return none
}

// hopeless reports whether the values of other rules cannot help against a verdict either.
func (h *hunt) hopeless(v *Verdict) bool {
	switch {
	case v.Outcome == Allow || h.o.misses(*v):
		return true
	case v.Policy != "" && v.Rule >= 0:
		p := h.x.policyOf(h.to, v.Policy)
		return p == nil || v.Rule >= len(p.rules) || !p.rules[v.Rule].negotiable()
	}
	return v.Policy == "" && v.Point.Kind != AtRoute
}

// compares reports whether the rule speaks of an attribute.
func (r *rule) compares(a *axis) bool {
	for _, l := range append(append([][]condition{r.when}, r.from...), r.to...) {
		for _, c := range pseudo(slices.Clone(l)) {
			if c.attribute == a.attribute && c.key == a.key || ofToken(c.attribute) && ofToken(a.attribute) {
				return true
			}
		}
	}
	return false
}

// negotiable reports whether the rule speaks of anything that a client chooses.
func (r *rule) negotiable() bool {
	for _, l := range append(append([][]condition{r.when}, r.from...), r.to...) {
		for _, c := range l {
			if c.attribute >= requestPrincipal || c.attribute == port {
				return true
			}
		}
	}
	return false
}

func (h *hunt) request(picks []int) Request {
	r := Request{From: h.c.from, To: h.to.to, Headers: maps.Clone(h.c.header)}
	if r.Headers == nil {
		r.Headers = map[string]string{}
	}
	if h.o.policy != nil {
		r.favor = append(r.favor, h.o.of())
	}
	if h.o.front != nil {
		r.favor = append(r.favor, h.o.front.of())
	}
	for i, j := range picks {
		h.axes[i].options[j].set(&r)
	}
	if h.by != nil {
		h.by.apply(&r)
	}
	r.unrouted = h.by == nil && r.From.ingress()
	return r
}

// result is what a hunt that hit found.
func (h *hunt) result(others []*hunt) found {
	var notes []string
	for i, j := range h.picks {
		if n := h.axes[i].options[j].note; n != "" {
			notes = append(notes, n)
		}
	}
	out := found{verdict: h.verdict, text: h.words(others), note: strings.Join(notes, " ")}
	out.narrow = out.text != "" || out.note != ""
	r := h.request(h.picks)
	out.such = cmp.Or(r.Method, "GET") + " " + r.Path
	if r.Host != "" && h.to.comparesHosts(h.x) {
		out.such += " at host " + r.Host
	}
	return out
}
