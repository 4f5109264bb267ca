package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// watch asks the sets who reaches a tenant's namespace and does not belong there.
type watch struct {
	a        *selfCheck
	t        *Tenant
	s        *space
	pool     *symbolic.Pool
	platform symbolic.List // namespaces that are no tenant's, as far as the manifests or the policies name them
	names    symbolic.List // users and subjects of tokens that are meant, by name
	header   string        // the axis of the user header
	open     symbolic.List // paths
	pods     bool          // they are asked for, and clients off the mesh
	guests   bool          // users of ingress Gateways are
	through  *gateway      // they come through this one, and not through the tenants' ingress
	claimed  bool          // they send a user header with a name of the tenant's own users
	favor    []*rule
	entrants []entrant
	doubts   bool      // some of the requests cannot be judged, and no rule is why
	perhaps  []*policy // that let in what some proxy may refuse
	masked   bool      // some get in by another Gateway, and whether by the one that is asked for is not known
}

// entrant is a stranger who gets in, or whom a rule may allow, and what lets it in: a rule, or that no policy stands before pods or a waypoint.
type entrant struct {
	kind    clientKind
	request Request
	on      layer
	policy  *policy
	rule    int
	gateway *gateway // a waypoint without a policy
}

// rank: pods, then clients off the mesh, then users.
func (e *entrant) rank() int {
	switch {
	case e.kind.ofPod():
		ns, _, _ := splitAccount(e.request.From.ServiceAccount)
		if ns == stranger {
			return 0
		}
		return 2
	case e.kind == offTheMesh:
		return 1
	case e.kind == anonymous:
		return 3
	}
	return 4 + int(e.kind)
}

// maxRunsOfWatch bounds the runs for one namespace.
const maxRunsOfWatch = 20_000

func (a *selfCheck) watch(t *Tenant, s *space) *watch {
	x := a.sets()
	w := &watch{a: a, t: t, s: s, pool: x.pool.About(), platform: a.platform()}
	w.names, w.header = a.meantClients(t, s), headerAxis+strings.ToLower(cmp.Or(t.Header, usualUserHeader))
	w.open = symbolic.List{Name: "open paths of " + s.name, All: t.OpenPaths}
	return w
}

// sets is made when the first namespace needs it.
func (a *selfCheck) sets() *asker {
	if a.asker == nil {
		a.asker = newAsker(a.w)
	}
	return a.asker
}

// look goes through all requests to the namespace.
func (w *watch) look() { w.lookAt(w.a.sets().goals(w.s, "")) }

// lookAtNewPod goes through those to a pod that is not in the manifests, with no label.
func (w *watch) lookAtNewPod() {
	pod := w.s.madeUp("pod", nil)
	a := podAim{to: To{Namespace: w.s.name, Pod: map[string]string{}, only: pod}, pod: pod, policies: w.a.w.atZtunnel(w.s.name, pod)}
	a.findPorts(w.s)
	var all []goal
	for _, port := range a.allPorts(w.s) {
		all = append(all, goal{a.to, port, true})
	}
	w.lookAt(all)
}

func (w *watch) lookAt(all []goal) {
	left := maxRunsOfWatch
	for _, to := range all {
		for _, q := range w.a.w.inquiries(to.to, to.port, to.tcp) {
			if q.kind.inMesh() && !w.pods || !q.kind.inMesh() && !w.guests {
				continue
			}
			if left -= w.inquire(&q, min(maxQuestions, left)); left <= 0 {
				w.doubts = true
				return
			}
		}
	}
}

// inquire looks at all requests of a question and gives the number of runs.
func (w *watch) inquire(q *inquiry, runs int) int {
	world := w.a.w
	s := world.search(q, w.pool, runs, func(r Request) (Verdict, *symbolic.Trace, bool) {
		o := &open{trace: &symbolic.Trace{}}
		if !w.strange(q, &r, o.trace) {
			return Verdict{Outcome: Deny}, o.trace, true
		}
		r.favor = w.favor
		return world.answer(r, o), o.trace, true
	})
	w.doubts = w.doubts || s.failed != ""
	for i := range s.found {
		w.note(q, &s, i)
	}
	return s.runs
}

// note keeps an answer by which a stranger gets in. A request that leaves the mesh, that comes by another Gateway than the ingress, or that a route presents as
// another user, is reported as such.
func (w *watch) note(q *inquiry, s *solution, i int) {
	v := &s.found[i].Outcome.verdict
	e := entrant{kind: q.kind, request: s.found[i].Outcome.request}
	switch {
	case v.Outcome == Deny || v.Outcome == NotJudged && v.moot:
		return
	case !q.kind.inMesh() && !w.comesBy(v):
		w.masked = true
		return
	case !q.kind.inMesh() && w.through == nil && w.past(q.to.Service): // which is reported for the Service
		return
	case !w.decider(v, &e):
		if v.Outcome == NotJudged {
			w.doubt(v)
		}
		return
	case q.kind.ofPod():
		_, account, _ := splitAccount(e.request.From.ServiceAccount)
		if !w.strangerIn(s, i, &e.request, account) {
			return
		}
	}
	w.entrants = append(w.entrants, e)
}

