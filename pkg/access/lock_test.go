package access

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// lockOf writes the lock of a world, and reads it back.
func lockOf(t *testing.T, w *World, side string) (*Lock, string) {
	t.Helper()
	text := written(t, func(b *strings.Builder) error { return w.Lock().Write(b) })
	l, err := ReadLock(yaml.MustParse(text).YNode(), side)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return l, text
}

// A lock is as the manifests that it is of, from either side, and as itself.
func TestLockIsAsItsManifests(t *testing.T) {
	texts := someTrees(t)
	for seed := range uint64(*setWorlds / 3) {
		texts = append(texts, chanceWorld(rand.New(rand.NewPCG(seed, 304))))
	}
	limited := 0
	for i, text := range texts {
		l, written := lockOf(t, load(t, text), " a")
		for side, d := range map[string]Diff{
			"old":  l.World().Diff(load(t, text)),
			"new":  load(t, text).Diff(l.World()),
			"both": l.World().Diff(l.World()),
		} {
			limited += len(d.Unknown)
			if d.count(hasGained)+d.count(hasLost)+len(d.Errors) > 0 || d.Compared == 0 {
				t.Fatalf("%d: %s: %s\n%s%s", i, side, d.said(), written, text)
			}
		}
	}
	t.Logf("%d trees, %d questions with too many kinds of requests", len(texts), limited)
}

// Each request has in a lock the standing that it has under the manifests. Where no route leads to a Service, it has that which it would have by one.
func TestLockAnswersAsItsManifests(t *testing.T) {
	requests, of := 0, map[standing]int{}
	for seed := range uint64(max(*setWorlds, 60) / 3) {
		r := rand.New(rand.NewPCG(seed, 305))
		text := chanceWorld(r)
		w := load(t, text)
		l, written := lockOf(t, w, " a")
		of2 := l.World()
		s := l.at["a"]
		for i, target := range newAsker(w).lockedTargets(w.look("a")) {
			for _, tcp := range [2]bool{false, true} {
				to := To{Namespace: "a", Service: target.name}
				if target.pods {
					to = To{Namespace: "a", Pod: map[string]string{}, only: target.only}
				}
				if target.pods && !target.waypoint && !tcp {
					continue
				}
				for _, q := range w.inquiries(to, one(r, target.ports...), tcp) {
					if r.IntN(3) > 0 {
						continue
					}
					q.unrouted = !tcp && q.kind.ingress() && !target.pods && w.routeless(to)
					found := w.allShown(&q, symbolic.NewPool())
					if found.failed != "" {
						continue
					}
					for range 20 {
						chosen := anyRequest(r, w, &q, &found)
						if !found.space.Takes(func(axis string) symbolic.Point { return chosen.on(w, axis) }) || q.shows() && chosen.preflight() {
							continue
						}
						chosen.plain = q.shows()
						v := w.Decide(chosen)
						want := v.standing()
						if (&sorter{w: w, q: &q}).elsewhere(&chosen) || v.routeless() {
							continue
						}
						chosen.To = s.to(i)
						v = of2.Decide(chosen)
						got := v.standing()
						requests++
						of[want]++
						if got != want && (want != isAbsent || got != isDenied) {
							t.Fatalf("seed %d: %s is %d in the lock and %d in the manifests: %s\n%s%s", seed, chosen.text(), got, want, v.By(), written, text)
						}
					}
				}
			}
		}
	}
	t.Logf("%d requests: %v", requests, of)
	if requests < 1000 {
		t.Error("too few")
	}
}

// What changes from a lock to manifests, or back, is on lines, and nothing else is.
func TestDiffWithALock(t *testing.T) {
	var n tries
	least := max(*setWorlds, 60)
	for seed := range uint64(least / 4) {
		r := rand.New(rand.NewPCG(seed, 306))
		old := chanceWorld(r)
		next := otherwise(r, old)
		l, _ := lockOf(t, load(t, old), " a")
		sides := [2]*World{l.World(), load(t, next)}
		if r.IntN(2) == 0 {
			sides[0], sides[1] = sides[1], sides[0]
		}
		d := newDiffer(sides[0], sides[1])
		if !d.comparable() {
			continue
		}
		d.each("a", func(c *contrast, err error) {
			if err != nil || r.IntN(4) > 0 {
				return
			}
			if err := n.try(c, r); err != nil {
				t.Fatalf("seed %d: %v%s\n\n=======%s", seed, err, old, next)
			}
		})
		if len(d.out.Errors) > 0 {
			t.Fatalf("seed %d: %v%s\n\n=======%s", seed, d.out.Errors, old, next)
		}
	}
	t.Logf("%d lines, %d requests that change, %d that do not", n.lines, n.changes, n.none)
	if n.lines < least/2 || n.changes < least || n.none < 10*least {
		t.Error("that is too little to show anything")
	}
}

