package access

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// Report tells who reaches what, namespace by namespace, and which routes change who somebody is.
type Report struct {
	Namespaces []NamespaceReport `json:"namespaces"`
	Findings   []RouteFinding    `json:"findings,omitempty"`
}

// NamespaceReport is one namespace: how it is protected, and one line for each client and what it reaches.
type NamespaceReport struct {
	Namespace string   `json:"namespace"`
	Mesh      string   `json:"mesh"`
	Access    []Access `json:"access"`
}

// Access is what one client reaches, or "nothing", and by which policy.
type Access struct {
	Who     string `json:"who"`
	Kind    string `json:"kind"`
	Reaches string `json:"reaches"`
	Outcome string `json:"outcome"`
	By      string `json:"by"`
}

// Roles tells the owner of a namespace and its contributors from other users: by the names of the policies that allow them, as patterns.
type Roles struct{ Owner, Contributor []string }

// Explain asks Decide for every client that the manifests speak of and everything in each namespace. Namespaces without Services and
// without policies of their own are left out.
func (w *World) Explain(roles Roles) Report {
	names := append([]string(nil), w.names...)
	sort.Strings(names)
	r := Report{Namespaces: []NamespaceReport{}}
	for _, f := range w.rewrites(nil) {
		r.Findings = append(r.Findings, f.report())
	}
	for _, name := range names {
		s := w.namespaces[name]
		if len(s.services)+len(s.policies)+len(s.notebooks) == 0 {
			continue
		}
		r.Namespaces = append(r.Namespaces, w.explain(s, roles))
	}
	return r
}

func (w *World) explain(s *space, roles Roles) NamespaceReport {
	out := NamespaceReport{Namespace: s.name, Mesh: w.describe(s)}
	probes := w.probes(s)
	for _, c := range w.clients(s, roles) {
		out.Access = append(out.Access, w.reaches(s, c, probes)...)
	}
	// Where the same holds for all there is one thing to say.
	for _, a := range out.Access {
		if first := out.Access[0]; a.By != first.By || a.Outcome != first.Outcome || first.Outcome == Deny.String() {
			return out
		}
	}
	if len(out.Access) > 0 {
		out.Access[0].Who, out.Access[0].Kind, out.Access[0].Reaches = "anyone", "anyone", "everything"
		out.Access = out.Access[:1]
	}
	return out
}

// describe tells how the namespace takes part in the mesh.
func (w *World) describe(s *space) string {
	switch member, why := s.partOf(&plainPod); member {
	case outside:
		return "not in the mesh"
	case sidecar:
		return "sidecars, which are not judged"
	case unclear:
		if !s.declared {
			return "its Namespace is not in the manifests"
		}
		return "not known, " + why
	}
	b := w.bind(s, nil, "service")
	switch {
	case b.gateway != nil && s.ingressUsesWaypoint():
		return "ambient, waypoint " + b.gateway.id() + ", also from the ingress"
	case b.gateway != nil:
		return "ambient, waypoint " + b.gateway.id() + ", not from the ingress"
	}
	return "ambient, " + cmp.Or(b.doubt, b.why)
}

// client is somebody to ask for.
type client struct {
	who, kind string
	from      From
	header    map[string]string // what it sends
}

// clients are those that the policies name (header values, principals, namespaces, accounts) and those that are always there.
func (w *World) clients(s *space, roles Roles) []client {
	c := &clientList{w: w, s: s, roles: roles, header: w.userHeader(w.ingressRules()), seen: map[string]bool{}}
	for _, p := range s.policies {
		if p.action == allow {
			for i := range p.rules {
				c.fromRule(p, &p.rules[i])
			}
		}
	}
	sort.SliceStable(c.list, func(i, j int) bool { return kindOrder(c.list[i].kind) < kindOrder(c.list[j].kind) })
	account := "default"
	if len(s.accounts) > 0 {
		account = s.accounts[0]
	}
	out := append([]client(nil), c.list...)
	out = append(out,
		client{"any other user", "other user", From{User: "another-user@another.tenant"}, nil},
		client{"anonymous, through the ingress", "anonymous", From{Anonymous: true}, map[string]string{c.header: w.ownerOf(s)}})
	out = append(out, w.otherIssuers(s, c.header)...)
	out = append(out,
		client{"pods of the namespace", "same namespace", From{ServiceAccount: join(s.name, account)}, nil})
	if other := w.otherTenant(s); other != "" {
		out = append(out, client{"pods of other tenants", "other tenants", From{ServiceAccount: join(other, strangerAccount)}, map[string]string{c.header: w.ownerOf(s)}})
	}
	return append(out,
		client{"any pod in the mesh", "anyone in the mesh", From{ServiceAccount: join(stranger, strangerAccount)}, map[string]string{c.header: w.ownerOf(s)}},
		client{"anything off the mesh", "off-mesh", From{OffMesh: true}, nil})
}

