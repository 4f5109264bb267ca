package access

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// clientPod is a kind of pods that a client of a ServiceAccount may be.
type clientPod struct {
	member      membership
	host        bool     // on the network of its node
	proxy       *gateway // the Gateway whose pods have the account
	name        string   // of the workload
	why         string   // it is unclear
	may         bool     // whether it has the account is not known
	assume      []string // of it, because the manifests do not say it
	assumeOfOne string   // the same, of its account alone
}

// clientPods are the kinds of pods of a ServiceAccount, one of each way to take part in the mesh. Where the manifests hold none it is a plain
// pod of the namespace, or the proxy of the Gateway whose account it is.
func (w *World) clientPods(s *space, namespace, account string) (out []clientPod) {
	add := func(pod *workload, may bool) {
		c := clientPod{host: pod.hostNetwork, name: cmp.Or(pod.kind, "pod") + " " + pod.name, may: may, assume: pod.assumes}
		if c.member, c.why = s.partOf(pod); c.member == unclear && c.why == s.notDeclared() { // a case with a ServiceAccount speaks of pods in the mesh
			c.member, c.why = captured, ""
			if !pod.assumed {
				c.assume = append(slices.Clone(c.assume), "pods of Namespace "+namespace+" are in the mesh")
			}
		}
		if !slices.ContainsFunc(out, func(o clientPod) bool { return o.member == c.member && o.host == c.host && o.why == c.why }) {
			out = append(out, c)
		}
	}
	for _, pod := range s.workloads {
		if pod.account == account && !pod.anyAccount {
			add(pod, false)
		}
	}
	if len(out) == 0 {
		for _, g := range s.gateways {
			if g.account == account && !g.waypoint && !g.byHand && s.member(g.pod) == outside {
				return []clientPod{{member: sidecar, proxy: g, name: "Gateway " + g.name}}
			}
		}
		add(s.madeUp("pod", nil), false)
		if s.hasAccount(account) { // else the account is assumed, and its pods with it
			out[0].assumeOfOne = "pods of ServiceAccount " + join(namespace, account)
		}
	}
	for _, pod := range s.workloads {
		if pod.anyAccount || pod.ownAccount && strings.HasPrefix(account, pod.name+"-") {
			add(pod, true)
		}
	}
	return out
}

// fromPods answers for each kind of pods that the client may be, with the worst: the one that gets in. One of which it is not known whether it is
// meant only counts where its answer differs.
func (t *trip) fromPods(to *space) Verdict {
	ns, account, _ := splitAccount(t.req.From.ServiceAccount)
	from := t.w.look(ns)
	if !from.hasAccount(account) {
		t.assumeOfOne("ServiceAccount " + t.req.From.ServiceAccount)
	}
	t.lookedUp(from, ns, account)
	kinds := t.w.clientPods(from, ns, account)
	var best Verdict
	name, differ := "", false
	for i, c := range kinds {
		v := t.again().fromKind(to, c)
		if i == 0 {
			best, name = v, c.name
			continue
		}
		if v.Outcome == best.Outcome {
			continue
		}
		if c.may {
			best = notKnown(best, "whether pods of "+c.name+" have the ServiceAccount "+account+" is not known")
			continue
		}
		differ = true
		if worse(ruling{outcome: best.Outcome}, ruling{outcome: v.Outcome}).outcome != best.Outcome {
			best, name = v, c.name
		}
	}
	if differ {
		best.Why += " (for pods of " + name + "; those of " + join(ns, account) + " take part in " + strconv.Itoa(len(kinds)) + " ways)"
	}
	return best
}

// peer is the identity of the pods of an account. The account is one of an axis, or written in the request.
func (t *trip) peer(ns, account string) identity {
	id := t.w.identity(ns, account)
	if t.at.trace != nil {
		id.varies = t.at.trace.On(peerAxis, id.principal())
	}
	return id
}

