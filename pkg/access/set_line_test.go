package access

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// counts are how much a test has looked at.
type counts struct{ questions, lines, requests, failed int }

// sameSet reports how the lines of a question differ from what is decided: each line, read back, is its set; together they have all that is allowed and
// all that is not judged, by the rules that decide it, and nothing else.
func sameSet(w *World, a *account, n *counts) error {
	n.questions++
	lex := w.lexicon()
	if len(a.wrong) > 0 {
		return fmt.Errorf("%s", a.wrong)
	}
	for i := range a.lines {
		l := &a.lines[i]
		n.lines++
		text := l.who(lex) + " | " + l.what(lex)
		if l.rest {
			if text = l.what(lex); text != allElse || !l.unasked {
				return fmt.Errorf("%q is not all else", text)
			}
			continue
		}
		r := &lineReader{lex: lex, axes: a.space.Axes(), out: map[string]symbolic.Phrase{}}
		if err := r.readWho(l.who(lex)); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
		if err := r.readWhat(l.what(lex)); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
		box := a.space.Wholes([]symbolic.Box{l.box})[0]
		for j, x := range a.space.Axes() {
			same, err := x.Same(r.out[x.Name], box[j])
			if err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
			if !same {
				return fmt.Errorf("%s: %s is not what is written (%s)", text, x.Name, lex.phrase(x.Name, l.says[x.Name]))
			}
			delete(r.out, x.Name)
		}
		if len(r.out) > 0 {
			return fmt.Errorf("%s: %v are no axes", text, r.out)
		}
		if l.unasked {
			continue
		}
		if l.witness.To.Namespace == "" {
			return fmt.Errorf("%s has no request", text)
		}
		if v := w.Decide(l.witness); v.Outcome != l.outcome && (l.outcome != NotJudged || !v.routeless()) {
			return fmt.Errorf("%s: the request %s is %v", text, l.witness.text(), v.Outcome)
		}
	}
	return allSaid(a)
}

// allSaid reports what is allowed by rules and on no line of theirs, and what is denied and on a line.
func allSaid(a *account) error {
	if slices.ContainsFunc(a.lines, func(l line) bool { return l.unasked && !l.rest }) { // all of it is not judged
		return nil
	}
	for i := range a.found {
		v, box := &a.found[i].Outcome.verdict, a.found[i].Box
		rest := a.space.Rest(a.space.Wholes([]symbolic.Box{box}), a.silent)
		for j := range a.lines {
			l := &a.lines[j]
			if l.rest || l.unasked {
				continue
			}
			switch {
			case v.Outcome == Allow && l.outcome == Allow && slices.Equal(l.rules, v.rules()) && l.noRoute == v.noRoute:
				rest = a.space.Rest(rest, []symbolic.Box{l.box})
			case v.Outcome != l.outcome && v.Outcome != NotJudged && !a.isSilent(box) && a.space.Meets(box, l.box):
				return fmt.Errorf("%s is %v, and on a line that is %v", a.found[i].Outcome.request.text(), v.Outcome, l.outcome)
			}
		}
		if v.Outcome == Allow && len(rest) > 0 {
			return fmt.Errorf("%s is on no line of %v", a.found[i].Outcome.request.text(), v.rules())
		}
	}
	return nil
}

func (a *account) isSilent(b symbolic.Box) bool {
	return len(a.space.Rest([]symbolic.Box{b}, a.silent)) == 0
}

// asLines checks requests of a question by chance: what the lines say of them is what is decided.
func asLines(w *World, q *inquiry, a *account, r *rand.Rand, many int, n *counts) error {
	for range many {
		chosen := anyRequest(r, w, q, &a.solution)
		on := func(axis string) symbolic.Point { return chosen.on(w, axis) }
		if !a.space.Takes(on) {
			continue
		}
		if q.shows() && chosen.preflight() {
			continue
		}
		if slices.ContainsFunc(a.silent, func(b symbolic.Box) bool { return a.space.Contains(b, on) }) {
			continue
		}
		n.requests++
		got := w.Decide(chosen)
		var said []string
		allowed, unknown, by, unasked := false, false, false, false
		for i := range a.lines {
			l := &a.lines[i]
			if slices.ContainsFunc(a.space.Axes(), func(x *symbolic.Axis) bool { p := l.says[x.Name]; return p != nil && !p.Holds(on(x.Name)) }) {
				continue
			}
			unasked = unasked || l.unasked
			said = append(said, l.who(w.lexicon())+" | "+l.what(w.lexicon()))
			allowed = allowed || l.outcome == Allow
			unknown = unknown || l.outcome == NotJudged
			by = by || l.outcome == Allow && slices.Equal(l.rules, got.rules())
		}
		odd := oddMethod(on(methodAxis)) && !q.tcp
		ok := false
		switch got.Outcome {
		case Allow:
			ok = allowed && by && !unknown
		case NotJudged:
			ok = unknown || odd && allowed
		default:
			ok = !allowed && (!unknown || got.routeless())
		}
		if !ok && !unasked {
			return fmt.Errorf("%s is %v: %s, and the lines say %q", chosen.text(), got.Outcome, got.By(), said)
		}
	}
	return nil
}

