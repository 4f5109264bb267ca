package access

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// hit is one way from the ingress into a tenant's namespace.
type hit struct {
	from origin // the route
	to   string // namespace/name
	port int    // 0: the route does not say
}

// followRoutes files the routes at the ingress that lead to a tenant's headless Services and InferencePools, and those that carry
// connections to any Service of one.
func (a *selfCheck) followRoutes() {
	a.toHeadless, a.toPools, a.toStreams = map[string][]hit{}, map[string][]hit{}, map[string][]hit{}
	for _, name := range a.w.names {
		s := a.w.namespaces[name]
		for _, r := range s.routes {
			for i := range r.rules {
				for _, b := range r.rules[i].backends {
					if b.foreign {
						continue // among the leads
					}
					if into := a.wayIn(b, false); into != nil && a.w.permits(r.origin, b) && a.attached(r, false) {
						into[b.home()] = append(into[b.home()], b.hit(r.origin))
					}
				}
			}
		}
		for _, l := range s.leads {
			for _, b := range l.backends {
				if into := a.wayIn(b, l.stream); into != nil && (l.anywhere || a.w.permits(l.origin, b) && a.attached(&l.route, l.stream)) {
					into[b.home()] = append(into[b.home()], b.hit(l.origin))
				}
			}
		}
	}
}

// wayIn returns where to file a backend, or nil if it belongs to no tenant or has no fault.
func (a *selfCheck) wayIn(b backend, stream bool) map[string][]hit {
	switch namespace, name := b.service(); {
	case !a.tenants[b.home()]:
		return nil
	case b.kind == "InferencePool":
		return a.toPools
	case name == "":
		return nil
	case stream:
		return a.toStreams
	default:
		if svc := a.w.look(namespace).service(name); svc != nil && svc.headless {
			return a.toHeadless
		}
	}
	return nil
}

// home is the namespace that a backend is in.
func (b backend) home() string {
	if namespace, _ := b.service(); namespace != "" {
		return namespace
	}
	return b.namespace
}

func (b backend) hit(from origin) hit {
	namespace, name := b.service()
	if name == "" {
		namespace, name = b.namespace, b.name
	}
	return hit{from, join(namespace, name), b.port}
}

// attached reports whether some gateway may serve a route.
func (a *selfCheck) attached(r *route, stream bool) bool {
	return slices.ContainsFunc(r.parents, func(p parent) bool { return a.w.mayServe(r, p, stream) != "" })
}

// headless reports Services that the ingress leads to and no waypoint can deliver to. Istio 1.31: the waypoint has no address for one and
// dials 0.0.0.0 at the Service's port, which is itself.
func (a *selfCheck) headless(s *space) {
	hits := map[string][]hit{}
	for _, h := range a.toHeadless[s.name] {
		hits[h.to] = append(hits[h.to], h)
	}
	for _, svc := range s.services {
		h := hits[join(s.name, svc.name)]
		_, kserve := svc.labels.get("serving.kserve.io/inferenceservice")
		if !svc.headless || len(h) == 0 && !kserve {
			continue
		}
		found, remedy := "is headless, and "+waysOf(h), "remove clusterIP: None, so that it gets an address of its own"
		if kserve {
			remedy = "set serviceClusterIPNone: false in KServe's inferenceservice-config (cluster.kserve.deploymentMode does)"
		}
		if len(h) == 0 {
			found = "is headless, as KServe creates the Services of predictors"
		}
		a.report(diagnostic.HeadlessRoute, svc.origin, found, a.headlessEffect(s, svc, h), remedy)
	}
}

func (a *selfCheck) headlessEffect(s *space, svc *service, hits []hit) string {
	if !a.throughWaypoint(svc) {
		return pastWaypoint(a.atPods(s, a.users, svc.selector, 0))
	}
	for _, port := range portsOf(svc, hits) {
		switch {
		case port == 15000:
			return itself + "clients that its policies allow reach Envoy's admin interface at port 15000 instead"
		case ownPort(port):
			return itself + "clients that its policies allow reach what the waypoint itself serves at port " + strconv.Itoa(port) + " (Envoy's admin interface is at 15000)"
		}
	}
	return itself + "requests from users fail (503)"
}

const itself = "the waypoint has no address to deliver to and connects to itself, so "

// throughWaypoint reports whether the ingress sends requests for a headless Service to a waypoint.
func (a *selfCheck) throughWaypoint(svc *service) bool {
	addressed := *svc
	addressed.headless = false
	return a.w.serviceWaypoint(&addressed).gateway != nil && a.w.ingressUsesWaypoint(svc)
}

// ownPort reports whether a port is among those that Istio's proxies listen at themselves.
func ownPort(port int) bool { return 15000 <= port && port <= 15090 }

