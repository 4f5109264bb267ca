package symbolic

import (
	"cmp"
	"slices"
)

// Phrase is a set of the texts of an axis, said in comparisons: what one of the parts takes. One of no parts says nothing: it takes all texts.
type Phrase []Part

// Part takes what passes all of some comparisons and none of others.
type Part struct{ All, But []*Test }

// Present is the comparison that asks for any text.
func Present() *Test { return newTest(presentKind, "", nil) }

// Holds reports whether the phrase takes a text.
func (p Phrase) Holds(at Point) bool {
	return p.HoldsAt(nil, "", at)
}

// HoldsAt reports whether the phrase takes the text of an axis, and records the comparisons.
func (p Phrase) HoldsAt(trace *Trace, axis string, at Point) bool {
	holds := func(t *Test) bool {
		holds := t.Holds(at)
		trace.add(axis, t, holds)
		return holds
	}
	return len(p) == 0 || slices.ContainsFunc(p, func(part Part) bool {
		return !slices.ContainsFunc(part.All, func(t *Test) bool { return !holds(t) }) && !slices.ContainsFunc(part.But, holds)
	})
}

// words is how long a phrase is.
func (p Phrase) words() (n int) {
	for _, part := range p {
		n += len(part.All) + len(part.But)
		if len(part.All) != 1 { // "any", or several at once
			n++
		}
		if len(part.But) > 0 {
			n++
		}
	}
	return n
}

// word is a comparison with the classes that pass.
type word struct {
	test *Test
	bits Bits
}

// Phrase says a set of classes as shortly as it can, and gives the set that it says: at least some classes and at most others. It does so by comparisons,
// by what they leave out, or by one comparison less others, else class by class. rank orders comparisons that say the same. It is nil for all texts.
func (x *Axis) Phrase(least, most Bits, rank func(*Test) int) (Phrase, Bits) {
	if most == nil || most.count() == len(x.classes) {
		return nil, x.all()
	}
	words := x.words(rank)
	plain, whole := cover(least, most, words)
	if !whole || len(plain) > 1 {
		but, all := cover(x.all().less(most), x.all().less(least), words)
		if all && (!whole || len(but) < len(plain)) {
			return Phrase{{But: tests(but)}}, x.all().less(union(but, len(x.classes)))
		}
	}
	if whole {
		var out Phrase
		for _, w := range plain {
			out = append(out, Part{All: []*Test{w.test}})
		}
		return out, union(plain, len(x.classes))
	}
	return x.mixed(least, most, words)
}

func union(words []word, n int) Bits {
	out := newBits(n)
	for _, w := range words {
		out = out.or(w.bits)
	}
	return out
}

// words are the comparisons of an axis, one for each set of classes.
func (x *Axis) words(rank func(*Test) int) (out []word) {
	all := x.tests
	if x.Optional {
		all = append(slices.Clone(all), Present())
	}
	seen := map[string]int{}
	for _, t := range all {
		bits := newBits(len(x.classes))
		for c := range x.classes {
			if t.Holds(x.classes[c].point) {
				bits.set(c)
			}
		}
		if bits.empty() {
			continue
		}
		if i, ok := seen[bits.key()]; ok {
			if rank(t) < rank(out[i].test) {
				out[i].test = t
			}
			continue
		}
		seen[bits.key()] = len(out)
		out = append(out, word{t, bits})
	}
	slices.SortStableFunc(out, func(a, b word) int { return cmp.Compare(rank(a.test), rank(b.test)) })
	return out
}

func tests(words []word) (out []*Test) {
	for _, w := range words {
		out = append(out, w.test)
	}
	return out
}

