package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// maxClaimed bounds how many kinds of namespaces are asked for a client who says itself which user it is. What the ingress Gateway does to the header is the same
// for all, unless its policies name a user.
const maxClaimed = 20

// claimedUsers reports, once, that the ingress Gateway passes on a user header that a client wrote, and that a waypoint takes the client for that user. Where the
// manifests do not say who logs users in, they do not say what becomes of the header either. Nor is it said where that depends on Istio's release.
func (a *selfCheck) claimedUsers(tenants []Tenant) {
	g := a.ingress
	if len(tenants) == 0 || g.assumed != "" {
		return
	}
	name := strings.ToLower(cmp.Or(tenants[0].Header, usualUserHeader))
	writes := anyWrites(a.loginRules(), name)
	if !writes && !slices.ContainsFunc(a.front, func(p *policy) bool { return p.action == custom }) || a.writesUser(g, name) {
		return
	}
	asked := map[string]bool{}
	for i := range tenants {
		t := &tenants[i]
		s, key := a.w.look(t.Namespace), a.likeness(t)
		if a.users = a.ingressOf(t); !s.declared || s.member(&plainPod) != captured || asked[key] || !a.knowsIngress() {
			continue
		}
		if asked[key] = true; len(asked) > maxClaimed {
			return
		}
		if e := a.claimedUser(t, s, name); e != nil {
			a.reportClaimed(g, s, name, writes, e)
			return
		}
	}
}

// claimedUser is a request that gets to a Service by a rule for the user whom the client says that it is.
func (a *selfCheck) claimedUser(t *Tenant, s *space, name string) *entrant {
	w := a.watch(t, s)
	w.guests, w.claimed = true, true
	for _, to := range a.sets().goals(s, "") {
		if to.to.Service == "" || to.tcp || to.to.Direct {
			continue
		}
		w.lookAt([]goal{to})
		var best *entrant // clients without a login before others
		for i := range w.entrants {
			e := &w.entrants[i]
			if e.policy != nil && !a.opened[e.policy] && e.on == l7 && e.policy.rules[e.rule].namesUsers(name) && (best == nil || e.rank() < best.rank()) {
				best = e
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

func (a *selfCheck) reportClaimed(g *gateway, s *space, name string, writes bool, e *entrant) {
	who := map[clientKind]string{aUser: "a user who logs in", aToken: "a client with a Kubernetes token", aJWT: "a client with a token of another login", anonymous: "a client without a login"}[e.kind]
	if e.request.Method == "OPTIONS" && writes {
		who += " sends with a CORS preflight"
	} else {
		who += " sends"
	}
	remedy := "attach an AuthorizationPolicy to this Gateway that denies requests with the header and without a token"
	if !writes {
		remedy = "have a RequestAuthentication for this Gateway write the header from the login's tokens (outputClaimToHeaders), and deny requests with the header and without a token"
	}
	a.report(diagnostic.UserHeaderTaken, g.origin, "passes on the header "+name+" that "+who,
		"the waypoint of namespace "+s.name+" takes the client for "+e.request.Headers[name]+" ("+ruleText(e.rule)+" of AuthorizationPolicy "+e.policy.id()+"), so any client can act as that user", remedy)
}
