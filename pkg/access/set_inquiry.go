package access

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// inquiry is one target and one kind of client: all requests that such a client can make to it.
type inquiry struct {
	to   To
	port int
	tcp  bool
	kind clientKind
	from From // what all of its clients share

	unrouted bool // by a route that is assumed, as none leads there
}

// clientKind is a kind of client. All of one kind go the same way into the mesh.
type clientKind uint8

const (
	aUser      clientKind = iota // through the ingress, with a session
	aToken                       // through the ingress, with a Kubernetes token
	aJWT                         // through the ingress, with a token of one issuer
	anonymous                    // through the ingress, with nothing
	aPod                         // a pod of any account
	aPodToken                    // that carries a Kubernetes token
	aPodJWT                      // that carries a token of one issuer
	offTheMesh                   // what has no identity
)

func (k clientKind) String() string {
	return [...]string{"user", "token", "token of another issuer", "anonymous", "pod", "pod with a token", "pod with a token of another issuer", "off-mesh"}[k]
}

// The texts that a request may have. What is written for a byte beyond ASCII is alike for all letters that no rule names.
const (
	methodTexts  = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
	hostTexts    = `[!-~]+`
	userTexts    = `[ -~]*[!-~][ -~]*`
	nameTexts    = `[a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?`
	headerTexts  = `(?:[!-~](?:[ -~\t]*[!-~])?)?`
	claimTexts   = `[ -~]*`
	maxQuestions = 5000 // runs for one question
)

var usualMethods = []string{"GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"}

// space is all requests of the question.
func (q *inquiry) space(w *World, pool *symbolic.Pool) (*symbolic.Space, error) {
	var axes []*symbolic.Axis
	var failed error
	add := func(name, texts string, optional bool, seeds ...string) {
		x, err := symbolic.NewAxis(pool, name, texts, optional, seeds...)
		if err != nil {
			failed = err
			return
		}
		axes = append(axes, x)
	}
	addAudiences := func() {
		x, err := symbolic.NewSeveralAxis(pool, audienceAxis, hostTexts)
		axes, failed = append(axes, x), cmp.Or(failed, err)
	}
	switch q.kind {
	case aUser:
		add(userAxis, userTexts, false, "somebody@example.com")
	case aToken, aPodToken:
		add(tokenAxis, accountPrefix+nameTexts+":"+nameTexts, false, accountPrefix+"another-namespace:another-account")
		addAudiences()
	case aJWT, aPodJWT:
		add(subjectAxis, userTexts, true)
		addAudiences()
	}
	if q.kind == aPod || q.kind == aPodToken || q.kind == aPodJWT {
		add(peerAxis, regexp.QuoteMeta(w.mesh.domains[0]+"/ns/")+nameTexts+"/sa/"+nameTexts, false, w.identity("another-namespace", "another-account").principal())
	}
	if !q.tcp {
		add(methodAxis, methodTexts, false, usualMethods...)
		add(hostAxis, hostTexts, false, q.host())
		path, err := symbolic.NewPathAxis(pool, pathAxis, w.mesh.normalization, "/", "/x")
		if err != nil {
			return nil, err
		}
		axes = append(axes, path)
	}
	if failed != nil {
		return nil, failed
	}
	return symbolic.NewSpace(pool, axes, func(name string) (*symbolic.Axis, error) { return moreAxes(pool, name) })
}

// anyHost is a host that no Service has.
const anyHost = "any.example.com"

func (q *inquiry) host() string {
	if q.to.Service == "" || strings.Contains(q.to.Service, " ") {
		return anyHost
	}
	return hostOf(q.to.Namespace, q.to.Service)
}

// moreAxes are those of headers, parameters and claims, which a comparison brings up.
func moreAxes(pool *symbolic.Pool, name string) (*symbolic.Axis, error) {
	switch {
	case strings.HasPrefix(name, headerAxis):
		return symbolic.NewAxis(pool, name, headerTexts, true)
	case strings.HasPrefix(name, paramAxis):
		return symbolic.NewAxis(pool, name, claimTexts, true)
	case strings.HasPrefix(name, claimAxis):
		return symbolic.NewClaimAxis(pool, name, claimTexts)
	}
	return nil, fmt.Errorf("%s is an axis of another kind of clients", name)
}

// request is the one with these texts.
func (q *inquiry) request(axes []*symbolic.Axis, points []symbolic.Point) Request {
	r := Request{To: q.to, Port: q.port, TCP: q.tcp, From: q.from, Headers: map[string]string{}, unrouted: q.unrouted}
	if r.From.JWT != nil {
		jwt := *r.From.JWT
		jwt.Claims = map[string]any{}
		r.From.JWT = &jwt
	}
	for i, x := range axes {
		if i < len(points) {
			r.put(x.Name, points[i])
		}
	}
	return r
}