// past reports whether a Service is kept away from the waypoint of its namespace by labels of its own.
func (w *watch) past(name string) bool {
	svc := w.s.service(name)
	if svc == nil || w.a.w.bind(w.s, nil, "service").gateway == nil {
		return false
	}
	_, asks := svc.labels.get("istio.io/use-waypoint")
	return asks && w.a.w.serviceWaypoint(svc).gateway == nil || w.s.ingressUsesWaypoint() && !w.a.w.ingressUsesWaypoint(svc)
}

// doubt notes an answer that nobody knows. Where a proxy may refuse the request before it looks at its policies, such as one with an odd method, the doubt is about
// the rule that would let it in alone.
func (w *watch) doubt(v *Verdict) {
	at := v.Point.Kind
	if v.Policy == "" && (at == AtWaypoint || at == AtGateway && w.a.w.cloudOnGateway(cmp.Or(w.through, w.a.ingress)) == nil) {
		passed, e := *v, entrant{}
		if passed.Outcome = Allow; w.decider(&passed, &e) && e.on == l7 && e.policy != nil {
			w.perhaps = append(w.perhaps, e.policy)
			return
		}
	}
	w.doubts = true
}

// decider notes what lets a request in: the waypoint's rule where it passes one, else that of the pods' proxy; ok is false for anything else, and where it is not
// a rule that cannot be judged.
func (w *watch) decider(v *Verdict, e *entrant) (ok bool) {
	world, step := w.a.w, v.Step
	if v.Outcome == Allow {
		for _, one := range v.Steps {
			if one.Point.Kind == AtWaypoint && (step.Point.Kind != AtWaypoint || one.Policy != "") {
				step = one
			}
		}
	}
	switch step.Point.Kind {
	case AtWaypoint:
		e.on = l7
	case AtZtunnel, AtSidecar:
	default:
		return false
	}
	ns, name, _ := strings.Cut(step.Policy, "/")
	i := slices.IndexFunc(world.look(ns).policies, func(p *policy) bool { return p.name == name && p.action == allow && p.inForce() })
	switch {
	case i >= 0 && step.Rule >= 0:
		e.policy, e.rule = world.look(ns).policies[i], step.Rule
		return v.Outcome == Allow || !ofToken(v.lacks) && v.lacks != header
	case v.Outcome != Allow || step.Policy != "":
		return false
	case e.on == l7:
		at, gateway, _ := strings.Cut(step.Point.Name, "/")
		e.gateway = world.look(at).gateway(gateway)
		return e.gateway != nil
	}
	e.gateway = world.bind(w.s, nil, "service").gateway
	return true
}

// comesBy reports whether a request comes by the Gateway that is asked for, and by no route that changes who the user is.
func (w *watch) comesBy(v *Verdict) bool {
	at := cmp.Or(w.through, w.a.ingress).point()
	return !slices.ContainsFunc(v.Steps, func(s Step) bool {
		return s.Point.Kind == AtGateway && s.Point != at || s.Point.Kind == AtRoute && w.a.rewrites(s.Policy, strings.TrimPrefix(w.header, headerAxis))
	})
}

// rewrites reports whether a route changes a header.
func (a *selfCheck) rewrites(route, name string) bool {
	return slices.ContainsFunc(a.w.rewriters, func(r *rewriter) bool {
		return r.id() == route && slices.ContainsFunc(r.changes, func(c headerChange) bool { return c.header == name })
	})
}

// strangerIn finds a pod of another tenant in a set: of one that nobody named, else of one that the manifests hold.
func (w *watch) strangerIn(s *solution, i int, r *Request, account string) bool {
	in := func(ns string) bool {
		for _, one := range [...]string{strangerAccount, account, "default"} {
			r.From.ServiceAccount = join(ns, one)
			if s.space.Contains(s.found[i].Box, func(axis string) symbolic.Point { return r.on(w.a.w, axis) }) {
				return true
			}
		}
		return false
	}
	return in(stranger) || slices.ContainsFunc(w.a.sorted, func(ns string) bool { return ns != w.s.name && in(ns) })
}

// ofPod reports whether a pod in the mesh is the client.
func (k clientKind) ofPod() bool { return k == aPod || k == aPodToken || k == aPodJWT }

// inMesh reports whether the client does not come through an ingress Gateway.
func (k clientKind) inMesh() bool { return k.ofPod() || k == offTheMesh }

// ofToken reports whether an attribute is of the token that a client shows.
func ofToken(a attribute) bool {
	return a == claim || a == requestPrincipal || a == audience || a == presenter
}
