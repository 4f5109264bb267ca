package access

import "strings"

// binding is which waypoint, if any, stands before a Service or pod, and why.
type binding struct {
	gateway *gateway
	why     string
	missing string // namespace/name of a waypoint that a label names and the manifests lack
	doubt   string
	// otherTraffic is what the waypoint takes, where that is not the traffic that was asked for.
	otherTraffic string
}

// serviceWaypoint finds the waypoint of a Service: the label istio.io/use-waypoint on the Service, else on its Namespace; `none` opts out;
// istio.io/use-waypoint-namespace names another namespace (ambient fetchWaypointForService). A waypoint that is not there or does not take
// Service traffic leaves the Service without one: traffic goes direct, so L7 fails open.
func (w *World) serviceWaypoint(svc *service) binding {
	switch {
	case svc.headless:
		return binding{why: "Service " + svc.name + " is headless: its address is the pods', which no waypoint sees"}
	case svc.external:
		return binding{doubt: "Service " + svc.name + " is an ExternalName"}
	case strings.HasPrefix(svc.labels.value("gateway.istio.io/managed"), "istio.io-"):
		return binding{why: "a gateway's own Service has no waypoint"}
	}
	return w.bind(w.look(svc.namespace), svc.labels, "service")
}

// podWaypoint finds the waypoint of a pod's own address: only one that is for workloads or for all takes it.
func (w *World) podWaypoint(s *space, pod *workload) binding {
	return w.bind(s, pod.labels, "workload")
}

func (w *World) bind(s *space, own labels, traffic string) binding {
	from := own
	name, ok := own.get("istio.io/use-waypoint")
	if !ok {
		from = s.labels
		name, ok = s.labels.get("istio.io/use-waypoint")
	}
	if !ok || name == "none" {
		return binding{why: "no waypoint is asked for"}
	}
	if traffic == "service" && hasCanary(own, from) && w.since(31) != no {
		return binding{doubt: "a canary waypoint shares the traffic"}
	}
	ns := s.name
	if other, ok := from.get("istio.io/use-waypoint-namespace"); ok {
		ns = other
	}
	g := w.look(ns).gateway(name)
	if g == nil {
		return binding{missing: join(ns, name), why: "waypoint " + join(ns, name) + " is not in the manifests: traffic goes direct"}
	}
	return w.accepts(g, s.name, traffic)
}

// hasCanary: an object's own canary also counts together with the namespace's waypoint (Istio 1.31: ambient getUseWaypointCanary, buildWeightedWaypoints of
// Services; Istio 1.30.3 has none).
func hasCanary(own, from labels) bool {
	_, its := own.get("istio.io/use-waypoint-canary")
	_, inherited := from.get("istio.io/use-waypoint-canary")
	return its || inherited
}

// accepts reports whether a waypoint takes a namespace's traffic of a type: allowedRoutes of its HBONE listener and istio.io/waypoint-for.
func (w *World) accepts(g *gateway, namespace, traffic string) binding {
	if !g.waypoint { // agentgateway too: Istio 1.31 gives it no AuthorizationPolicy
		return binding{doubt: "Gateway " + g.id() + " is used as a waypoint but is of class " + g.class}
	}
	l, hbone := listener{from: "Same"}, false
	for _, candidate := range g.listeners {
		if candidate.protocol == "HBONE" && candidate.port == 15008 {
			l, hbone = candidate, true
			break
		}
	}
	switch l.admits(w, g.namespace, namespace) {
	case no:
		return binding{missing: g.id(), why: "waypoint " + g.id() + " does not admit namespace " + namespace + ": traffic goes direct"}
	case maybe:
		return binding{doubt: "whether waypoint " + g.id() + " admits namespace " + namespace + " depends on labels that are not given"}
	}
	if g.trafficType != traffic && g.trafficType != "all" {
		return binding{why: "waypoint " + g.id() + " is for " + g.trafficType + " traffic: this goes direct", otherTraffic: g.trafficType}
	}
	if !hbone { // Istio 1.31: its Service has the ports of its listeners, and ztunnel calls it at 15008 (getGatewayAddress)
		return binding{doubt: "waypoint " + g.id() + " has no listener HBONE on port 15008, where the mesh calls it"}
	}
	if g.perhaps != "" {
		return binding{doubt: "whether Gateway " + g.id() + " stands before it is not known: " + g.perhaps}
	}
	if g.byHand { // Istio 1.31: gatewaycommon IsManaged; the account is that of whatever pods stand there
		return binding{doubt: "Istio makes no pods for waypoint " + g.id() + ", because of its spec.addresses, so it is not known as whom it connects"}
	}
	return binding{gateway: g}
}

func (s *space) gateway(name string) *gateway {
	for _, g := range s.gateways {
		if g.name == name {
			return g
		}
	}
	return nil
}

// ingressUsesWaypoint: a gateway calls a waypoint only with istio.io/ingress-use-waypoint on the Service, else on its Namespace, read as a
// boolean (ambient ingressUseWaypointFromLabels).
func (w *World) ingressUsesWaypoint(svc *service) bool {
	v, ok := svc.labels.get("istio.io/ingress-use-waypoint")
	if !ok {
		return w.look(svc.namespace).ingressUsesWaypoint()
	}
	return isTrueLabel(v)
}

// ingressUsesWaypoint is that of Services without the label.
func (s *space) ingressUsesWaypoint() bool {
	return isTrueLabel(s.labels.value("istio.io/ingress-use-waypoint"))
}

