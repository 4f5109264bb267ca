package access

// lockoutsOfAll reports what is the same for all tenants, and looks once for what the ingress's routes lead to.
func (a *selfCheck) lockoutsOfAll() {
	a.versions()
	a.followRoutes()
	a.streamListeners()
	a.frontStops()
}

// lockouts reports what keeps users or the tenant's own pods from what they may reach, and pods that no policy protects.
func (a *selfCheck) lockouts(s *space, b binding) {
	a.services(s, b)
	a.headless(s)
	a.pools(s)
	a.streams(s, b)
	a.departures(s)
	a.unread(s)
	if b.gateway != nil {
		a.networkPolicies(s, b.gateway)
	}
}

// atPods judges a client at the pods that a selector picks. port 0: nobody can say. Pods may carry more labels than those, so a policy
// that could select them by one of these leaves it open.
func (a *selfCheck) atPods(s *space, client identity, selector labels, port int) ruling {
	at := freeAttributes(client)
	at.tcp, at.port = true, port
	pod := &workload{name: "pod", labels: selector, account: "default", assumed: true}
	r := a.w.judge(l4, Point{Kind: AtZtunnel}, a.w.atZtunnel(s.name, pod), &at)
	if len(a.w.unselected(s.name, pod)) > 0 {
		r.outcome = NotJudged
	}
	return r
}

// pastWaypoint says what becomes of users whom the ingress Gateway sends to pods past the waypoint.
func pastWaypoint(r ruling) string {
	by := ""
	if r.Policy != "" {
		by = " (AuthorizationPolicy " + r.Policy + ")"
	}
	switch r.outcome {
	case Deny:
		return "the ingress Gateway connects to its pods directly, and ztunnel denies that" + by + ", so no user can reach it"
	case Allow:
		return "the ingress Gateway connects to its pods directly, and ztunnel allows that" + by + ", so every user can reach it, whatever the waypoint's policies say"
	}
	return "the ingress Gateway connects to its pods directly, past the L7 policies, and it is not known whether ztunnel allows that"
}
