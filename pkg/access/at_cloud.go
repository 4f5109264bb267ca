package access

import (
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// underCloud makes a request unknown from a point on, where a proxy whose configuration was changed in ways that are not judged forwards it. A
// later denial still holds if it is certain for every request.
func (t *trip) underCloud(point Point, c *cloud) {
	t.meet(c.ruling(point))
	t.unknown = true
	peer := t.at.peer
	t.at = freeAttributes(peer)
	t.at.claims = claims{{"*", symbolic.In(perhaps)}}
	t.shown, t.written, t.query, t.req.Port = nil, nil, "", 0
}

// cloudOn is the first cloud of some namespaces that applies to a proxy.
func (w *World) cloudOn(spaces []string, applies func(*cloud) bool) *cloud {
	for _, ns := range spaces {
		s := w.look(ns)
		if s.clouds.whole != nil {
			return s.clouds.whole
		}
		for _, c := range s.clouds.proxies {
			if applies(c) {
				return c
			}
		}
	}
	return nil
}

// cloudOnGateway is what makes an ingress Gateway unknown (Istio 1.31: model ShouldAttachPolicy, of EnvoyFilters as of policies).
func (w *World) cloudOnGateway(g *gateway) *cloud {
	switch {
	case w.everyGateway != nil:
		return w.everyGateway
	case w.everyEnvoy != nil:
		return w.everyEnvoy
	case g.cloud != nil:
		return g.cloud
	}
	return w.cloudOn(w.gatewaySpaces(g, nil), func(c *cloud) bool {
		switch {
		case c.revision != "" && c.revision == g.revision:
			return false
		case c.kind == "ProxyConfig":
			return c.configures(g)
		}
		return c.onGateway(c.applies(), g)
	})
}

// cloudOnWaypoint is what makes a waypoint unknown for a Service. One without targetRefs applies to no waypoint, whatever its selector
// (Istio 1.31: model ShouldAttachPolicy), and an EnvoyFilter never to a Service (model getMatchedEnvoyFilters has none).
func (w *World) cloudOnWaypoint(g *gateway, svc *service) *cloud {
	switch {
	case w.everyEnvoy != nil:
		return w.everyEnvoy
	case g.cloud != nil:
		return g.cloud
	}
	return w.cloudOn(w.gatewaySpaces(g, svc), func(c *cloud) bool {
		switch {
		case c.revision != "" && c.revision == g.revision:
			return false
		case c.kind == "EnvoyFilter":
			return c.onWaypoint(w, c.applies(), g, nil)
		case c.kind == "ProxyConfig":
			return (c.namespace == g.namespace || c.namespace == w.mesh.rootNamespace) && c.configures(g)
		}
		return c.onWaypoint(w, c.applies(), g, svc)
	})
}

// configures: istiod looks for the ProxyConfig of a Gateway's pods by one label of them only (Istio 1.31: deploymentcontroller render).
func (c *cloud) configures(g *gateway) bool {
	return c.selector.selects(labels{{"gateway.networking.k8s.io/gateway-name", g.name}})
}

// throughSidecar: a sidecar whose configuration was changed makes the request unknown; one that is configured to leave traffic alone sends it as plain
// text. So does one that does not know the Service.
func (t *trip) throughSidecar(s *space, account string, svc *service) {
	if c := t.w.cloudOnSidecars(s, account); c != nil {
		t.underCloud(Point{Kind: AtSidecar}, c)
		return
	}
	if c := t.w.cloudOnCapture(s, account); c != nil && t.at.inbound.read == anyReading {
		t.meet(c.ruling(Point{Kind: AtSidecar}))
		t.plain = true
		return
	}
	if svc == nil {
		return
	}
	switch known, by := t.w.sidecarsKnow(s, account, svc); {
	case known == no:
		t.steps = append(t.steps, stepAt(Point{Kind: AtSidecar}, by.String()+" does not name Service "+svc.id()+", so the sidecar sends plain text"))
		t.at.peer = identity{}
	case known == maybe && t.at.inbound.read == anyReading:
		t.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtSidecar}, "whether the client's sidecar knows Service "+svc.id()+" by "+by.String()+" is not judged")})
		t.plain = true
	}
}

// sidecarsKnow reports whether the sidecars of an account's pods know a Service. A gateway's pods know all, whatever a Sidecar says.
func (w *World) sidecarsKnow(s *space, account string, svc *service) (known verdict3, by *sidecarScope) {
	known = yes
	first := true
	each := func(pod *workload) {
		c, dispute := w.scopeOf(s, pod)
		v := yes
		if c != nil {
			v = c.knows(s.name, svc)
		}
		if _, injected := pod.annotations.get(statusKey); c != nil && (dispute || v == no && pod.proxy && !injected) || !first && v != known {
			v = maybe
		}
		if first || v != yes {
			by = c
		}
		known, first = v, false
	}
	for _, pod := range s.workloads {
		if pod.account == account && s.member(pod) == sidecar {
			each(pod)
		}
	}
	if first {
		each(&workload{})
	}
	return known, by
}

// cloudOnSidecars is what makes the sidecars of an account's pods unknown.
func (w *World) cloudOnSidecars(s *space, account string) *cloud {
	if w.everyEnvoy != nil {
		return w.everyEnvoy
	}
	return w.cloudOn(w.sidecarSpaces(s), func(c *cloud) bool { return s.anySidecar(account, c) })
}

