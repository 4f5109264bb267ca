package access

import (
	"sort"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
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
				if g := w.look(p.namespace).gateway(p.name); p.kind == "Gateway" && (g == nil || !g.foreign) {
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
	g.pod.assumed, g.pod.labels = true, append(g.pod.labels, label{dataplaneMode, "none"})
	for _, pod := range w.look(ns).workloads {
		if pod.name == name { // an ingress that no Gateway object made, such as istio-ingressgateway
			g.pod, g.account, g.cloud = pod, pod.account, pod.handMade()
		}
	}
	return g
}

// atGatewayPod: ztunnel stands before a gateway's pods only where it captures them, and then the client has no identity to it. Istio labels the pods
// of a Gateway istio.io/dataplane-mode: none, unless the Gateway has the label itself (deploymentcontroller setLabelOverrides).
func (t *trip) atGatewayPod(g *gateway) (over bool) {
	s := t.w.look(g.namespace)
	if s.member(g.pod) != captured || g.pod.bypass() {
		return false
	}
	a := t.at
	a.tcp, a.peer = true, identity{}
	if r := t.w.strict(s, g.pod, nil, a.port); r.outcome != Allow && t.meet(r) {
		return true
	}
	return t.meet(t.w.judge(l4, Point{AtZtunnel, g.id()}, t.w.atZtunnel(g.namespace, g.pod), &a))
}

func (t *trip) atGateway(g *gateway, point Point, rules []*jwtRule, doubt string) (over bool) {
	if t.refusesMethod(point) {
		return true
	}
	policies := t.w.atGateway(g)
	rules = t.inOrder(point, rules)
	user, session := t.req.From.User != "", t.shown
	switch {
	case user:
		t.shown = nil
		t.at.setHeader("cookie", symbolic.In(some))
	case t.shown != nil:
		t.carry(rules)
	}
	asked := t.w.judgeCustom(point, policies, &t.at, user)
	if asked.Point.Kind != "" && t.meet(asked.ruling) || user && t.login(g, rules, policies, asked, session) {
		return true
	}
	if doubt != "" {
		t.meet(ruling{outcome: NotJudged, Step: stepAt(point, doubt)})
		return true
	}
	if t.authenticate(point, t.withAssumed(rules)) {
		return true
	}
	if !t.at.forwarded && !t.leftBehind(point) {
		t.shown = nil
	}
	return t.meet(t.w.judge(l7, point, policies, &t.at))
}

// leftBehind reports whether a token stays on the request that is not to be forwarded. Envoy takes it off a header. It left those in cookies and
// parameters where they were (Envoy 1.22: jwt_authn extractor.cc removeJwt), and which release does not is not known here.
func (t *trip) leftBehind(point Point) bool {
	return t.shown != nil && t.shown.at.header == "" &&
		t.choose(point, 2, "whether Envoy takes a token that it does not forward out of the "+t.shown.in+" is not known") == 1
}
