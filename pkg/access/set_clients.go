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
	Dead       []DeadRule        `json:"dead,omitempty"`
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

	rules []string // that By names
	whole bool     // of all that it names it reaches everything
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
	x := newAsker(w)
	for _, name := range names {
		s := w.namespaces[name]
		if len(s.services)+len(s.policies)+len(s.notebooks)+len(x.routed[name]) == 0 {
			continue
		}
		r.Namespaces = append(r.Namespaces, x.explain(s, roles))
	}
	x.addFronts(&r)
	r.Dead = x.dead(&r)
	return r
}

func (x *asker) explain(s *space, roles Roles) NamespaceReport {
	out := NamespaceReport{Namespace: s.name, Mesh: x.w.describe(s)}
	aims, pods := x.aims(s), x.podAims(s)
	var all []*reach
	clients := x.clients(s, roles, aims, pods)
	for i := range clients {
		all = append(all, x.reaches(s, &clients[i], aims, pods))
	}
	saidOfAll(all)
	for _, r := range all {
		out.Access = append(out.Access, r.access(len(pods))...)
	}
	// Where the same holds for all there is one thing to say.
	for _, a := range out.Access {
		if first := out.Access[0]; a.By != first.By || a.Outcome != first.Outcome || first.Outcome == Deny.String() || a.Outcome == Allow.String() && !a.whole {
			return out
		}
	}
	if len(out.Access) > 0 {
		out.Access[0].Who, out.Access[0].Kind, out.Access[0].Reaches = "anyone", "anyone", s.openTo(out.Access[0].Outcome)
		out.Access = out.Access[:1]
	}
	return out
}

// openTo says what anyone reaches of a namespace where the same holds for everybody.
func (s *space) openTo(outcome string) string {
	member, _ := s.partOf(&plainPod)
	switch {
	case outcome == Allow.String() && member == outside:
		return "all of it: not in the mesh"
	case outcome == Allow.String() && member == sidecar:
		return "all of it: sidecars that allow all"
	case outcome == Allow.String():
		return "everything"
	case !s.declared:
		return "NOT JUDGED: not declared"
	case member == sidecar:
		return "NOT JUDGED: sidecars"
	}
	return "NOT JUDGED"
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
	owns      map[string]bool   // headers that say who it is
	proxy     bool              // a gateway or waypoint, which connects to pods
}

// clients are those that the policies name (header values, principals, namespaces, accounts) and those that are always there.
func (x *asker) clients(s *space, roles Roles, aims []*aim, pods []podAim) []client {
	w := x.w
	c := &clientList{w: w, s: s, roles: roles, header: w.userHeader(w.ingressRules()), seen: map[string]bool{}, accounts: map[string]bool{}}
	for _, p := range policiesAt(s, aims, pods) {
		for i := range p.rules {
			c.fromRule(p, &p.rules[i])
		}
	}
	c.proxies(aims)
	sort.SliceStable(c.list, func(i, j int) bool { return kindOrder(c.list[i].kind) < kindOrder(c.list[j].kind) })
	own := map[string]bool{c.header: true}
	forged := map[string]string{c.header: w.ownerOf(s)}
	out := append([]client(nil), c.list...)
	out = append(out,
		client{who: "any other user", kind: "other user", from: From{User: "another-user@another.tenant"}, owns: own},
		client{who: "anonymous, through the ingress", kind: "anonymous", from: From{Anonymous: true}, header: forged})
	out = append(out, w.otherIssuers(s, c.header)...)
	out = append(out,
		client{who: "pods of the namespace", kind: "same namespace", from: From{ServiceAccount: join(s.name, c.ownAccount())}})
	if other := w.otherTenant(s); other != "" {
		out = append(out, client{who: "pods of other tenants", kind: "other tenants", from: From{ServiceAccount: join(other, strangerAccount)}, header: forged})
	}
	return append(out,
		client{who: "any pod in the mesh", kind: "anyone in the mesh", from: From{ServiceAccount: join(stranger, strangerAccount)}, header: forged},
		client{who: "anything off the mesh", kind: "off-mesh", from: From{OffMesh: true}})
}

// policiesAt are the ALLOW policies that hold somewhere in a namespace, its own first.
func policiesAt(s *space, aims []*aim, pods []podAim) (out []*policy) {
	seen := map[*policy]bool{}
	add := func(l []*policy) {
		for _, p := range l {
			if p.action == allow && !seen[p] {
				seen[p] = true
				out = append(out, p)
			}
		}
	}
	add(s.policies)
	for _, a := range aims {
		add(a.policies)
	}
	for i := range pods {
		add(pods[i].policies)
	}
	return out
}

// ownAccount is one of the namespace's that no rule names.
func (l *clientList) ownAccount() string {
	for _, a := range l.s.accounts {
		if !l.accounts[a] {
			return a
		}
	}
	for _, a := range [2]string{"default", strangerAccount} {
		if !l.accounts[a] {
			return a
		}
	}
	return "another-account"
}

type clientList struct {
	w        *World
	s        *space
	roles    Roles
	header   string
	seen     map[string]bool
	accounts map[string]bool // of the namespace, that rules name
	list     []client
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
		ns, account, ok := l.w.clientLike(c.attribute, v, p.namespace)
		if ok {
			l.pod(c.attribute, v, ns, account, r)
		}
	})
}

// user adds who comes with a header value: a Kubernetes account by its token, or a user; the annotation `owner` of the Namespace is not
// read, so whom the first rule names is the owner.
func (l *clientList) user(p *policy, v string) {
	if rest, ok := strings.CutPrefix(v, "system:serviceaccount:"); ok {
		ns, sa, ok := strings.Cut(rest, ":")
		if ok && !strings.Contains(rest, "*") {
			l.add(client{who: "token of " + join(ns, sa), kind: "token", from: From{Token: join(ns, sa), Audience: l.audience()}, owns: map[string]bool{l.header: true}})
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
	l.add(client{who: who, kind: kind, from: From{User: strings.ReplaceAll(v, "*", "x")}, owns: map[string]bool{l.header: true}})
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

// pod adds a platform component, or one account of the namespace: its pods as such are asked for anyway. A waypoint and the ingress are proxies.
func (l *clientList) pod(attr attribute, v, ns, account string, r *rule) {
	if ns == l.s.name && attr == namespaceOf {
		return
	}
	for _, g := range l.w.ingresses {
		if g.namespace == ns && g.account == account {
			return
		}
	}
	if g := l.w.look(ns).gateway(account); g != nil && g.waypoint || isIngressAccount(account) || l.w.namedFronts()[join(ns, account)] {
		l.proxy("gateway ", ns, account)
		return
	}
	if ns == l.s.name {
		l.accounts[account] = true
	}
	who := "pod " + join(ns, account)
	switch {
	case strings.Contains(v, "*"):
		who = "pods of " + v
	case attr == namespaceOf:
		who = "pods of " + ns
	}
	c := client{who: who, kind: "platform", from: From{ServiceAccount: join(ns, account)}}
	for _, when := range r.when {
		if when.attribute == header && when.key == l.header && len(when.values) > 0 {
			c.who += " with " + l.header
			c.header = map[string]string{when.key: strings.ReplaceAll(when.values[0], "*", "x")}
			c.owns = map[string]bool{when.key: true}
		}
	}
	l.add(c)
}