// Of random worlds, the text of the lines is the set of what is allowed, and of what is not judged.
func TestLinesAreTheSetsOfRandomWorlds(t *testing.T) {
	var n counts
	for seed := range uint64(*setWorlds) {
		r := rand.New(rand.NewPCG(seed, 79))
		text := chanceWorld(r)
		w := load(t, text)
		to := To{Namespace: "a", Service: one(r, "s", "s", "t", "u"), Direct: r.IntN(6) == 0}
		for _, q := range w.inquiries(to, one(r, 0, 0, 80, 90), r.IntN(12) == 0) {
			a := w.about(&q, symbolic.NewPool())
			if a.failed != "" {
				n.failed++
			}
			if err := sameSet(w, &a, &n); err != nil {
				t.Fatalf("seed %d: %v to %+v: %v%s", seed, q.kind, to, err, text)
			}
			if err := asLines(w, &q, &a, r, 40, &n); err != nil {
				t.Fatalf("seed %d: %v to %+v: %v%s", seed, q.kind, to, err, text)
			}
		}
	}
	t.Logf("%+v", n)
	if n.lines < 400**setWorlds/60 || n.requests < 3000**setWorlds/60 || n.failed > n.questions/100 {
		t.Errorf("too few: %+v", n)
	}
}

var setTrees = flag.Int("set-trees", 12, "of how many trees all lines are read back")

// Of every tree that we have, too, or of as many as the flag says.
func TestLinesAreTheSetsOfAllTrees(t *testing.T) {
	var n counts
	all := someTrees(t)
	for _, text := range all {
		w := load(t, text)
		x := newAsker(w)
		r := rand.New(rand.NewPCG(1, 80))
		for _, name := range w.names {
			pool := x.pool.About()
			for _, g := range x.goals(w.look(name), "") {
				for _, q := range w.inquiries(g.to, g.port, g.tcp) {
					a := w.about(&q, pool)
					if a.failed != "" {
						n.failed++
					}
					err := sameSet(w, &a, &n)
					if err == nil {
						err = asLines(w, &q, &a, r, 2, &n)
					}
					if err != nil {
						t.Fatalf("%v to %s: %v%s", q.kind, q.text(), err, text)
					}
				}
			}
		}
	}
	t.Logf("%d trees: %+v", len(all), n)
	if n.lines < 25*len(all) || n.failed > n.questions/50 {
		t.Errorf("too few: %+v", n)
	}
}

// someTrees are as many of all trees as the flag says, or all where there are fewer.
func someTrees(t *testing.T) []string {
	all := trees(t)
	return all[:min(*setTrees, len(all))]
}

// trees are the outputs of the golden cases, the outputs of the examples, and the tenants of the tests, each once, in an order that looks like none.
func trees(t *testing.T) (out []string) {
	golden, err := filepath.Glob("../../testdata/golden/*/want.yaml")
	examples, _ := filepath.Glob("../../examples/*/output.yaml")
	if err != nil || len(golden) < 100 || len(examples) < 4 {
		t.Fatal(len(golden), len(examples), err)
	}
	for _, file := range slices.Concat([]string{"testdata/tenants.yaml"}, examples, golden) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(out, string(text)) {
			out = append(out, string(text))
		}
	}
	r := rand.New(rand.NewPCG(1, 81))
	r.Shuffle(len(out)-1, func(i, j int) { out[i+1], out[j+1] = out[j+1], out[i+1] })
	return out
}
