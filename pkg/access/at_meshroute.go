package access

import "slices"

// leaveWaypoint goes on behind the policies of a waypoint. Its router comes last: a route that is bound to the Service may lead to other pods,
// and nobody asks the policies of the Service that it leads to, nor its waypoint (core buildWaypointInboundHTTPFilters and
// getWaypointDestinationCluster; endpoints findServiceWaypoint). Only ztunnel at the pods judges again.
func (t *trip) leaveWaypoint(g *gateway, to *space, svc *service, p servicePort) {
	t.at.peer = t.w.identity(g.namespace, g.account)
	t.hop(g.namespace, svc)
	if t.unknown { // where it goes is not known either
		t.toPods(to, to.pods(svc), svc, p)
		return
	}
	switch r := t.w.routedInWaypoint(g, svc, p.number, t.at.tcp); {
	case r.stop != nil:
		t.meet(ruling{outcome: NotJudged, Step: stepAt(g.point(), named(r.stop)+" "+r.why)})
	case r.virtual != nil:
		t.byVirtualService(g, r.virtual, p)
	case r.routes != nil:
		t.byRoutes(g, r.routes, svc)
	default:
		t.toPods(to, to.pods(svc), svc, p)
	}
}

// waypointRouting is what a waypoint routes by what is for a Service: one of these, or nothing.
type waypointRouting struct {
	virtual *virtualRoutes
	routes  *virtualHost
	stop    *origin // what is not judged
	why     string
}

func (w *World) routedInWaypoint(g *gateway, svc *service, number int, tcp bool) (r waypointRouting) {
	virtuals := w.waypointVirtuals(g, svc, tcp)
	if !tcp {
		r.routes = w.waypointRoutes(g, svc, number)
	}
	switch {
	case len(virtuals) > 1 || len(virtuals) == 1 && r.routes != nil:
		return waypointRouting{stop: &virtuals[0].origin, why: "and another route are bound to Service " + svc.name + ", and which comes first is not judged"}
	case len(virtuals) == 1 && (tcp || !virtuals[0].plain):
		return waypointRouting{stop: &virtuals[0].origin, why: "routes what is for Service " + svc.name + ", which is not judged"}
	case len(virtuals) == 1:
		r.virtual = virtuals[0]
	case r.routes != nil || !tcp:
	default:
		if l := w.waypointStream(g, svc); l != nil {
			return waypointRouting{stop: &l.origin, why: "routes connections to Service " + svc.name + ", which is not judged"}
		}
	}
	return r
}

// ofWaypoint: a waypoint takes routes of the Service's namespace and of its own (core getVirtualServiceForWaypoint).
func (g *gateway) ofWaypoint(o *origin, svc *service) bool {
	return o.namespace == svc.namespace || o.namespace == g.namespace
}

// waypointVirtuals are the VirtualServices that have a word on what a waypoint does with requests, or with connections.
func (w *World) waypointVirtuals(g *gateway, svc *service, tcp bool) (out []*virtualRoutes) {
	for _, v := range w.bound.meshVirtuals(svc) {
		if g.ofWaypoint(&v.origin, svc) && (tcp && v.streams || !tcp && v.requests) {
			out = append(out, v)
		}
	}
	return out
}

func (w *World) waypointStream(g *gateway, svc *service) *lead {
	for _, l := range w.bound.streams[svc.id()] {
		if g.ofWaypoint(&l.origin, svc) {
			return l
		}
	}
	return nil
}

// waypointRoutes are the routes of a Service at its waypoint, nil where there is none. Those of one namespace and port are in one list.
func (w *World) waypointRoutes(g *gateway, svc *service, number int) *virtualHost {
	t := &table{hosts: map[string]*virtualHost{}}
	for _, r := range w.bound.toService[svc.id()] {
		for _, p := range r.parents {
			if p.kind == "Service" && join(p.namespace, p.name) == svc.id() && (p.port == 0 || p.port == number) && g.ofWaypoint(&r.origin, svc) {
				t.add("*", r.namespace+"/"+portText(p.port), r, "")
			}
		}
	}
	h := t.hosts["*"]
	if h != nil {
		h.atWaypoint = true
		for _, l := range h.lists {
			l.finish()
		}
	}
	return h
}

