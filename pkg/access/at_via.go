package access

import (
	"cmp"
	"slices"
)

// via goes one way: ztunnel at the gateway's pods where they are captured, CUSTOM, the token, DENY and ALLOW, the routes, then the Service.
// led: the routes of this or another way lead to the target.
func (t *trip) via(way *way, to *space, led bool) answer {
	g, rank := way.gateway, way.rank(led)
	if g.assumed != "" {
		t.assume(g.assumed)
		t.assumeUnselected("its pods", t.w.unselected(g.namespace, g.pod))
	}
	point := g.point()
	t.choosePath(way)
	if t.req.TCP {
		t.meet(ruling{outcome: NotJudged, Step: stepAt(point, "TCP through the ingress needs a TCPRoute, which is not judged")})
		return answer{t.verdict(), rank}
	}
	if !t.settlePath() {
		t.meet(ruling{outcome: Deny, Step: stepAt(point, "400: the path is not valid")})
		return answer{t.verdict(), rank}
	}
	t.at.port = way.table.port
	rules, doubt := t.w.gatewayJWT(g)
	t.shown = t.session(rules, t.w.atGateway(g))
	if t.atGatewayPod(g) {
		return answer{t.verdict(), rank}
	}
	if c := t.w.cloudOnGateway(g); c != nil { // it may lead anywhere
		t.underCloud(point, c)
		t.pastGateway(g, to)
		return answer{t.verdict(), toTarget}
	}
	if t.atGateway(g, point, rules, doubt) {
		return answer{t.verdict(), rank}
	}
	if r, found := t.w.mergedWith(g, &t.at); found {
		t.meet(r)
	}
	return t.route(way, to, led)
}

// choosePath: a case without a path means that of a route to the Service.
func (t *trip) choosePath(way *way) {
	if t.req.Path != "" || way.path == "" {
		return
	}
	t.req.Path = way.path
	if m := way.match.match; m.method != "" && t.req.Method == "" {
		t.at.method = knownValue(m.method)
	}
	t.assumeOfOne("path " + t.req.Path + " (taken from a route)")
}

// route follows the routes to the Service and goes on there.
func (t *trip) route(way *way, to *space, led bool) answer {
	if t.model != nil {
		return t.modelRoute(way, to)
	}
	var picks []*candidate
	if way.host != nil {
		picks = way.host.pick(&t.at, t.query)
	}
	if len(picks) == 0 {
		return t.noRouteTakes(way, to, led)
	}
	out := t.fork().follow(way.gateway, picks[0], to)
	for _, c := range picks[1:] {
		other := t.fork().follow(way.gateway, c, to)
		if other.rank != out.rank || other.Outcome != out.Outcome {
			t.meet(ruling{outcome: NotJudged, Step: picks[0].step(undecided(picks[0], c))})
			return answer{t.verdict(), min(out.rank, other.rank)}
		}
		out.moot = out.moot && other.moot
	}
	return out
}

// undecided says why nobody knows which of two matches takes a request.
func undecided(a, b *candidate) string {
	other := b.route.kind + " " + b.route.id() + " rule " + portText(b.index)
	if a.match.before(b.match) || b.match.before(a.match) {
		return "whether it or " + other + " takes the request depends on headers that are not given, or on which object is older"
	}
	return other + " has an equal match, and Istio takes the older object, which manifests do not show"
}

// rank is that of an answer before any route is followed.
func (y *way) rank(led bool) wayRank {
	switch {
	case y.leads:
		return toTarget
	case led:
		return toElsewhere
	}
	return byAssumption
}

