package access

import (
	"cmp"
	"slices"
)

// decide judges a request by this run's answers to what is open.
func (w *World) decide(r Request, o *open) Verdict {
	if bad := r.check(); bad != nil {
		return Verdict{Step: stepAt(Point{Kind: AtRequest}, bad.String())}
	}
	t := &trip{w: w, req: r, at: o.attributes(r), open: o}
	if w.mesh.assumed != "" {
		t.assume(w.mesh.assumed)
	}
	for _, a := range w.capture.assumed {
		t.assume(a)
	}
	if (len(w.istiods) > 0 || w.installed) && len(w.ztunnels) == 0 && !w.ztunnelInstalled {
		t.assume("ztunnel runs on every node, although its DaemonSet is not in the manifests")
	}
	to := w.look(r.To.Namespace)
	if nothing, is := w.judgesNothing(to); is {
		t.meet(nothing)
		return t.verdict()
	}
	if !to.declared {
		t.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, "Namespace "+r.To.Namespace+" is not in the manifests"+t.w.meantNamespace(r.To.Namespace)+", so its labels are not known")})
		return t.verdict()
	}
	if svc := to.service(r.To.Service); svc != nil && !r.From.ingress() {
		if p, ok := w.servicePort(svc, r.Port); ok && p.udp && (!r.To.Direct || r.Port == 0) {
			t.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, notTCP(svc, p))})
			return t.verdict()
		}
	}
	switch {
	case r.From.ingress():
		return t.throughIngress(to)
	case r.From.OffMesh:
		t.fromOutside(to)
	default:
		return t.fromPods(to)
	}
	return t.verdict()
}

// judgesNothing is why nothing that is sent to a namespace is judged.
func (w *World) judgesNothing(to *space) (r ruling, is bool) {
	if old, is := w.unjudged(); is {
		return old, true
	}
	if c := firstCloud(w.everything, to.clouds.whole); c != nil {
		return c.ruling(Point{Kind: AtMesh}), true
	}
	return r, false
}

// trip is a request on its way.
type trip struct {
	w       *World
	open    *open
	req     Request
	at      attributes
	query   string
	shown   *token   // the token that the client shows, until a proxy takes it off
	doubled string   // the header with the token, where it has another value too
	written []string // headers that a route has set
	steps   []Step
	assumed []string
	ofOne   []string // of that, what is about one target or client alone
	routed  string
	noRoute bool   // a route is assumed
	model   *model // whose route, which the manifests lack, is gone by
	past    bool   // the client calls no waypoint
	badPath bool   // a proxy that reads it answers 400
	unknown bool   // what the request is like since a cloud
	plain   bool   // it may be that a proxy sends it without its identity

	denied, pending, waypoint, last *ruling
}

func (t *trip) assume(what string) {
	if !contains(t.assumed, what) {
		t.assumed = append(t.assumed, what)
	}
}

// assumeOfOne is assume for what the manifests lack of one target or one client alone, which an answer about it names.
func (t *trip) assumeOfOne(what string) {
	if t.assume(what); !contains(t.ofOne, what) {
		t.ofOne = append(t.ofOne, what)
	}
}

// meet records a point's ruling and reports whether the request is over.
//
//go:noinline
func (t *trip) meet(r ruling) (over bool) {
	t.steps = append(t.steps, r.Step)
	switch {
	case r.outcome == Deny:
		t.denied = &r
	case r.outcome == NotJudged && t.pending == nil:
		t.pending = &r
	case r.outcome == Allow:
		if t.last == nil || r.Policy != "" || t.last.Policy == "" {
			t.last = &r
		}
	}
	return r.outcome == Deny
}