// cover are words that together take a set of classes and none beyond another, the widest first; whole is false where they do not take all of it.
func cover(least, most Bits, words []word) (out []word, whole bool) {
	left := slices.Clone(least)
	for !left.empty() {
		best, score := -1, 0
		for i, w := range words {
			if n := w.bits.and(left).count(); n > score && w.bits.within(most) {
				best, score = i, n
			}
		}
		if best < 0 {
			return out, false
		}
		out, left = append(out, words[best]), left.less(words[best].bits)
	}
	// A wide one may have made an earlier one superfluous.
	for i := len(out) - 1; i >= 0; i-- {
		rest := slices.Clone(least)
		for j, w := range out {
			if j != i {
				rest = rest.less(w.bits)
			}
		}
		if rest.empty() {
			out = slices.Delete(out, i, i+1)
		}
	}
	return out, true
}

// piece is a part of a phrase, and what it says.
type piece struct {
	part Part
	bits Bits
}

// mixed repeatedly takes the part that covers most of the rest with the fewest words.
func (x *Axis) mixed(least, most Bits, words []word) (out Phrase, said Bits) {
	pieces := x.pieces(least, most, words)
	said = newBits(len(x.classes))
	for left := slices.Clone(least); !left.empty(); {
		best, score := -1, 0
		for i, p := range pieces {
			if n := p.bits.and(left).count(); n > 0 {
				if s := n*100/(Phrase{p.part}).words() + 1; s > score {
					best, score = i, s
				}
			}
		}
		if best < 0 {
			return append(out, x.byClass(left)...), said.or(left)
		}
		out, said, left = append(out, pieces[best].part), said.or(pieces[best].bits), left.less(pieces[best].bits)
	}
	return out, said
}

func (x *Axis) pieces(least, most Bits, words []word) (out []piece) {
	except := func(all []*Test, of Bits) {
		if of.and(least).empty() {
			return
		}
		var inside []word
		for _, w := range words {
			if cut := w.bits.and(of); !cut.empty() {
				inside = append(inside, word{w.test, cut})
			}
		}
		if but, ok := cover(of.less(most), of.less(least), inside); ok {
			out = append(out, piece{Part{all, tests(but)}, of.less(union(but, len(x.classes)))})
		}
	}
	except(nil, x.all())
	for i, w := range words {
		except([]*Test{w.test}, w.bits)
		for _, v := range words[i+1:] {
			if both := w.bits.and(v.bits); both.count() < min(w.bits.count(), v.bits.count()) {
				except([]*Test{w.test, v.test}, both)
			}
		}
	}
	return out
}

// byClass says classes by all comparisons that their texts pass and fail.
func (x *Axis) byClass(set Bits) (out Phrase) {
	for c := range x.classes {
		if !set.has(c) {
			continue
		}
		var part Part
		if all := Present(); x.Optional && x.classes[c].point.There {
			part.All = append(part.All, all)
		} else if x.Optional {
			out = append(out, Part{But: []*Test{all}})
			continue
		}
		for i, t := range x.tests {
			if x.classes[c].answers.has(i) {
				part.All = append(part.All, t)
			} else {
				part.But = append(part.But, t)
			}
		}
		out = append(out, part)
	}
	return out
}

// Same reports whether a phrase takes exactly the texts of a set of classes, of all texts of the axis.
func (x *Axis) Same(p Phrase, set Bits) (bool, error) {
	other := *x
	other.tests, other.machs = slices.Clone(x.tests), slices.Clone(x.machs)
	other.index = map[string]int{}
	for i, t := range other.tests {
		other.index[t.key] = i
	}
	other.pool = &Pool{x.pool.machines, map[string][]class{}, map[string][]*Test{}, 0, 0}
	for _, part := range p {
		for _, t := range slices.Concat(part.All, part.But) {
			if err := other.add(t); err != nil {
				return false, err
			}
		}
	}
	old, err := other.refine()
	if err != nil {
		return false, err
	}
	for c := range other.classes {
		was := old[c]
		if !other.classes[c].point.There { // refine leaves the class of what is absent where it was
			was = slices.IndexFunc(x.classes, func(k class) bool { return !k.point.There })
		}
		if p.Holds(other.classes[c].point) != set.has(was) {
			return false, nil
		}
	}
	return true, nil
}
