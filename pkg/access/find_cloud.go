package access

import "github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"

// clouded reports, once for each object, what makes everything, an ingress Gateway, a tenant's namespace or its waypoint NOT JUDGED.
func (a *selfCheck) clouded(tenants []Tenant) {
	seen := map[*cloud]bool{}
	about := map[string]bool{}
	report := func(c *cloud, decides, affected string) {
		if c == nil || seen[c] || about[c.String()] {
			return
		}
		seen[c], about[c.String()] = true, true
		found := "may change what " + decides + " (" + c.why + ")"
		a.reportField(diagnostic.VerdictsClouded, c.origin, c.field, c.at, found, "who reaches "+affected+" is NOT JUDGED",
			"remove it, or check by hand whom it allows")
	}
	report(a.w.everything, "all of the mesh does", "the profiles' namespaces")
	report(a.w.everyEnvoy, "every gateway and waypoint does", "the profiles' namespaces")
	report(a.w.everyGateway, "every ingress Gateway does", "the profiles' namespaces through it")
	for _, g := range a.w.ingresses {
		report(a.w.cloudOnGateway(g), "Gateway "+g.id()+" does", "the profiles' namespaces through it")
	}
	a.w.foreignRoutes(func(r *route, g *gateway) {
		for i := range r.rules {
			for _, b := range r.rules[i].backends {
				if a.tenants[b.home()] {
					report(g.foreignCloud(), "Gateway "+g.id()+" does", "namespace "+b.home()+" through it")
				}
			}
		}
	})
	for _, t := range tenants {
		s := a.w.look(t.Namespace)
		report(s.clouds.whole, "Namespace "+s.name+" does", "it")
		if b := a.w.bind(s, nil, "service"); b.gateway != nil {
			report(a.w.cloudOnWaypoint(b.gateway, nil), "waypoint "+b.gateway.id()+" does", "the Services of namespace "+s.name)
		}
	}
}
