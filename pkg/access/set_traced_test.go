package access

import (
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

var (
	setPoints = flag.Int("set-points", 120_000, "how many random requests are compared with the set that a traced decision gives")
	setWorlds = flag.Int("set-worlds", 60, "for how many random worlds all requests are looked at")
)

// chanceRequest is a request by chance, with the axes that it has a text on.
func chanceRequest(r *rand.Rand) (Request, []string) {
	q := Request{To: To{Namespace: "a", Service: one(r, "s", "s", "s", "t", "u")}, Headers: map[string]string{}}
	q.Port = one(r, 0, 0, 80, 90)
	axes := []string{methodAxis, hostAxis, pathAxis}
	switch r.IntN(11) {
	case 0, 1:
		axes = append(axes, userAxis)
	case 2:
		axes = append(axes, tokenAxis, audienceAxis)
	case 3:
		q.From.Anonymous = true
	case 4:
		q.From.OffMesh = true
	case 5:
		axes = append(axes, peerAxis, tokenAxis, audienceAxis)
	case 6, 7, 8:
		q.From.JWT = &JWT{Issuer: one(r, "https://lists", "https://lists", "https://dex", "https://other"), Claims: map[string]any{}}
		axes = append(axes, subjectAxis, audienceAxis)
		for name := range chanceTexts {
			if strings.HasPrefix(name, claimAxis) {
				axes = append(axes, name)
			}
		}
		if r.IntN(3) == 0 {
			axes = append(axes, peerAxis)
		}
	default:
		axes = append(axes, peerAxis)
	}
	if !q.From.ingress() && !slices.Contains(axes, userAxis) && (slices.Contains(axes, peerAxis) || q.From.OffMesh) {
		q.To.Direct, q.TCP = r.IntN(4) == 0, r.IntN(10) == 0
	}
	q.From.Audience = ""
	for name := range chanceTexts {
		if strings.HasPrefix(name, headerAxis) || strings.HasPrefix(name, paramAxis) {
			axes = append(axes, name)
		}
	}
	slices.Sort(axes)
	for _, axis := range axes {
		q.put(axis, chancePoint(r, axis))
	}
	return q, axes
}

func optional(axis string) bool {
	return strings.HasPrefix(axis, headerAxis) || strings.HasPrefix(axis, paramAxis) || strings.HasPrefix(axis, claimAxis) || axis == audienceAxis || axis == subjectAxis
}

func chancePoint(r *rand.Rand, axis string) symbolic.Point {
	if optional(axis) && r.IntN(3) > 0 {
		return symbolic.Point{}
	}
	return symbolic.Point{Text: one(r, chanceTexts[axis]...), There: true}
}

// move changes a request at random, within the answers of a run.
func move(w *World, r *rand.Rand, q Request, axes []string, by map[string][]symbolic.Literal) (out Request, moved bool) {
	out = q
	out.Headers = maps.Clone(q.Headers)
	if q.From.JWT != nil {
		jwt := *q.From.JWT
		jwt.Claims = cloneClaims(jwt.Claims)
		out.From.JWT = &jwt
	}
	for _, axis := range axes {
		if r.IntN(2) == 0 {
			continue
		}
		p := chancePoint(r, axis)
		if p.There && r.IntN(3) == 0 && (strings.HasPrefix(axis, headerAxis) || axis == userAxis) {
			p.Text += one(r, "x", ",red", "@x.io")
		}
		if axis == peerAxis {
			p.Text = w.mesh.domains[0] + strings.TrimPrefix(p.Text, "cluster.local")
		}
		if !slices.ContainsFunc(by[axis], func(l symbolic.Literal) bool { return l.Test.Holds(p) != l.Holds }) {
			out.put(axis, p)
			moved = true
		}
	}
	return out, moved
}

func cloneClaims(of map[string]any) map[string]any {
	out := maps.Clone(of)
	for name, v := range out {
		if below, ok := v.(map[string]any); ok {
			out[name] = cloneClaims(below)
		}
	}
	return out
}

// settledPath: a request's path is one that its axis has.
func settledPath(w *World, q Request) bool {
	x, err := symbolic.NewPathAxis(symbolic.NewPool(), pathAxis, w.mesh.normalization)
	return err == nil && x.Takes(pathOf(q.Path))
}

// All requests for which the comparisons of a run have the same answers have its verdict, by the same policy and rule.
func TestTracedRunsDecideForTheirSet(t *testing.T) {
	points, outcomes, general := 0, map[Outcome]int{}, 0
	for seed := uint64(0); points < *setPoints; seed++ {
		r := rand.New(rand.NewPCG(seed, 77))
		text := chanceWorld(r)
		w := load(t, text)
		for range 10 {
			q, axes := chanceRequest(r)
			v, trace := w.traced(q)
			if plain := w.Decide(q); !w.sameVerdict(q, &plain, &v) || plain.Outcome == v.Outcome && plain.By() != v.By() {
				t.Fatalf("seed %d: %+v: traced %v, else %v%s", seed, q, v.By(), plain.By(), text)
			}
			by := map[string][]symbolic.Literal{}
			for _, l := range trace.Literals() {
				if l.Test.Holds(q.on(w, l.Axis)) != l.Holds {
					t.Fatalf("seed %d: %+v: the request itself does not answer %v so\n%s", seed, q, l, text)
				}
				by[l.Axis] = append(by[l.Axis], l)
			}
			for range 60 {
				other, moved := move(w, r, q, axes, by)
				if !moved || !settledPath(w, other) && pathOf(other.Path) != pathOf(q.Path) {
					continue
				}
				points++
				outcomes[v.Outcome]++
				got := w.Decide(other)
				if other.Method != q.Method && other.Path != q.Path {
					general++
				}
				if !w.sameVerdict(other, &got, &v) {
					t.Fatalf("seed %d: %+v is %v: %s\nof the same set, %+v is %v: %s\n%v%s", seed, q, v.Outcome, v.By(), other, got.Outcome, got.By(), trace.Literals(), text)
				}
			}
		}
	}
	t.Logf("%d requests: %v, %d quite other ones", points, outcomes, general)
	for _, o := range []Outcome{Allow, Deny, NotJudged} {
		if outcomes[o] < points/100 {
			t.Errorf("the requests are one-sided: %v", outcomes)
		}
	}
}

// sameVerdict reports whether the verdict of a request and that of a traced run say the same. Only the first finds out that no route takes the request for
// certain, so that it is denied whatever was in doubt before. A traced run leaves it NOT JUDGED.
func (w *World) sameVerdict(q Request, v, traced *Verdict) bool {
	if v.Outcome == Deny && traced.Outcome == NotJudged && w.unrouted(q) {
		return true
	}
	return v.Outcome == traced.Outcome && v.Policy == traced.Policy && v.Rule == traced.Rule
}

// unrouted reports whether some reading of a request is denied because no route takes it.
func (w *World) unrouted(q Request) bool {
	for o := (&open{}); ; {
		if v := w.decide(q, o); v.Outcome == Deny && v.Point.Kind == AtRoute && v.Policy == "" {
			return true
		}
		if _, more := o.another(); !more {
			return false
		}
	}
}
