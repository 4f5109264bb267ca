package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// entrance is a gateway other than the tenants' ingress, and what its routes lead to in their namespaces.
type entrance struct {
	origin
	pods []*gateway // who it runs as
	ways []passage
}

// passage is one backend of a route.
type passage struct {
	from   origin
	to     backend
	rule   *routeRule // nil: any path leads there
	stream bool       // it carries connections and no requests
}

// entrances reports, once for each gateway, that it leads clients who belong to no tenant into the namespaces of tenants. The policies of
// these know users by what the ingress writes, and other gateways by their account only: a gateway in a tenant's namespace is one of its
// pods to them.
func (a *selfCheck) entrances(tenants []Tenant) {
	if len(tenants) == 0 {
		return
	}
	all := a.findEntrances()
	if len(all) == 0 {
		return
	}
	a.followWays(all)
	for _, e := range all {
		var hits []entry
		for _, g := range e.pods {
			if a.isIngress(g) {
				continue
			}
			hits = append(hits, a.enters(g, e.ways, &tenants[0])...)
		}
		if len(hits) > 0 {
			a.reportEntrance(e, hits)
		}
	}
}

// isIngress reports whether pods are those of the tenants' ingress, at which users are known.
func (a *selfCheck) isIngress(g *gateway) bool {
	return g == a.ingress || g.namespace == a.ingress.namespace && g.account == a.ingress.account && g.pod == a.ingress.pod
}

// findEntrances are the Gateways that serve clients from outside and the Istio Gateways, in their order.
func (a *selfCheck) findEntrances() (out []*entrance) {
	for _, g := range a.w.ingresses {
		if g != a.ingress {
			out = append(out, &entrance{origin: g.origin, pods: a.w.deployedAs(g)})
		}
	}
	for _, name := range a.w.names {
		for _, g := range a.w.namespaces[name].istioGateways {
			if a.w.serves(g) {
				out = append(out, &entrance{origin: g.origin, pods: a.w.podsOf(g)})
			}
		}
	}
	return out
}

// deployedAs are the pods of a Gateway: its own, or where it is deployed by hand those behind the Service that is its address (gateway
// extractGatewayServices).
func (w *World) deployedAs(g *gateway) []*gateway {
	if !g.byHand || g.address == "" {
		return []*gateway{g}
	}
	name, namespace := serviceOf(g.address, g.namespace)
	for _, k := range w.ingresses {
		if k.namespace == namespace && !k.byHand && name == k.name+"-"+k.class {
			return []*gateway{k}
		}
	}
	s := w.look(namespace)
	if svc := s.service(name); svc != nil && len(svc.selector) > 0 {
		return w.podsOf(&istioGateway{origin: origin{namespace: namespace, name: name}, selector: svc.selector})
	}
	return []*gateway{g}
}

// followWays files what routes lead to in tenants' namespaces at the entrances that serve them.
func (a *selfCheck) followWays(all []*entrance) {
	byKey := map[string]*entrance{}
	for _, e := range all {
		byKey[e.key()] = e
	}
	for _, name := range a.w.names {
		s := a.w.namespaces[name]
		for _, r := range s.routes {
			for _, key := range a.w.gatewaysServing(r, false) {
				e := byKey[key]
				for i := range r.rules {
					a.file(e, s.name, r, &r.rules[i], r.rules[i].backends, false)
				}
			}
		}
		for _, l := range s.leads {
			for _, key := range a.w.gatewaysServing(&l.route, l.stream) {
				a.fileLead(byKey[key], s.name, l)
			}
			for _, g := range l.gateways {
				a.fileLead(byKey[istioKey(g)], "", l)
			}
		}
	}
}

// fileLead adds the backends of a lead, each with the paths that lead there.
func (a *selfCheck) fileLead(e *entrance, namespace string, l *lead) {
	for i := range l.backends {
		a.file(e, namespace, &l.route, l.by(i), l.backends[i:i+1], l.stream)
	}
}

// file adds the backends in tenants' namespaces. namespace "": they need no ReferenceGrant.
func (a *selfCheck) file(e *entrance, namespace string, r *route, rule *routeRule, backends []backend, stream bool) {
	if e == nil {
		return
	}
	for _, b := range backends {
		if a.tenants[b.home()] && (namespace == "" || a.w.permits(r.origin, b)) {
			e.ways = append(e.ways, passage{r.origin, b, rule, stream})
		}
	}
}

// key tells entrances apart.
func (e *entrance) key() string {
	switch {
	case e.kind == "Ingress":
		return istioKey(ingressGateway(e.id()))
	case strings.HasPrefix(e.apiVersion, gatewayGroup):
		return e.id()
	}
	return istioKey(e.id())
}

func istioKey(id string) string { return "istio " + id }

