package access

import (
	"sort"
	"strings"
)

// allIngresses are the ingress Gateways, a made up one where there is none.
func (w *World) allIngresses() []*gateway {
	if len(w.ingresses) > 0 {
		return w.ingresses
	}
	return []*gateway{w.assumedIngress()}
}

// assumedIngress makes up the ingress Gateway that the manifests speak of: a route's parent, a RequestAuthentication's target, else the
// gateway whose identity the policies name most.
func (w *World) assumedIngress() *gateway {
	w.onceIngress.Do(func() { w.madeUpIngress = w.makeUpIngress() })
	return w.madeUpIngress
}

// isIngressAccount reports whether an account is that of an ingress Gateway, as far as its name says: Istio calls it <Gateway>-istio, after
// the class (deploymentcontroller GetDefaultName).
func isIngressAccount(account string) bool {
	return strings.Contains(account, "gateway") && strings.HasSuffix(account, "-istio")
}

func (w *World) makeUpIngress() *gateway {
	votes := map[string]int{}
	for _, ns := range w.names {
		s := w.namespaces[ns]
		for _, r := range s.routes {
			for _, p := range r.parents {
				if p.kind == "Gateway" {
					votes[join(p.namespace, p.name)] += 1 << 20
				}
			}
		}
		for _, a := range s.authentications {
			for _, t := range a.targets {
				if t.kind == "Gateway" && s.gateway(t.name) == nil {
					votes[join(ns, t.name)] += 1 << 20
				}
			}
		}
		for _, p := range s.policies {
			for i := range p.rules {
				p.rules[i].principals(func(v string) {
					if id, ok := parsePrincipal(v); ok && isIngressAccount(id.account) {
						votes[join(id.namespace, strings.TrimSuffix(id.account, "-istio"))]++
					}
				})
			}
		}
	}
	names := make([]string, 0, len(votes))
	for n := range votes {
		names = append(names, n)
	}
	sort.Slice(names, func(i, j int) bool {
		if votes[names[i]] != votes[names[j]] {
			return votes[names[i]] > votes[names[j]]
		}
		return names[i] < names[j]
	})
	id := "istio-system/istio-ingressgateway"
	if len(names) > 0 {
		id = names[0]
	}
	ns, name, _ := strings.Cut(id, "/")
	g := &gateway{origin: origin{kind: "Gateway", namespace: ns, name: name}, class: "istio", account: name + "-istio", assumed: "Gateway " + id, pod: gatewayPod(name, nil)}
	g.pod.assumed = true
	for _, pod := range w.look(ns).workloads {
		if pod.name == name { // an ingress that no Gateway object made, such as istio-ingressgateway
			g.pod, g.account = pod, pod.account
		}
	}
	return g
}

// atGatewayPod: a gateway pod in a captured namespace has ztunnel before it, to which the client has no identity.
func (t *trip) atGatewayPod(g *gateway) (over bool) {
	s := t.w.look(g.namespace)
	if mode, set := g.pod.labels.get("istio.io/dataplane-mode"); set && mode != "ambient" ||
		!set && s.labels.value("istio.io/dataplane-mode") != "ambient" {
		return false
	}
	a := t.at
	a.tcp = true
	if r := t.w.strict(s, g.pod, a.port); r.outcome != Allow && t.meet(r) {
		return true
	}
	return t.meet(t.w.judge(l4, Point{AtZtunnel, g.id()}, t.w.atZtunnel(g.namespace, g.pod), &a))
}

func (t *trip) atGateway(g *gateway, point Point, rules []*jwtRule, doubt string) (over bool) {
	policies := t.w.atGateway(g)
	if t.shown != nil {
		t.carry(rules)
	}
	if r, assumed := t.w.judgeCustom(point, policies, &t.at, t.req.From.User != ""); r.Point.Kind != "" && t.meet(r) {
		return true
	} else if assumed != "" {
		t.assume(assumed)
	}
	if doubt != "" {
		t.meet(ruling{outcome: NotJudged, Step: stepAt(point, doubt)})
		return true
	}
	if refused := t.at.authenticate(t.withAssumed(rules), t.shown); refused.status != 0 {
		return t.meet(refused.ruling(point))
	}
	if !t.at.forwarded {
		t.shown = nil
	}
	return t.meet(t.w.judge(l7, point, policies, &t.at))
}
