package access

import "slices"

// leaveWaypoint goes on behind the policies of a waypoint. Its router comes last: a route that is bound to the Service may lead to other pods,
// and nobody asks the policies of the Service that it leads to, nor its waypoint (core buildWaypointInboundHTTPFilters and
// getWaypointDestinationCluster; endpoints findServiceWaypoint). Only ztunnel at the pods judges again.
func (t *trip) leaveWaypoint(g *gateway, to *space, svc *service, p servicePort) {
	t.at.peer = t.w.identity(g.namespace, g.account)
	routes, doubt := t.w.waypointRoutes(g, svc, p.number, t.at.tcp)
	switch {
	case doubt != "":
		t.meet(ruling{outcome: NotJudged, Step: stepAt(g.point(), doubt)})
	case routes == nil:
		t.toPods(to, to.pods(svc), svc, p)
	default:
		t.byRoutes(g, routes, svc)
	}
}

// waypointRoutes are the routes of a Service at its waypoint: those of its own namespace and of the waypoint's (core
// getVirtualServiceForWaypoint). nil: none.
func (w *World) waypointRoutes(g *gateway, svc *service, number int, tcp bool) (out *virtualHost, doubt string) {
	near := func(o *origin) bool { return o.namespace == svc.namespace || o.namespace == g.namespace }
	for _, v := range w.bound.meshVirtuals(svc) {
		if near(&v.origin) && (tcp && v.streams || !tcp && !v.leadsOnlyTo(svc, number)) {
			return nil, named(&v.origin) + " routes what is for Service " + svc.name + ", which is not judged"
		}
	}
	if tcp {
		for _, l := range w.bound.streams[svc.id()] {
			if near(&l.origin) {
				return nil, named(&l.origin) + " routes connections to Service " + svc.name + ", which is not judged"
			}
		}
		return nil, ""
	}
	t := &table{hosts: map[string]*virtualHost{}}
	for _, r := range w.bound.toService[svc.id()] {
		for _, p := range r.parents {
			if p.kind == "Service" && join(p.namespace, p.name) == svc.id() && (p.port == 0 || p.port == number) && near(&r.origin) {
				t.add("*", r.namespace+"/"+portText(p.port), r, "")
			}
		}
	}
	for _, h := range t.ordered {
		h.atWaypoint = true
		for _, l := range h.lists {
			l.finish()
		}
		return h, w.mixed(svc, near)
	}
	return nil, ""
}

// mixed: which comes first, a VirtualService or a route, a file does not show.
func (w *World) mixed(svc *service, near func(*origin) bool) string {
	for _, v := range w.bound.meshVirtuals(svc) {
		if near(&v.origin) {
			return named(&v.origin) + " and a route are bound to Service " + svc.name + ", and which comes first is not judged"
		}
	}
	return ""
}

// leadsOnlyTo: every rule leads to the Service that was asked for, at the same port, so it changes nothing that ztunnel sees.
func (v *virtualRoutes) leadsOnlyTo(svc *service, number int) bool {
	if v.streams && len(v.to) == 0 || !v.plain {
		return false
	}
	return !slices.ContainsFunc(v.to, func(b backend) bool {
		return join(b.namespace, b.name) != svc.id() || b.port != 0 && b.port != number
	})
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
		one.toBackendPods(c, b)
		if out == nil || worse(ruling{outcome: out.verdict().Outcome}, ruling{outcome: one.verdict().Outcome}).outcome != out.verdict().Outcome {
			out = one
		}
	}
	return out
}

// toBackendPods goes from a waypoint to the pods of a backend.
func (t *trip) toBackendPods(c *candidate, b backend) {
	if b.foreign {
		t.meet(ruling{outcome: NotJudged, Step: c.step("leads to " + b.String() + ", which is not judged")})
		return
	}
	s := t.w.look(b.namespace)
	svc := t.service(s, b.name)
	step := c.step("leads to " + b.String())
	var p servicePort
	for _, p = range svc.ports {
		if p.number == b.port {
			break
		}
	}
	switch {
	case !s.declared:
		t.meet(ruling{outcome: NotJudged, Step: c.step("leads to " + b.String() + ", whose Namespace is not in the manifests")})
	case svc.external || svc.headless:
		t.meet(ruling{outcome: NotJudged, Step: c.step("leads to " + b.String() + ", which has no address of its own")})
	case !svc.assumed && p.number != b.port:
		t.meet(ruling{outcome: NotJudged, Step: c.step("leads to port " + portText(b.port) + " of " + b.String() + ", which is not there")})
	default:
		t.steps = append(t.steps, step)
		t.toPods(s, s.pods(svc), svc, p)
	}
}
