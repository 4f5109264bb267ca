package access

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// authentication is one RequestAuthentication.
type authentication struct {
	origin
	attachment
	rules   []jwtRule
	created string // metadata.creationTimestamp, in manifests that come from a cluster
	bad     *fault
}

func (w *World) readAuthentication(m meta, n *yaml.Node) *fault {
	s := w.space(m.namespace)
	a := &authentication{origin: m.in(s), created: textOf(field(field(n, "metadata"), "creationTimestamp"))}
	spec := field(n, "spec")
	a.bad = below("spec", a.attach(spec))
	rules := field(spec, "jwtRules")
	if rules != nil && rules.Kind != yaml.SequenceNode {
		a.bad = wrong(rules, "spec.jwtRules", "must be a list")
	}
	for i, r := range list(rules) {
		rule, bad := parseJWTRule(deref(r))
		if bad != nil {
			a.bad = below(fmt.Sprintf("spec.jwtRules[%d]", i), bad)
		}
		rule.of = a
		a.rules = append(a.rules, rule)
	}
	if a.bad == nil {
		a.bad = checkLimits(a.kind, spec)
	}
	a.bad = firstOf(a.unservedFault(), a.bad)
	s.authentications = append(s.authentications, a)
	return nil
}

// jwtRules are the rules of all RequestAuthentications at a point, by issuer (authn newPolicyApplier). doubt: one of them is unusable.
func (w *World) jwtRules(spaces []string, applies func(*authentication) bool) (rules []*jwtRule, doubt string) {
	for _, ns := range spaces {
		var here []*authentication
		for _, a := range w.look(ns).authentications {
			if applies(a) {
				here = append(here, a)
			}
		}
		for _, a := range oldestFirst(here) {
			if a.bad != nil {
				doubt = a.String() + ": " + a.bad.Error()
			}
			for i := range a.rules {
				if a.rules[i].required && w.since(32) == no {
					doubt = a.String() + ": spec.jwtRules[" + portText(i) + "].presence is of Istio 1.32, and the istiod is of a release that does not know it"
				}
				rules = append(rules, &a.rules[i])
			}
		}
	}
	sort.SliceStable(rules, func(i, j int) bool { return rules[i].issuer < rules[j].issuer })
	return rules, doubt
}

// oldestFirst is Istio's order within a namespace: by age, and of one second by name (model sortConfigByCreationTime). Those whose age is not
// known stay where they are.
func oldestFirst(list []*authentication) []*authentication {
	if slices.ContainsFunc(list, func(a *authentication) bool { return a.created == "" }) {
		return list
	}
	slices.SortStableFunc(list, func(a, b *authentication) int {
		return cmp.Or(cmp.Compare(a.created, b.created), cmp.Compare(a.name, b.name))
	})
	return list
}

// jwtSpaces are the namespaces whose rules a gateway or waypoint has, its own first: of two rules for one issuer the first one is tried first
// (Istio 1.31: model getConfigsForWorkload).
func (w *World) jwtSpaces(g *gateway, svc *service) []string {
	spaces := w.gatewaySpaces(g, svc)
	if len(spaces) > 1 && spaces[1] == g.namespace {
		spaces[0], spaces[1] = spaces[1], spaces[0]
	}
	return spaces
}

func (w *World) gatewayJWT(g *gateway) ([]*jwtRule, string) {
	return w.jwtRules(w.jwtSpaces(g, nil), func(a *authentication) bool { return a.onGateway(a.namespace, g) })
}

func (w *World) waypointJWT(g *gateway, svc *service) ([]*jwtRule, string) {
	return w.jwtRules(w.jwtSpaces(g, svc), func(a *authentication) bool { return a.onWaypoint(w, a.namespace, g, svc) })
}