// byVirtualService goes where a VirtualService leads that has a destination for every request: where they come to the same, which one takes a
// request does not matter.
func (t *trip) byVirtualService(g *gateway, v *virtualRoutes, p servicePort) {
	var out *trip
	for _, b := range v.to {
		if b.port == 0 {
			b.port = p.number
			if to := t.w.look(b.namespace).service(b.name); to != nil && len(to.ports) == 1 {
				b.port = to.ports[0].number
			}
		}
		one := t.fork()
		one.toBackendPods(b, func(why string) Step { return stepAt(g.point(), named(&v.origin)+" "+why) })
		if out != nil && one.verdict().Outcome != out.verdict().Outcome {
			t.meet(ruling{outcome: NotJudged, Step: stepAt(g.point(), named(&v.origin)+" leads to several destinations, and which one takes the request is not judged")})
			return
		}
		out = one
	}
	*t = *out
}

// byRoutes goes where the routes of a Service lead.
func (t *trip) byRoutes(g *gateway, routes *virtualHost, svc *service) {
	picks := routes.pick(&t.at, t.query)
	if len(picks) == 0 {
		t.meet(ruling{outcome: Deny, Step: stepAt(g.point(), "404: no route of Service "+svc.name+" takes the request")})
		return
	}
	out := t.behind(picks[0])
	for _, c := range picks[1:] {
		if other := t.behind(c); other.verdict().Outcome != out.verdict().Outcome {
			t.meet(ruling{outcome: NotJudged, Step: picks[0].step(undecided(picks[0], c))})
			return
		}
	}
	*t = *out
}

// behind goes to the pods of a match's backends; of several the answer is the one that lets most in.
func (t *trip) behind(c *candidate) (out *trip) {
	doubt := c.doubt
	switch {
	case doubt != "":
	case c.rule.redirect:
		doubt = "leads to a redirect"
	case c.rule.doubt != "" && len(c.rule.backends) == 0:
		doubt = unserved(c.rule.doubt)
	case len(c.rule.backends) == 0:
		doubt = "leads to nothing: the rule has no backend"
	}
	if doubt != "" {
		out = t.fork()
		out.meet(ruling{outcome: NotJudged, Step: c.step(doubt)})
		return out
	}
	for _, b := range c.rule.backends {
		one := t.fork()
		one.toBackendPods(b, c.step)
		if out == nil || worse(ruling{outcome: out.verdict().Outcome}, ruling{outcome: one.verdict().Outcome}).outcome != out.verdict().Outcome {
			out = one
		}
	}
	return out
}

// toBackendPods goes from a waypoint to the pods of a backend.
func (t *trip) toBackendPods(b backend, step func(why string) Step) {
	s := t.w.look(b.namespace)
	unknown := func(why string) { t.meet(ruling{outcome: NotJudged, Step: step("leads to " + why)}) }
	if b.foreign || b.name == "" {
		unknown(b.String() + ", which is not judged")
		return
	}
	id := join(b.namespace, b.name)
	svc := t.service(s, b.name)
	i := slices.IndexFunc(svc.ports, func(p servicePort) bool { return p.number == b.port })
	switch {
	case !s.declared:
		unknown(id + ", whose Namespace is not in the manifests")
	case svc.external || svc.headless:
		unknown(id + ", which has no address of its own")
	case i < 0 && !svc.assumed:
		unknown("port " + portText(b.port) + " of " + id + ", which is not there")
	default:
		t.steps = append(t.steps, step("leads to "+id))
		t.hop(t.at.peer.namespace, svc)
		t.toPods(s, s.pods(svc), svc, svc.ports[max(i, 0)])
	}
}

// routedBySidecar: a client's sidecar follows the routes of the mesh itself, those of other namespaces as well (core
// buildSidecarOutboundHTTPRouteConfig).
func (w *World) routedBySidecar(t *trip, to *space) (r ruling, found bool) {
	if t.req.To.Service == "" || t.req.To.Direct {
		return r, false
	}
	svc := t.fork().service(to, t.req.To.Service)
	var by *origin
	for _, route := range w.bound.toService[svc.id()] {
		by = &route.origin
	}
	for _, l := range w.bound.streams[svc.id()] {
		by = &l.origin
	}
	for _, v := range w.bound.meshVirtuals(svc) {
		if t.at.tcp && v.streams || !t.at.tcp && v.requests {
			by = &v.origin
		}
	}
	if by == nil {
		return r, false
	}
	return ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, "the client's sidecar follows "+named(by)+", which is not judged")}, true
}
