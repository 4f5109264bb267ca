package access

// frontStops reports, once for all tenants, NetworkPolicies of the ingress Gateway's namespace that keep its pods from the waypoints, and
// those of istiod's namespace that keep the waypoints from it.
func (a *selfCheck) frontStops() {
	var waypoints []*end
	for _, name := range a.sorted {
		if s := a.w.look(name); s.declared {
			if g := a.w.bind(s, nil, "service").gateway; g != nil {
				waypoints = append(waypoints, &end{namespace: g.namespace, labels: gatewayLabels(g), complete: true, profile: true})
			}
		}
	}
	var stops []stop
	if g := a.ingress; g.assumed == "" && !g.byHand {
		if p := a.firstBlockers(g.namespace, egressTraffic, &end{namespace: g.namespace, labels: gatewayLabels(g), complete: true}, waypoints, hbonePort); len(p) > 0 {
			stops = append(stops, stop{p, "from the ingress Gateway to waypoints (TCP 15008)", "no user can reach a profile",
				"allow TCP 15008 out to the namespaces of profiles"})
		}
	}
	root := a.w.mesh.rootNamespace
	istiod := &end{namespace: root, labels: labels{{"app", "istiod"}, {"istio", "pilot"}}}
	if p := a.firstBlockers(root, ingressTraffic, istiod, waypoints, istiodPort); len(p) > 0 {
		stops = append(stops, stop{p, "from waypoints to istiod (TCP 15012)", "waypoints never become ready, and no user can reach a profile",
			"allow TCP 15012 in from the namespaces of profiles"})
	}
	a.reportStops(stops)
}

// firstBlockers are the NetworkPolicies of a namespace that stop the first of the peers that is stopped.
func (a *selfCheck) firstBlockers(namespace string, way direction, pod *end, peers []*end, port int) []*networkPolicy {
	policies := a.w.look(namespace).networks
	if len(policies) == 0 {
		return nil
	}
	for _, peer := range peers {
		if peer.namespace == namespace {
			continue // a tenant's own, which is said there
		}
		if p := a.w.blockers(policies, way, pod, peer, port); len(p) > 0 {
			return p
		}
	}
	return nil
}
