package access

import (
	"slices"
	"sort"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// DeadRule is an ALLOW rule that no line of the report names.
type DeadRule struct {
	Policy string `json:"policy"`
	Rule   int    `json:"rule"`
	Why    string `json:"why"`
}

// dead are the ALLOW rules that no line names, and why. Those of namespaces that are not judged as a whole are left out: whether they hold nobody knows.
func (x *asker) dead(r *Report) (out []DeadRule) {
	named, unknown, like := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, n := range r.Namespaces {
		for _, name := range n.Like {
			like[name] = true
		}
		for _, a := range n.Access {
			for _, key := range a.rules {
				named[key] = true
			}
			if a.Kind == "anyone" && a.Outcome == NotJudged.String() {
				unknown[n.Namespace] = true
			}
		}
	}
	names := append([]string(nil), x.w.names...)
	sort.Strings(names)
	for _, name := range names {
		if like[name] { // as those of the namespace that it is like
			continue
		}
		for _, p := range x.w.namespaces[name].policies {
			for i := range p.rules {
				if key := ruleKey(p.id(), i); p.action == allow && !named[key] && (!unknown[name] || name == x.w.mesh.rootNamespace) {
					out = append(out, DeadRule{p.id(), i, x.whyDead(p, i)})
				}
			}
		}
	}
	return out
}

func (x *asker) whyDead(p *policy, index int) string {
	key, r := ruleKey(p.id(), index), &p.rules[index]
	switch {
	case p.bad != nil:
		return strings.TrimPrefix(p.notCertain(), " is ") + p.bad.Error()
	case p.dryRun:
		return "a dry run"
	}
	if s := x.w.look(p.namespace); !s.declared && len(p.targets) == 0 && len(p.selector) > 0 {
		return "NOT JUDGED: " + s.notDeclared()
	}
	if why := x.unattached(p); why != "" {
		return "attached to nothing: " + why
	}
	dropped := ""
	if what := r.droppedByZtunnel(); what != "" && len(p.targets) == 0 {
		dropped = "dropped by ztunnel, which does not see " + what
	}
	found := x.look(p, r, key)
	switch {
	case dropped != "" && !x.atAnyGateway(p):
		return dropped
	case found.by != "":
		return found.by
	case dropped != "":
		return dropped + "; at the ingress Gateway it matches no request"
	}
	return "matches no request"
}

// sought is what became of the requests that a rule matches, where no line names it.
type sought struct{ by string }

// look asks for requests that a rule matches, first for one that gets in by another rule, then for one that something stops.
func (x *asker) look(p *policy, r *rule, key string) (out sought) {
	s := x.w.look(p.namespace)
	if p.namespace == x.w.mesh.rootNamespace || x.atAnyGateway(p) {
		for _, name := range x.w.profiles() {
			s = x.w.look(name) // one namespace of all that it holds for
			break
		}
	}
	pool := x.pool.About()
	for _, undenied := range [2]bool{false, true} {
		for _, g := range x.goals(s, "") {
			for _, q := range x.w.inquiries(g.to, g.port, g.tcp) {
				x.w.search(&q, pool, maxQuestions, func(req Request) (Verdict, *symbolic.Trace, bool) {
					req.plain, req.favor, req.undenied = q.shows(), []*rule{r}, undenied
					v, trace := x.w.traced(req)
					hit := slices.Contains(v.rules(), key) || v.Outcome == NotJudged && !v.moot && v.Policy == p.id()
					if hit {
						req.favor, req.undenied = nil, false
						out.by = x.whyNot(req, p)
					}
					return v, trace, !hit
				})
				if out.by != "" {
					return out
				}
			}
		}
	}
	return out
}

// whyNot says what decides about a request that a rule matches, in the place of the rule.
func (x *asker) whyNot(r Request, p *policy) string {
	v := x.w.Decide(r)
	switch {
	case v.Outcome == NotJudged:
		return "NOT JUDGED: " + v.Why
	case v.Outcome == Allow && len(v.rules()) > 0:
		return "shadowed by " + strings.TrimPrefix(v.rules()[0], p.namespace+"/")
	case v.Outcome == Allow:
		return "shadowed by " + v.String()
	}
	return "matches nothing that gets through: " + v.String()
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