// cloudOnCapture is what makes it unknown what of an account's traffic its sidecars send with its identity.
func (w *World) cloudOnCapture(s *space, account string) *cloud {
	for _, pod := range s.workloads {
		if pod.account == account && pod.sidecarCloud != nil && s.member(pod) == sidecar {
			return pod.sidecarCloud
		}
	}
	for _, ns := range w.sidecarSpaces(s) {
		for _, c := range w.look(ns).clouds.sidecars {
			if s.anySidecar(account, c) {
				return c
			}
		}
	}
	return nil
}

func (w *World) sidecarSpaces(s *space) []string {
	if s.name == w.mesh.rootNamespace {
		return []string{s.name}
	}
	return []string{w.mesh.rootNamespace, s.name}
}

// anySidecar reports whether something applies to a pod of an account; where the manifests hold none, it may.
func (s *space) anySidecar(account string, c *cloud) bool {
	if len(c.targets) > 0 {
		return false
	}
	found := false
	for _, pod := range s.workloads {
		if pod.account == account {
			if found = true; c.selector.selects(pod.labels) {
				return true
			}
		}
	}
	return !found
}

// cloudOnHop is what makes it unknown how an Envoy of a namespace connects to a Service: what the namespace, the Service's and the root
// namespace say about its host (Istio 1.31: model PushContext.destinationRule).
func (w *World) cloudOnHop(from string, svc *service) *cloud {
	done := map[string]bool{}
	for _, ns := range [3]string{from, svc.namespace, w.mesh.rootNamespace} {
		if done[ns] {
			continue
		}
		done[ns] = true
		for _, c := range w.look(ns).clouds.hops {
			if c.about(svc) {
				return c
			}
		}
	}
	return nil
}

// about reports whether a cloud is about a Service, by a host or a targetRef.
func (c *cloud) about(svc *service) bool {
	if c.nameOf != "" {
		return c.nameOf == svc.name
	}
	for _, t := range c.targets {
		if t.kind == "Service" && t.name == svc.name && c.namespace == svc.namespace {
			return true
		}
	}
	for _, h := range c.hosts {
		if name, ns := serviceOf(h, c.namespace); name == svc.name && ns == svc.namespace || wildHost(h, svc) {
			return true
		}
	}
	return false
}

// wildHost reports whether a host with a wildcard may be a Service's name.
func wildHost(host string, svc *service) bool {
	suffix, wild := strings.CutPrefix(host, "*")
	return wild && strings.HasSuffix(svc.name+"."+svc.namespace+".svc.cluster.local", suffix)
}

// cloudOnService is what makes it unknown what a Service's name leads to.
func (w *World) cloudOnService(svc *service) *cloud {
	if svc.cloud != nil {
		return svc.cloud
	}
	for _, c := range w.look(svc.namespace).clouds.services {
		if c.about(svc) {
			return c
		}
	}
	for _, c := range w.wild {
		if c.about(svc) {
			return c
		}
	}
	return nil
}

// cloudOnEndpoints is what adds endpoints to a Service, of which nobody knows what protects them (Istio 1.31: Services select the labels of
// WorkloadEntries, and of those that join a WorkloadGroup, as they do those of pods).
func (w *World) cloudOnEndpoints(svc *service) *cloud {
	for _, c := range w.look(svc.namespace).clouds.endpoints {
		if len(svc.selector) > 0 && (c.about(svc) || len(c.hosts) == 0 && svc.selector.selects(c.selector)) {
			return c
		}
	}
	return w.unplacedBehind(svc.selector)
}

func firstCloud(a, b *cloud) *cloud {
	if a != nil {
		return a
	}
	return b
}

// cloudOnPod is what makes it unknown what ztunnel does before a pod.
func (w *World) cloudOnPod(s *space, pod *workload) *cloud {
	for _, ns := range [2]string{w.mesh.rootNamespace, s.name} {
		for _, c := range w.look(ns).clouds.pods {
			if len(c.targets) == 0 && c.selector.selects(pod.labels) && !w.revisions[c.revision] {
				return c
			}
		}
	}
	return nil
}

// pastGateway goes on behind a gateway of which nobody knows what it does: by its waypoint, or past it, with the gateway's identity or none.
func (t *trip) pastGateway(g *gateway, to *space) {
	svc := t.service(to, t.req.To.Service)
	t.at.peer = t.w.identity(g.namespace, g.account)
	b := t.w.serviceWaypoint(svc)
	if b.gateway == nil || !t.w.ingressUsesWaypoint(svc) {
		t.toPods(to, to.pods(svc), svc, servicePort{})
		return
	}
	past := &trip{w: t.w, open: t.open, req: t.req, at: t.at, unknown: true}
	past.toPods(to, to.pods(svc), svc, servicePort{})
	if past.denied != nil {
		t.toService(to, svc, b, true)
	}
}

// entry is the ServiceEntry that a case may mean by a name: its own, its host's, or the first part of that.
func (s *space) entry(name string) *cloud {
	for _, c := range s.clouds.entries {
		if c.name == name {
			return c
		}
		for _, h := range c.hosts {
			if first, _, _ := strings.Cut(h, "."); h == name || first == name {
				return c
			}
		}
	}
	return nil
}
