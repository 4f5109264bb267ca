package access

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// suspect is something that seems to admit strangers: a rule of a policy, or the absence of a policy in front of the pods or the waypoint.
type suspect struct {
	on      layer
	policy  *policy // nil: there is none
	rule    int
	who     string
	gateway *gateway // without a policy: the waypoint, nil for none
}

// strangers reports who gets into a namespace and does not belong to it. Unless that is plainly nobody, the sets decide: a rule that seems open may admit nobody,
// and one that seems closed may admit someone. What they cannot judge stays a suspect.
func (a *selfCheck) strangers(t *Tenant, s *space, b binding) {
	pods, users := a.shut(t, s)
	if pods && users {
		return
	}
	key := a.likeness(t)
	if like := a.like[key]; like.s != nil && like.pods == pods && like.users == users {
		for _, x := range like.found {
			x.in(like.s, s)
			a.reportOpen(s, &x)
		}
		return
	}
	suspects := a.suspectsL4(t, s, b)
	if b.gateway != nil {
		suspects = append(suspects, a.suspectsL7(t, s, b.gateway)...)
	}
	w := a.watch(t, s)
	w.pods, w.guests = !pods, !users
	w.look()
	w.doubts = w.doubts || !a.knowsIngress()
	if len(suspects) > 0 && suspects[0].policy == nil && suspects[0].on == l4 && len(s.workloads) > 0 {
		w.lookAtNewPod()
	}
	w.favorUnnamed(append(suspects[:len(suspects):len(suspects)], a.rootSuspects...))
	a.asked, a.doubts, a.perhaps = true, a.doubts || w.doubts, append(a.perhaps, w.perhaps...)
	a.openRootBy(w)
	found := w.found(suspects)
	a.like[key] = lookedUp{s, pods, users, found}
	for _, x := range found {
		a.reportOpen(s, &x)
	}
}

// lookedUp is what was found in a namespace, of whose users and pods the sets were asked for those that it is not shut to.
type lookedUp struct {
	s           *space
	pods, users bool
	found       []suspect
}

// likeness is the same for tenants whose namespaces are alike, and of whom the configuration says the same.
func (a *selfCheck) likeness(t *Tenant) string {
	if a.classes == nil {
		a.classes = map[string]string{}
		extra := []string{stranger, somebodyElse}
		for _, s := range t.Scrapers {
			extra = append(extra, s.Principal)
		}
		for _, class := range a.w.alike(append(extra, t.OpenPaths...)...) {
			for _, ns := range class {
				a.classes[ns] = class[0]
			}
		}
	}
	class, ok := a.classes[t.Namespace]
	if !ok {
		class = t.Namespace
	}
	return fmt.Sprintf("%q %t %q %q %q %q %v", class, t.Owner != "", t.Header, t.Gateway, t.Ingress, t.OpenPaths, t.Scrapers)
}

// in has a suspect be the one of another namespace that is alike.
func (x *suspect) in(of, s *space) {
	if i := slices.Index(of.policies, x.policy); i >= 0 {
		x.policy = s.policies[i]
	}
	if i := slices.Index(of.gateways, x.gateway); i >= 0 {
		x.gateway = s.gateways[i]
	}
}

// knowsIngress reports whether the sets ask for what comes through the tenants' ingress, with the account that it has.
func (a *selfCheck) knowsIngress() bool {
	return slices.ContainsFunc(a.w.allIngresses(), func(g *gateway) bool {
		return a.isIngress(g) && a.w.identity(g.namespace, g.account).sameAs(a.users)
	})
}

// favorUnnamed has the sets name the rules that seem open, where others allow the same.
func (w *watch) favorUnnamed(suspects []suspect) {
	for {
		var left []*rule
		for i := range suspects {
			if x := &suspects[i]; x.policy != nil && !w.said(x.policy) {
				left = append(left, &x.policy.rules[x.rule])
			}
		}
		if len(left) == 0 || len(w.entrants) == 0 || slices.Equal(left, w.favor) {
			return
		}
		w.favor = left
		w.look()
	}
}

func (w *watch) said(p *policy) bool {
	return slices.ContainsFunc(w.entrants, func(e entrant) bool { return e.policy == p })
}

