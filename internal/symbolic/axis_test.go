package symbolic

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

func oneOf[T any](r *rand.Rand, l ...T) T { return l[r.IntN(len(l))] }

// randomValue derives a value of an axis at random, as proxies do.
func randomValue(r *rand.Rand, v Value) Value {
	for range r.IntN(3) {
		switch r.IntN(6) {
		case 5:
			if b := oneOf(r, "/", "a"); strings.Contains(v.s, b) {
				v = v.After(b)
			}
		case 0:
			v = v.Lower()
		case 1:
			v = v.Append(oneOf(r, "", ",a", "b/ "))
		case 2:
			if p := oneOf(r, "", "/", "/a", "/ab"); strings.HasPrefix(v.s, p) {
				v = v.Swap(p, oneOf(r, "", "/", "/b", "/a/b"), r.IntN(2) == 0)
			}
		case 3:
			if p := oneOf(r, "", "/", "/a"); strings.HasPrefix(v.s, p) {
				v = v.Between(p, oneOf(r, "", "/", "b"))
			}
		case 4:
			v = v.Trim()
		}
	}
	return v
}

var expressions = []*regexp.Regexp{
	regexp.MustCompile("^(?:/a.*)$"), regexp.MustCompile("a+b"), regexp.MustCompile("^(?:/(a|b)+/?)$"), regexp.MustCompile(`\bab\b`), regexp.MustCompile(`(?i)AB$`),
	regexp.MustCompile("^(?:[^/]*/b)$"), regexp.MustCompile(`^$`), regexp.MustCompile("(?:a|^)b"),
}

// ask compares a value at random.
func ask(r *rand.Rand, v Value) {
	text := func() string { return oneOf(r, "", "a", "b", "/", "/a", "/a/b", "ab", "/ab", "b/a", "aa", ",a") }
	switch r.IntN(13) {
	case 12:
		v.Words().Matches(oneOf(r, "a", "a*", "*b", "*", "", "a b", "/"))
	case 10:
		v.MatchesStars(oneOf(r, "*", "a*b", "*/*/*", "a*a", "**b", "/a"))
	case 11:
		v.IsAudience(oneOf(r, "a", "http://a", "a/", "", "/", "b//"))
	case 0:
		v.Exactly(text())
	case 1:
		v.Under(oneOf(r, "/", "/a", "/a/b", "/b/"))
	case 2:
		v.Contains(text())
	case 3:
		v.Finds(oneOf(r, expressions...))
	case 4:
		v.MatchesTemplate(oneOf(r, "/{*}", "/a/{**}", "/{*}/b", "/{**}b", "/{*}/{**}/a", "/{*}a", "/{*}{**}", "/{*}{**}b"))
	case 5:
		v.OneOf(oneOf(r, List{"l", []string{"a", "/a", "/a/b"}}, List{"m", []string{"b", ""}}))
	case 6:
		v.MatchesHost(oneOf(r, "A", "*A", "/B*", "*"))
	case 7:
		v.MatchesHeader(oneOf(r, "*", "a*"))
	default:
		v.Matches(oneOf(r, "*", text(), text()+"*", "*"+text()))
	}
}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	if r.IntN(9) == 0 {
		b.WriteString(oneOf(r, "http://", "https://"))
	}
	for range r.IntN(7) {
		b.WriteByte(oneOf[byte](r, 'a', 'b', '/', '/', 'B', ',', ' ', 'z', '\t'))
	}
	return b.String()
}

