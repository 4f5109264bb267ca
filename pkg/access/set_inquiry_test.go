package access

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// anyRequest returns a random request of a question: samples of classes, and other texts.
func anyRequest(r *rand.Rand, w *World, q *inquiry, s *solution) Request {
	axes := s.space.Axes()
	points := make([]symbolic.Point, len(axes))
	for i, x := range axes {
		sample := x.Sample()
		points[i] = sample[r.IntN(len(sample))]
		if texts := chanceTexts[x.Name]; len(texts) > 0 && r.IntN(2) == 0 {
			points[i] = symbolic.Point{Text: one(r, texts...), There: true}
			if x.Name == peerAxis {
				points[i].Text = w.mesh.domains[0] + strings.TrimPrefix(points[i].Text, "cluster.local")
			}
		}
		if x.Optional && r.IntN(2) == 0 {
			points[i] = symbolic.Point{}
		}
	}
	out := q.request(axes, points)
	for name, texts := range chanceTexts { // headers that nothing compares
		if strings.HasPrefix(name, headerAxis) && r.IntN(4) == 0 && !slices.ContainsFunc(axes, func(x *symbolic.Axis) bool { return x.Name == name }) {
			out.put(name, symbolic.Point{Text: one(r, texts...), There: true})
		}
	}
	return out
}

// Each request of a question is in a set, and has the verdict of each set that it is in.
func TestQuestionsAreSolvedForAllRequests(t *testing.T) {
	requests, runs, asked, most := 0, 0, 0, 0
	outcomes := map[Outcome]int{}
	for seed := range uint64(*setWorlds) {
		r := rand.New(rand.NewPCG(seed, 78))
		text := chanceWorld(r)
		w := load(t, text)
		to := To{Namespace: "a", Service: one(r, "s", "s", "t", "u"), Direct: r.IntN(6) == 0}
		for _, q := range w.inquiries(to, one(r, 0, 0, 80, 90), r.IntN(12) == 0) {
			s := w.solve(&q)
			asked, runs, most = asked+1, runs+s.runs, max(most, s.runs)
			if s.failed != "" {
				t.Fatalf("seed %d: %v to %+v: %s%s", seed, q.kind, to, s.failed, text)
			}
			for range 40 {
				chosen := anyRequest(r, w, &q, &s)
				if !s.space.Takes(func(axis string) symbolic.Point { return chosen.on(w, axis) }) {
					continue
				}
				requests++
				got := w.Decide(chosen)
				outcomes[got.Outcome]++
				in := s.of(w, chosen)
				if len(in) == 0 {
					t.Fatalf("seed %d: %+v is in no set%s", seed, chosen, text)
				}
				for _, a := range in {
					if !w.sameVerdict(chosen, &got, &a.verdict) {
						t.Fatalf("seed %d: %+v is %v: %s\nand in the set of %+v, %v: %s%s", seed, chosen, got.Outcome, got.By(), a.request, a.verdict.Outcome, a.verdict.By(), text)
					}
				}
			}
		}
	}
	t.Logf("%d questions in %d runs, at most %d; %d requests: %v", asked, runs, most, requests, outcomes)
	for _, o := range []Outcome{Allow, Deny, NotJudged} {
		if outcomes[o] < requests/100 {
			t.Errorf("the requests are one-sided: %v", slices.Sorted(maps.Values(outcomes)))
		}
	}
}
