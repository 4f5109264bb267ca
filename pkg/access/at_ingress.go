package access

import (
	"cmp"
	"sort"
	"strings"
)

// throughIngress goes through each ingress Gateway that there is and answers with the worst; a gateway whose routes lead elsewhere only
// counts where no other leads to the target.
func (t *trip) throughIngress(to *space) Verdict {
	var best Verdict
	var bestElsewhere, found bool
	for _, g := range t.w.allIngresses() {
		each := &trip{w: t.w, open: t.open, req: t.req, at: t.req.attributes(), assumed: append([]string(nil), t.assumed...)}
		elsewhere := each.via(g, to)
		v := each.verdict()
		switch {
		case !found, bestElsewhere && !elsewhere:
			best, bestElsewhere, found = v, elsewhere, true
		case elsewhere && !bestElsewhere:
		case worse(ruling{outcome: best.Outcome}, ruling{outcome: v.Outcome}).outcome != best.Outcome:
			best = v
		}
	}
	return best
}

// allIngresses are the ingress Gateways, a made up one where there is none.
func (w *World) allIngresses() []*gateway {
	if len(w.ingresses) > 0 {
		return w.ingresses
	}
	return []*gateway{w.assumedIngress()}
}

// assumedIngress makes up the ingress Gateway that the manifests speak of: a route's parent, a RequestAuthentication's target, else the
// gateway whose identity the policies name most.
func (w *World) assumedIngress() *gateway {
	w.onceIngress.Do(func() { w.madeUpIngress = w.makeUpIngress() })
	return w.madeUpIngress
}

// isIngressAccount reports whether an account is that of an ingress Gateway, as far as its name says: Istio calls it <Gateway>-istio, after
// the class (deploymentcontroller GetDefaultName).
func isIngressAccount(account string) bool {
	return strings.Contains(account, "gateway") && strings.HasSuffix(account, "-istio")
}

func (w *World) makeUpIngress() *gateway {
	votes := map[string]int{}
	for _, ns := range w.names {
		s := w.namespaces[ns]
		for _, r := range s.routes {
			for _, p := range r.parents {
				if p.kind == "Gateway" {
					votes[join(p.namespace, p.name)] += 1 << 20
				}
			}
		}
		for _, a := range s.authentications {
			for _, t := range a.targets {
				if t.kind == "Gateway" && s.gateway(t.name) == nil {
					votes[join(ns, t.name)] += 1 << 20
				}
			}
		}
		for _, p := range s.policies {
			for i := range p.rules {
				p.rules[i].principals(func(v string) {
					if id, ok := parsePrincipal(v); ok && isIngressAccount(id.account) {
						votes[join(id.namespace, strings.TrimSuffix(id.account, "-istio"))]++
					}
				})
			}
		}
	}
	names := make([]string, 0, len(votes))
	for n := range votes {
		names = append(names, n)
	}
	sort.Slice(names, func(i, j int) bool {
		if votes[names[i]] != votes[names[j]] {
			return votes[names[i]] > votes[names[j]]
		}
		return names[i] < names[j]
	})
	id := "istio-system/istio-ingressgateway"
	if len(names) > 0 {
		id = names[0]
	}
	ns, name, _ := strings.Cut(id, "/")
	g := &gateway{origin: origin{kind: "Gateway", namespace: ns, name: name}, class: "istio", account: name + "-istio", assumed: "Gateway " + id, pod: gatewayPod(name, nil)}
	g.pod.assumed, g.pod.labels = true, append(g.pod.labels, label{dataplaneMode, "none"})
	for _, pod := range w.look(ns).workloads {
		if pod.name == name { // an ingress that no Gateway object made, such as istio-ingressgateway
			g.pod, g.account = pod, pod.account
		}
	}
	return g
}

// via goes through one gateway: ztunnel at its pods where they are captured, CUSTOM, the token, DENY and ALLOW, the routes, then the
// Service. elsewhere: the routes lead to something else than the target.
func (t *trip) via(g *gateway, to *space) (elsewhere bool) {
	if g.assumed != "" {
		t.assume(g.assumed)
		t.assumeUnselected("its pods", t.w.unselected(g.namespace, g.pod))
	}
	if t.w.virtual {
		t.assume("VirtualServices are not followed")
	}
	point := g.point()
	routes := t.w.candidates(g)
	t.choosePath(routes)
	if t.req.TCP {
		t.meet(ruling{outcome: NotJudged, Step: stepAt(point, "TCP through the ingress needs a TCPRoute, which is not judged")})
		return false
	}
	if !t.settlePath() {
		t.meet(ruling{outcome: Deny, Step: stepAt(point, "400: the path is not valid")})
		return false
	}
	t.at.port = g.port()
	rules, doubt := t.w.gatewayJWT(g)
	t.shown = t.session(rules, t.w.atGateway(g))
	if t.atGatewayPod(g) {
		return false
	}
	if c := t.w.cloudOnGateway(g); c != nil {
		t.underCloud(point, c)
		t.pastGateway(g, to)
		return false
	}
	if t.atGateway(g, point, rules, doubt) {
		return false
	}
	return t.route(g, to, routes)
}