// found are the suspects that let strangers in, and what else does.
func (w *watch) found(suspects []suspect) (out []suspect) {
	for _, x := range suspects {
		by := w.by(x.policy, x.on)
		switch {
		case by == nil && !w.doubts && !slices.Contains(w.perhaps, x.policy):
			continue
		case by != nil && by.policy != nil && (!w.doubts || by.rule <= x.rule):
			x.rule, x.who = by.rule, w.who(by)
		}
		out = append(out, x)
	}
	for i := range w.entrants {
		e := &w.entrants[i]
		root := e.policy != nil && e.policy.namespace != w.s.name
		if root || slices.ContainsFunc(out, func(x suspect) bool {
			return x.policy == e.policy && (x.policy != nil || x.on == e.on && x.gateway == e.gateway)
		}) {
			continue
		}
		if by := w.by(e.policy, e.on); e.policy != nil {
			out = append(out, suspect{e.on, e.policy, by.rule, w.who(by), nil})
		} else {
			out = append(out, suspect{on: e.on, gateway: e.gateway})
		}
	}
	return out
}

// by is who gets in by a policy, or for want of one: by its first rule, and pods before users.
func (w *watch) by(p *policy, on layer) (best *entrant) {
	for i := range w.entrants {
		e := &w.entrants[i]
		if e.policy == p && (p != nil || e.on == on) && (best == nil || e.rule < best.rule || e.rule == best.rule && e.rank() < best.rank()) {
			best = e
		}
	}
	return best
}

// reportOpen reports what lets strangers into a namespace.
func (a *selfCheck) reportOpen(s *space, x *suspect) {
	switch {
	case x.policy == nil && x.on == l4:
		effect := "any pod can connect to its pods by their IPs, past the waypoint"
		if x.gateway == nil {
			effect = "any pod can connect to all of its pods and Services"
		}
		a.report(diagnostic.PodsUnprotected, s.origin(), "has no ALLOW policy without targetRefs that is for all of its pods", effect,
			"add one that allows only the waypoint")
	case x.policy == nil:
		a.report(diagnostic.WaypointUnprotected, x.gateway.origin, "has no ALLOW policy attached to it", "it allows every request, so other tenants can reach the Services of "+s.name,
			"attach the owner's policy by targetRefs")
	default:
		through, what := "", "pods"
		if x.on == l7 {
			through, what = " through the waypoint", "Services"
		}
		a.opened[x.policy] = true
		a.reportRule(diagnostic.StrangersAllowed, x.policy, x.rule, "allows "+strings.TrimSuffix(x.who+through, ","), "the "+what+" of "+s.name+" are open to other tenants",
			"narrow its sources, or delete the policy")
	}
}

// openRootBy reports the policies of the root namespace by which strangers get into a namespace, each once.
func (a *selfCheck) openRootBy(w *watch) {
	for i := range w.entrants {
		e := &w.entrants[i]
		if p := e.policy; p != nil && p.namespace == a.w.mesh.rootNamespace && p.namespace != w.s.name && !a.opened[p] {
			by := w.by(p, e.on)
			a.reportRoot(&suspect{on: e.on, policy: p, rule: by.rule, who: w.who(by)})
		}
	}
}

// openRoot reports those that seem open, where the sets were not asked or could not tell.
func (a *selfCheck) openRoot() {
	for i := range a.rootSuspects {
		if x := &a.rootSuspects[i]; !a.opened[x.policy] && (!a.asked || a.doubts || slices.Contains(a.perhaps, x.policy)) {
			a.reportRoot(x)
		}
	}
}

func (a *selfCheck) reportRoot(x *suspect) {
	a.opened[x.policy] = true
	if x.on == l4 {
		a.reportRule(diagnostic.StrangersAllowed, x.policy, x.rule, "allows "+x.who+" to connect to the pods of every namespace",
			"the pods of every tenant are open to other tenants, past its waypoint", "add a selector to the policy, or narrow the sources of the rule")
		return
	}
	a.reportRule(diagnostic.StrangersAllowed, x.policy, x.rule, "allows "+x.who+" through every waypoint",
		"the Services of every tenant are open to other tenants", "set targetRefs to the waypoint that the policy is meant for")
}

// who names those who get in, by one of them.
func (w *watch) who(e *entrant) string {
	switch e.kind {
	case aPod, aPodToken, aPodJWT:
		ns, account, _ := splitAccount(e.request.From.ServiceAccount)
		switch {
		case ns != stranger:
			return "pods of " + ns
		case account != strangerAccount:
			return "pods such as those of " + join(ns, account)
		}
		return "any pod in the mesh"
	case offTheMesh:
		return "clients off the mesh"
	case anonymous:
		return "every request from the ingress, for any user,"
	case aUser:
		for _, c := range e.policy.rules[e.rule].when {
			for _, v := range c.values {
				if headerAxis+c.key == w.header && v != "*" && strings.Contains(v, "*") && matchPattern(v, e.request.From.User) {
					return "every user that matches " + v
				}
			}
		}
		return "every user"
	case aToken:
		return "tokens such as that of " + e.request.From.Token
	}
	return "tokens of the issuer " + e.request.From.JWT.Issuer
}
