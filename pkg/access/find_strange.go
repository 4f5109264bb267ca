package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// strange reports whether the client of a request does not belong to the namespace and is not meant to make it.
func (w *watch) strange(q *inquiry, r *Request, trace *symbolic.Trace) bool {
	on := func(axis string) value { return trace.On(axis, r.on(w.a.w, axis).Text) }
	if q.kind.ofPod() {
		peer := on(peerAxis)
		ns := peer.Between(w.a.w.mesh.domains[0]+"/ns/", "/")
		if ns.Is(w.s.name) || ns.OneOf(w.platform) || q.tcp && w.scrapes(peer, q) || !q.tcp && w.reads(r, trace) {
			return false
		}
	}
	if !q.kind.inMesh() && !w.sends(trace.At(w.header, r.on(w.a.w, w.header))) {
		return false
	}
	switch q.kind {
	case aUser:
		return !on(userAxis).Trim().OneOf(w.names)
	case aToken, aPodToken:
		account := on(tokenAxis)
		ns := account.Between(accountPrefix, ":")
		return !ns.Is(w.s.name) && !ns.OneOf(w.platform) && !account.OneOf(w.names)
	case aJWT, aPodJWT:
		return !trace.At(subjectAxis, r.on(w.a.w, subjectAxis)).Trim().OneOf(w.names) && !w.claims(r, trace)
	}
	return true
}

// sends reports whether a user header is one that clients of a Gateway are asked for with. At the tenants' ingress those who say themselves who they are are asked
// for apart.
func (w *watch) sends(header value) bool {
	switch {
	case w.claimed:
		return header.OneOf(w.names)
	case w.through != nil:
		return true
	}
	return header.State() == absent
}

// claims reports whether a token holds more than the name of a user whom no policy names. What a policy asks of other claims is judged separately.
func (w *watch) claims(r *Request, trace *symbolic.Trace) bool {
	for name := range r.From.JWT.Claims {
		if p := r.on(w.a.w, claimAxis+name); name != "email" || p.IsMapping() || trace.Claim(claimAxis+name, p).IsList() || trace.At(claimAxis+name, p).Trim().OneOf(w.names) {
			trace.Claim(claimAxis+name, p).State()
			return true
		}
	}
	return false
}

// scrapes reports whether a client is one that may connect to the port.
func (w *watch) scrapes(peer value, q *inquiry) bool {
	return slices.ContainsFunc(w.t.Scrapers, func(s Scraper) bool { return contains(s.Ports, portText(q.port)) && peer.Is(s.Principal) })
}

// reads reports whether a request is a GET or HEAD of an open path.
func (w *watch) reads(r *Request, trace *symbolic.Trace) bool {
	t := &trip{w: w.a.w, req: *r, at: r.attributes(trace), open: &open{trace: trace}}
	return t.settlePath() && t.at.path.OneOf(w.open) && (t.at.method.Is("GET") || t.at.method.Is("HEAD"))
}

// platform are the namespaces that are no tenant's: those of the manifests, and those that a policy names as they are.
func (a *selfCheck) platform() symbolic.List {
	if a.others.Name == "" {
		named := map[string]bool{}
		for _, ns := range a.w.names {
			named[ns] = true
			for _, p := range a.w.namespaces[ns].policies {
				for i := range p.rules {
					p.rules[i].sources(func(c *condition, v string) { named[namespaceIn(c.attribute, v)] = true })
				}
			}
		}
		a.others = symbolic.List{Name: "namespaces of no tenant"}
		for ns := range named {
			if ns != "" && ns != stranger && !a.tenants[ns] {
				a.others.All = append(a.others.All, ns)
			}
		}
		slices.Sort(a.others.All)
	}
	return a.others
}

// namespaceIn is the namespace that a source's value names as it is, "" for none.
func namespaceIn(attr attribute, v string) string {
	ns := v
	switch attr {
	case principal:
		_, rest, _ := strings.Cut(v, "/ns/")
		ns, _, _ = strings.Cut(rest, "/")
	case serviceAccount:
		ns, _, _ = strings.Cut(v, "/")
	case namespaceOf:
		ns, _, _ = strings.Cut(v, "/") // Envoy takes a slash in it too
	}
	if strings.Contains(ns, "*") {
		return ""
	}
	return ns
}

// meantClients are the users and the subjects of tokens that a policy for the namespace names as they are.
func (a *selfCheck) meantClients(t *Tenant, s *space) symbolic.List {
	users := symbolic.List{Name: "clients of " + s.name}
	if t.Owner != "" {
		users.All = append(users.All, t.Owner)
	}
	name := strings.ToLower(cmp.Or(t.Header, usualUserHeader))
	for _, ns := range a.w.namesOf(s) {
		for _, p := range a.w.look(ns).policies {
			if p.action != allow {
				continue
			}
			p.each(func(c *condition) {
				for _, v := range c.values {
					switch {
					case strings.Contains(v, "*"):
					case c.attribute == header && c.key == name:
						users.All = append(users.All, v)
					case c.attribute == claim:
						users.All = append(users.All, v)
					case c.attribute == requestPrincipal:
						users.All = append(users.All, v[strings.LastIndex(v, "/")+1:])
					}
				}
			})
		}
	}
	return users
}

// namesOf are the namespaces whose policies count in one.
func (w *World) namesOf(s *space) []string {
	if s.name == w.mesh.rootNamespace {
		return []string{s.name}
	}
	return []string{w.mesh.rootNamespace, s.name}
}