func isTrueLabel(v string) bool {
	switch v {
	case "1", "t", "T", "true", "TRUE", "True":
		return true
	}
	return false
}

// admits reports whether a namespace may attach to a listener (ambient makeWaypointSelector; Gateway API allowedRoutes).
func (l *listener) admits(w *World, own, other string) verdict3 {
	switch l.from {
	case "All":
		return yes
	case "Selector":
		if l.expressions {
			return maybe
		}
		s := w.look(other)
		all := append(labels{{"kubernetes.io/metadata.name", other}}, s.labels...)
		if !s.declared && l.selector.lacks(all) {
			return maybe
		}
		return is(l.selector.selects(all))
	case "None":
		return no
	}
	return is(own == other)
}

// toService goes to a Service: through its waypoint where it has one, then to its pods.
func (t *trip) toService(to *space, svc *service, b binding, pathOK bool) {
	number, ok := t.servicePort(svc)
	if t.unknown {
		number, ok = servicePort{}, true
	}
	if c := t.w.cloudOnService(svc); c != nil {
		t.meet(c.ruling(Point{Kind: AtMesh}))
		return
	}
	switch {
	case b.doubt != "":
		t.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, b.doubt)})
	case !ok:
		t.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, "Service "+svc.name+" has no port "+portText(t.req.Port))})
	case b.gateway == nil:
		t.steps = append(t.steps, stepAt(Point{Kind: AtMesh}, b.why))
		t.toPods(to, to.pods(svc), svc, number)
	default:
		if !t.atWaypoint(b.gateway, svc, number, pathOK) {
			t.leaveWaypoint(b.gateway, to, svc, number)
		}
	}
}

// hop is an Envoy's connection to a Service.
func (t *trip) hop(from string, svc *service) {
	if c := t.w.cloudOnHop(from, svc); c != nil {
		t.meet(c.ruling(Point{Kind: AtMesh}))
		t.plain = true
	}
}

// servicePort gives the port of the Service that is meant; ok is false where it has none of that number.
func (t *trip) servicePort(svc *service) (servicePort, bool) {
	return t.w.servicePort(svc, t.req.Port)
}

// servicePort is a port of a Service by its number, or the first one. What carries TCP comes before what carries UDP by the same number.
func (w *World) servicePort(svc *service, port int) (servicePort, bool) {
	var other *servicePort
	for i := range svc.ports {
		p := &svc.ports[i]
		switch {
		case port != 0 && p.number != port:
		case !p.udp:
			return *p, true
		case other == nil:
			other = p
		}
	}
	if other != nil {
		return *other, true
	}
	return servicePort{}, len(svc.ports) == 0 && port == 0
}

// atWaypoint: CUSTOM, then the token, then DENY and ALLOW, all as the waypoint sees the request: peer is the client, destination.port the
// Service's. A port that is declared TCP, or a client that does not speak HTTP, meets the policies as TCP (listener_waypoint).
func (t *trip) atWaypoint(g *gateway, svc *service, p servicePort, pathOK bool) (over bool) {
	point := g.point()
	if c := t.w.cloudOnWaypoint(g, svc); c != nil {
		t.underCloud(point, c)
		return false
	}
	a := &t.at
	a.port, a.headers = p.number, a.headers.nextHop()
	switch {
	case a.tcp && p.protocol == httpPort:
		return t.meet(ruling{outcome: Deny, Step: stepAt(point, "port "+portText(p.number)+" is declared HTTP and takes nothing else")})
	case p.protocol == tcpPort && !a.tcp:
		a.tcp = true
		t.steps = append(t.steps, stepAt(point, "port "+portText(p.number)+" is declared TCP: HTTP attributes are not seen"))
	case !a.tcp && !pathOK:
		return t.meet(ruling{outcome: Deny, Step: stepAt(point, "400: the path is not valid")})
	}
	if t.refusesMethod(point) {
		return true
	}
	policies := t.w.atWaypoint(g, svc)
	if t.req.From.ServiceAccount != "" { // a pod's token, which no gateway has seen
		rules, _ := t.w.waypointJWT(g, svc)
		if t.shown = t.session(rules, policies); t.shown != nil {
			t.carry(rules)
		}
	}
	asked := t.w.judgeCustom(point, policies, a, t.req.From.User != "")
	if asked.Point.Kind != "" && t.meet(asked.ruling) {
		return true
	}
	if _, over := t.passesAuthorizer(point, asked, nil); over {
		return true
	}
	if !a.tcp && !t.unknown && t.verify(point, func() ([]*jwtRule, string) { return t.w.waypointJWT(g, svc) }) {
		return true
	}
	r := t.w.judge(l7, point, policies, a)
	t.waypoint = &r
	return t.meet(r)
}

// verify checks the token at a point.
func (t *trip) verify(point Point, rules func() ([]*jwtRule, string)) (over bool) {
	list, doubt := rules()
	list = t.inOrder(point, list)
	if doubt != "" { // then nobody knows what the request is from here on
		t.meet(ruling{outcome: NotJudged, Step: stepAt(point, doubt)})
		return true
	}
	if header := t.writtenToken(list); header != "" {
		t.meet(ruling{outcome: NotJudged, Step: stepAt(point, "a route sets the header "+header+" to a token of an unknown user")})
		return true
	}
	return t.authenticate(point, list)
}
