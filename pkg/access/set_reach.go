package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// asker asks what clients reach. It knows what is the same for all namespaces.
type asker struct {
	w               *World
	gatewayPolicies []*policy
	fronts          []opening // of the ingress Gateways' ALLOW policies, where they have some
	gateways        []identity
	routed          map[string][]string
	rules           map[string]*policy // in force, by name
	covered         map[string][]covered
	unsettled       map[string]string // rules of points that are not judged, and why
	stopped         map[string]string // rules whose requests something else stops, and what
	passed          map[string]bool   // rules of gateways that let requests in
	pool            *symbolic.Pool
	asks            map[string]bool // and that ask for something
	shared          []string        // accounts of Gateways outside of user namespaces
	askedProxies    bool
}

func newAsker(w *World) *asker {
	x := &asker{w: w, pool: symbolic.NewPool(), routed: w.routedServices(), covered: map[string][]covered{}, unsettled: map[string]string{}, stopped: map[string]string{}, passed: map[string]bool{}, asks: map[string]bool{}, rules: map[string]*policy{}}
	for _, g := range w.allIngresses() {
		x.gateways = append(x.gateways, w.identity(g.namespace, g.account))
		for _, p := range w.atGateway(g) {
			if !slices.Contains(x.gatewayPolicies, p) {
				x.gatewayPolicies = append(x.gatewayPolicies, p)
			}
		}
	}
	for _, o := range openingsOf(x.gatewayPolicies) {
		if o.policy != nil {
			x.fronts = append(x.fronts, o)
			x.asks[o.key()] = x.asks[o.key()] || len(o.asks) > 0
		}
	}
	for _, name := range w.names {
		for _, p := range w.namespaces[name].policies {
			if x.rules[p.id()] == nil {
				x.rules[p.id()] = p
			}
		}
	}
	return x
}

// policyOf is the policy that a step at an aim, at a gateway or at ztunnel names.
func (x *asker) policyOf(to *aim, id string) *policy {
	for _, l := range [2][]*policy{to.policies, x.gatewayPolicies} {
		for _, p := range l {
			if p.id() == id {
				return p
			}
		}
	}
	return x.rules[id]
}

// reach collects what one client reaches.
type reach struct {
	x      *asker
	s      *space
	c      *client
	items  []item
	denied string
	all    int // Services by a name of their own
}

// item is that a client reaches one Service, or one kind of pods, in the words of a rule; none: the whole of it.
type item struct {
	outcome Outcome
	by      string
	rules   []string
	name    string
	label   string
	text    string
	pods    bool
	assumed bool // pods that only a policy speaks of
	noRoute bool
}

func (r *reach) add(v Verdict, i item) {
	i.outcome, i.by = v.Outcome, shortBy(v, r.s.name, r.x.asks)
	i.rules = v.rules()
	for _, f := range v.fronts() {
		r.x.passed[ruleKey(f.Policy, f.Rule)] = true
	}
	i.noRoute = r.c.from.ingress() && v.Outcome == Allow && v.noRoute
	if v.Outcome == Deny {
		r.denied = cmp.Or(r.denied, i.by)
		return
	}
	r.items = append(r.items, i)
}

// rules are those that the answer names.
func (v *Verdict) rules() (out []string) {
	if v.Policy != "" && v.Rule >= 0 {
		out = append(out, ruleKey(v.Policy, v.Rule))
	}
	for _, s := range v.fronts() {
		out = append(out, ruleKey(s.Policy, s.Rule))
	}
	return out
}

// fronts are the ALLOW rules of gateways that let the request in.
func (v *Verdict) fronts() (out []Step) {
	for _, s := range v.Steps {
		if s.Point.Kind == AtGateway && s.Policy != "" && s.Rule >= 0 && v.Outcome == Allow && (s.Policy != v.Policy || s.Rule != v.Rule) {
			out = append(out, s)
		}
	}
	return out
}

// reaches asks for every Service as such, then for what the rules before it take, and for pods by their addresses.
func (x *asker) reaches(s *space, c *client, aims []*aim, pods []podAim) *reach {
	r := &reach{x: x, s: s, c: c}
	var usual *ruling
	for _, to := range aims {
		if c.proxy {
			break
		}
		if to.svc == nil || !to.svc.headless {
			r.all++
		}
		v := x.w.Decide(Request{From: c.from, To: to.to, Headers: c.header, Host: x.ownHost(c, to)})
		got := ruling{outcome: v.Outcome, Step: v.Step}
		like := usual != nil && to.assumed && got == *usual // nothing is special about it
		if to.name == anyService {
			usual = &got
		}
		r.ask(to, v, like)
	}
	for i := range pods {
		r.podAddresses(&pods[i])
	}
	return r
}