// otherIssuers are those that the ingress takes tokens of without writing the user header: what the client sends there stays, unless a
// policy stops it.
func (w *World) otherIssuers(s *space, header string) (out []client) {
	seen := map[string]bool{}
	for _, r := range w.ingressRules() {
		if slices.ContainsFunc(r.copies, func(c claimHeader) bool { return c.header == header }) || r.issuer == "" || seen[r.issuer] {
			continue
		}
		seen[r.issuer] = true
		jwt := &JWT{Issuer: r.issuer, Subject: "somebody", Audiences: r.audiences[:min(len(r.audiences), 1)]}
		out = append(out, client{"any token of " + r.issuer, "other issuer", From{JWT: jwt}, map[string]string{header: w.ownerOf(s)}})
	}
	return out
}

func kindOrder(kind string) int {
	return slices.Index([]string{"owner", "user", "token", "platform"}, kind)
}

// ownerOf is the first user that the namespace's policies let in: what a stranger would forge.
func (w *World) ownerOf(s *space) string {
	for _, p := range s.policies {
		for i := range p.rules {
			for _, c := range p.rules[i].when {
				if c.attribute == header && len(c.values) > 0 && !strings.Contains(c.values[0], "*") {
					return c.values[0]
				}
			}
		}
	}
	return "somebody"
}

// otherTenant is another namespace that has a waypoint of its own.
func (w *World) otherTenant(s *space) string {
	names := append([]string(nil), w.names...)
	sort.Strings(names)
	for _, n := range names {
		other := w.namespaces[n]
		if _, ok := other.labels.get("istio.io/use-waypoint"); ok && other != s && other.labels.value("istio.io/ingress-use-waypoint") != "" {
			return n
		}
	}
	return ""
}

func (w *World) ingressRules() []*jwtRule {
	rules, _ := w.gatewayJWT(w.allIngresses()[0])
	return rules
}

type clientList struct {
	w      *World
	s      *space
	roles  Roles
	header string
	seen   map[string]bool
	list   []client
}

func (l *clientList) add(c client) {
	if !l.seen[c.who] {
		l.seen[c.who] = true
		l.list = append(l.list, c)
	}
}

func (l *clientList) fromRule(p *policy, r *rule) {
	for _, c := range r.when {
		if c.attribute == header && c.key == l.header {
			for _, v := range c.values {
				l.user(p, v)
			}
		}
	}
	r.sources(func(c *condition, v string) {
		ns, account := v, strangerAccount
		switch c.attribute {
		case principal:
			id, ok := parsePrincipal(v)
			if !ok {
				return
			}
			ns, account = id.namespace, id.account
		case serviceAccount:
			var ok bool
			if ns, account, ok = strings.Cut(v, "/"); !ok {
				ns, account = p.namespace, v
			}
		}
		l.pod(c.attribute, ns, account, r)
	})
}

// user adds who comes with a header value: a Kubernetes account by its token, or a user; the annotation `owner` of the Namespace is not
// read, so whom the first rule names is the owner.
func (l *clientList) user(p *policy, v string) {
	if rest, ok := strings.CutPrefix(v, "system:serviceaccount:"); ok {
		ns, sa, ok := strings.Cut(rest, ":")
		if ok && !strings.Contains(rest, "*") {
			l.add(client{"token of " + join(ns, sa), "token", From{Token: join(ns, sa), Audience: l.audience()}, nil})
		}
		return
	}
	who, kind := "user "+v, "user"
	named := func(pattern string) bool { return matchPattern(pattern, p.name) }
	if slices.ContainsFunc(l.roles.Owner, named) {
		who, kind = who+" (owner)", "owner"
	} else if slices.ContainsFunc(l.roles.Contributor, named) {
		who += " (contributor)"
	}
	l.add(client{who, kind, From{User: strings.ReplaceAll(v, "*", "x")}, nil})
}

// audience is one that the rule for Kubernetes tokens takes.
func (l *clientList) audience() string {
	for _, r := range l.w.ingressRules() {
		if r.copy("sub") != "" && r.copy("email") == "" && len(r.audiences) > 0 {
			return r.audiences[0]
		}
	}
	return ""
}

// pod adds a platform component. The namespace's own pods are asked for anyway, a waypoint and the ingress are no clients.
func (l *clientList) pod(attr attribute, ns, account string, r *rule) {
	if ns == l.s.name || strings.Contains(ns+account, "*") {
		return
	}
	for _, g := range l.w.ingresses {
		if g.namespace == ns && g.account == account {
			return
		}
	}
	if g := l.w.look(ns).gateway(account); g != nil && g.waypoint || isIngressAccount(account) || l.w.namedFronts()[join(ns, account)] {
		return
	}
	who := "pod " + join(ns, account)
	if attr == namespaceOf {
		who = "pods of " + ns
	}
	sent := map[string]string{}
	for _, c := range r.when {
		if c.attribute == header && len(c.values) > 0 {
			sent[c.key] = strings.ReplaceAll(c.values[0], "*", "x")
		}
	}
	if len(sent) > 0 {
		who += " with " + l.header
	}
	l.add(client{who, "platform", From{ServiceAccount: join(ns, account)}, sent})
}
