package symbolic

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// chanceAxis is an axis of headers with comparisons by chance.
func chanceAxis(t *testing.T, r *rand.Rand, pool *Pool, name string) *Axis {
	t.Helper()
	x, err := NewAxis(pool, name, `[a-d/]*`, r.IntN(2) == 0)
	if err != nil {
		t.Fatal(err)
	}
	patterns := []string{"a", "a*", "*b", "ab*", "*cd", "b", "/a", "/a/*", "c*", "*"}
	for range 1 + r.IntN(5) {
		p := patterns[r.IntN(len(patterns))]
		test := newTest(patternKind, p, nil)
		switch r.IntN(4) {
		case 0:
			test = newTest(underKind, "/a", nil)
		case 1:
			var d *derived
			test = newTest(patternKind, p, d.then(opSwap, "a", "b", false))
		}
		if err := x.add(test); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.find(); err != nil {
		t.Fatal(err)
	}
	return x
}

func chanceBits(r *rand.Rand, n int) Bits {
	out := newBits(n)
	for i := range n {
		if r.IntN(2) == 0 {
			out.set(i)
		}
	}
	return out
}

// Of any set of classes, and of any that may be in it or not, phrases take what they must and nothing that they must not, and each is the set that it gives.
func TestPhrasesSaySets(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		x := chanceAxis(t, r, NewPool(), "x")
		least := chanceBits(r, x.Size())
		if least.empty() {
			continue
		}
		most := least.or(chanceBits(r, x.Size()))
		said := newBits(x.Size())
		for _, p := range x.Say(least, most, func(t *Test) int { return len(t.key) }) {
			if said = said.or(p.Bits); !p.Bits.within(most) || !p.Bits.meets(least) {
				t.Fatalf("seed %d: %b is not in %b, or has nothing of %b", seed, p.Bits, most, least)
			}
			if same, err := x.Same(p.Phrase, p.Bits); err != nil || !same {
				t.Fatalf("seed %d: %v is not %b: %v", seed, p.Phrase, p.Bits, err)
			}
			other := p.Bits.less(Bits{1})
			if same, _ := x.Same(p.Phrase, other); same && other.count() != p.Bits.count() {
				t.Fatalf("seed %d: %v is two sets", seed, p.Phrase)
			}
			list := !slices.ContainsFunc(p.Phrase, func(part Part) bool { return len(part.All) != 1 || len(part.But) > 0 })
			if !list && len(p.Phrase) != 1 {
				t.Errorf("seed %d: %v is neither a list nor one part", seed, p.Phrase)
			}
		}
		if !least.within(said) {
			t.Fatalf("seed %d: %b is not all of %b", seed, said, least)
		}
	}
}

// What no two comparisons say is said by as many as it takes, and by no other.
func TestPhrasesOfManyComparisons(t *testing.T) {
	x, err := NewAxis(NewPool(), "x", `[a-e]*`, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, letter := range []string{"a", "b", "c", "d"} {
		if err := x.add(newTest(containsKind, letter, nil)); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.find(); err != nil {
		t.Fatal(err)
	}
	set := newBits(x.Size())
	for i, p := range x.Sample() {
		if strings.Contains(p.Text, "a") && strings.Contains(p.Text, "b") && strings.Contains(p.Text, "c") {
			set.set(i)
		}
	}
	said := x.Say(set, set, func(t *Test) int { return len(t.key) })
	if len(said) != 1 || fmt.Sprint(said[0].Phrase) != "[{[ca cb cc] []}]" {
		t.Errorf("%v", said)
	}
}

// Few boxes hold all that they must, and nothing that they must not.
func TestCoversHoldWhatTheyMust(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		pool := NewPool()
		var axes []*Axis
		for i := range 3 {
			axes = append(axes, chanceAxis(t, r, pool, fmt.Sprint("x", i)))
		}
		s, err := NewSpace(pool, axes, nil)
		if err != nil {
			t.Fatal(err)
		}
		boxes := func(n int) (out []Box) {
			for range n {
				b := make(Box, 3)
				for i, x := range axes {
					if b[i] = chanceBits(r, x.Size()); b[i].empty() {
						b[i].set(0)
					}
				}
				out = append(out, b)
			}
			return out
		}
		off := boxes(3)
		on := s.Rest(boxes(3), off)
		got, ok := s.Cover(on, off, []int{2, 0, 1})
		if !ok {
			t.Fatalf("seed %d: too many steps", seed)
		}
		if rest := s.Rest(on, got); len(rest) > 0 {
			t.Fatalf("seed %d: %v is in no box", seed, rest)
		}
		for _, b := range got {
			for _, o := range off {
				if s.Meets(b, o) {
					t.Fatalf("seed %d: a box holds some of %v", seed, o)
				}
			}
		}
		if len(got) > len(on) {
			t.Errorf("seed %d: %d boxes for %d", seed, len(got), len(on))
		}
	}
}

// A comparison that is written out reads back as itself.
func TestComparisonsReadBack(t *testing.T) {
	var none *derived
	rewritten := none.then(opSwap, "/a \"b\"", "/", true).then(opLower, "", "", false).then(opPart, "x", "/", false)
	for _, test := range []*Test{
		Present(), newTest(patternKind, "a*", nil), newTest(exactKind, "a b", rewritten), newTest(starsKind, "*x*", none.then(opAfter, "", ":", false)),
		newTest(underKind, "/a", none.then(opTrim, "", "", false)), newTest(shapeKind, "list", nil), newListTest(audienceKind, "in"),
		newPatternsTest(patternsKind, []string{"a*", "b"}), newPatternsTest(wordsKind, []string{"a"}), newTest(exactKind, "x", none.then(opAppend, ",y", "", false)),
	} {
		got, err := ReadTest(test.Spell().String())
		if err != nil || got.key != test.key {
			t.Errorf("%s: %v, %v", test.Spell(), got, err)
		}
	}
	for _, text := range []string{"", "is", `is "a" "b"`, "swap \"a\" is \"b\"", `maybe "a"`, `is "a`, `finds "("`} {
		if got, err := ReadTest(text); err == nil {
			t.Errorf("%s is %v", text, got)
		}
	}
}
