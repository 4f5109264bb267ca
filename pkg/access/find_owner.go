package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// ownerLockedOut reports an owner who gets to no Service through the ingress, whatever the request. refused: no login's token is accepted anywhere.
func (a *selfCheck) ownerLockedOut(t *Tenant, s *space, b binding) (refused bool) {
	if t.Owner == "" || b.doubt != "" {
		return false
	}
	through := b.gateway != nil && s.ingressUsesWaypoint()
	in, denied := a.ownerGetsIn(t, s)
	if in == yes {
		return false
	}
	out, shown, stopped := a.ownerStopped(t, s, b.gateway, through)
	switch {
	case !stopped && in == maybe:
		return false
	case !stopped:
		out = ruling{outcome: Deny, Step: denied.Step}
	}
	a.report(diagnostic.OwnerLockedOut, s.origin(), "denies its owner "+t.Owner+" at "+out.Point.String()+" ("+out.because()+")", "the owner is locked out",
		a.ownerRemedy(t, s, b.gateway, through, shown, out))
	return out.Policy == ""
}

// ownerStopped reports whether the policies stop the owner, whatever the path, and at which point the first of the owner's tokens is.
func (a *selfCheck) ownerStopped(t *Tenant, s *space, g *gateway, through bool) (out ruling, shown *token, stopped bool) {
	for i, tok := range a.ownerTokens(t) {
		for j, svc := range a.w.verified(s, g) {
			r := a.ownerArrives(t, s, g, through, svc, tok)
			if r.outcome != Deny {
				return r, nil, false
			}
			if i+j == 0 {
				out, shown = r, tok
			}
		}
	}
	return out, shown, true
}

// ownerArrives goes the owner's way: the ingress, the waypoint, ztunnel. tok is the owner's token as it leaves the ingress, nil where nobody
// knows its issuer.
func (a *selfCheck) ownerArrives(t *Tenant, s *space, g *gateway, through bool, svc *service, tok *token) ruling {
	at := freeAttributes(a.users)
	at.headers = headers{{strings.ToLower(cmp.Or(t.Header, usualUserHeader)), knownValue(t.Owner)}}
	out := ruling{outcome: Allow}
	if len(a.front) > 0 {
		first := at
		first.peer, first.claims = identity{}, ownerClaims
		if tok != nil {
			first.claims = tok.claims
		}
		out = a.w.judge(l7, a.ingress.point(), a.front, &first)
	}
	if out.outcome != Deny && through {
		point := g.point()
		if out = a.ownerVerified(g, svc, tok, &at); out.outcome != Deny {
			out = a.w.judge(l7, point, a.w.atWaypoint(g, svc), &at)
		}
		at.peer = a.w.identity(g.namespace, g.account)
	}
	if out.outcome != Deny {
		at.tcp = true
		out = a.w.judge(l4, Point{Kind: AtZtunnel}, a.w.atZtunnel(s.name, &plainPod), &at)
	}
	return out
}

// ownerVerified has the waypoint verify the owner's token, where it verifies any.
func (a *selfCheck) ownerVerified(g *gateway, svc *service, tok *token, at *attributes) ruling {
	rules, doubt := a.w.waypointJWT(g, svc)
	switch {
	case doubt != "" || len(rules) == 0:
		return ruling{outcome: Allow}
	case tok == nil:
		at.claims = ownerClaims
	case tok.dropped:
		tok = nil
		fallthrough
	default:
		if refused := at.authenticate(rules, tok); refused.status != 0 {
			return refused.ruling(g.point())
		}
	}
	return ruling{outcome: Allow}
}

// loginRules are the rules for tokens at the ingress.
func (a *selfCheck) loginRules() []*jwtRule {
	if !a.read {
		a.read = true
		a.logins, _ = a.w.gatewayJWT(a.ingress)
	}
	return a.logins
}

// ownerTokens are the tokens that may bring the owner, one for each rule at the ingress that writes the user header: of the claim sub where
// the owner is a service account, else of any other. Without such a rule one of an unknown issuer, nil.
func (a *selfCheck) ownerTokens(t *Tenant) (out []*token) {
	rules := a.loginRules()
	for _, r := range rules {
		for _, c := range r.copies {
			if c.header != strings.ToLower(cmp.Or(t.Header, usualUserHeader)) || (c.claim == "sub") != strings.HasPrefix(t.Owner, "system:serviceaccount:") {
				continue
			}
			tok := &token{issuer: r.issuer, audiences: r.audiences[:min(len(r.audiences), 1)], anyAudience: len(r.audiences) == 0}
			tok.claims = claims{{"iss", knownValue(r.issuer)}, {strings.ReplaceAll(c.claim, ".", "\x00"), knownValue(t.Owner)}}
			if c.claim != "sub" {
				tok.claims = append(tok.claims, namedValue{"sub", symbolic.In(some)})
			}
			tok.claims = append(append(tok.claims, audienceClaim(tok.audiences)...), namedValue{"*", symbolic.In(perhaps)})
			tok.dropped, tok.of = !r.forward, r
			tok.at, tok.in = r.firstPlace()
			out = append(out, tok)
		}
	}
	if len(out) == 0 {
		return []*token{nil}
	}
	return out
}

// verified are the Services to ask for: any of the namespace, and those that a RequestAuthentication of its own names.
func (w *World) verified(s *space, g *gateway) []*service {
	out := []*service{nil}
	if g == nil {
		return out
	}
	for _, a := range s.authentications {
		for _, t := range a.targets {
			if t.kind == "Service" && !slices.ContainsFunc(out, func(svc *service) bool { return svc != nil && svc.name == t.name }) {
				out = append(out, w.serviceOrPlain(s.name, t.name))
			}
		}
	}
	return out
}

// ownerClaims: a session whose claims nobody knows in full.
var ownerClaims = claims{{"iss", symbolic.In(some)}, {"sub", symbolic.In(some)}, {"*", symbolic.In(perhaps)}}