// gatewaysServing are the Gateways that may serve a route, by its parents and by their ListenerSets.
func (w *World) gatewaysServing(r *route, stream bool) (out []string) {
	for _, p := range r.parents {
		key := join(p.namespace, p.name)
		if l := w.listenersOf[key]; l != nil && p.kind != "Gateway" {
			key = join(l.parentNamespace, l.parentName)
		}
		if w.mayServe(r, p, stream) != "" && !contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

// entry is one way that is open: by which rule, and to whom.
type entry struct {
	passage
	who    string
	policy *policy
	rule   int
	at     string
}

// enters are the ways by which clients of a gateway get in who belong to no tenant, the first one for each namespace.
func (a *selfCheck) enters(g *gateway, ways []passage, t *Tenant) (out []entry) {
	readers, connections := a.comers(g, t), a.connects(g, t)
	seen := map[string]bool{}
	for _, way := range ways {
		if seen[way.to.home()] {
			continue
		}
		comers := readers
		if way.stream {
			comers = connections
		}
		var e entry
		for i := 0; i < len(comers) && e.at == ""; i++ {
			e = a.passes(g, &comers[i], way)
		}
		if e = a.settle(g, way, e); e.at != "" {
			seen[way.to.home()] = true
			out = append(out, e)
		}
	}
	return out
}

// passes judges a client of a gateway where a way leads.
func (a *selfCheck) passes(g *gateway, c *comer, to passage) entry {
	e := entry{passage: to, who: c.who}
	s := a.w.look(to.to.home())
	peer := a.w.identity(g.namespace, g.account)
	if to.to.kind == "InferencePool" {
		for _, p := range s.pools {
			if p.name == to.to.name {
				a.passesZtunnel(&e, s, peer, &workload{name: p.name, labels: p.selector, account: "default", assumed: true}, p.port)
			}
		}
		return e
	}
	_, name := to.to.service()
	if name == "" {
		return e
	}
	svc := *a.w.serviceOrPlain(s.name, name)
	if svc.external {
		return e
	}
	headless := svc.headless
	svc.headless = false // a gateway sends even a headless one to the waypoint
	switch b := a.w.serviceWaypoint(&svc); {
	case b.gateway == nil || !a.w.ingressUsesWaypoint(&svc):
		for _, pod := range s.pods(&svc) {
			if a.passesZtunnel(&e, s, peer, pod, svc.target(to.to.port, pod)); e.at != "" {
				return e
			}
		}
	case headless: // which the waypoint cannot deliver
	default:
		a.passesWaypoint(&e, b.gateway, &svc, peer, c)
	}
	return e
}

// passesZtunnel judges a connection at pods. Pods outside of the mesh are reported as such.
func (a *selfCheck) passesZtunnel(e *entry, s *space, peer identity, pod *workload, port int) {
	if s.member(pod) != captured {
		return
	}
	at := freeAttributes(peer)
	at.tcp, at.port = true, port
	a.allowed(e, l4, a.w.atZtunnel(s.name, pod), &at, "ztunnel")
}

// passesWaypoint judges requests, or connections, at a waypoint.
func (a *selfCheck) passesWaypoint(e *entry, g *gateway, svc *service, peer identity, c *comer) {
	at := freeAttributes(peer)
	at.tcp = e.stream
	at.headers = headers{{c.header, c.user}}
	if rules, doubt := a.w.waypointJWT(g, svc); !e.stream && doubt == "" && len(rules) > 0 {
		if at.authenticate(rules, c.shown()).status != 0 {
			return
		}
	}
	a.allowed(e, l7, a.w.atWaypoint(g, svc), &at, "waypoint "+g.id())
}

// allowed finds the rule by which some request passes policies: what the client chooses counts as chosen so. Where no ALLOW policy applies,
// and where one is open to every pod, that is reported as such.
func (a *selfCheck) allowed(e *entry, on layer, policies []*policy, at *attributes, point string) {
	for _, p := range policies {
		if p.bad == nil && !p.dryRun && p.action == deny {
			if m, _ := a.w.matchPolicy(on, p, at); m == yes {
				return
			}
		}
	}
	for _, p := range policies {
		if p.bad != nil || p.dryRun || p.action != allow || a.opened[p] {
			continue
		}
		for i := range p.rules {
			if r := &p.rules[i]; a.w.match(on, p, r, at) != no && (on == l4 || e.stream || e.leadsBy(r)) {
				e.policy, e.rule, e.at = p, i, point
				return
			}
		}
	}
}

// leadsBy reports whether the route takes a path that the rule allows. What a route rewrites may become any path.
func (w *passage) leadsBy(r *rule) bool {
	if w.rule == nil || len(r.to) == 0 || slices.ContainsFunc(w.rule.filters, func(f routeFilter) bool { return f.prefix != nil || f.full != nil }) {
		return true
	}
	return slices.ContainsFunc(r.to, func(e []condition) bool {
		i := slices.IndexFunc(e, func(c condition) bool { return c.attribute == path && len(c.values) > 0 })
		return i < 0 || slices.ContainsFunc(e[i].values, func(v string) bool {
			return slices.ContainsFunc(w.rule.matches, func(m routeMatch) bool { return m.meets(v) })
		})
	})
}

// meets reports whether a match may take a path that a policy's pattern takes.
func (m *routeMatch) meets(pattern string) bool {
	before, _, open := strings.Cut(strings.ReplaceAll(pattern, "{", "*"), "*")
	switch {
	case m.kind == regexPath:
		return open || m.regex == nil || m.regex.MatchString(pattern)
	case m.kind == exactPath:
		return open && strings.HasPrefix(m.path, before) || m.path == before
	case m.path == "/" || m.path == before || strings.HasPrefix(before, m.path+"/"):
		return true
	}
	return open && strings.HasPrefix(m.path, before)
}

// reportEntrance reports a gateway, with the first of its ways in full.
func (a *selfCheck) reportEntrance(e *entrance, hits []entry) {
	first := hits[0]
	var namespaces []string
	for _, h := range hits {
		if ns := h.to.home(); !contains(namespaces, ns) {
			namespaces = append(namespaces, ns)
		}
	}
	target := "Service " + first.to.String()
	if first.to.kind == "InferencePool" {
		target = first.to.String()
	}
	found := "admits " + first.who + ", and " + first.from.String() + " routes them to " + target
	if e.kind == "Ingress" {
		found = "routes " + first.who + " to " + target
	}
	who := "every user"
	if first.who == anybody {
		who = "anyone"
	}
	a.report(diagnostic.GatewayOpen, e.origin, found,
		first.at+" allows them ("+ruleText(first.rule)+" of AuthorizationPolicy "+first.policy.id()+"), so "+who+" can reach Services of "+listedSome(namespaces),
		"route to these Services only through the ingress Gateway "+a.ingress.id()+", or attach a policy that allows only their users to this "+e.kind)
}

// listedSome names at most three.
func listedSome(names []string) string {
	if more := len(names) - 3; more > 0 {
		return strings.Join(names[:3], ", ") + " and " + portText(more) + " more"
	}
	return listed(names)
}

func ruleText(i int) string { return strings.TrimPrefix(ruleField(i), "spec.") }

// comer is a kind of client as it leaves a gateway.
type comer struct {
	who    string
	header string // the user header
	user   value  // and what it says
	token  *token // nil: none
}

const (
	anybody = "clients without a login"
	anyUser = "every user who logs in"
)

// shown is the token that is still on the request.
func (c *comer) shown() *token {
	if c.token != nil && c.token.dropped {
		return nil
	}
	return c.token
}

// comers are those whom a gateway admits and who belong to no tenant: without a token, with a user header that they chose or with none, and
// with a token of each issuer. Where an external authorizer decides, users pass who log in, and it may say who they are.
func (a *selfCheck) comers(g *gateway, t *Tenant) (out []comer) {
	name := strings.ToLower(cmp.Or(t.Header, usualUserHeader))
	rules, _ := a.w.gatewayJWT(g)
	policies := a.w.atGateway(g)
	for _, tok := range append([]*token{nil}, strangersTokens(rules, name)...) {
		for _, sent := range [2]value{{}, symbolic.In(some)} {
			at := freeAttributes(identity{})
			at.headers = headers{{name, sent}}
			if at.authenticate(rules, tok).status != 0 {
				continue
			}
			asks := a.w.judgeCustom(g.point(), policies, &at, false)
			if asks.outcome == Deny || a.w.judge(l7, g.point(), policies, &at).outcome == Deny {
				continue
			}
			c := comer{anybody, name, at.header(name), tok}
			if tok != nil {
				c.who = anyUser
			}
			if asks.outcome == NotJudged && tok == nil {
				c.who, c.user = anyUser, knownValue(somebodyElse)
			}
			out = append(out, c)
		}
	}
	return out
}

// connects is the client whose connection a gateway carries and does not read: nobody, unless its policies refuse all connections.
func (a *selfCheck) connects(g *gateway, t *Tenant) []comer {
	at := connection(identity{})
	if a.w.judge(l7, g.point(), a.w.atGateway(g), &at).outcome == Deny {
		return nil
	}
	return []comer{{who: anybody, header: strings.ToLower(cmp.Or(t.Header, usualUserHeader))}}
}

// somebodyElse is a user who belongs to no tenant.
const somebodyElse = "another-user@another.tenant"

// strangersTokens are tokens of another user, one for each rule.
func strangersTokens(rules []*jwtRule, header string) (out []*token) {
	for _, r := range rules {
		tok := &token{issuer: r.issuer, audiences: r.audiences[:min(len(r.audiences), 1)], anyAudience: len(r.audiences) == 0, dropped: !r.forward}
		tok.claims = claims{{"iss", knownValue(r.issuer)}}
		for _, c := range r.copies {
			if c.header == header {
				tok.claims = append(tok.claims, namedValue{strings.ReplaceAll(c.claim, ".", "\x00"), knownValue(somebodyElse)})
			}
		}
		if !tok.claims.hold("sub") {
			tok.claims = append(tok.claims, namedValue{"sub", symbolic.In(some)})
		}
		tok.claims = append(append(tok.claims, audienceClaim(tok.audiences)...), namedValue{"*", symbolic.In(perhaps)})
		if len(r.locations) > 0 {
			tok.at = r.locations[0]
		}
		out = append(out, tok)
	}
	return out
}
