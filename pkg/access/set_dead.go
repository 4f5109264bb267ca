package access

import (
	"slices"
	"strings"
)

// DeadRule is an ALLOW rule that no line of the report names, and why: it lets nobody in, or nobody knows. It is so in like namespaces, too.
type DeadRule struct {
	Policy string   `json:"policy"`
	Rule   int      `json:"rule"`
	Why    string   `json:"why"`
	Like   []string `json:"like,omitempty"`
}

// dead are the ALLOW rules that no line names, and why. Those of namespaces that are not judged as a whole are left out: whether they hold nobody knows.
func (x *asker) dead(r *Report) (dead, notJudged []DeadRule) {
	named, unknown := map[string]bool{}, map[string]bool{}
	for _, n := range r.Namespaces {
		for _, a := range n.Access {
			for _, key := range a.rules {
				named[key] = true
			}
			if a.Kind == "anyone" && a.Outcome == NotJudged.String() && !a.detour {
				unknown[n.Namespace] = true
			}
		}
	}
	var all, sought []*lost
	var spaces []*space
	like := map[string][]string{}
	far := false // some rule is not for its namespace alone
	for _, class := range x.classes() {
		s := x.w.namespaces[class[0]]
		spaces, like[s.name] = append(spaces, s), class[1:]
		for _, p := range s.policies {
			if len(x.only.Namespaces) > 0 && (s.name == x.w.mesh.rootNamespace || x.atAnyGateway(p)) {
				continue // it may be for namespaces that nobody asks about
			}
			for i := range p.rules {
				if p.action != allow || named[ruleKey(p.id(), i)] || unknown[s.name] && s.name != x.w.mesh.rootNamespace {
					continue
				}
				l := &lost{policy: p, index: i}
				if all = append(all, l); !x.idle(l) {
					sought = append(sought, l)
					far = far || s.name == x.w.mesh.rootNamespace || x.atAnyGateway(p)
				}
			}
		}
	}
	if !far {
		spaces = slices.DeleteFunc(spaces, func(s *space) bool {
			return !slices.ContainsFunc(sought, func(l *lost) bool { return l.policy.namespace == s.name })
		})
	}
	if len(sought) > 0 {
		x.seek(sought, spaces)
	}
	for _, l := range all {
		d := DeadRule{l.policy.id(), l.index, x.whyDead(l), like[l.policy.namespace]}
		if l.rank == foundUnknown {
			notJudged = append(notJudged, d)
		} else {
			dead = append(dead, d)
		}
	}
	return dead, notJudged
}

// whyDead is why no line names a rule.
func (x *asker) whyDead(l *lost) string {
	dropped := ""
	if what := l.policy.rules[l.index].droppedByZtunnel(); what != "" && len(l.policy.targets) == 0 {
		dropped = "dropped by ztunnel, which does not see " + what
	}
	switch {
	case l.why != "":
		return l.why
	case dropped != "":
		return dropped + "; at the ingress Gateway it matches no request"
	}
	return "matches no request"
}

// idle reports whether a rule is asked for nowhere, and notes why. Otherwise it may grant access.
func (x *asker) idle(l *lost) bool {
	p := l.policy
	s := x.w.look(p.namespace)
	switch why := x.unattached(p); {
	case p.bad != nil && p.mayBeAbsent():
		l.found(foundUnknown, strings.TrimSpace(p.notCertain())+" "+p.bad.Error())
	case p.bad != nil:
		l.found(foundIdle, strings.TrimPrefix(p.notCertain(), " is ")+p.bad.Error())
	case p.dryRun:
		l.found(foundIdle, "a dry run")
	case !s.declared && len(p.targets) == 0 && len(p.selector) > 0:
		l.found(foundUnknown, s.notDeclared())
	case why != "":
		l.found(foundIdle, "attached to nothing: "+why)
	case len(p.targets) == 0 && !x.atAnyGateway(p):
		if what := p.rules[l.index].droppedByZtunnel(); what != "" {
			l.found(foundIdle, "dropped by ztunnel, which does not see "+what)
		}
	}
	return l.why != ""
}

// unattached says why a policy holds nowhere, "" where it does.
func (x *asker) unattached(p *policy) string {
	if len(p.targets) == 0 {
		switch {
		case p.selected && len(p.selector) == 0:
			return "the selector is empty"
		case x.atAnyGateway(p):
			return ""
		}
		s := x.w.look(p.namespace)
		if len(p.selector) == 0 && p.namespace == x.w.mesh.rootNamespace {
			return ""
		}
		for _, pod := range s.workloads {
			if p.selector.selects(pod.labels) && s.member(pod) != outside {
				return ""
			}
		}
		switch {
		case s.member(&plainPod) == outside:
			return "the pods are not in the mesh"
		case len(p.selector) > 0 && p.namespace == x.w.mesh.rootNamespace:
			return "no pod has the labels of the selector"
		}
		return ""
	}
	var missing []string
	for _, t := range p.targets {
		why := x.targetLacks(p, t)
		if why == "" {
			return ""
		}
		missing = append(missing, why)
	}
	return strings.Join(missing, ", ")
}

func (x *asker) atAnyGateway(p *policy) bool {
	for _, o := range x.gatewayPolicies {
		if o == p {
			return true
		}
	}
	return false
}

// targetLacks says why a target is nothing that enforces the policy.
func (x *asker) targetLacks(p *policy, t target) string {
	s := x.w.look(p.namespace)
	switch t.kind {
	case "Service":
		svc := s.service(t.name)
		if svc == nil {
			svc = (&trip{w: x.w}).service(s, t.name)
		}
		if b := x.w.serviceWaypoint(svc); b.gateway == nil && b.doubt == "" {
			return "no waypoint stands before Service " + t.name
		}
	case "Gateway":
		g := s.gateway(t.name)
		switch {
		case x.atAnyGateway(p):
		case g == nil:
			return "Gateway " + t.name + " is not in the manifests"
		case g.waypoint && !x.serves(g):
			return "no Service uses waypoint " + t.name
		}
	case "GatewayClass":
		if t.name != "istio-waypoint" || p.namespace != x.w.mesh.rootNamespace {
			return "GatewayClass " + t.name + " counts in the root namespace only, for istio-waypoint"
		}
	default:
		return t.kind + " " + t.name
	}
	return ""
}

// serves reports whether some namespace or Service is bound to a waypoint.
func (x *asker) serves(g *gateway) bool {
	for _, name := range x.w.names {
		s := x.w.namespaces[name]
		if x.w.bind(s, nil, "service").gateway == g || x.w.bind(s, nil, "workload").gateway == g {
			return true
		}
		for _, svc := range s.services {
			if x.w.serviceWaypoint(svc).gateway == g {
				return true
			}
		}
	}
	return false
}
