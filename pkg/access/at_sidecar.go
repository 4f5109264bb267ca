package access

import (
	"slices"
	"strings"
)

// inbound is what a sidecar sees of a request and ztunnel does not.
type inbound struct {
	stream  bool // the client sends no requests
	badPath bool // which an Envoy answers with 400
	read    reading
}

// reading is how a sidecar reads what comes, and that it comes with the client's identity if the client has one. What comes without is as from a client
// that has none.
type reading uint8

const (
	anyReading reading = iota // not known
	asRequests
	asBytes
)

// atProxied judges a pod with an Envoy of its own, as far as the answer is the same however the connection comes and is read: with the identity of
// the client or as plain text, as a request or as bytes. What depends on that is NOT JUDGED.
func (w *World) atProxied(to *space, pod *workload, a *attributes) ruling {
	unknown := func(why string) ruling {
		return ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtSidecar}, why)}
	}
	const notJudged = "the pod has a sidecar, which is not judged here"
	if a.port == 15020 || a.port == 15021 || a.port == 15090 { // Istio 1.31: injection-template.yaml excludes them, envoy_bootstrap.json serves them
		return ruling{outcome: Allow, Step: stepAt(Point{Kind: AtSidecar}, "port "+portText(a.port)+" is the proxy's own, which no policy protects")}
	}
	_, injected := pod.annotations.get(statusKey)
	switch c := w.cloudOnProxied(to, pod); {
	case c != nil:
		return c.ruling(Point{Kind: AtSidecar})
	case pod.proxy && !injected && a.inbound.read == anyReading:
		return w.atGatewayOf(to, pod, a)
	case pod.excludes(a.port):
		return ruling{outcome: Allow, Step: stepAt(Point{Kind: AtSidecar}, "the pod's annotation "+excludeInbound+" leads port "+portText(a.port)+" past its sidecar")}
	case a.inbound.read != anyReading:
		return w.atProxyReading(to, pod, a, a.inbound.read)
	case w.usual:
		return w.atProxyReading(to, pod, a, w.readingOf(to, pod, a))
	case a.inbound.stream && w.speaksHTTP(to, pod, a.port) || a.inbound.badPath || proxyPort(a.port) || pod.assumed || w.mayBeJudged(to, pod) || w.verifies(to, pod):
		return unknown(notJudged)
	}
	policies := w.atProxy(to.name, pod)
	var out ruling
	for i := range 4 {
		at := *a
		at.tcp, at.claims = i&1 > 0 || a.inbound.stream, nil
		r := ruling{outcome: Allow}
		if i&2 > 0 {
			at.peer = identity{}
			r = w.strict(to, pod, nil, at.port)
		}
		if r.outcome == Allow {
			r = w.judge(l7, Point{Kind: AtSidecar}, policies, &at)
		}
		if i > 0 && r.outcome != out.outcome || r.outcome == NotJudged {
			return unknown(notJudged)
		}
		out = r
	}
	asks := false
	for _, p := range policies {
		asks = asks || p.action == custom
	}
	refusable := !a.inbound.stream && (a.method.Is("CONNECT") || !a.method.OneOf(http1Methods)) // before any policy, as at_method.go says
	if out.outcome == Allow && (asks || refusable) || out.outcome == Deny && w.passesSidecarBy(pod) {
		return unknown(notJudged)
	}
	return out
}