// choosePath: a case without a path means that of a route to the Service.
func (t *trip) choosePath(routes *table) {
	if t.req.Path != "" {
		return
	}
	for _, i := range routes.byBackend[join(t.req.To.Namespace, t.req.To.Service)] {
		c := &routes.all[i]
		if c.match.kind == regexPath {
			continue
		}
		t.req.Path = c.match.path
		if c.match.kind == prefixPath && !strings.HasSuffix(t.req.Path, "/") {
			t.req.Path += "/"
		}
		if c.match.method != "" && t.req.Method == "" {
			t.at.method = knownValue(c.match.method)
		}
		t.assume("path " + t.req.Path + ", a route's")
		return
	}
}

func (g *gateway) port() int {
	for _, l := range g.listeners {
		if l.protocol == "HTTP" {
			return l.port
		}
	}
	for _, l := range g.listeners {
		if l.protocol == "HTTPS" {
			return l.port
		}
	}
	return 80
}

// atGatewayPod: ztunnel stands before a gateway's pods only where it captures them, and then the client has no identity to it. Istio labels the pods
// of a Gateway istio.io/dataplane-mode: none, unless the Gateway has the label itself (deploymentcontroller setLabelOverrides).
func (t *trip) atGatewayPod(g *gateway) (over bool) {
	s := t.w.look(g.namespace)
	if s.member(g.pod) != captured || g.pod.bypass() {
		return false
	}
	a := t.at
	a.tcp, a.peer = true, identity{}
	if r := t.w.strict(s, g.pod, nil, a.port); r.outcome != Allow && t.meet(r) {
		return true
	}
	return t.meet(t.w.judge(l4, Point{AtZtunnel, g.id()}, t.w.atZtunnel(g.namespace, g.pod), &a))
}

func (t *trip) atGateway(g *gateway, point Point, rules []*jwtRule, doubt string) (over bool) {
	if t.refusesMethod(point) {
		return true
	}
	policies := t.w.atGateway(g)
	rules = t.inOrder(point, rules)
	user, session := t.req.From.User != "", t.shown
	switch {
	case user:
		t.shown = nil
		t.at.setHeader("cookie", value{state: some})
	case t.shown != nil:
		t.carry(rules)
	}
	asked := t.w.judgeCustom(point, policies, &t.at, user)
	if asked.Point.Kind != "" && t.meet(asked.ruling) || user && t.login(g, rules, policies, asked, session) {
		return true
	}
	if doubt != "" {
		t.meet(ruling{outcome: NotJudged, Step: stepAt(point, doubt)})
		return true
	}
	if t.authenticate(point, t.withAssumed(rules)) {
		return true
	}
	if !t.at.forwarded {
		t.shown = nil
	}
	return t.meet(t.w.judge(l7, point, policies, &t.at))
}

// route follows the HTTPRoutes to the Service and goes on there.
func (t *trip) route(g *gateway, to *space, routes *table) (elsewhere bool) {
	want := join(t.req.To.Namespace, t.req.To.Service)
	svc := t.service(to, t.req.To.Service)
	c := routes.pick(&t.at, t.query)
	switch {
	case c == nil || t.chosen(routes, want) && !c.leadsTo(want):
		t.assume("a route from Gateway " + g.id() + " to " + want)
		t.noRoute = true
		t.routed = want
	case c.doubt != "" || c.rule.doubt != "":
		t.meet(ruling{outcome: NotJudged, Step: c.step(cmp.Or(c.doubt, c.rule.doubt+" is not judged"))})
		return false
	default:
		t.routed = c.target(t.w, want)
		step := c.step("leads to " + t.routed)
		if t.routed != want {
			t.meet(ruling{outcome: NotJudged, Step: step})
			return true
		}
		t.steps = append(t.steps, step)
		t.forward(c)
		t.usePort(c, want)
	}
	t.at.peer = t.w.identity(g.namespace, g.account)
	b := t.w.serviceWaypoint(svc)
	if b.gateway != nil && !t.w.ingressUsesWaypoint(svc) {
		b = binding{why: "no istio.io/ingress-use-waypoint: the gateway passes the waypoint by"}
	}
	t.hop(g.namespace, svc)
	t.toService(to, svc, b, true)
	return false
}

// chosen: the case named no path, and no route leads to the target: then a plain route is assumed whatever a catch-all says.
func (t *trip) chosen(routes *table, want string) bool {
	return t.req.Path == "" && len(routes.byBackend[want]) == 0
}

func (c *candidate) leadsTo(want string) bool {
	for _, b := range c.rule.backends {
		if !b.foreign && join(b.namespace, b.name) == want {
			return true
		}
	}
	return false
}

// target tells where a rule leads: the wanted Service where it is among the backends, else the first, or what the gateway itself answers.
func (c *candidate) target(w *World, want string) string {
	out := ""
	for _, b := range c.rule.backends {
		if !w.permits(c.route.namespace, b) {
			out = cmp.Or(out, "nothing: "+join(b.namespace, b.name)+" grants no reference to "+c.route.namespace)
			continue
		}
		if id := join(b.namespace, b.name); id == want && !b.foreign || out == "" {
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
		if join(b.namespace, b.name) == want {
			t.req.Port = b.port
			return
		}
	}
}