// lookedUp records for which other accounts the manifests hold the same: one that they know is one of its own; one that they do not know is like
// all others of its namespace, and of a namespace that they do not know, like all of those.
func (t *trip) lookedUp(from *space, ns, account string) {
	if t.at.trace == nil {
		return
	}
	id := t.peer(ns, account)
	namespace := id.varies.Between(id.domain+"/ns/", "/")
	t.w.onceUnlike.Do(func() { t.w.unlike = t.w.findUnlike() })
	if !namespace.OneOf(t.w.unlike.namespaces) && !id.varies.OneOf(t.w.unlike.accounts) {
		return // a pod that ztunnel captures, like most
	}
	if from == &nowhere {
		namespace.OneOf(symbolic.List{Name: "namespaces" + t.w.mark, All: t.w.names})
		return
	}
	if from.hasAccount(account) {
		id.varies.Is(id.principal())
		return
	}
	namespace.Is(ns)
	known := symbolic.List{Name: "accounts of " + ns + t.w.mark}
	for _, account := range from.knownAccounts() {
		known.All = append(known.All, t.w.identity(ns, account).principal())
	}
	id.varies.OneOf(known)
	for _, pod := range from.workloads {
		if pod.ownAccount {
			id.varies.Matches(t.w.identity(ns, pod.name+"-").principal() + "*")
		}
	}
}

// unlike are the namespaces and accounts whose pods are not just captured by ztunnel, as those of namespaces are that nobody knows.
type unlike struct{ namespaces, accounts symbolic.List }

func (w *World) findUnlike() unlike {
	out := unlike{symbolic.List{Name: "namespaces of other pods" + w.mark}, symbolic.List{Name: "accounts of other pods" + w.mark}}
	plain := func(s *space, account string) bool {
		kinds := w.clientPods(s, s.name, account)
		return len(kinds) == 1 && kinds[0].member == captured && !kinds[0].host && kinds[0].proxy == nil && !kinds[0].may
	}
	for _, name := range w.names {
		s := w.namespaces[name]
		if slices.ContainsFunc(s.workloads, func(pod *workload) bool { return pod.ownAccount || pod.anyAccount }) || !plain(s, unknownAccount) {
			out.namespaces.All = append(out.namespaces.All, name)
			continue
		}
		for _, account := range s.knownAccounts() {
			if !plain(s, account) {
				out.accounts.All = append(out.accounts.All, w.identity(name, account).principal())
			}
		}
	}
	return out
}

// unknownAccount is the name of no account.
const unknownAccount = "-"

// again is the trip from its start.
func (t *trip) again() *trip {
	return &trip{w: t.w, open: t.open, req: t.req, at: t.open.attributes(t.req), assumed: slices.Clone(t.assumed), ofOne: slices.Clone(t.ofOne)}
}

// notKnown is a verdict that something which is not known could change.
func notKnown(v Verdict, why string) Verdict {
	v.Outcome, v.Step = NotJudged, stepAt(Point{Kind: AtMesh}, why)
	return v
}