// atProxyReading judges a pod with an Envoy of its own that reads what comes in one way.
func (w *World) atProxyReading(to *space, pod *workload, a *attributes, read reading) ruling {
	at, policies := *a, w.atProxy(to.name, pod)
	at.tcp, at.claims = read == asBytes, nil
	custom := slices.ContainsFunc(policies, func(p *policy) bool { return p.action == custom })
	if at.port == 0 && (len(namedPorts(policies)) > 0 || pod.annotations.value(excludeInbound) != "") || custom || w.mayBeJudged(to, pod) || w.verifies(to, pod) || w.passesSidecarBy(pod) {
		return ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtSidecar}, "the pod has a sidecar, which is not judged here")}
	}
	if !a.inbound.stream && a.method.Is("CONNECT") && (read == asRequests || !w.speaksTCP(to, pod, a.port)) {
		return ruling{outcome: Deny, Step: stepAt(Point{Kind: AtSidecar}, noConnect)}
	}
	if a.inbound.stream && w.speaksHTTPOnly(to, pod, a.port) {
		return ruling{outcome: Deny, Step: stepAt(Point{Kind: AtSidecar}, "port "+portText(a.port)+" is declared HTTP and takes nothing else")}
	}
	if !at.peer.known() {
		if r := w.strict(to, pod, nil, at.port); r.outcome != Allow {
			return r
		}
	}
	return w.judge(l7, Point{Kind: AtSidecar}, policies, &at)
}

// AsUsual has pods with sidecars judged as they usually are: clients in the mesh come with their identity, and a port is read as its Service declares it. What
// that allows is not sure.
func (w *World) AsUsual() { w.usual = true }

// readingOf is how a sidecar reads a port that its Service declares.
func (w *World) readingOf(to *space, pod *workload, a *attributes) reading {
	if a.inbound.stream && !w.speaksHTTP(to, pod, a.port) {
		return asBytes
	}
	return asRequests
}

// speaksHTTPOnly reports whether all Services that lead to a port of a pod declare it HTTP: the pod's Envoy has no other filter there, whether what comes
// is plain text or mTLS (Istio 1.31: inboundPermissiveHTTPFilterChainMatchWithMxcOptions).
func (w *World) speaksHTTPOnly(to *space, pod *workload, number int) bool {
	return number != 0 && w.speaksHTTP(to, pod, number) && !slices.ContainsFunc(to.services, func(svc *service) bool {
		return len(svc.selector) > 0 && svc.selector.selects(pod.labels) && slices.ContainsFunc(svc.ports, func(p servicePort) bool {
			return p.protocol != httpPort && !p.udp && svc.target(p.number, pod) == number
		})
	})
}

// speaksTCP reports whether a Service may declare a port of a pod TCP. At one that none declares the pod's Envoy finds out what comes, CONNECT too.
func (w *World) speaksTCP(to *space, pod *workload, number int) bool {
	return slices.ContainsFunc(to.services, func(svc *service) bool {
		return len(svc.selector) > 0 && svc.selector.selects(pod.labels) && slices.ContainsFunc(svc.ports, func(p servicePort) bool {
			return p.protocol == tcpPort && (number == 0 || svc.target(p.number, pod) == number)
		})
	})
}

// speaksHTTP reports whether a Service declares a port of a pod HTTP: the pod's Envoy takes nothing else there.
func (w *World) speaksHTTP(to *space, pod *workload, number int) bool {
	return slices.ContainsFunc(to.services, func(svc *service) bool {
		return len(svc.selector) > 0 && svc.selector.selects(pod.labels) && slices.ContainsFunc(svc.ports, func(p servicePort) bool {
			return p.protocol == httpPort && svc.target(p.number, pod) == number
		})
	})
}

// atProxy gives the policies of a pod's own Envoy: those without targetRefs of its namespace and of the root namespace that select it.
func (w *World) atProxy(namespace string, pod *workload) (out []*policy) {
	for i, ns := range [2]string{w.mesh.rootNamespace, namespace} {
		if i == 1 && ns == w.mesh.rootNamespace {
			break
		}
		for _, p := range w.look(ns).policies {
			if len(p.targets) == 0 && p.selector.selects(pod.labels) {
				out = append(out, p)
			}
		}
	}
	return out
}

