package access

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// worlds reads two sets of manifests as diff does.
func worlds(t testing.TB, old, next string) (*World, *World) {
	t.Helper()
	a := load(t, old)
	b, err := a.LoadNext(slices.Values(manifests(t, next)))
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

func diffOf(t testing.TB, old, next string) Diff {
	t.Helper()
	a, b := worlds(t, old, next)
	return a.Diff(b)
}

// otherwise changes manifests by chance.
func otherwise(r *rand.Rand, text string) string {
	docs := strings.Split(text, "\n---\n")
	i := r.IntN(len(docs))
	switch r.IntN(5) {
	case 0:
		docs = slices.Delete(docs, i, i+1)
	case 1, 2:
		var b strings.Builder
		chancePolicy(r, 20, func(kind, version, meta, rest string) {
			fmt.Fprintf(&b, "kind: %s\napiVersion: %s\nmetadata: {%s}\n%s", kind, version, meta, rest)
		})
		docs = append(docs, b.String())
	case 3:
		label := one(r, ", istio.io/use-waypoint: waypoint", ", istio.io/ingress-use-waypoint: 'true'", "istio.io/dataplane-mode: ambient", "targetPort: 8080", "hostNetwork: true, ")
		with := map[string]string{"targetPort: 8080": "targetPort: 81", "istio.io/dataplane-mode: ambient": "x: z"}
		return strings.Replace(text, label, with[label], 1)
	default:
		return strings.Replace(text, "rules: [", "rules: [{}, ", 1)
	}
	return strings.Join(docs, "\n---\n")
}

// each asks all questions about a namespace, as Diff does.
func (d *differ) each(name string, of func(c *contrast, err error)) {
	d.at = &NamespaceDiff{Namespace: name}
	targets, pool := d.targets(name), d.pool.About()
	for i := range targets {
		t := &targets[i]
		for _, port := range t.ports() {
			for _, tcp := range [2]bool{false, true} {
				if !t.takes(tcp) {
					continue
				}
				for _, q := range d.inquiries(t, port, tcp) {
					c := d.contrast(t, q)
					of(c, c.answer(pool))
				}
			}
		}
	}
}

// tries counts the lines of differences, and the requests that were tried on them.
type tries struct{ lines, changes, none int }

// try asks for some requests on both sides: what the lines say of them is what is decided.
func (n *tries) try(c *contrast, r *rand.Rand) error {
	n.lines += len(c.lines)
	for range 40 {
		switch asked, changed, err := c.tries(r); {
		case err != nil:
			return err
		case changed:
			n.changes++
		case asked:
			n.none++
		}
	}
	return nil
}

// Of random worlds and what has become of them, the lines have exactly the requests that get further in one of the two.
func TestDiffHasWhatChanges(t *testing.T) {
	var n tries
	errs, skipped := 0, 0
	least := max(*setWorlds, 60) // fewer show nothing
	for seed := range uint64(least / 3) {
		r := rand.New(rand.NewPCG(seed, 301))
		old := chanceWorld(r)
		next := otherwise(r, old)
		a, b := worlds(t, old, next)
		d := newDiffer(a, b)
		if !d.comparable() {
			continue
		}
		d.each("a", func(c *contrast, err error) {
			if err != nil || r.IntN(2) > 0 {
				return
			}
			if err := n.try(c, r); err != nil {
				t.Fatalf("seed %d: %v%s\n\n=======%s", seed, err, old, next)
			}
		})
		policiesOf, confined := d.confined()
		for _, name := range a.names {
			if confined && d.untouched(name, policiesOf) {
				skipped++
				d.each(name, func(c *contrast, _ error) {
					if len(c.lines) > 0 {
						t.Fatalf("seed %d: %s is skipped, and %s changes%s\n\n=======%s", seed, name, c.lines[0].who(a.lexicon()), old, next)
					}
				})
			}
		}
		if errs += len(d.out.Errors); errs > 0 {
			t.Fatalf("seed %d: %v%s\n\n=======%s", seed, d.out.Errors, old, next)
		}
	}
	t.Logf("%d lines, %d requests that change, %d that do not, %d namespaces skipped", n.lines, n.changes, n.none, skipped)
	if n.lines < least/2 || n.changes < 2*least || n.none < 20*least || skipped < least/6 {
		t.Error("that is too little to show anything")
	}
}

// tries asks for a request by chance, and compares what the lines say of it.
func (c *contrast) tries(r *rand.Rand) (asked, changed bool, err error) {
	w, q := c.d.askers[0].w, &c.q[0]
	chosen := anyRequest(r, w, q, &solution{space: c.space})
	if len(c.lines) > 0 && r.IntN(2) == 0 { // near a line
		chosen = q.request(c.space.Axes(), c.space.Points(c.lines[r.IntN(len(c.lines))].box))
		for _, x := range c.space.Axes() {
			if p := x.Sample(); r.IntN(3) == 0 {
				chosen.put(x.Name, p[r.IntN(len(p))])
			}
		}
	}
	on := func(axis string) symbolic.Point { return chosen.on(w, axis) }
	if !c.space.Takes(on) || q.shows() && chosen.preflight() {
		return false, false, nil
	}
	chosen.plain = q.shows()
	got := [2]Verdict{c.decide(0, chosen, nil), c.decide(1, chosen, nil)}
	s := [2]standing{got[0].standing(), got[1].standing()}
	in, changed := further(s[0], s[1])
	odd := (s[0].unknown() || s[1].unknown()) && !q.tcp && oddMethod(on(methodAxis))
	out := [2]bool{c.sets[0][0].elsewhere(&chosen), c.sets[1][0].elsewhere(&chosen)}
	if s[0] == isUntold || s[1] == isUntold || out[0] || out[1] || got[0].routeless() || got[1].routeless() || !changed && (odd || s[0] == isAway || s[1] == isAway) {
		return false, false, nil
	}
	var said [2][]string
	right := false
	for i := range c.lines {
		l := &c.lines[i]
		if slices.ContainsFunc(c.space.Axes(), func(x *symbolic.Axis) bool { p := l.says[x.Name]; return p != nil && !p.Holds(on(x.Name)) }) {
			continue
		}
		said[l.in] = append(said[l.in], l.who(w.lexicon())+" | "+l.what(w.lexicon())+" by "+l.by.String())
		sure := l.outcome != NotJudged && !l.instead.standing().unknown()
		right = right || odd || l.in == in && sure == (!s[0].unknown() && !s[1].unknown())
	}
	switch {
	case changed && (len(said[in]) == 0 || len(said[1-in]) > 0 && !odd || !right), !changed && len(said[0])+len(said[1]) > 0:
		return true, changed, fmt.Errorf("%s is %v by %s and %v by %s, and the lines say %q", chosen.text(), s[0], got[0].By(), s[1], got[1].By(), said)
	}
	return true, changed, nil
}
