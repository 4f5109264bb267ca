package symbolic

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func randomPoint(r *rand.Rand) Point {
	switch r.IntN(6) {
	case 0:
		return Point{}
	case 1:
		return MappingPoint()
	case 2:
		return Point{randomText(r), true}
	}
	var elements []string
	for range r.IntN(5) {
		elements = append(elements, oneOf(r, randomText(r), oneOf(r, "a", "a b", "b", "ab", "b a", "")))
	}
	return ListPoint(elements)
}

// askClaim compares a claim at random.
func askClaim(r *rand.Rand, v Value) {
	pattern := oneOf(r, "a", "a*", "*b", "*", "", "a b", "/*", "b", "ab*")
	switch r.IntN(8) {
	case 0:
		v.HasText()
	case 1:
		v.IsList()
	case 2:
		v.IsMapping()
	case 3:
		v.IsAudience(oneOf(r, "a", "http://a", "a/", "/", "b//"))
	case 4:
		v.Words().Matches(pattern)
	case 5:
		v.State()
	case 6:
		v.MatchesAny([]string{pattern, oneOf(r, "b*", "a b", "z")})
		v.Words().MatchesAny([]string{pattern, oneOf(r, "b*", "a b", "z")})
	default:
		v.Matches(pattern)
	}
}

// Each list, of whatever length, is in exactly one class. The lists of a class answer all comparisons alike, and the sample of a class belongs to it.
func TestListsAreInOneClass(t *testing.T) {
	several := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 4))
		x, err := NewClaimAxis(NewPool(), "claim x", `[ -~\t]*`)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.find(); err != nil {
			t.Fatal(err)
		}
		for range 1 + r.IntN(4) {
			trace := &Trace{}
			p := randomPoint(r)
			for range 1 + r.IntN(2) {
				askClaim(r, trace.Claim(x.Name, p))
				if isText(p.Text) {
					ask(r, trace.At(x.Name, p)) // as the header that is written from it
				}
			}
			for _, l := range trace.Literals() {
				if l.Test.Holds(p) != l.Holds {
					t.Fatalf("seed %d: %q: %v", seed, p.Text, l)
				}
				if err := x.add(l.Test); err != nil {
					t.Fatal(err)
				}
			}
			if old, err := x.refine(); err != nil || len(old) != len(x.classes) {
				t.Fatalf("seed %d: %v, %d of %d", seed, err, len(old), len(x.classes))
			}
		}
		for range 300 {
			p := randomPoint(r)
			c := x.classOf(p)
			if c < 0 || p.There && !x.Takes(p.Text) {
				t.Fatalf("seed %d: %q is in no class of %v", seed, p.Text, x.tests)
			}
			for i, test := range x.tests {
				if x.classes[c].answers.has(i) != test.Holds(p) {
					t.Fatalf("seed %d: %q and %q are of one class, and %v tells them apart", seed, p.Text, x.classes[c].point.Text, test)
				}
			}
			if list, ok := x.classes[c].point.List(); ok && len(list) > 1 {
				several++
			}
		}
		for i, c := range x.classes {
			if x.classOf(c.point) != i {
				t.Errorf("seed %d: %q, the sample of a class, is not in it", seed, c.point.Text)
			}
		}
	}
	if several < 1000 {
		t.Errorf("%d lists are of a class that only several elements have", several)
	}
}

func TestPointsOfLists(t *testing.T) {
	for _, list := range [][]string{nil, {""}, {"a"}, {"a", "", "b"}} {
		p := ListPoint(list)
		if got, ok := p.List(); !ok || !slices.Equal(got, list) || p.IsMapping() {
			t.Errorf("%q: %q %v", list, got, ok)
		}
	}
	x, err := NewSeveralAxis(NewPool(), "audience", `[a-z]+`)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"a": true, ListPoint([]string{"a", "b"}).Text: true, ListPoint([]string{"a"}).Text: false, ListPoint(nil).Text: false, ListPoint([]string{"a", "B"}).Text: false, MappingPoint().Text: false,
	} {
		if x.Takes(text) != want {
			t.Errorf("%q is taken: %v", text, !want)
		}
	}
}

// An axis that separates more kinds of lists than can be examined reports an error.
func TestTooManyListsAreNotForgotten(t *testing.T) {
	trace := &Trace{}
	v := trace.Claim("claim x", Point{})
	for i := range 20 {
		v.Matches(strings.Repeat("x", i+1))
	}
	x, err := NewClaimAxis(NewPool(), "claim x", `[ -~]*`)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range trace.Literals() {
		if err := x.add(l.Test); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := x.refine(); !errors.Is(err, errTooMany) {
		t.Errorf("%v, %d classes", err, x.Size())
	}
}

// A header that is base64 can be no text with other bytes.
func TestEncodedHeaders(t *testing.T) {
	v := Encoded(EncodedList).Trim()
	for pattern, want := range map[string]Answer{
		"*": Yes, "Wy*": Maybe, "WyJh": Maybe, "WyJ": No, "WyJ=": Maybe, "eyJh": No, "e*": No, "*x": Maybe, "*.x": No, "W.*": No, "W@bc": No, "": No,
	} {
		if got := v.MatchesHeader(pattern); got != want {
			t.Errorf("%q: %v", pattern, got)
		}
		if got := v.Exactly(pattern); !strings.Contains(pattern, "*") && got != want {
			t.Errorf("%q: %v", pattern, got)
		}
	}
	if got := v.Lower().Matches("wyjh"); got != Maybe {
		t.Errorf("in lower case: %v", got)
	}
}