// atGatewayOf judges a pod that runs a gateway which no Gateway made. Its listeners are not known, nor whose certificates they take, so an answer is
// known only where its policies allow all or nothing.
func (w *World) atGatewayOf(to *space, pod *workload, a *attributes) ruling {
	var open, closed ruling
	sure := !proxyPort(a.port) && !w.mayBeJudged(to, pod) && !w.verifies(to, pod)
	for _, p := range w.atProxy(to.name, pod) {
		step := p.step(Point{Kind: AtSidecar}, -1, doubt{why: "the pod has a proxy of its own, which allows nothing"})
		switch {
		case p.bad != nil || p.action == custom:
			sure = false
		case p.dryRun || p.action > deny: // it decides nothing
		case p.action == deny:
			sure = sure && len(p.rules) == 0
		case len(p.rules) == 0:
			closed = ruling{outcome: Deny, Step: step}
		default:
			i := slices.IndexFunc(p.rules, func(r rule) bool { return len(r.from)+len(r.to)+len(r.when) == 0 })
			if sure = sure && i >= 0; sure {
				step.Rule, step.Why = i, "the pod has a proxy of its own, which allows all"
				open = ruling{outcome: Allow, Step: step}
			}
		}
	}
	switch {
	case sure && open.Policy != "":
		return open
	case sure && closed.Policy != "":
		return closed
	}
	return ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtSidecar}, "the pod has a proxy of its own, which is not judged here")}
}

// mayBeJudged reports whether something may select a pod by labels that its controller may give it.
func (w *World) mayBeJudged(to *space, pod *workload) bool {
	if len(w.maySelect(to, pod)) > 0 {
		return true
	}
	for _, ns := range w.sidecarSpaces(to) {
		for _, p := range w.look(ns).policies {
			if len(p.targets) == 0 && p.action == custom && !p.selector.selects(pod.labels) && pod.mayCarry(p.selector) {
				return true
			}
		}
	}
	return false
}

// cloudOnProxied is what makes it unknown what a pod's own Envoy does.
func (w *World) cloudOnProxied(to *space, pod *workload) *cloud {
	if w.everyEnvoy != nil {
		return w.everyEnvoy
	}
	if pod.inboundCloud != nil {
		return pod.inboundCloud
	}
	applies := func(c *cloud) bool { return len(c.targets) == 0 && c.selector.selects(pod.labels) }
	spaces := w.sidecarSpaces(to)
	if c := w.cloudOn(spaces, applies); c != nil {
		return c
	}
	for _, ns := range spaces {
		for _, list := range [2][]*cloud{w.look(ns).clouds.sidecars, w.look(ns).clouds.pods} {
			for _, c := range list {
				if applies(c) {
					return c
				}
			}
		}
	}
	return nil
}

// verifies reports whether a RequestAuthentication may make a pod's own Envoy look for tokens.
func (w *World) verifies(to *space, pod *workload) bool {
	for _, ns := range w.sidecarSpaces(to) {
		for _, r := range w.look(ns).authentications {
			if len(r.targets) == 0 && r.selector.selects(pod.labels) {
				return true
			}
		}
	}
	return false
}

const excludeInbound = "traffic.sidecar.istio.io/excludeInboundPorts"

// excludes reports whether a pod's annotation keeps a port from its sidecar.
func (w *workload) excludes(port int) bool {
	for p := range strings.SplitSeq(w.annotations.value(excludeInbound), ",") {
		if strings.TrimSpace(p) == portText(port) {
			return true
		}
	}
	return false
}

// passesSidecarBy reports whether something else may lead connections past a sidecar: which ports it takes, or settings of the injector.
func (w *World) passesSidecarBy(pod *workload) bool {
	return w.capture.inboundPorts || slices.ContainsFunc(pod.annotations, func(l label) bool {
		return strings.HasPrefix(l.key, "traffic.sidecar.istio.io/") && l.key != excludeInbound && !ofOutbound(l.key) ||
			contains([]string{"sidecar.istio.io/interceptionMode", "inject.istio.io/templates", "proxy.istio.io/config"}, l.key)
	})
}

// proxyPort reports whether a port is not known, or may be one that Envoy or its agent serves past all policies.
func proxyPort(number int) bool { return number == 0 || number >= 15000 && number < 15100 }
