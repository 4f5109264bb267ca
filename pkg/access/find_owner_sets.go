package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// ownerGetsIn reports whether some request of the owner, through the tenants' ingress, gets to a Service of the namespace: one that is there, or any that may
// come. What is not judged may get in. denied is the answer to the plainest request; maybe is that the manifests do
// not hold the ingress or the rule that knows the owner, or that the sets could not tell.
func (a *selfCheck) ownerGetsIn(t *Tenant, s *space) (in verdict3, denied Verdict) {
	if a.ingress.assumed != "" || !a.knowsIngress() || a.ownerTokens(t)[0] == nil {
		return maybe, denied
	}
	var services []string
	for _, name := range append([]string{anyService}, a.sets().serviceNames(s)...) {
		if svc := s.service(name); (svc == nil || !svc.headless) && !slices.Contains(services, name) {
			services = append(services, name)
		}
	}
	clients := a.ownerClients(t)
	for i, name := range services {
		for j, from := range clients {
			v := a.w.Decide(Request{From: from, To: To{Namespace: s.name, Service: name}})
			if i+j == 0 {
				denied = v
			}
			if got := a.byIngress(&v); got != no {
				return got, denied
			}
		}
	}
	key := a.likeness(t)
	if _, known := a.lockedOut[key]; !known {
		a.lockedOut[key] = a.ownerMayGetIn(s, services, clients)
	}
	return a.lockedOut[key], denied
}

// byIngress reports whether an answer is that the owner may get in. What gets in by another Gateway says nothing of the ingress.
func (a *selfCheck) byIngress(v *Verdict) verdict3 {
	switch {
	case v.Outcome == Deny || v.Outcome == NotJudged && v.moot:
		return no
	case slices.ContainsFunc(v.Steps, func(s Step) bool { return s.Point.Kind == AtGateway && s.Point != a.ingress.point() }):
		return maybe
	}
	return yes
}

// ownerMayGetIn looks at all requests of the owner.
func (a *selfCheck) ownerMayGetIn(s *space, services []string, clients []From) verdict3 {
	x, best := a.sets(), no
	pool := x.pool.About()
	for _, name := range services {
		for _, port := range x.aim(s, name).allPorts() {
			for _, from := range clients {
				q, own := ownerQuestion(To{Namespace: s.name, Service: name}, port, from)
				out := a.w.search(&q, pool, maxQuestions, func(r Request) (Verdict, *symbolic.Trace, bool) {
					o := &open{trace: &symbolic.Trace{}}
					for axis, text := range own {
						if !o.trace.At(axis, r.on(a.w, axis)).Is(text) {
							return Verdict{Outcome: Deny}, o.trace, true
						}
					}
					v := a.w.answer(r, o)
					best = max(best, a.byIngress(&v))
					return v, o.trace, best != yes
				})
				if out.failed != "" {
					best = max(best, maybe)
				}
				if best == yes {
					return yes
				}
			}
		}
	}
	return best
}

// ownerQuestion is about all requests of one kind of client, and what the owner's say on which axis. A token is for the audience that the ingress asks for.
func ownerQuestion(to To, port int, from From) (q inquiry, own map[string]string) {
	q, own = inquiry{to: to, port: port}, map[string]string{}
	audiences := from.Audiences
	switch {
	case from.User != "":
		q.kind, own[userAxis] = aUser, from.User
	case from.Token != "":
		ns, account, _ := splitAccount(from.Token)
		q.kind, own[tokenAxis] = aToken, accountPrefix+ns+":"+account
	default:
		q.kind, q.from, audiences = aJWT, From{JWT: &JWT{Issuer: from.JWT.Issuer}}, from.JWT.Audiences
		for name, v := range from.JWT.Claims {
			own[claimAxis+name], _ = v.(string)
		}
	}
	if len(audiences) > 0 {
		own[audienceAxis] = audiences[0]
	}
	return q, own
}

// ownerClients are the clients as which the owner may come: a session, and a token of each rule at the ingress that writes the user header.
func (a *selfCheck) ownerClients(t *Tenant) (out []From) {
	account, isAccount := strings.CutPrefix(t.Owner, accountPrefix)
	if !isAccount {
		out = append(out, From{User: t.Owner})
	}
	rules := a.loginRules()
	for _, r := range rules {
		for _, c := range r.copies {
			audiences := r.audiences[:min(len(r.audiences), 1)]
			switch {
			case c.header != strings.ToLower(cmp.Or(t.Header, usualUserHeader)) || (c.claim == "sub") != isAccount:
			case isAccount:
				out = append(out, From{Token: strings.Replace(account, ":", "/", 1), Audiences: audiences})
			case !strings.Contains(c.claim, "."):
				out = append(out, From{JWT: &JWT{Issuer: r.issuer, Subject: "somebody", Audiences: audiences, Claims: map[string]any{c.claim: t.Owner}}})
			}
		}
	}
	return out
}