// portsOf are the ports that routes lead to, all of a Service's where one does not say.
func portsOf(svc *service, hits []hit) (out []int) {
	for _, h := range hits {
		if h.port != 0 {
			out = append(out, h.port)
			continue
		}
		for _, p := range svc.ports {
			out = append(out, p.number)
		}
	}
	return out
}

// waysOf names the routes, the first of them in full.
func waysOf(hits []hit) string {
	var names []string
	for _, h := range hits {
		if from := h.from.String(); !contains(names, from) && len(names) < 4 {
			names = append(names, from)
		}
	}
	if len(names) > 3 {
		names = append(names[:3], "more")
	}
	if len(names) == 1 {
		return names[0] + " routes to it"
	}
	return listed(names) + " route to it"
}

// pool is an InferencePool.
type pool struct {
	origin
	selector labels
	port     int
}

// pools reports InferencePools behind the ingress. Istio's Service for a pool is headless and has no labels of its own, so the labels of the
// namespace decide, as for other headless Services (Istio 1.31: inferencepool_collection.go, and test/dataplane/testdata/asked/inference-pools).
func (a *selfCheck) pools(s *space) {
	seen := map[string]bool{}
	for _, h := range a.toPools[s.name] {
		if seen[h.to] {
			continue
		}
		seen[h.to] = true
		about, to := origin{kind: "InferencePool", namespace: s.name, name: strings.TrimPrefix(h.to, s.name+"/")}, pool{port: h.port}
		for _, p := range s.pools {
			if p.id() == h.to {
				about, to = p.origin, p
			}
		}
		effect := itself + "requests from users fail (503)"
		if !a.throughWaypoint(plainService(s.name, about.name)) {
			effect = pastWaypoint(a.atPods(s, a.users, to.selector, to.port))
		}
		a.report(diagnostic.PoolRoute, about, "is a target of "+h.from.String(), effect, "route to a Service with an address of its own that selects the pool's pods")
	}
}

// stream reports whether a listener carries connections and reads no requests.
func (l *listener) stream() bool {
	return l.protocol == "TLS" || l.protocol == "TCP" || l.mode == "Passthrough"
}

// connection is what a gateway or waypoint sees of one that nobody reads.
func connection(peer identity) attributes {
	at := freeAttributes(peer)
	at.tcp = true
	return at
}

// streamListeners reports listeners of the ingress whose connections its own policies refuse. Envoy's RBAC for TCP leaves out the HTTP
// attributes of a DENY rule, so it matches more.
func (a *selfCheck) streamListeners() {
	a.streamListenersOf(a.ingress.origin, a.ingress.listeners)
	for _, l := range a.w.listenerSets {
		if l.parentNamespace == a.ingress.namespace && l.parentName == a.ingress.name {
			a.streamListenersOf(l.origin, l.listeners)
		}
	}
}

func (a *selfCheck) streamListenersOf(about origin, listeners []listener) {
	for i := range listeners {
		l := &listeners[i]
		if !l.stream() {
			continue
		}
		at := connection(identity{})
		if r := a.w.judge(l7, a.ingress.point(), a.front, &at); r.outcome == Deny {
			a.reportField(diagnostic.ConnectionListener, about, fmt.Sprintf("spec.listeners[%d]", i), l.place,
				"passes connections on and does not read requests (listener "+l.name+", "+strings.TrimSpace(l.protocol+" "+l.mode)+")",
				fmt.Sprintf("the policies of the Gateway deny every connection there (%s), so no user can use it", cmp.Or(r.Policy, r.Why)),
				"terminate TLS there (protocol HTTPS), or give it a Gateway of its own")
		}
	}
}

// streams reports routes that carry connections into the namespace: nothing on the way reads who the user is.
func (a *selfCheck) streams(s *space, b binding) {
	at := connection(identity{})
	if a.w.judge(l7, a.ingress.point(), a.front, &at).outcome == Deny || b.gateway == nil {
		return // every route there is dead, which is said at the listener
	}
	for _, h := range a.toStreams[s.name] {
		at := connection(a.users)
		effect := "no header or token is read on the way, so rules about users do not apply at the waypoint"
		if r := a.w.judge(l7, b.gateway.point(), a.w.atWaypoint(b.gateway, nil), &at); r.outcome == Deny {
			effect = "no header or token is read on the way, so the waypoint denies every user (AuthorizationPolicy " + r.Policy + ")"
		}
		a.report(diagnostic.ConnectionRoute, h.from, "carries connections, not requests, to Service "+h.to, effect, "terminate TLS at the Gateway and use an HTTPRoute")
	}
}