// ownHost: a pod's request has the host that it calls, which matters where policies compare hosts.
func (x *asker) ownHost(c *client, to *aim) string {
	if !c.from.ingress() && to.comparesHosts(x) {
		return to.host()
	}
	return ""
}

// ask looks for what a client reaches of one aim, of which v is the answer for an ordinary request.
func (r *reach) ask(to *aim, v Verdict, like bool) {
	narrow := v.Outcome == Allow && r.narrow(to, v)
	whole := item{name: to.name, label: to.label}
	if v.Outcome == Allow && !narrow {
		if !like {
			r.add(v, whole)
		}
		r.cover(to, v)
		return
	}
	var hits []found
	if r.c.meets(to) && (!to.pooled || !r.c.from.ingress()) && (v.Outcome != NotJudged || v.Policy != "" || v.Point.Kind == AtRoute) {
		hits = r.openings(to, v)
	}
	allowed := slices.ContainsFunc(hits, func(f found) bool { return f.verdict.Outcome == Allow })
	switch {
	case narrow && !allowed:
		whole.text = "some requests"
		r.add(v, whole)
	case v.Outcome == NotJudged && allowed && v.lacks == host:
	case v.Outcome == NotJudged && like:
	case !narrow:
		r.add(v, whole)
	}
	if v.Outcome == NotJudged {
		r.x.doubt(to.openings, v)
		if v.Point.Kind == AtGateway {
			r.x.doubt(r.x.fronts, v)
		}
	}
	for _, f := range hits {
		r.add(f.verdict, item{name: to.name, label: to.label, text: strings.TrimSpace(f.text + " " + f.note)})
	}
}

// meets: a client outside the mesh passes a waypoint by.
func (c *client) meets(to *aim) bool { return !c.from.OffMesh && !c.proxy && len(to.openings) > 0 }

// openings tries what the rules before an aim take. v is the answer for an ordinary request.
func (r *reach) openings(to *aim, v Verdict) (out []found) {
	for i := range to.openings {
		o := to.openings[i]
		if !o.takes(r.x.w, r.c.peers(r.x)) {
			continue
		}
		fronts := []*opening{nil}
		if r.c.from.ingress() && len(r.x.fronts) > 0 {
			fronts = nil
			for j := range r.x.fronts {
				fronts = append(fronts, &r.x.fronts[j])
			}
		}
		for _, front := range fronts {
			o.front = front
			f, hit := r.x.search(&o, r.c, to)
			switch {
			case !hit:
			case f.verdict.Outcome == NotJudged && v.Outcome == NotJudged:
			default:
				if !f.narrow && v.Outcome != Allow {
					f.note = "in part, such as " + f.such
				}
				if !slices.ContainsFunc(out, func(g found) bool { return g.same(&f) }) {
					out = append(out, f)
				}
			}
		}
	}
	return out
}

func (f *found) same(g *found) bool {
	return f.text == g.text && f.note == g.note && f.verdict.Outcome == g.verdict.Outcome && slices.Equal(f.verdict.rules(), g.verdict.rules())
}

// peers are the identities that a client has at a waypoint.
func (c *client) peers(x *asker) []identity {
	if c.from.ingress() {
		return x.gateways
	}
	ns, account, _ := splitAccount(c.from.ServiceAccount)
	return []identity{x.w.identity(ns, account)}
}

// narrow reports whether the rules that let an ordinary request in ask for more than the client itself.
func (r *reach) narrow(to *aim, v Verdict) bool {
	for _, s := range v.Steps {
		if s.Policy == "" || s.Rule < 0 || s.Point.Kind != AtWaypoint && s.Point.Kind != AtGateway {
			continue
		}
		if p := r.x.policyOf(to, s.Policy); p != nil && s.Rule < len(p.rules) && p.action == allow && p.rules[s.Rule].narrowFor(r.c) {
			return true
		}
	}
	return false
}

func (r *rule) narrowFor(c *client) bool {
	if len(r.to) > 0 {
		return true
	}
	for _, l := range append([][]condition{r.when}, r.from...) {
		for i := range l {
			switch k := &l[i]; {
			case k.attribute <= trustDomain, k.attribute == header && c.owns[k.key], k.attribute == audience && c.from.ingress(),
				k.attribute == requestPrincipal && c.from.ingress() && contains(k.values, "*"):
			default:
				return true
			}
		}
	}
	return false
}

// cover notes for which rules a client needs no line, because another rule lets it reach all.
func (r *reach) cover(to *aim, v Verdict) {
	for i := range to.openings {
		o := &to.openings[i]
		if o.policy == nil || contains(v.rules(), o.key()) || !o.takes(r.x.w, r.c.peers(r.x)) {
			continue
		}
		r.x.cover(o, v, func() bool {
			f, hit := r.x.search(o, r.c, to)
			return hit && f.verdict.Outcome == Allow
		})
	}
}
