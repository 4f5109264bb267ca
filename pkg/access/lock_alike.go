package access

import (
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// renamed is a namespace with another's words in the place of its own, nil where it has words of the other one already.
func (s *lockedSpace) renamed(domain string, from, to []string) *lockedSpace {
	if len(from) != len(to) {
		return nil
	}
	out := &lockedSpace{name: to[0], mesh: rename(s.mesh, from, to), targets: slices.Clone(s.targets)}
	for i := range out.targets {
		out.targets[i].name = rename(out.targets[i].name, from, to)
	}
	for _, f := range s.facts {
		if hasWord(f.who+" "+f.what, to) {
			return nil
		}
		as := fact{tier: f.tier, who: rename(f.who, from, to), what: rename(f.what, from, to), spots: f.spots}
		if err := as.reword(domain); err != nil {
			return nil
		}
		out.facts = append(out.facts, as)
	}
	out.sort()
	return out
}

// reword reads a fact and writes it again, its lists in their order.
func (f *fact) reword(domain string) error {
	if err := f.read(domain, ""); err != nil {
		return err
	}
	lex := lexicon{domain: domain, exact: true}
	l := line{q: &inquiry{kind: f.kind}, says: map[string]symbolic.Phrase{}}
	if f.issuer != "" {
		l.q.from.JWT = &JWT{Issuer: f.issuer}
	}
	for i, axis := range f.axes {
		l.says[axis] = f.phrases[i]
	}
	f.who, f.what = l.who(lex), l.what(lex)
	return nil
}

// rename puts words in the place of others: whole names, and whole users.
func rename(text string, from, to []string) string {
	var b strings.Builder
	eachWord(text, func(word string, is bool) {
		if at := slices.Index(from, word); is && at >= 0 {
			word = to[at]
		}
		b.WriteString(word)
	})
	return b.String()
}

func hasWord(text string, words []string) (has bool) {
	eachWord(text, func(word string, is bool) { has = has || is && slices.Contains(words, word) })
	return has
}

// eachWord goes through a text: its words, users with their domains as one, and what is between them.
func eachWord(text string, do func(word string, is bool)) {
	for from := 0; from < len(text); {
		to := from
		for to < len(text) && isUserByte(text[to]) {
			to++
		}
		if to < len(text) && to > from && text[to] == '@' {
			for to++; to < len(text) && (isWordByte(text[to]) || text[to] == '.'); {
				to++
			}
			do(text[from:to], true)
			from = to
			continue
		}
		for to = from; to < len(text) && isWordByte(text[to]); {
			to++
		}
		if to == from {
			to++
			do(text[from:to], false)
		} else {
			do(text[from:to], true)
		}
		from = to
	}
}

// like reports whether a namespace of a lock is as another one is, with its words in the place of the other's.
func (l *Lock) like(from, to []string) bool {
	a, b := l.at[from[0]], l.at[to[0]]
	if a == nil || b == nil {
		return a == b
	}
	if slices.ContainsFunc(l.outside, func(f fact) bool { return hasWord(f.who, from) || hasWord(f.who, to) }) {
		return false
	}
	as := a.renamed(l.domain, from, to)
	return as != nil && as.mesh == b.mesh && slices.EqualFunc(as.targets, b.targets, func(x, y lockedTarget) bool { return x.text() == y.text() }) &&
		slices.EqualFunc(as.facts, b.facts, func(x, y fact) bool { return as.text(&x) == b.text(&y) })
}