// verdict sums up: a denial stands whatever could not be judged; what could not be judged stands against an allow. Of several points that
// allowed, the waypoint says most.
func (t *trip) verdict() Verdict {
	v := Verdict{Steps: t.steps, Assumed: t.assumed, ofOne: t.ofOne, Routed: t.routed, noRoute: t.noRoute}
	decided := t.last
	if t.waypoint != nil && t.waypoint.Policy != "" {
		decided = t.waypoint
	}
	switch {
	case t.denied != nil:
		decided = t.denied
	case t.pending != nil:
		decided = t.pending
	}
	if decided == nil {
		decided = &ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtRequest}, "nothing decided it")}
	}
	v.Outcome, v.Step = decided.outcome, decided.Step
	return v
}

// fromOutside follows a client outside the mesh: only ztunnel at the pods sees it, without an identity, and it bypasses the waypoint.
func (t *trip) fromOutside(to *space) {
	t.at.peer, t.past = identity{}, true
	t.direct(to, t.settlePath())
}

// knownAccounts are those for which hasAccount is true.
func (s *space) knownAccounts() []string {
	out := append([]string{"default"}, s.accounts...)
	for _, pod := range s.workloads {
		out = append(out, pod.account)
	}
	for _, g := range s.gateways {
		out = append(out, g.account)
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(a string) bool { return a == "" })
}

func (s *space) hasAccount(name string) bool {
	if name == "default" || contains(s.accounts, name) {
		return true
	}
	for _, pod := range s.workloads {
		if pod.account == name {
			return true
		}
	}
	for _, g := range s.gateways {
		if g.account == name {
			return true
		}
	}
	return false
}

// settlePath fixes the path as proxies see it; ok is false where they answer 400.
func (t *trip) settlePath() (ok bool) {
	readings, why := readPath(cmp.Or(t.req.Path, "/"), t.w.mesh.normalization)
	i := 0
	if len(readings) > 1 {
		i = t.choose(Point{Kind: AtRequest}, len(readings), why)
	}
	t.query, t.at.path = readings[i].query, t.pathRead(readings, i)
	t.at.query, t.badPath = t.query, !readings[i].ok
	return readings[i].ok
}

// pathRead returns the path of a reading. A path that is read differently from what the client wrote is not on the axis, and is a separate value.
func (t *trip) pathRead(readings []pathReading, i int) value {
	raw := pathOf(t.req.Path)
	switch {
	case raw == "" || t.at.trace == nil:
	case len(readings) == 1 && readings[0].ok && readings[0].path == raw:
		return t.at.trace.On(pathAxis, raw)
	default:
		t.at.trace.On(pathAxis, raw).Read()
	}
	return knownValue(readings[i].path)
}

// fromCaptured goes from a pod in the mesh to a Service or pods.
func (t *trip) fromCaptured(to *space, ok bool) {
	if t.req.To.Service != "" && !t.req.To.Direct {
		if svc := t.service(to, t.req.To.Service); !svc.headless {
			t.toService(to, svc, t.w.serviceWaypoint(svc), ok)
			return
		}
	}
	t.direct(to, ok)
}

// service finds a Service, or takes it for a plain one.
func (t *trip) service(to *space, name string) *service {
	if svc := to.service(name); svc != nil {
		return svc
	}
	if to.isNotebook[name] {
		t.assumeOfOne("Service " + join(to.name, name) + ", as the notebook controller makes it")
		svc := plainService(to.name, name)
		svc.assumed, svc.selector = true, labels{{"statefulset", name}}
		svc.ports = []servicePort{{number: 80, target: 8888, protocol: httpPort}}
		return svc
	}
	t.assumeOfOne("Service " + join(cmp.Or(to.name, t.req.To.Namespace), name))
	number := t.req.Port
	if number == 0 {
		number = 80
	}
	svc := plainService(to.name, name)
	svc.assumed, svc.ports, svc.cloud = true, []servicePort{{number: number}}, to.entry(name)
	return svc
}

func notTCP(svc *service, p servicePort) string {
	return "port " + portText(p.number) + " of Service " + svc.id() + " is not TCP, and no proxy sees what is sent there"
}