// Every text is in one class, whose texts answer every comparison alike, and each class shows its shortest text.
func TestClassesOfRandomComparisons(t *testing.T) {
	short := []string{""}
	for i := 0; len(short[i]) < 4; i++ {
		for _, c := range "abB/, z" {
			short = append(short, short[i]+string(c))
		}
	}
	for seed := range uint64(120) {
		r := rand.New(rand.NewPCG(seed, 1))
		x, err := NewAxis(NewPool(), "x", `(?s:.*)`, r.IntN(2) == 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.find(); err != nil {
			t.Fatal(err)
		}
		for range 1 + r.IntN(5) {
			trace := &Trace{}
			s := randomText(r)
			for range 1 + r.IntN(3) {
				v := trace.At("x", Point{s, true})
				if x.Optional && r.IntN(4) == 0 {
					v = trace.At("x", Point{})
				}
				ask(r, randomValue(r, v))
			}
			for _, l := range trace.Literals() {
				if err := x.add(l.Test); err != nil {
					t.Fatal(err)
				}
			}
			old, err := x.refine()
			if err != nil || len(old) != len(x.classes) {
				t.Fatalf("seed %d: %v, %d of %d", seed, err, len(old), len(x.classes))
			}
		}
		least := map[string]int{}
		check := func(s string) string {
			p := Point{s, true}
			for i, test := range x.tests {
				if m := x.machs[i]; m != nil && accepts(m, s) != test.Holds(p) {
					t.Fatalf("seed %d: %q: %v holds: %v, the automaton says otherwise", seed, s, test, test.Holds(p))
				}
			}
			c := x.classOf(p)
			if c < 0 {
				t.Fatalf("seed %d: %q is in no class of %v", seed, s, x.tests)
			}
			for i, test := range x.tests {
				if x.classes[c].answers.has(i) != test.Holds(p) {
					t.Fatalf("seed %d: %q and %q are of one class, and %v tells them apart", seed, s, x.classes[c].point.Text, test)
				}
			}
			return x.signature(p)
		}
		for range 200 {
			check(randomText(r))
		}
		for _, s := range short {
			k := check(s)
			if n, ok := least[k]; !ok || len(s) < n {
				least[k] = len(s)
			}
		}
		for i, c := range x.classes {
			if !c.point.There {
				continue
			}
			if n, ok := least[x.signature(c.point)]; ok && n < len(c.point.Text) {
				t.Errorf("seed %d: %q is the sample of class %d, and there is a text of %d letters", seed, c.point.Text, i, n)
			}
		}
	}
}

// What was compared with a text is answered alike by all texts of its box.
func TestLiteralsSayWhatWasAnswered(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 2))
		trace := &Trace{}
		s := randomText(r)
		ask(r, randomValue(r, trace.At("x", Point{s, true})))
		for _, l := range trace.Literals() {
			if l.Test.Holds(Point{s, true}) != l.Holds {
				t.Fatalf("seed %d: %q: %v", seed, s, l)
			}
		}
	}
}

// settled reports whether pathMachine accepts s, by a second implementation.
func settled(s string) bool {
	if !strings.HasPrefix(s, "/") || strings.ContainsAny(s, "?#\x00\\ \"<>^`{|}\x7f") {
		return false
	}
	for seg := range strings.SplitSeq(s, "/") {
		if dots, _, _ := strings.Cut(seg, ";"); dots == "." || dots == ".." {
			return false
		}
	}
	for i := range s {
		if s[i] == '%' && i+2 < len(s) && Unhex(s[i+1]) >= 0 && Unhex(s[i+2]) >= 0 {
			if c := byte(Unhex(s[i+1])<<4 | Unhex(s[i+2])); c == 0 || Unreserved(c) {
				return false
			}
		}
	}
	return true
}

func TestPathsThatAreSettled(t *testing.T) {
	x, err := NewPathAxis(NewPool(), "path", "BASE")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	yes := 0
	for range 200_000 {
		b := []byte("/")
		for range r.IntN(8) {
			b = append(b, oneOf[byte](r, '/', '.', '.', '%', '2', 'F', 'f', '4', '1', 'a', ';', '0', 'x', '{'))
		}
		if got := x.Takes(string(b)); got != settled(string(b)) {
			t.Fatalf("%q is taken: %v", b, got)
		} else if got {
			yes++
		}
	}
	if yes < 10_000 {
		t.Error("the paths are one-sided")
	}
}
