package access

import (
	"slices"
	"strings"
)

const strangerAccount = "default-editor"

// stranger is the namespace of a tenant that nobody named.
const stranger = "another-tenant"

func newSelfCheck(w *World, tenants []Tenant) *selfCheck {
	a := &selfCheck{w: w, all: tenants, opened: map[*policy]bool{}, like: map[string]lookedUp{}, lockedOut: map[string]verdict3{}, likeWays: map[string]*watch{}, writers: map[string]bool{}, tenants: make(map[string]bool, len(tenants)), sorted: make([]string, 0, len(tenants))}
	for i := range tenants {
		a.copyOf = tenants[i].CopyOf // of all the same
		if ns := tenants[i].Namespace; !a.tenants[ns] {
			a.tenants[ns] = true
			a.sorted = append(a.sorted, ns)
		}
	}
	slices.Sort(a.sorted)
	a.ingress = w.ingressFor(tenants)
	if a.ingress.assumed == "" {
		a.front = w.atGateway(a.ingress)
	}
	return a
}

// ingressFor is the Gateway by which the tenants' users come: the one that they name, else the one that runs as they say, else the first.
// One that they name and that is not in the manifests is made up, because any other is a stranger's.
func (w *World) ingressFor(tenants []Tenant) *gateway {
	if len(w.ingresses) == 0 {
		return w.assumedIngress()
	}
	if len(tenants) == 0 {
		return w.ingresses[0]
	}
	t := &tenants[0]
	for _, g := range w.ingresses {
		if t.Gateway == g.id() {
			return g
		}
	}
	for _, g := range w.ingresses {
		if t.Gateway == "" && t.comesBy(g) {
			return g
		}
	}
	if t.Gateway == "" {
		return w.ingresses[0]
	}
	namespace, name, _ := strings.Cut(t.Gateway, "/")
	g := &gateway{
		origin: origin{kind: "Gateway", namespace: namespace, name: name}, class: "istio", account: name + "-istio",
		assumed: "Gateway " + t.Gateway, pod: gatewayPod(name, nil),
	}
	if id, ok := parsePrincipal(t.Ingress); ok && id.namespace == namespace {
		g.account = id.account
	}
	g.pod.assumed = true
	return g
}

func (t *Tenant) comesBy(g *gateway) bool {
	id, ok := parsePrincipal(t.Ingress)
	return ok && id.namespace == g.namespace && (g.account == id.account || g.byHand)
}

// ingressOf is who comes with the users: the tenant's word counts where the Gateway is not in the manifests or is deployed by hand, since
// then nothing there tells its account. The trust domain is the mesh's all the same.
func (a *selfCheck) ingressOf(t *Tenant) identity {
	id, ok := parsePrincipal(t.Ingress)
	if g := a.ingress; !ok || g.assumed == "" && !g.byHand && g.namespace == id.namespace {
		return a.w.identity(g.namespace, g.account)
	}
	return a.w.identity(id.namespace, id.account)
}

// suspectsL4 are the policies that seem to open the pods' own addresses to strangers.
func (a *selfCheck) suspectsL4(t *Tenant, s *space, b binding) (out []suspect) {
	allows, denied := a.allowL4, a.deniedL4
	for _, p := range s.policies {
		if !p.inZtunnel() {
			continue
		}
		if len(p.selector) == 0 {
			allows = allows || p.action == allow
			denied = denied || p.action == deny && a.stops(l4, p)
		}
	}
	switch {
	case denied:
		return nil
	case !allows:
		return []suspect{{on: l4, gateway: b.gateway}}
	}
	for _, p := range s.policies {
		if p.inZtunnel() && p.action == allow && !s.forWaypointsOnly(p) {
			out = a.suspect(out, l4, p, s.name, t)
		}
	}
	return out
}

func (p *policy) inZtunnel() bool {
	return len(p.targets) == 0 && p.action <= deny && !p.dryRun && p.bad == nil && (!p.selected || p.selector != nil)
}

// suspectsL7 are those that seem to open the waypoint.
func (a *selfCheck) suspectsL7(t *Tenant, s *space, g *gateway) (out []suspect) {
	allows := a.allowL7
	for _, p := range s.policies {
		if p.inWaypoint(g) {
			allows = allows || p.action == allow
			if p.action == deny && a.stops(l7, p) {
				return nil
			}
		}
	}
	if !allows {
		return []suspect{{on: l7, gateway: g}}
	}
	for _, p := range s.policies {
		if p.action == allow && (p.inWaypoint(g) || p.onService()) {
			out = a.suspect(out, l7, p, s.name, t)
		}
	}
	return out
}