// follow goes where a match leads.
func (t *trip) follow(g *gateway, c *candidate, to *space) answer {
	want := join(t.req.To.Namespace, t.req.To.Service)
	svc := t.fork().service(to, t.req.To.Service)
	pool := t.w.poolOf(c, svc, to.pods(svc))
	if doubt := cmp.Or(c.doubt, unserved(c.rule.doubt)); doubt != "" {
		t.meet(ruling{outcome: NotJudged, Step: c.step(doubt)})
		if c.leadsTo(want) || pool != "" {
			return answer{t.verdict(), toTarget}
		}
		return answer{t.verdict(), toElsewhere}
	}
	t.routed = c.target(t.w, want)
	step := c.step("leads to " + t.routed)
	if t.routed != want && pool != "" {
		t.meet(ruling{outcome: NotJudged, Step: c.step("leads to InferencePool " + pool + ", whose endpoint picker may choose the pods of " + want)})
		return answer{t.verdict(), toTarget}
	}
	if t.routed != want {
		step.moot = true
		t.meet(ruling{outcome: NotJudged, Step: step})
		return answer{t.verdict(), toElsewhere}
	}
	t.steps = append(t.steps, step)
	t.forward(c)
	t.usePort(c, want)
	t.toBackend(g, to, t.service(to, t.req.To.Service))
	return answer{t.verdict(), toTarget}
}

// toBackend goes from a gateway to a Service.
func (t *trip) toBackend(g *gateway, to *space, svc *service) {
	t.at.peer = t.w.identity(g.namespace, g.account)
	if p, ok := t.servicePort(svc); ok && p.udp { // Istio 1.31: core buildOutboundClusters makes no cluster for UDP
		t.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, notTCP(svc, p))})
		return
	}
	b := t.w.serviceWaypoint(svc)
	switch {
	case svc.headless && t.w.ingressUsesWaypoint(svc):
		if h := t.w.bind(t.w.look(svc.namespace), svc.labels, "service"); h.gateway != nil || h.doubt != "" {
			t.toHeadless(svc, h)
			return
		}
	case (b.gateway != nil || b.doubt != "") && !t.w.ingressUsesWaypoint(svc):
		b = binding{why: "no istio.io/ingress-use-waypoint: the gateway passes the waypoint by"}
	}
	t.hop(g.namespace, svc)
	t.toService(to, svc, b, true)
}

// toHeadless: the gateway takes a headless Service to its waypoint as any other, and the waypoint has no address to go to: it connects to
// 0.0.0.0 at the Service's port, which is itself. Measured with Istio 1.31 and Envoy 1.39: 503, or what the waypoint itself serves there.
func (t *trip) toHeadless(svc *service, b binding) {
	number, ok := t.servicePort(svc)
	switch {
	case b.doubt != "":
		t.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, b.doubt)})
	case !ok:
		t.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, "Service "+svc.name+" has no port "+portText(t.req.Port))})
	case t.atWaypoint(b.gateway, svc, number, true):
	case ownPort(number.number):
		t.meet(ruling{outcome: NotJudged, Step: stepAt(b.gateway.point(), "Service "+svc.name+" is headless, so the waypoint answers with what it serves itself at port "+portText(number.number))})
	default:
		t.meet(ruling{outcome: Deny, Step: stepAt(b.gateway.point(), "503: Service "+svc.name+" is headless, and the waypoint has no address to go to")})
	}
}

func (c *candidate) leadsTo(want string) bool {
	return slices.ContainsFunc(c.rule.backends, func(b backend) bool { return !b.foreign && join(b.namespace, b.name) == want })
}

// target tells where a rule leads: the wanted Service where it is among the backends, else the first, or what the gateway itself answers.
func (c *candidate) target(w *World, want string) string {
	out := ""
	for _, b := range c.rule.backends {
		if !w.permits(c.route.origin, b) {
			out = cmp.Or(out, "nothing: "+join(b.namespace, b.name)+" grants no reference to "+c.route.namespace)
			continue
		}
		id := join(b.namespace, b.name)
		if b.foreign { // of any group: the name alone does not identify a Service
			id = b.kind + " " + id
		}
		if id == want || out == "" {
			out = id
		}
	}
	switch {
	case c.rule.redirect:
		return "a redirect"
	case out == "":
		return "nothing: the rule has no backend"
	}
	return out
}

func (t *trip) usePort(c *candidate, want string) {
	if t.req.Port != 0 {
		return
	}
	for _, b := range c.rule.backends {
		if !b.foreign && join(b.namespace, b.name) == want {
			t.req.Port = b.port
			return
		}
	}
}
