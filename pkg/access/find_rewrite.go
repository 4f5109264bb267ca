package access

import (
	"net/netip"
	"slices"
	"strings"
)

// identityKind is what a header says about the client.
type identityKind uint8

const (
	noIdentity  identityKind = iota
	whoItIs                  // the user or the groups, as the gateway writes them from a verified token
	credentials              // the token or the session
	lookalike                // with _ for -: another header to a proxy, the same one to many web frameworks (CGI, WSGI)
)

// identityHeaders are the headers by which users are known, in lower case.
type identityHeaders struct{ names []string }

// identityHeaders takes the tenants' word for the headers. Without tenants, what the ingress writes from tokens says it. A header that an
// ingress writes from a token, and that some policy compares, is one in any case.
func (w *World) identityHeaders(tenants []Tenant) identityHeaders {
	var h identityHeaders
	for i := range tenants {
		h.add(or(tenants[i].Header, usualUserHeader))
		h.add(or(tenants[i].Groups, usualGroupsHeader))
	}
	rules := w.ingressRules()
	if len(tenants) == 0 {
		h.add(w.userHeader(rules))
		h.add(usualGroupsHeader)
	}
	for _, r := range rules {
		for _, c := range r.copies {
			if len(tenants) == 0 && c.claim == "groups" || w.compares(c.header) {
				h.add(c.header)
			}
		}
	}
	return h
}

const (
	usualUserHeader   = "kubeflow-userid"
	usualGroupsHeader = "kubeflow-groups"
)

func (h *identityHeaders) add(name string) {
	if name = strings.ToLower(name); !slices.Contains(h.names, name) {
		h.names = append(h.names, name)
	}
}

func (w *World) compares(name string) bool {
	for _, ns := range w.names {
		for _, p := range w.namespaces[ns].policies {
			for i := range p.rules {
				if slices.ContainsFunc(p.rules[i].when, func(c condition) bool { return c.attribute == header && c.key == name }) {
					return true
				}
			}
		}
	}
	return false
}

func (h identityHeaders) kind(name string) identityKind {
	switch {
	case slices.Contains(h.names, name):
		return whoItIs
	case name == "authorization" || name == "cookie":
		return credentials
	case slices.ContainsFunc(h.names, func(s string) bool { return dashed(s) == dashed(name) }):
		return lookalike
	}
	return noIdentity
}

func dashed(s string) string { return strings.ReplaceAll(s, "_", "-") }

// rewrites reports every route that changes a header by which a user is known, whoever wrote it: proxies change headers after their own
// policies have judged the request, and a waypoint trusts the gateway's word.
func (w *World) rewrites(tenants []Tenant) (found []RouteFinding) {
	if len(w.rewriters) == 0 {
		return nil
	}
	headers := w.identityHeaders(tenants)
	for _, r := range w.rewriters {
		if f, ok := w.rewriteFinding(r, headers); ok {
			found = append(found, RouteFinding{r.route.namespace, f})
		}
	}
	slices.SortStableFunc(found, func(a, b RouteFinding) int { return strings.Compare(a.Object, b.Object) })
	return found
}

// RouteFinding is a Finding about a route, and the route's namespace.
type RouteFinding struct {
	Namespace string `json:"namespace"`
	Finding
}

func (w *World) rewriteFinding(r *rewriter, headers identityHeaders) (f Finding, ok bool) {
	from, inMesh := w.served(r)
	if from == "" {
		return f, false
	}
	var touched []headerChange
	kinds := [lookalike + 1]bool{}
	for _, c := range r.changes {
		k := headers.kind(c.header)
		// Inside the mesh a token for what is behind it is everyday; the user's name is the gateway's to write.
		// So is one for a host outside of the cluster, which no waypoint stands before.
		if k == noIdentity || k == credentials && (inMesh || c.leaves()) {
			continue
		}
		kinds[k] = true
		touched = append(touched, c)
	}
	if len(touched) == 0 {
		return f, false
	}
	return Finding{Object: r.object, Found: changesText(touched) + ", behind " + from, Effect: rewriteEffect(touched, kinds, inMesh), Remedy: "take those headers out of it"}, true
}