// solution is what becomes of all requests of a question: sets of requests with one verdict each, and one of the requests. failed is why it is not all.
type solution struct {
	space  *symbolic.Space
	found  []symbolic.Found[answered]
	runs   int
	failed string
	left   []symbolic.Box // what is not answered, nil for all of it
}

type answered struct {
	request Request
	verdict Verdict
}

// solve asks for a request of each set that is left, until there is an answer for all.
func (w *World) solve(q *inquiry) solution {
	return w.search(q, symbolic.NewPool(), maxQuestions, func(r Request) (Verdict, *symbolic.Trace, bool) {
		v, trace := w.traced(r)
		return v, trace, true
	})
}

// allShown is solve for requests whose client shows what the question says and no other token, for questions that share a pool.
func (w *World) allShown(q *inquiry, pool *symbolic.Pool) solution {
	return w.search(q, pool, maxQuestions, func(r Request) (Verdict, *symbolic.Trace, bool) {
		r.plain = q.shows()
		v, trace := w.traced(r)
		return v, trace, true
	})
}

func (w *World) search(q *inquiry, pool *symbolic.Pool, runs int, ask func(Request) (Verdict, *symbolic.Trace, bool)) solution {
	var out solution
	space, err := q.space(w, pool)
	if err != nil {
		out.failed = err.Error()
		return out
	}
	out.space = space
	out.found, err = symbolic.Explore(space, nil, runs, func(axes []*symbolic.Axis, points []symbolic.Point) (answered, *symbolic.Trace, bool) {
		out.runs++
		r := q.request(axes, points)
		v, trace, more := ask(r)
		return answered{r, v}, trace, more
	})
	if err != nil {
		out.failed = err.Error()
	}
	var limit *symbolic.Limit
	if errors.As(err, &limit) {
		out.left = limit.Left
	}
	return out
}

// of are the answers for sets that have a request.
func (s *solution) of(w *World, r Request) (out []answered) {
	for i := range s.found {
		if s.space.Contains(s.found[i].Box, func(axis string) symbolic.Point { return r.on(w, axis) }) {
			out = append(out, s.found[i].Outcome)
		}
	}
	return out
}

// inquiries are those about one target: each kind of client that can make a request to it.
func (w *World) inquiries(to To, port int, tcp bool) (out []inquiry) {
	if w.locked != nil {
		return w.locked.inquiries(to, port, tcp)
	}
	add := func(kind clientKind, f From) {
		out = append(out, inquiry{to: to, port: port, tcp: tcp, kind: kind, from: f})
	}
	issuers := w.issuers(to)
	if to.Service != "" && !to.Direct && !tcp {
		add(aUser, From{})
		add(aToken, From{})
		add(anonymous, From{Anonymous: true})
		for _, i := range issuers {
			add(aJWT, From{JWT: &JWT{Issuer: i}})
		}
	}
	add(aPod, From{})
	if to.Service != "" && !tcp && w.verifiesAt(to) {
		add(aPodToken, From{})
		for _, i := range issuers {
			add(aPodJWT, From{JWT: &JWT{Issuer: i}})
		}
	}
	add(offTheMesh, From{OffMesh: true})
	return out
}

// verifiesAt reports whether a waypoint looks for tokens on the way of pods.
func (w *World) verifiesAt(to To) bool {
	svc := w.look(to.Namespace).service(to.Service)
	if svc == nil {
		svc = (&trip{w: w}).service(w.look(to.Namespace), to.Service)
	}
	b := w.serviceWaypoint(svc)
	if b.gateway == nil {
		return b.doubt != ""
	}
	rules, doubt := w.waypointJWT(b.gateway, svc)
	return len(rules) > 0 || doubt != ""
}

// issuers returns those whose tokens some proxy on the way accepts, except those of API servers, and one whose tokens none accepts.
func (w *World) issuers(to To) []string {
	var out []string
	add := func(rules []*jwtRule) {
		for _, r := range rules {
			if r.issuer != "" && !isClusterIssuer(r.issuer) && !slices.Contains(out, r.issuer) { // an API server signs for accounts only
				out = append(out, r.issuer)
			}
		}
	}
	for _, g := range w.allIngresses() {
		rules, _ := w.gatewayJWT(g)
		add(rules)
	}
	s := w.look(to.Namespace)
	if svc := s.service(to.Service); svc != nil {
		if b := w.serviceWaypoint(svc); b.gateway != nil {
			rules, _ := w.waypointJWT(b.gateway, svc)
			add(rules)
		}
	}
	return append(out, anotherIssuer)
}

// anotherIssuer is one whose tokens no proxy takes.
const anotherIssuer = "https://another-issuer.example.com"
