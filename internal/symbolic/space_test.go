package symbolic

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// decideAtRandom is a decision about two texts and perhaps a header, the same one for the same seed.
func decideAtRandom(seed uint64, trace *Trace, get func(axis string) Point) int {
	r := rand.New(rand.NewPCG(seed, 9))
	compare := func(r *rand.Rand, v Value) bool {
		p := oneOf(r, "a", "a*", "*b", "*", "/a", "/b*", "ab", "*a")
		switch r.IntN(3) {
		case 0:
			return v.Contains(strings.Trim(p, "*"))
		case 1:
			return v.Lower().Append(",b").Matches(p) == Yes
		}
		return v.Matches(p) == Yes
	}
	for rule := range 4 {
		ok := true
		from := trace.Mark()
		for range 1 + r.IntN(3) {
			axis := oneOf(r, "path", "method", "header x", "header y")
			v := trace.At(axis, get(axis))
			if !strings.HasPrefix(axis, HeaderAxis) {
				v = trace.On(axis, get(axis).Text)
			}
			mark := trace.Mark()
			held := compare(r, v)
			if ok && !held {
				trace.Forget(from, mark)
				ok = false
			} else if !ok {
				trace.Forget(mark, trace.Mark())
			}
		}
		if ok {
			return rule
		}
	}
	return -1
}

func randomSpace(t *testing.T) *Space {
	t.Helper()
	pool := NewPool()
	path, err := NewAxis(pool, "path", `[a-z/,]*`, false, "/")
	if err != nil {
		t.Fatal(err)
	}
	method, err := NewAxis(pool, "method", `[A-Za-z]+`, false, "GET")
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSpace(pool, []*Axis{path, method}, func(name string) (*Axis, error) { return NewAxis(pool, name, `[a-zA-Z/,]*`, true) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every request is in a box, and has the outcome of each box that it is in.
func TestExploreCoversAllRequests(t *testing.T) {
	most, alike := 0, 0
	for seed := range uint64(300) {
		s := randomSpace(t)
		found, err := Explore(s, nil, 2000, func(_ []*Axis, points []Point) (int, *Trace, bool) {
			trace := &Trace{}
			return decideAtRandom(seed, trace, func(axis string) Point {
				if i, ok := s.index[axis]; ok && i < len(points) {
					return points[i]
				}
				return Point{}
			}), trace, true
		})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		most = max(most, len(found))
		r := rand.New(rand.NewPCG(seed, 3))
		for range 300 {
			of := map[string]Point{"path": {oneOf(r, "", "/", "a", "/a", "/b", "b", "ab", "/ba", "ba", "z"), true}, "method": {oneOf(r, "a", "b", "ab", "ba", "GET", "zb"), true}}
			for _, h := range [2]string{"header x", "header y"} {
				of[h] = Point{oneOf(r, "", "a", "b", "ab", "/a", "q"), true}
				if r.IntN(3) == 0 {
					of[h] = Point{}
				}
			}
			points := make([]Point, len(s.axes))
			for i, x := range s.axes {
				points[i] = of[x.Name]
			}
			want := decideAtRandom(seed, nil, func(axis string) Point { return of[axis] })
			in := 0
			for _, f := range found {
				if _, ok := s.holds(f.Box, points); ok {
					in++
					if f.Outcome != want {
						t.Fatalf("seed %d: %v has outcome %d, and its box %d", seed, of, want, f.Outcome)
					}
				}
			}
			if alike += in; in == 0 {
				t.Fatalf("seed %d: %v is in no box", seed, of)
			}
		}
	}
	t.Logf("at most %d boxes", most)
}

func TestExploreSaysWhereItStops(t *testing.T) {
	s := randomSpace(t)
	n := 0
	found, err := Explore(s, nil, 5, func(_ []*Axis, points []Point) (int, *Trace, bool) {
		n++
		trace := &Trace{}
		trace.On("path", points[0].Text).Read() // each text is one of its own
		return n, trace, true
	})
	var limit *Limit
	if !errors.As(err, &limit) || len(limit.Left) == 0 || len(found) != 5 || fmt.Sprint(err) != "more than 5 kinds of requests" {
		t.Errorf("%d found, %v", len(found), err)
	}
}

// A pattern is looked at up to a length, whatever it costs.
func TestALongPattern(t *testing.T) {
	for length, want := range map[int]error{maxLength: nil, maxLength + 1: errTooLong} {
		x, err := NewAxis(NewPool(), "text", "[ -~]*", false)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.add(newTest(patternKind, strings.Repeat("a", length-1)+"*", nil)); !errors.Is(err, want) {
			t.Errorf("%d: got %v, want %v", length, err, want)
		}
	}
}