// leaves reports whether all that a change is for is outside of the cluster. A short name is a Service's, an address may be anything.
func (c *headerChange) leaves() bool {
	for _, host := range c.to {
		_, err := netip.ParseAddr(host)
		labels := strings.Split(strings.ToLower(host), ".")
		if err == nil || len(labels) < 2 || strings.Contains(host, "/") || slices.Contains(labels, "svc") || slices.Contains(labels, "local") {
			return false
		}
	}
	return len(c.to) > 0
}

// rewriteEffect says what comes of it, for the worst of the headers that are changed.
func rewriteEffect(touched []headerChange, kinds [lookalike + 1]bool, inMesh bool) string {
	onlyRemoves := !slices.ContainsFunc(touched, func(c headerChange) bool { return c.verb != "removes" })
	judged := "the gateway's policies have judged the request by then: "
	if inMesh {
		judged = "the waypoint's policies have judged the request by then: "
	}
	switch {
	case kinds[whoItIs] && onlyRemoves:
		return judged + "its backends do not learn who the client is"
	case kinds[whoItIs] && inMesh:
		return judged + "to its backends every client is who the route says"
	case kinds[whoItIs]:
		return judged + "every client of this route is who the route says, wherever no waypoint verifies the token again and writes the header itself"
	case kinds[credentials]:
		return judged + "its backends, and the waypoints before them, get another token or session than the client has shown"
	}
	return judged + "every client of this route is who the route says, to a backend that reads _ in a header's name as -, as many web frameworks do"
}

func changesText(changes []headerChange) string {
	const most = 3
	var b strings.Builder
	var to []string
	for i, c := range changes {
		switch {
		case i == most:
			b.WriteString(" and " + portText(len(changes)-most) + " more")
		case i > 0 && i < most && c.at == changes[i-1].at && c.verb == changes[i-1].verb:
			b.WriteString(", " + c.header)
		case i < most:
			if i > 0 {
				b.WriteString("; ")
			}
			b.WriteString(c.at + " " + c.verb + " the header " + c.header)
		}
		for _, t := range c.to {
			if t != "" && !slices.Contains(to, t) {
				to = append(to, t)
			}
		}
	}
	if len(to) > 0 {
		b.WriteString(" on the way to " + strings.Join(to[:min(len(to), most)], ", "))
	}
	if len(to) > most {
		b.WriteString(" and " + portText(len(to)-most) + " more")
	}
	return b.String()
}

// served names what serves a route: a gateway, or inside the mesh the waypoint of a Service. "" is nothing.
func (w *World) served(r *rewriter) (from string, inMesh bool) {
	if r.served != "" {
		return r.served, false
	}
	for _, p := range r.route.parents {
		if from := w.mayServe(&r.route, p, false); from != "" {
			return from, false
		}
	}
	for _, g := range r.gateways {
		if g != "mesh" {
			return "Gateway " + g, false
		}
	}
	if r.delegate {
		return "the gateway of the VirtualService that delegates to it", false
	}
	for _, p := range r.route.parents {
		// Only routes of the Service's own namespace count (Istio: a waypoint takes no consumer routes).
		if p.kind == "Service" && p.namespace == r.route.namespace {
			if g := w.serviceWaypoint(w.serviceOrPlain(p.namespace, p.name)).gateway; g != nil {
				return "waypoint " + g.id(), true
			}
		}
	}
	if len(r.gateways) > 0 {
		if g := w.bind(w.look(r.route.namespace), nil, "service").gateway; g != nil {
			return "waypoint " + g.id(), true
		}
	}
	return "", false
}

func (w *World) serviceOrPlain(namespace, name string) *service {
	if svc := w.look(namespace).service(name); svc != nil {
		return svc
	}
	return &service{namespace: namespace, name: name}
}
