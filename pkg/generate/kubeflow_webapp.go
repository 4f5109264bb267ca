package generate

// webApp is what people open in the browser: the ingress Gateway only, which has asked for their
// session and puts their name into a header that the component trusts. Anyone else who reached its
// pods could write any name there. Where tokens are verified again, the Gateway comes through the
// waypoint, and the waypoint writes the header.
func (p Platform) webApp(name string, r route) []Object {
	c := p.Components[name]
	r.service = c.Service
	if p.Waypoint.VerifyTokens {
		return []Object{c.allow(name, from(p.WaypointPrincipal)), allowIngress(p, c), p.httpRoute(c.Namespace, name, r)}
	}
	return []Object{c.allow(name, from(p.Ingress)), p.httpRoute(c.Namespace, name, r)}
}

// under passes the path prefix in a header to a web app that is served at /.
func under(path string) []routeFilter {
	return append(setHeaders(map[string]string{"x-forwarded-prefix": path}), rewrite("/")...)
}

// allow is a policy in front of the component's pods. ztunnel enforces it, so that no rule may hold
// an HTTP attribute.
//
//go:noinline
func (c Component) allow(name string, rules ...rule) Object {
	return policy(c.Namespace, name, allow(inFrontOf(c.Labels), rules...))
}
