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

// Said is a phrase of one list of comparisons or of one part, and the classes that it takes.
type Said struct {
	Phrase Phrase
	Bits   Bits
}

// Say says a set of classes as shortly as it can: at least some classes and at most others. It does so by comparisons, by what they leave out, or by
// one comparison less others. What has no words of one of these forms is several sets, which may overlap. rank orders comparisons that say the same. The phrase of all
// texts is nil.
func (x *Axis) Say(least, most Bits, rank func(*Test) int) []Said {
	if most == nil || most.count() == len(x.classes) {
		return []Said{{nil, x.all()}}
	}
	words := x.words(rank)
	plain, whole := cover(least, most, words)
	if !whole || len(plain) > 1 {
		but, all := cover(x.all().less(most), x.all().less(least), words)
		if all && (!whole || len(but) < len(plain)) {
			return []Said{{Phrase{{But: tests(but)}}, x.all().less(union(but, len(x.classes)))}}
		}
	}
	if whole {
		return []Said{{list(tests(plain)), union(plain, len(x.classes))}}
	}
	return apart(x.mixed(least, most, words))
}

// list takes what passes one of some comparisons.
func list(tests []*Test) (out Phrase) {
	for _, t := range tests {
		out = append(out, Part{All: []*Test{t}})
	}
	return out
}

// apart makes one phrase of all pieces that are a comparison, and one of each of the others.
func apart(pieces []piece) (out []Said) {
	var plain Said
	for _, p := range pieces {
		if len(p.part.All) != 1 || len(p.part.But) > 0 {
			out = append(out, Said{Phrase{p.part}, p.bits})
			continue
		}
		if plain.Phrase = append(plain.Phrase, p.part); plain.Bits == nil {
			plain.Bits = p.bits
		}
		plain.Bits = plain.Bits.or(p.bits)
	}
	if plain.Phrase != nil {
		out = append([]Said{plain}, out...)
	}
	return out
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
	return needed(out, least, func(w word) Bits { return w.bits }), true
}

// needed leaves out sets that later ones have made superfluous for taking all of another.
func needed[T any](sets []T, least Bits, bits func(T) Bits) []T {
	for i := len(sets) - 1; i >= 0; i-- {
		rest := slices.Clone(least)
		for j, s := range sets {
			if j != i {
				rest = rest.less(bits(s))
			}
		}
		if rest.empty() {
			sets = slices.Delete(sets, i, i+1)
		}
	}
	return sets
}

// piece is a part of a phrase, and what it says.
type piece struct {
	part Part
	bits Bits
}

// mixed repeatedly takes the piece that covers most of the rest with the fewest words.
func (x *Axis) mixed(least, most Bits, words []word) (out []piece) {
	pieces := x.pieces(least, most, words)
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
			pieces = append(pieces, x.around(left.first(), most, words))
			best = len(pieces) - 1
		}
		out, left = append(out, pieces[best]), left.less(pieces[best].bits)
	}
	return needed(out, least, func(p piece) Bits { return p.bits })
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

// around is a piece that takes a class, by few of the comparisons that its texts pass and fail.
func (x *Axis) around(class int, most Bits, words []word) piece {
	var apart []word // what a comparison tells from the class
	for _, w := range words {
		if w.bits.has(class) {
			apart = append(apart, word{w.test, x.all().less(w.bits)})
		} else {
			apart = append(apart, w)
		}
	}
	few, _ := cover(x.all().less(most), x.all(), apart)
	out := piece{bits: x.all().less(union(few, len(x.classes)))}
	for _, w := range few {
		if w.test.Holds(x.classes[class].point) {
			out.part.All = append(out.part.All, w.test)
		} else {
			out.part.But = append(out.part.But, w.test)
		}
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
