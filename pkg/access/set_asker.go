package access

import (
	"cmp"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// asker asks what clients reach. It knows what is the same for all namespaces.
type asker struct {
	w               *World
	gatewayPolicies []*policy
	gateways        []identity
	routed          map[string][]string
	rules           map[string]*policy // in force, by name
	passed          map[string]bool    // rules of gateways that let requests in
	pool            *symbolic.Pool
	asks            map[string]bool // and that ask for something
	shared          []string        // accounts of Gateways outside of user namespaces
	askedProxies    bool
	roles           Roles
	report          *Report
	only            Filter
}

func newAsker(w *World) *asker {
	x := &asker{w: w, pool: symbolic.NewPool(), routed: w.routedServices(), passed: map[string]bool{}, asks: map[string]bool{}, rules: map[string]*policy{}}
	for _, g := range w.allIngresses() {
		x.gateways = append(x.gateways, w.identity(g.namespace, g.account))
		for _, p := range w.atGateway(g) {
			if !slices.Contains(x.gatewayPolicies, p) {
				x.gatewayPolicies = append(x.gatewayPolicies, p)
			}
		}
	}
	for _, p := range x.gatewayPolicies {
		for i := range p.rules {
			if r := &p.rules[i]; p.inForce() && len(r.from)+len(r.to)+len(r.when) > 0 {
				x.asks[ruleKey(p.id(), i)] = true
			}
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

// openTo says what anyone reaches of a namespace where the same holds for everybody.
func (s *space) openTo(outcome Outcome) string {
	member, _ := s.partOf(&plainPod)
	switch {
	case outcome == Allow && member == outside:
		return "all of it: not in the mesh"
	case outcome == Allow && member == sidecar:
		return "all of it: sidecars that allow all"
	case outcome == Allow:
		return "everything"
	case !s.declared:
		return "NOT JUDGED: not declared"
	case member == sidecar:
		return "NOT JUDGED: sidecars"
	}
	return "NOT JUDGED"
}

// describe tells how the namespace takes part in the mesh.
func (w *World) describe(s *space) string {
	if w.locked != nil {
		return w.locked.at[s.name].mesh
	}
	switch member, why := s.partOf(&plainPod); member {
	case outside:
		return "not in the mesh"
	case sidecar:
		return "sidecars"
	case unclear:
		if !s.declared {
			return "its Namespace is not in the manifests"
		}
		return "not known, " + why
	}
	b := w.bind(s, nil, "service")
	switch {
	case b.gateway != nil && s.ingressUsesWaypoint():
		return "ambient, waypoint " + b.gateway.id() + ", also from the ingress"
	case b.gateway != nil:
		return "ambient, waypoint " + b.gateway.id() + ", not from the ingress"
	}
	return "ambient, " + cmp.Or(b.doubt, b.why)
}

// ingressRules are those by which the first ingress Gateway verifies tokens.
func (w *World) ingressRules() []*jwtRule {
	rules, _ := w.gatewayJWT(w.allIngresses()[0])
	return rules
}
