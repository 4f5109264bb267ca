package access

import (
	"fmt"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Istio's ports: what ztunnel and waypoints take the mesh's traffic at, and where istiod tells a waypoint what to do.
const (
	hbonePort  = 15008
	istiodPort = 15012
)

// stop is traffic of the mesh that NetworkPolicies block.
type stop struct {
	policies                []*networkPolicy
	traffic, effect, remedy string
}

// networkPolicies reports what keeps the mesh's own traffic away. Of pods in the mesh a NetworkPolicy sees port 15008 only, whatever port is
// meant: the ingress goes to the waypoint there, and the waypoint to the pods.
func (a *selfCheck) networkPolicies(s *space, g *gateway) {
	if len(s.networks) == 0 {
		return
	}
	waypoint := &end{namespace: g.namespace, labels: gatewayLabels(g), complete: true}
	var stops []stop
	if g.namespace == s.name {
		stops = a.waypointStops(s, waypoint)
	}
	if p := a.podStops(s, waypoint); len(p) > 0 {
		stops = append(stops, stop{p, "from the waypoint into pods (TCP 15008)", "no request that goes through the waypoint reaches these pods",
			"allow TCP 15008 in from pods labeled gateway.networking.k8s.io/gateway-name: " + g.name})
	}
	a.reportStops(stops)
	a.egressRules(s)
}

// waypointStops are the ways to and from the waypoint itself.
func (a *selfCheck) waypointStops(s *space, waypoint *end) (out []stop) {
	ingress := &end{namespace: a.users.namespace}
	if a.ingress.namespace == ingress.namespace && a.ingress.assumed == "" && !a.ingress.byHand {
		ingress.labels, ingress.complete = gatewayLabels(a.ingress), true
	}
	root := a.w.mesh.rootNamespace
	istiod := &end{namespace: root, labels: labels{{"app", "istiod"}, {"istio", "pilot"}}}
	for _, way := range []struct {
		direction
		peer *end
		port int
		stop
	}{
		{ingressTraffic, ingress, hbonePort, stop{nil, "from the ingress Gateway into the waypoint (TCP 15008)", "no user can reach its Services",
			"allow TCP 15008 in from the ingress Gateway in namespace " + ingress.namespace}},
		{egressTraffic, &end{namespace: s.name}, hbonePort, stop{nil, "from the waypoint out to pods (TCP 15008)", "no user can reach its Services",
			"allow TCP 15008 out to the pods of the namespace"}},
		{egressTraffic, istiod, istiodPort, stop{nil, "from the waypoint out to istiod (TCP 15012)", "the waypoint never becomes ready, and no user can reach its Services",
			"allow TCP 15012 out to namespace " + root}},
	} {
		if p := a.w.blockers(s.networks, way.direction, waypoint, way.peer, way.port); len(p) > 0 {
			way.policies = p
			out = append(out, way.stop)
		}
	}
	return out
}

// gatewayLabels are all labels of the pods that Istio makes for a Gateway (Istio 1.31: files/waypoint.yaml and kube-gateway.yaml).
func gatewayLabels(g *gateway) labels {
	own := g.account // what it calls the Deployment as well
	managed := "istio.io-gateway-controller"
	if g.waypoint {
		own, managed = g.name, "istio.io-mesh-controller"
	}
	return append(g.pod.labels[:len(g.pod.labels):len(g.pod.labels)],
		label{"gateway.networking.k8s.io/gateway-class-name", g.class}, label{"gateway.istio.io/managed", managed},
		label{"service.istio.io/canonical-name", own}, label{"service.istio.io/canonical-revision", "latest"},
		label{"istio.io/dataplane-mode", "none"}, label{"sidecar.istio.io/inject", "false"})
}

// podStops are NetworkPolicies that isolate pods of the namespace while none admits the waypoint there, the first few for each pod.
func (a *selfCheck) podStops(s *space, waypoint *end) (out []*networkPolicy) {
	var closing, admitting []*networkPolicy
	for _, p := range s.networks {
		switch {
		case !p.isolates[ingressTraffic]:
		case a.w.admits(p, ingressTraffic, waypoint, hbonePort) == no:
			closing = append(closing, p)
		case p.pods.all():
			return nil
		default:
			admitting = append(admitting, p)
		}
	}
	if len(closing) == 0 {
		return nil
	}
	open, closed, seen, services := newNetworkIndex(admitting), newNetworkIndex(closing), map[*networkPolicy]bool{}, s.servicesByLabel()
	for _, pod := range s.workloads {
		if s.member(pod) != captured || len(open.picking(pod.labels, 1)) > 0 {
			continue
		}
		for _, p := range closed.picking(pod.labels, few+1) {
			seen[p] = seen[p] || !services.forPeers(p) || !services.unaddressed(pod)
		}
	}
	for _, p := range closing {
		if seen[p] || !p.isForGateways() && !services.forPeers(p) && !couldPick(admitting, p.pods.labels) { // the latter: pods that are not in the manifests
			out = append(out, p)
		}
	}
	return out
}

const few = 3

func (p *networkPolicy) isForGateways() bool {
	_, gateways := p.pods.labels.get("gateway.networking.k8s.io/gateway-name")
	return gateways
}

// couldPick reports whether one of the policies may pick pods that have these labels and perhaps more.
func couldPick(policies []*networkPolicy, own labels) bool {
	for _, p := range policies {
		if p.pods.picks(own, false) != no {
			return true
		}
	}
	return false
}

// networkIndex finds the NetworkPolicies for a pod by that label of their selectors which the fewest have: pods and policies of one
// namespace can both be thousands.
type networkIndex struct {
	byLabel map[label][]*networkPolicy
	others  []*networkPolicy // without matchLabels
}

func newNetworkIndex(policies []*networkPolicy) networkIndex {
	x, having := networkIndex{byLabel: map[label][]*networkPolicy{}}, map[label]int{}
	for _, p := range policies {
		for _, l := range p.pods.labels {
			having[l]++
		}
	}
	for _, p := range policies {
		if len(p.pods.labels) == 0 {
			x.others = append(x.others, p)
			continue
		}
		rarest := p.pods.labels[0]
		for _, l := range p.pods.labels {
			if having[l] < having[rarest] {
				rarest = l
			}
		}
		x.byLabel[rarest] = append(x.byLabel[rarest], p)
	}
	return x
}

// picking gives the policies that pick a pod, most of them at the most.
func (x *networkIndex) picking(own labels, most int) (out []*networkPolicy) {
	add := func(policies []*networkPolicy) {
		for _, p := range policies {
			if len(out) < most && p.pods.picks(own, true) == yes {
				out = append(out, p)
			}
			if len(out) == most {
				return
			}
		}
	}
	add(x.others)
	for _, l := range own {
		add(x.byLabel[l])
	}
	return out
}

// reportStops says once of each first policy what it blocks. Policies add up, so one that allows the traffic is enough.
func (a *selfCheck) reportStops(stops []stop) {
	for len(stops) > 0 {
		first := stops[0]
		var traffic, remedies []string
		rest := stops[:0:0]
		for _, s := range stops {
			if s.policies[0] == first.policies[0] {
				traffic, remedies = append(traffic, s.traffic), append(remedies, s.remedy)
			} else {
				rest = append(rest, s)
			}
		}
		a.report(diagnostic.MeshTrafficBlocked, first.policies[0].origin, "blocks traffic "+listed(traffic)+together(first.policies),
			"the mesh uses these ports, whatever port a client asks for, so "+first.effect, listed(remedies))
		stops = rest
	}
}

// together names the policies after the first that block the same.
func together(policies []*networkPolicy) string {
	var names []string
	for _, p := range policies[1:min(len(policies), few)] {
		names = append(names, p.id())
	}
	switch more := len(policies) - few; {
	case more > 0:
		return fmt.Sprintf(", as do %s and %d more", strings.Join(names, ", "), more)
	case len(names) > 1:
		return ", as do " + listed(names)
	case len(names) > 0:
		return ", as does " + names[0]
	}
	return ""
}

// egressRules reports rules that let pods call others of the mesh at some port and not at 15008, where nothing else of the namespace lets
// pods out to them there. A rule for name servers alone, or for addresses, means nobody in the mesh.
func (a *selfCheck) egressRules(s *space) {
	open := map[string]bool{}
	for _, p := range s.networks {
		for i := range p.rules[egressTraffic] {
			if r := &p.rules[egressTraffic][i]; r.hasPort(hbonePort) {
				a.called(s, r, func(namespace string) { open[namespace] = true })
				open[""] = open[""] || len(r.peers) == 0
				for _, peer := range r.peers {
					open[""] = open[""] || peer.everywhere || peer.addresses || !peer.named()
				}
			}
		}
	}
	for _, p := range s.networks {
		a.egressRule(s, p, open)
	}
}

func (a *selfCheck) egressRule(s *space, p *networkPolicy, open map[string]bool) {
	if !p.isolates[egressTraffic] || open[""] {
		return
	}
	for i := range p.rules[egressTraffic] {
		r := &p.rules[egressTraffic][i]
		if r.hasPort(hbonePort) || !r.hasPlainPort() {
			continue
		}
		stopped := ""
		a.called(s, r, func(namespace string) {
			if stopped == "" && !open[namespace] {
				stopped = namespace
			}
		})
		if stopped != "" {
			a.reportField(diagnostic.MeshEgressMissed, p.origin, fmt.Sprintf("spec.egress[%d]", i), r.place, "is for pods of namespace "+stopped+", which is in the mesh, but not for TCP 15008",
				"calls in the mesh use port 15008, whatever port a client asks for, so the rule allows none of them", "add TCP 15008 to the rule")
			return
		}
	}
}

// hasPlainPort reports whether a rule names a TCP port other than that of name servers.
func (r *networkRule) hasPlainPort() bool {
	for _, p := range r.ports {
		if p.container != "" || p.from > 0 && p.from != 53 {
			return true
		}
	}
	return false
}

// named reports whether it is plain which namespace a peer means.
func (p *networkPeer) named() bool {
	if p.namespaces == nil {
		return true
	}
	_, ok := p.namespaces.labels.get("kubernetes.io/metadata.name")
	return ok
}

// called calls f with each namespace of the mesh whose pods a rule's peers name.
func (a *selfCheck) called(s *space, r *networkRule, f func(namespace string)) {
	for i := range r.peers {
		p := &r.peers[i]
		if p.everywhere || p.addresses || !p.named() {
			continue
		}
		namespace := s.name
		if p.namespaces != nil {
			namespace = p.namespaces.labels.value("kubernetes.io/metadata.name")
		}
		if to := a.w.look(namespace); to.declared && to.labels.value("istio.io/dataplane-mode") == "ambient" {
			f(namespace)
		}
	}
}

// listed is a, b and c.
func listed(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}
