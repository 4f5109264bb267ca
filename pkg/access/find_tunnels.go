package access

import "slices"

// forWaypointsOnly reports whether a policy with a selector is for the pods of a waypoint and of nothing else in
// the manifests: those are behind no ztunnel, and a waypoint reads policies with a selector only with
// ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES, for the connections to it (Istio 1.31:
// listener_waypoint.go buildConnectTerminate).
func (s *space) forWaypointsOnly(p *policy) bool {
	name, has := p.selector.get("gateway.networking.k8s.io/gateway-name")
	return has && slices.ContainsFunc(s.gateways, func(g *gateway) bool { return g.name == name && g.waypoint }) &&
		!slices.ContainsFunc(s.workloads, func(pod *workload) bool {
			return p.selector.selects(pod.labels) || len(pod.adds) > 0 && pod.mayCarry(p.selector)
		})
}