// suspect adds a policy that seems to allow strangers.
func (a *selfCheck) suspect(out []suspect, on layer, p *policy, own string, t *Tenant) []suspect {
	if who, i := a.opens(on, p, own, t); who != "" {
		out = append(out, suspect{on: on, policy: p, rule: i, who: who})
	}
	return out
}

func (p *policy) inWaypoint(g *gateway) bool {
	return p.action <= deny && !p.dryRun && p.bad == nil && p.targetsGateway(p.namespace, g)
}

func (p *policy) onService() bool {
	if p.action > deny || p.dryRun || p.bad != nil {
		return false
	}
	for _, t := range p.targets {
		if t.kind == "Service" && (t.group == "" || t.group == "core") {
			return true
		}
	}
	return false
}

// stops reports whether a DENY policy stops a stranger whatever it asks for.
func (a *selfCheck) stops(on layer, p *policy) bool {
	at := freeAttributes(a.w.identity(stranger, strangerAccount))
	for i := range p.rules {
		if a.w.match(on, p, &p.rules[i], &at) == yes {
			return true
		}
	}
	return false
}

// opens names a client that does not belong to the namespace own and that an ALLOW policy admits, and the rule; "" if there is none. The
// client chooses path, method, host, port and headers, so a rule that depends on these counts as open.
func (a *selfCheck) opens(on layer, p *policy, own string, t *Tenant) (who string, index int) {
	if p.action != allow {
		return "", 0
	}
	for i := range p.rules {
		r := &p.rules[i]
		if !t.meant(on, r) {
			if who := a.podPasses(on, p, r, own); who != "" {
				return who, i
			}
		}
		if t == nil || on == l4 {
			continue
		}
		if who := a.userPasses(p, r, t); who != "" {
			return who, i
		}
	}
	return "", 0
}

// podPasses tries a pod of a tenant that nobody named, one of each tenant that the rule names, and at L4 a client off the mesh.
func (a *selfCheck) podPasses(on layer, p *policy, r *rule, own string) string {
	at := freeAttributes(a.w.identity(stranger, strangerAccount))
	if a.w.match(on, p, r, &at) != no {
		return "any pod in the mesh"
	}
	if on == l4 {
		at.peer = identity{}
		if a.w.match(on, p, r, &at) != no {
			return "clients off the mesh"
		}
	}
	who := ""
	r.sources(func(c *condition, v string) {
		if who != "" {
			return
		}
		if id, ok := a.named(c.attribute, v, own); ok {
			at.peer = id
			if a.w.match(on, p, r, &at) != no {
				who = "pods of " + id.namespace
			}
		}
	})
	return who
}

// named gives a client of another tenant that a source's value means, if it means one.
func (a *selfCheck) named(attr attribute, v, own string) (identity, bool) {
	ns, account := v, strangerAccount
	switch attr {
	case principal:
		_, rest, ok := strings.Cut(v, "/ns/")
		if !ok {
			return identity{}, false
		}
		var sa string
		if ns, sa, ok = strings.Cut(rest, "/sa/"); ok && !strings.Contains(sa, "*") {
			account = sa
		}
		ns = strings.TrimSuffix(ns, "/*")
	case serviceAccount:
		var ok bool
		if ns, account, ok = strings.Cut(v, "/"); !ok {
			return identity{}, false
		}
	}
	ns = a.tenantLike(ns, own)
	return a.w.identity(ns, account), ns != ""
}

// tenantLike finds a tenant other than own whose namespace fits a pattern: by look-up, or by search in the sorted names for a prefix.
// A suffix pattern is compared with no more than a few tenants, which is enough to notice that it means many.
func (a *selfCheck) tenantLike(pattern, own string) string {
	if !strings.Contains(pattern, "*") {
		if pattern != own && a.tenants[pattern] {
			return pattern
		}
		return ""
	}
	from, n := 0, 64
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		from, _ = slices.BinarySearch(a.sorted, prefix)
		n = 2
	}
	for _, ns := range a.sorted[from:min(len(a.sorted), from+n)] {
		if ns != own && matchPattern(pattern, ns) {
			return ns
		}
	}
	return ""
}

// sources calls f for every value that a rule asks of the client's identity.
func (r *rule) sources(f func(*condition, string)) {
	each := func(conditions []condition) {
		for i := range conditions {
			switch c := &conditions[i]; c.attribute {
			case principal, namespaceOf, serviceAccount:
				for _, v := range c.values {
					f(c, v)
				}
			}
		}
	}
	each(r.when)
	for _, e := range r.from {
		each(e)
	}
}