// fromKind goes from one kind of pods. Where it is unclear how they take part, an answer that is the same for all ways stands.
func (t *trip) fromKind(to *space, c clientPod) Verdict {
	for _, a := range c.assume {
		t.assume(a)
	}
	if c.assumeOfOne != "" {
		t.assumeOfOne(c.assumeOfOne)
	}
	if c.member == unclear {
		var first Verdict
		for i, m := range [3]membership{captured, outside, sidecar} {
			each := c
			each.member = m
			v := t.again().fromKind(to, each)
			if i == 0 {
				first = v
			} else if v.Outcome != first.Outcome {
				return notKnown(first, c.why)
			}
		}
		return first
	}
	ok := t.settlePath()
	ns, account, _ := splitAccount(t.req.From.ServiceAccount)
	t.past = c.member != captured
	switch {
	case c.host:
		t.steps = append(t.steps, stepAt(Point{Kind: AtMesh}, "pods of "+t.req.From.ServiceAccount+" are on the host's network: no identity, no waypoint"))
		t.direct(to, ok)
		return t.ofItsNode(t.verdict())
	case c.member == outside:
		t.steps = append(t.steps, stepAt(Point{Kind: AtMesh}, "pods of "+t.req.From.ServiceAccount+" are not in the mesh: no identity, no waypoint"))
		t.direct(to, ok)
	case c.proxy != nil:
		t.at.peer = t.peer(ns, account)
		if cause := t.w.cloudOnGateway(c.proxy); cause != nil {
			t.underCloud(c.proxy.point(), cause)
		}
		t.fromGateway(to, ok)
	case c.member == sidecar:
		t.steps = append(t.steps, stepAt(Point{Kind: AtMesh}, "pods of "+t.req.From.ServiceAccount+" have sidecars, which call no waypoint"))
		t.at.peer = t.peer(ns, account)
		if t.req.To.Service != "" && !t.req.To.Direct {
			svc := t.service(to, t.req.To.Service)
			t.throughSidecar(t.w.look(ns), account, svc)
			t.hop(ns, svc)
			if t.stopsAtSidecar(svc) {
				return t.verdict()
			}
		} else {
			t.throughSidecar(t.w.look(ns), account, nil)
			return t.toAddress(to, ok)
		}
		if r, found := t.w.routedBySidecar(t, to); found {
			t.meet(r)
			return t.verdict()
		}
		t.direct(to, ok)
	default:
		t.at.peer = t.peer(ns, account)
		t.fromCaptured(to, ok)
	}
	return t.verdict()
}

// stopsAtSidecar: during a change, a client's sidecar takes only requests, and not CONNECT, for a port that is declared HTTP (Istio 1.31: core
// buildSidecarOutboundListener).
func (t *trip) stopsAtSidecar(svc *service) (over bool) {
	p, known := t.servicePort(svc)
	point := Point{Kind: AtSidecar}
	switch {
	case !t.open.http2 || !known || svc.headless || svc.external || p.protocol == tcpPort || !t.at.peer.known():
		return false
	case t.at.tcp && p.protocol == httpPort:
		return t.meet(ruling{outcome: Deny, Step: stepAt(point, "port "+portText(p.number)+" is declared HTTP and takes nothing else")})
	}
	return t.refusesMethod(point)
}

// toAddress: a sidecar sends what is for a pod's address as plain text, unless a headless Service has the address (Istio 1.31: core
// buildDefaultPassthroughCluster has no TLS).
func (t *trip) toAddress(to *space, ok bool) Verdict {
	if t.at.inbound.read != anyReading {
		t.direct(to, ok)
		return t.verdict()
	}
	plain := t.fork()
	plain.at.peer = identity{}
	plain.direct(to, ok)
	t.direct(to, ok)
	if v := t.verdict(); v.Outcome != plain.verdict().Outcome {
		return notKnown(v, "a sidecar calls a pod's address with its identity for a headless Service only, and as plain text else")
	}
	return t.verdict()
}

// ofItsNode: istio-cni gives what comes from a node's own network to the pods of that node an address that passes ztunnel by, for the
// kubelet's probes (Istio 1.31: cni/pkg/iptables CreateHostRulesForHealthChecks). Which node a pod runs on is not in the manifests.
func (t *trip) ofItsNode(v Verdict) Verdict {
	if v.Outcome == Deny {
		return notKnown(v, "a pod on the host's network reaches the pods of its own node past ztunnel, and which node that is is not known")
	}
	return v
}

// fromGateway: a gateway's proxy has an identity. It calls a waypoint only with istio.io/ingress-use-waypoint (endpoint_builder
// findServiceWaypoint).
func (t *trip) fromGateway(to *space, ok bool) {
	if t.req.To.Service != "" && !t.req.To.Direct {
		if svc := t.service(to, t.req.To.Service); t.w.ingressUsesWaypoint(svc) {
			t.toService(to, svc, t.w.serviceWaypoint(svc), ok)
			return
		}
	}
	t.steps = append(t.steps, stepAt(Point{Kind: AtMesh}, "a gateway passes the waypoint by"))
	t.direct(to, ok)
}
