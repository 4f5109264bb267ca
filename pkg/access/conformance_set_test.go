package access

import (
	"cmp"
	"encoding/json"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// likeCases are recorded requests that differ only in what a trace compares.
type likeCases struct {
	point, in, portal, token string
	port                     int
	tcp, host                bool
	from                     string
}

func (c recordedCase) like(w *World) likeCases {
	token, _ := json.Marshal(c.Request.Token)
	out := likeCases{
		point: c.Point, in: join(c.Namespace, c.Name), portal: join(c.ServiceNamespace, c.Service), token: string(token),
		port: c.Request.Port, tcp: c.Request.TCP, host: c.Request.Host != "",
	}
	if p := c.Request.From; p != nil {
		if out.from = "a pod"; cmp.Or(p.TD, "cluster.local") != w.mesh.domains[0] {
			out.from = p.TD + "/" + p.NS + "/" + p.SA
		}
	}
	return out
}

// on is the text of a recorded request on an axis.
func (c recordedCase) on(w *World, axis string) symbolic.Point {
	r := c.request()
	if axis == methodAxis {
		return symbolic.Point{Text: cmp.Or(r.Method, "GET"), There: true}
	}
	if p := c.Request.From; p != nil && axis == peerAxis {
		r.From.ServiceAccount = p.NS + "/" + p.SA
	}
	out := r.on(w, axis)
	out.Text = trim(out.Text) // of a header, as every proxy reads it
	return out
}

// What Istio's own code says of each recorded request of a set is what the referee says of the whole set. The sets are those of traced decisions, which
// claims and explain rest on.
func TestSetsAgreeWithIstio(t *testing.T) {
	total, requests, others := 0, 0, 0
	for _, name := range []string{"shapes", "golden", "random"} {
		for n, set := range recorded(t, name) {
			if name == "golden" && n%3 > 0 {
				continue // they are much alike
			}
			w := set.world(t)
			groups := map[likeCases][]recordedCase{}
			for _, c := range set.Cases {
				if _, ok := tokenOf(c.Request.Token); ok && (c.Point == "gateway" || c.Point == "waypoint" || c.Point == "ztunnel") && c.Want.Got != "rejected" {
					groups[c.like(w)] = append(groups[c.like(w)], c)
				}
			}
			for _, group := range groups {
				for i := 0; i < len(group); i += 1 + len(group)/2 { // one or two
					total++
					n, m := compareSet(t, w, set, group, i)
					requests, others = requests+n, others+m
				}
			}
		}
	}
	t.Logf("%d sets hold %d recorded requests, %d of them other ones", total, requests, others)
	if others < 100_000 {
		t.Errorf("only %d recorded requests are in the set of another one", others)
	}
}

// compareSet holds Istio's answers to the requests of a group to the set of one of them. It gives how many are in the set, and how many of them have other texts.
func compareSet(t *testing.T, w *World, set recordedSet, group []recordedCase, at int) (requests, others int) {
	t.Helper()
	tok, _ := tokenOf(group[at].Request.Token)
	trace := &symbolic.Trace{}
	v := tracedAt(w, group[at], tok, trace)
	own := group[at].request()
	literals := trace.Literals()
	for j, c := range group {
		r := c.request()
		if r.Path != own.Path && (!settledPath(w, r) || !settledPath(w, own)) {
			continue
		}
		in := true
		for _, l := range literals {
			in = in && l.Test.Holds(c.on(w, l.Axis)) == l.Holds
		}
		if !in {
			if j == at {
				t.Errorf("%s: %+v is not in its own set: %v", set.Name, c.Request, literals)
			}
			continue
		}
		requests++
		if j != at {
			others++
		}
		if why := c.differs(set, v); why != "" && !knownToDiffer(set, c, v) {
			t.Errorf("%s: %+v is in the set of %+v: %s\n%v\n%s", set.Name, c.Request, group[at].Request, why, literals, set.Manifests)
		}
	}
	return requests, others
}

func knownToDiffer(set recordedSet, c recordedCase, v Verdict) bool {
	for _, known := range knownDifferences {
		if known.is(set, c, v) {
			return true
		}
	}
	return false
}
