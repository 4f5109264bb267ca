package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// Near is a request that differs little from the one that was asked, and has the opposite outcome.
type Near struct {
	Request string   `json:"request"`
	Differs []string `json:"differs"` // what it has otherwise: client, method, host, path, header NAME, parameter NAME, claim NAME
	Got     string   `json:"got"`
	By      string   `json:"by"`
}

// nearest are the requests that come out the other way and have the least otherwise: one of the same client and one of another of its kind, as far as
// there are any. limit is why not all requests were looked at.
func (w *World) nearest(r Request, v Verdict) (near []Near, limit string) {
	q, ok := r.inquiry()
	if !ok {
		return []Near{}, ""
	}
	s := w.solve(&q)
	want := Allow
	if v.Outcome == Allow {
		want = Deny
	}
	var best [2]*nearBox // of the same client, of another
	for i := range s.found {
		f := &s.found[i]
		if a := f.Outcome.verdict; a.Outcome != want || a.moot {
			continue
		}
		b := newNearBox(w, &s, f.Box, &r)
		if at := &best[b.other]; *at == nil || b.cost < (*at).cost {
			*at = b
		}
	}
	near = []Near{}
	for i, b := range best {
		if b == nil || i == 1 && best[0] != nil && best[0].cost <= 3 && v.Outcome == Allow { // a small step says more
			continue
		}
		if n := b.ask(w, r, want); n.By != "" {
			near = append(near, n)
		}
	}
	return near, s.failed
}

// inquiry is the question that a request is one of. A request whose claims are not all given is of none.
func (r *Request) inquiry() (q inquiry, ok bool) {
	q = inquiry{to: r.To, port: r.Port, tcp: r.TCP}
	f := r.From
	switch {
	case f.User != "":
		q.kind = aUser
	case f.Token != "" && f.ServiceAccount != "":
		q.kind = aPodToken
	case f.Token != "":
		q.kind = aToken
	case f.JWT != nil:
		if q.kind, q.from = aJWT, (From{JWT: &JWT{Issuer: f.JWT.Issuer}}); f.ServiceAccount != "" {
			q.kind = aPodJWT
		}
	case f.ServiceAccount != "":
		q.kind = aPod
	case f.OffMesh:
		q.kind, q.from = offTheMesh, From{OffMesh: true}
	default:
		q.kind, q.from = anonymous, From{Anonymous: true}
	}
	return q, len(f.Claims) == 0 && r.Listener == ""
}

// nearBox is a set of requests, and what a request must have otherwise to be in it.
type nearBox struct {
	axes  []string
	to    []symbolic.Point
	cost  int
	other int // 1: another client
}

// clientAxes are those of who asks.
var clientAxes = []string{userAxis, tokenAxis, subjectAxis, peerAxis, audienceAxis}

func newNearBox(w *World, s *solution, box symbolic.Box, r *Request) *nearBox {
	b := &nearBox{}
	axes, to := s.space.Moves(box, func(axis string) symbolic.Point { return r.given(w, axis) })
	for i, axis := range axes {
		free := axis == hostAxis && r.Host == "" || axis == pathAxis && r.Path == "" || axis == methodAxis && r.Method == ""
		b.axes, b.to = append(b.axes, axis), append(b.to, to[i])
		if strings.ContainsAny(to[i].Text, " \t") { // hard to read
			b.cost++
		}
		switch {
		case free:
		case slices.Contains(clientAxes, axis) || strings.HasPrefix(axis, claimAxis):
			b.cost, b.other = b.cost+100, 1
		case axis == pathAxis || axis == methodAxis:
			b.cost += 2
		default:
			b.cost += 3
		}
	}
	return b
}

// given is what the request says on an axis, or what is taken where it says nothing.
func (r *Request) given(w *World, axis string) symbolic.Point {
	if axis == methodAxis && r.Method == "" {
		return symbolic.Point{Text: "GET", There: true}
	}
	if axis == pathAxis && r.Path == "" {
		return symbolic.Point{Text: "/", There: true}
	}
	if axis == hostAxis && r.Host == "" {
		q, _ := r.inquiry()
		return symbolic.Point{Text: q.host(), There: true}
	}
	return r.on(w, axis)
}

// ask asks for the request that is in the set.
func (b *nearBox) ask(w *World, r Request, want Outcome) Near {
	headers, claims := map[string]string{}, map[string]any{} // of its own
	maps.Copy(headers, r.Headers)
	if r.Headers = headers; r.From.JWT != nil {
		jwt := *r.From.JWT
		maps.Copy(claims, jwt.Claims)
		jwt.Claims = claims
		r.From.JWT = &jwt
	}
	var differs []string
	for i, axis := range b.axes {
		r.put(axis, b.to[i])
		differs = append(differs, axisInWords(axis))
	}
	v := w.Decide(r)
	if r.ofCase = true; v.Outcome == want && w.Decide(r).Outcome != want {
		return Near{} // check does not know either
	}
	n := Near{Request: r.text(), Differs: differs, Got: v.Outcome.String(), By: v.By()}
	if v.Outcome != want {
		n.By = fmt.Sprintf("internal error: among others it is %v; %s", want, n.By)
	}
	return n
}

// axisInWords names what a request has on an axis.
func axisInWords(axis string) string {
	for prefix, word := range map[string]string{headerAxis: "header ", paramAxis: "parameter ", claimAxis: "claim "} {
		if name, ok := strings.CutPrefix(axis, prefix); ok {
			return word + strings.ReplaceAll(name, "\x00", ".")
		}
	}
	switch axis {
	case methodAxis, hostAxis, pathAxis:
		return strings.TrimSpace(axis)
	case audienceAxis:
		return "audiences"
	}
	return "client"
}