// Like tenants are in a lock as if each were the only one, and are compared once.
func TestLockOfLikeTenants(t *testing.T) {
	const l4 = "\n---\n{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: l4, namespace: SELF}, spec: {rules: [{from: [{source: {principals: [cluster.local/ns/SELF/sa/waypoint]}}]}]}}\n"
	both := alikeFront + aTenant("ann", "ann@x.io", l4) + aTenant("bob", "bob@x.io", l4)
	l, _ := lockOf(t, load(t, both), " a")
	alone, _ := lockOf(t, load(t, alikeFront+aTenant("bob", "bob@x.io", l4)), " a")
	as := func(l *Lock) string {
		access, leftOut := l.at["bob"].lists()
		return strings.Join(append(access, leftOut...), "\n")
	}
	if as(l) != as(alone) || !strings.Contains(as(l), "user bob@x.io") && !strings.Contains(as(l), "bob@x.io") {
		t.Errorf("bob beside ann is\n%s\nand alone\n%s", as(l), as(alone))
	}
	rule := "rules: [{to: [{operation: {paths: [/healthz]}}]}]"
	for name, c := range map[string]struct{ next, want, not string }{
		"the same for both": {both + extraRule("ann", rule) + extraRule("bob", rule), "ann and bob, which is like it: gained any pod", ""},
		"one":               {both + extraRule("bob", rule), "bob: gained any pod", "ann"},
	} {
		d := l.World().Diff(load(t, c.next))
		if !strings.Contains(d.said(), c.want) || c.not != "" && strings.Contains(d.said(), c.not+":") || !d.Opens() || d.count(hasLost) > 0 {
			t.Errorf("%s: %s", name, d.said())
		}
	}
}

// Of what a lock does not know, nobody can say whether it has changed.
func TestDiffWithWhatALockDoesNotKnow(t *testing.T) {
	base := alikeFront + aTenant("ann", "ann@x.io", "")
	l, _ := lockOf(t, load(t, base), " a")
	policy := "\n---\n{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: more, namespace: ann}, spec: {targetRefs: [{group: '', kind: Service, name: other}], rules: [{}]}}\n"
	d := l.World().Diff(load(t, base+policy))
	if said := d.said(); !strings.Contains(said, "perhaps gained") || !strings.Contains(said, "Service other") || strings.Contains(said, ": gained") {
		t.Error(said)
	}
}

// The text of a lock is the same whatever the names, the order and the parts of policies are.
func TestLockStaysTheSame(t *testing.T) {
	for i, text := range someTrees(t) {
		r := rand.New(rand.NewPCG(uint64(i), 307))
		_, one := lockOf(t, load(t, text), " a")
		w, err := Load(slices.Values(sameOtherwise(t, r, text)))
		if err != nil {
			t.Fatal(err)
		}
		if _, other := lockOf(t, w, " a"); one != other {
			t.Errorf("%d is\n%s\nand otherwise\n%s", i, one, other)
		}
	}
}

// What is no lock is refused with the place in it.
func TestReadLockRefuses(t *testing.T) {
	_, good := lockOf(t, load(t, alikeFront+aTenant("ann", "ann@x.io", "")), " a")
	for name, c := range map[string][3]string{
		"a field":     {"mesh:\n", "more: 1\nmesh:\n", "more"},
		"an outcome":  {"'allow-http | user", "'perhaps | user", `"perhaps" is no outcome`},
		"a client":    {"| user trimmed", "| robots trimmed", "is no client"},
		"a target":    {"| services | /notebook", "| service/x | /notebook", "service/x is no target"},
		"no domain":   {"trustDomain: 'cluster.local'", "trustDomain: ''", "mesh.trustDomain"},
		"a request":   {"services | /notebook/ann/s,", "services | ?", "is left"},
		"too many |":  {"| services | /notebook/ann/s", "| services | x | /notebook/ann/s", "OUTCOME | WHO | TO | WHAT"},
		"a namespace": {"- name: 'ann'", "- name: ''", `"" is missing`},
	} {
		text := strings.Replace(good, c[0], c[1], 1)
		if _, err := ReadLock(yaml.MustParse(text).YNode(), ""); text == good || err == nil || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A fuzzed line never panics, and one that is read has a meaning.
func FuzzLockLine(f *testing.F) {
	f.Add("user trimmed:ann@x.io", "GET,HEAD /a, /b* host x[:port] with claim a[b]: c without x-y")
	f.Add(`pods of ns a but a/b`, `{list "n" "a" "b"} with parameter "q w": regex:"a|b" without audience`)
	f.Fuzz(func(_ *testing.T, who, what string) {
		one := fact{who: who, what: what}
		if one.read("cluster.local", "") != nil {
			return
		}
		one.takes(&World{mesh: defaultMesh()}, &Request{Method: "GET", Path: "/a", From: From{ServiceAccount: "a/b", JWT: &JWT{Issuer: "x"}}}, nil)
	})
}
