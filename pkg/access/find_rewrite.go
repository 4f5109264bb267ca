package access

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
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
		h.add(cmp.Or(tenants[i].Header, usualUserHeader))
		h.add(cmp.Or(tenants[i].Groups, usualGroupsHeader))
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

// rewrites finds every route that changes a header by which a user is known, no matter who wrote it: proxies change headers after their
// own policies have judged the request, and a waypoint trusts the gateway.
func (w *World) rewrites(tenants []Tenant) (found []rewritten) {
	if len(w.rewriters) == 0 {
		return nil
	}
	headers := w.identityHeaders(tenants)
	for _, r := range w.rewriters {
		if f, ok := w.rewrittenBy(r, headers); ok {
			found = append(found, f)
		}
	}
	slices.SortStableFunc(found, func(a, b rewritten) int { return strings.Compare(a.by.String(), b.by.String()) })
	return found
}

// rewritten is what a route does to the headers by which a user is known.
type rewritten struct {
	by      origin
	from    string // what serves it
	inMesh  bool   // a waypoint does
	changes []headerChange
	kinds   [lookalike + 1]bool // of the headers
}

func (w *World) rewrittenBy(r *rewriter, headers identityHeaders) (out rewritten, ok bool) {
	out.by = r.origin
	if out.from, out.inMesh = w.served(r); out.from == "" {
		return out, false
	}
	for _, c := range r.changes {
		k := headers.kind(c.header)
		// Inside the mesh a token for what is behind it is everyday; the user's name is the gateway's to write.
		// So is one for a host outside of the cluster, which no waypoint stands before.
		if k == noIdentity || k == credentials && (out.inMesh || c.leaves()) {
			continue
		}
		out.kinds[k] = true
		out.changes = append(out.changes, c)
	}
	return out, len(out.changes) > 0
}

const rewriteRemedy = "take those headers out of it"

// finding is the rewrite as a warning; its subject is the field of the first change.
func (r *rewritten) finding() Finding {
	first := r.changes[0]
	return r.by.finding(diagnostic.IdentityRewritten, first.at, first.place,
		r.text("", ", and "), r.judged()+", so "+r.effect(), rewriteRemedy)
}

// RouteFinding is a route that changes who the user is, as explain tells of it.
type RouteFinding struct {
	Namespace string `json:"namespace"`
	Object    string `json:"object"`
	Found     string `json:"found"`
	Effect    string `json:"effect"`
	Remedy    string `json:"remedy"`
}

func (r *rewritten) report() RouteFinding {
	return RouteFinding{r.by.namespace, r.by.String(), r.text(r.changes[0].at+" ", "; "), r.judged() + ": " + r.effect(), rewriteRemedy}
}

// String puts it on one line.
func (f RouteFinding) String() string {
	return f.Object + ": " + f.Found + ": " + f.Effect + "; " + f.Remedy
}

// leaves reports whether all that a change is for is outside of the cluster. A short name is a Service's, an address may be anything.
func (c *headerChange) leaves() bool {
	for _, b := range c.to {
		_, err := netip.ParseAddr(b.host)
		labels := strings.Split(strings.ToLower(b.host), ".")
		if err == nil || len(labels) < 2 || strings.Contains(b.host, "/") || slices.Contains(labels, "svc") || slices.Contains(labels, "local") {
			return false
		}
	}
	return len(c.to) > 0
}

// judged says why no policy there sees the change.
func (r *rewritten) judged() string {
	if r.inMesh {
		return "the waypoint's policies have judged the request by then"
	}
	return "the gateway's policies have judged the request by then"
}

// effect says what comes of it, for the worst of the headers that are changed.
func (r *rewritten) effect() string {
	onlyRemoves := !slices.ContainsFunc(r.changes, func(c headerChange) bool { return c.verb != removes })
	switch {
	case r.kinds[whoItIs] && onlyRemoves:
		return "its backends do not learn who the client is"
	case r.kinds[whoItIs] && r.inMesh:
		return "to its backends every client is who the route says"
	case r.kinds[whoItIs]:
		return "every client of this route is who the route says, wherever no waypoint verifies the token again and writes the header itself"
	case r.kinds[credentials]:
		return "its backends, and the waypoints before them, get another token or session than the client has shown"
	}
	return "every client of this route is who the route says, to a backend that reads _ in a header's name as -, as many web frameworks do"
}

// text tells the changes after a start, and where the request goes. A separator is before each further field.
func (r *rewritten) text(start, separator string) string {
	const most = 3
	var b strings.Builder
	var to []string
	for i, c := range r.changes {
		switch {
		case i == most:
			b.WriteString(" and " + portText(len(r.changes)-most) + " more")
		case i > 0 && i < most && c.at == r.changes[i-1].at && c.verb == r.changes[i-1].verb:
			b.WriteString(", " + c.header)
		case i == 0:
			b.WriteString(start + string(c.verb) + " the header " + c.header)
		case i < most:
			b.WriteString(separator + c.at + " " + string(c.verb) + " the header " + c.header)
		}
		for _, t := range c.to {
			if name := t.String(); name != "" && !slices.Contains(to, name) {
				to = append(to, name)
			}
		}
	}
	if len(to) > 0 {
		b.WriteString(" on the way to " + strings.Join(to[:min(len(to), most)], ", "))
	}
	if len(to) > most {
		b.WriteString(" and " + portText(len(to)-most) + " more")
	}
	return b.String() + ", behind " + r.from
}

// served names what serves a route: a gateway, or inside the mesh the waypoint of a Service. "" is nothing.
func (w *World) served(r *rewriter) (from string, inMesh bool) {
	if r.served != "" {
		return r.served, false
	}
	for _, p := range r.parents {
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
	for _, p := range r.parents {
		// Only routes of the Service's own namespace count (Istio: a waypoint takes no consumer routes).
		if p.kind == "Service" && p.namespace == r.namespace {
			if g := w.serviceWaypoint(w.serviceOrPlain(p.namespace, p.name)).gateway; g != nil {
				return "waypoint " + g.id(), true
			}
		}
	}
	if len(r.gateways) > 0 {
		if g := w.bind(w.look(r.namespace), nil, "service").gateway; g != nil {
			return "waypoint " + g.id(), true
		}
	}
	return "", false
}

func (w *World) serviceOrPlain(namespace, name string) *service {
	if svc := w.look(namespace).service(name); svc != nil {
		return svc
	}
	return plainService(namespace, name)
}
