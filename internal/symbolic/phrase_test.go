package symbolic

import (
	"fmt"
	"math/rand/v2"
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

// Of any set of classes, and of any that may be in it or not, a phrase takes what it must and nothing that it must not, and it is the set that it gives.
func TestPhrasesSaySets(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		x := chanceAxis(t, r, NewPool(), "x")
		least := chanceBits(r, x.Size())
		if least.empty() {
			continue
		}
		most := least.or(chanceBits(r, x.Size()))
		p, said := x.Phrase(least, most, func(t *Test) int { return len(t.key) })
		if !least.within(said) || !said.within(most) {
			t.Fatalf("seed %d: %b is not between %b and %b", seed, said, least, most)
		}
		if same, err := x.Same(p, said); err != nil || !same {
			t.Fatalf("seed %d: %v is not %b: %v", seed, p, said, err)
		}
		other := said.less(Bits{1})
		if same, _ := x.Same(p, other); same && other.count() != said.count() {
			t.Fatalf("seed %d: %v is two sets", seed, p)
		}
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
