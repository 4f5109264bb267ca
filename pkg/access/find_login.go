package access

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// refusedLogins reports RequestAuthentications that refuse the login's tokens at some Services. Those that refuse them everywhere lock the
// owner out, which is reported as such. Istio 1.31 merges all RequestAuthentications at a point (authn newPolicyApplier), so one that takes
// the login's tokens is enough.
func (a *selfCheck) refusedLogins(t *Tenant, s *space, b binding) {
	logins := slices.DeleteFunc(a.ownerTokens(t), func(tok *token) bool { return tok == nil || tok.dropped })
	if len(logins) == 0 {
		return
	}
	c := &loginCheck{w: a.w, logins: logins, shared: map[*gateway]*loginPoint{}, seen: map[refusedBy]int{}}
	if b.gateway != nil && s.ingressUsesWaypoint() {
		c.service(b.gateway, "", nil)
	}
	targeted := targetedServices(s)
	for _, svc := range s.services {
		c.behind(svc, targeted[svc.name])
		delete(targeted, svc.name)
	}
	for _, r := range s.authentications { // those for Services that are not in the manifests, in their order
		for _, t := range r.targets {
			if own := targeted[t.name]; own != nil {
				c.behind(plainService(s.name, t.name), own)
				delete(targeted, t.name)
			}
		}
	}
	for _, f := range c.found {
		a.found = append(a.found, f.finding())
	}
}

// loginCheck looks at the Services of one namespace, each once.
type loginCheck struct {
	w      *World
	logins []*token
	shared map[*gateway]*loginPoint
	found  []refusedLogin
	seen   map[refusedBy]int // the index in found
}

type refusedBy struct {
	by       *authentication
	waypoint *gateway // nil: at Services
	issuer   string
}

// refusedLogin is one finding. some: other logins get in.
type refusedLogin struct {
	refusedBy
	services []string
	some     bool
}

// loginPoint is what RequestAuthentications say of each login, by its index.
type loginPoint struct {
	takes   []bool
	refuses []*authentication
	unknown bool // one of them is malformed
}

func (c *loginCheck) point(authentications []*authentication) *loginPoint {
	p := &loginPoint{make([]bool, len(c.logins)), make([]*authentication, len(c.logins)), false}
	for _, r := range authentications {
		p.unknown = p.unknown || r.bad != nil
		for i, tok := range c.logins {
			for k := range r.rules {
				switch rule := &r.rules[k]; {
				case !rule.finds(tok):
				case rule.issuer == "" || rule.issuer == tok.issuer: // whether it takes the audience, nobody can say
					p.takes[i] = true
				case p.refuses[i] == nil:
					p.refuses[i] = r
				}
			}
		}
	}
	return p
}

// behind looks at a Service to which the ingress goes through a waypoint.
func (c *loginCheck) behind(svc *service, own []*authentication) {
	addressed := *svc
	addressed.headless = false // the ingress sends even a headless one to the waypoint
	if b := c.w.serviceWaypoint(&addressed); b.gateway != nil && c.w.ingressUsesWaypoint(svc) {
		c.service(b.gateway, svc.name, own)
	}
}

// service judges a Service by what is for all Services behind the waypoint and by its own.
func (c *loginCheck) service(g *gateway, name string, own []*authentication) {
	all := c.shared[g]
	if all == nil {
		all = c.point(c.w.forAllBehind(g))
		c.shared[g] = all
	}
	one := c.point(own)
	if all.unknown || one.unknown {
		return
	}
	some := false
	for i := range c.logins {
		some = some || all.takes[i] || one.takes[i] || all.refuses[i] == nil && one.refuses[i] == nil
	}
	for i, tok := range c.logins {
		switch {
		case all.takes[i] || one.takes[i]:
		case all.refuses[i] != nil:
			c.add(refusedBy{all.refuses[i], g, tok.issuer}, "", some)
		case one.refuses[i] != nil:
			c.add(refusedBy{one.refuses[i], nil, tok.issuer}, name, some)
		}
	}
}

func (c *loginCheck) add(r refusedBy, service string, some bool) {
	i, known := c.seen[r]
	if !known {
		i = len(c.found)
		c.seen[r] = i
		c.found = append(c.found, refusedLogin{refusedBy: r, some: true})
	}
	f := &c.found[i]
	f.some = f.some && some
	if n := len(f.services); service != "" && (n == 0 || f.services[n-1] != service) {
		f.services = append(f.services, service)
	}
}

func (f *refusedLogin) finding() Finding {
	at := "at Services " + listed(f.services)
	switch {
	case f.waypoint != nil:
		at = "at the waypoint " + f.waypoint.id()
	case len(f.services) == 1:
		at = "at Service " + f.services[0]
	}
	found := "rejects (401) the tokens of the login " + f.issuer + " " + at
	const effect, remedy = "the ingress forwards these tokens and no jwtRule there accepts them, so users of that login are denied", "add that issuer to its jwtRules, or turn on waypoint.verifyTokens"
	if f.some { // a login of another issuer gets in, so that this may be meant
		return f.by.finding(diagnostic.LoginRefusedInPart, "", f.by.place, found, effect, remedy+", if they need access")
	}
	return f.by.finding(diagnostic.LoginRefused, "", f.by.place, found, effect, remedy)
}

// forAllBehind are the RequestAuthentications for every Service behind a waypoint.
func (w *World) forAllBehind(g *gateway) (out []*authentication) {
	for _, ns := range w.gatewaySpaces(g, nil) {
		for _, r := range w.look(ns).authentications {
			if r.onWaypoint(w, r.namespace, g, nil) {
				out = append(out, r)
			}
		}
	}
	return out
}

// targetedServices are the RequestAuthentications of a namespace by the Services that they target.
func targetedServices(s *space) map[string][]*authentication {
	var out map[string][]*authentication
	for _, r := range s.authentications {
		for _, t := range r.targets {
			if t.kind == "Service" && (t.group == "" || t.group == "core") {
				if out == nil {
					out = map[string][]*authentication{}
				}
				out[t.name] = append(out[t.name], r)
			}
		}
	}
	return out
}
