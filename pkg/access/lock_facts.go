package access

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// facts are the sets of a question, by their standing alone: neither the policies that decide nor their order matter.
func (w *World) facts(q *inquiry, pool *symbolic.Pool) []fact {
	of := w.allShown(q, pool)
	t := &tiers{w: w, q: q, space: of.space}
	if of.failed != "" && of.left == nil || t.sort(&of) != nil {
		all := line{q: q}
		return []fact{{tier: tierUnknown, kind: q.kind, issuer: q.issuer(), who: all.who(w.exactly())}}
	}
	return t.facts()
}

// exactly is the lexicon each of whose words says a set by itself.
func (w *World) exactly() lexicon { return lexicon{domain: w.mesh.domains[0], exact: true} }

// tiers are the sets of a question.
type tiers struct {
	w      *World
	q      *inquiry
	space  *symbolic.Space
	of     [len(tierWords)][]symbolic.Box
	odd    [len(tierWords)][]symbolic.Box // not judged, with methods that proxies may refuse
	denied []symbolic.Box
	order  []int // of the axes, in which they are left open
}

func (t *tiers) sort(of *solution) error {
	s := &sorter{w: t.w, q: t.q, space: of.space, out: &account{}}
	boxes := make([]symbolic.Box, len(of.found))
	for i := range of.found {
		boxes[i] = of.found[i].Box
	}
	boxes = of.space.Wholes(boxes)
	strange := false // whether such a method is allowed
	for i := range of.found {
		f, box := &of.found[i].Outcome, boxes[i]
		tier, denied := f.verdict.standing().tier()
		if t.q.unrouted && tier == tierUnknown { // whether a doubt is met before the route that is assumed depends on the order of policies
			tier = tierUncharted
		}
		switch {
		case s.elsewhere(&f.request): // nothing is said of it
		case denied:
			t.denied = append(t.denied, box)
		case (tier == tierUnknown || tier == tierUncharted) && t.space.Only(box, methodAxis, oddMethod):
			t.odd[tier] = append(t.odd[tier], box)
		default:
			t.of[tier] = append(t.of[tier], box)
			strange = strange || (tier == tierAllowed || tier == tierUnrouted) && !t.space.Only(box, methodAxis, func(p symbolic.Point) bool { return !oddMethod(p) })
		}
	}
	t.of[tierUnknown] = append(t.of[tierUnknown], of.space.Wholes(of.left)...)
	if len(t.odd[tierUnknown])+len(t.odd[tierUncharted]) > 0 {
		t.setApart(strange)
	}
	t.space.Keep(t.denied...)
	for i := range t.of {
		t.space.Keep(slices.Concat(t.of[i], t.odd[i])...)
	}
	err := s.teach()
	s.order()
	t.order = s.axes
	return err
}

// setApart has facts say of the methods that proxies may refuse what is so of them: by themselves where one is allowed, else all alike.
func (t *tiers) setApart(strange bool) {
	if strange {
		for i := range t.odd {
			t.of[i], t.odd[i] = append(t.of[i], t.odd[i]...), nil
		}
		return
	}
	t.of[tierAllowedHTTP], t.of[tierAllowed] = t.of[tierAllowed], nil
	t.of[tierUnroutedHTTP], t.of[tierUnrouted] = t.of[tierUnrouted], nil
}

// tier is that of a standing; nothing is said of what is denied.
func (s standing) tier() (t tier, denied bool) {
	switch s {
	case isAway:
		return tierAway, false
	case isUncharted:
		return tierUncharted, false
	case isUnknown:
		return tierUnknown, false
	case isUnrouted:
		return tierUnrouted, false
	case isAllowed:
		return tierAllowed, false
	case isUntold:
		return tierUntold, false
	}
	return 0, true
}

func (t *tiers) facts() (out []fact) {
	var said []symbolic.Box
	for i := range t.of {
		of := slices.Clone(t.denied)
		for j := range t.of {
			if i != j {
				of = append(of, t.of[j]...)
			}
		}
		said = append(said, t.say(tier(i), t.of[i], of, &out)...)
	}
	for i := range t.odd {
		rest := t.space.Rest(t.odd[i], said)
		off := slices.Clone(t.denied)
		for j := range t.of {
			off = append(off, t.of[j]...)
		}
		said = append(said, t.say(tier(i), rest, off, &out)...)
	}
	return out
}

// say makes the facts of some sets, and of nothing of others.
func (t *tiers) say(of tier, on, off []symbolic.Box, out *[]fact) (all []symbolic.Box) {
	if len(on) == 0 {
		return nil
	}
	lex := t.w.exactly()
	boxes, ok := t.space.Cover(on, off, t.order)
	if !ok { // then each set is a fact of its own
		boxes = t.space.Wholes(on)
	}
	for _, box := range boxes {
		for _, said := range t.space.Say(box, on, lex.rank) {
			l := line{q: t.q, says: phrasesOf(t.space, said)}
			*out = append(*out, fact{tier: of, kind: t.q.kind, issuer: t.q.issuer(), who: l.who(lex), what: l.what(lex)})
			all = append(all, said.Box)
		}
	}
	t.space.Keep(all...)
	return all
}
