package access

import (
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// services checks every Service that asks for another waypoint than its namespace does, or that the ingress is to reach without one.
func (a *selfCheck) services(s *space, b binding) {
	report := func(svc *service, found, effect, remedy string) {
		a.report(diagnostic.ServiceOffWaypoint, svc.origin, found, effect, remedy)
	}
	for _, svc := range s.services {
		if svc.headless || svc.external || strings.HasPrefix(svc.labels.value("gateway.istio.io/managed"), "istio.io-") {
			continue
		}
		own := a.w.serviceWaypoint(svc)
		_, asks := svc.labels.get("istio.io/use-waypoint")
		switch {
		case asks && own.missing != "":
			report(svc, "has the label istio.io/use-waypoint for Gateway "+own.missing+", which does not exist or does not admit it",
				"no L7 policy applies, and "+pastWaypoint(a.atPods(s, a.users, svc.selector, 0)), "add that Gateway, or remove the label")
		case asks && own.gateway == nil && own.doubt == "" && b.gateway != nil:
			report(svc, "opts out of the waypoint by the label istio.io/use-waypoint",
				"only L4 policies protect it, and "+pastWaypoint(a.atPods(s, a.users, svc.selector, 0)), "remove the label")
		case own.gateway != nil && a.otherWaypoint(s, svc, own.gateway, b):
		case own.gateway != nil && !a.w.ingressUsesWaypoint(svc) && s.ingressUsesWaypoint():
			report(svc, "has the label istio.io/ingress-use-waypoint with the value "+strconv.Quote(svc.labels.value("istio.io/ingress-use-waypoint"))+", which is not true",
				pastWaypoint(a.atPods(s, a.users, svc.selector, 0)), "remove the label, because the Namespace has it")
		}
	}
}

// otherWaypoint reports a Service behind a waypoint that is not its namespace's and that the pods refuse.
func (a *selfCheck) otherWaypoint(s *space, svc *service, own *gateway, b binding) (reported bool) {
	if b.gateway == nil || own == b.gateway {
		return false
	}
	r := a.atPods(s, a.w.identity(own.namespace, own.account), svc.selector, 0)
	if r.outcome != Deny {
		return false
	}
	a.report(diagnostic.ServiceOffWaypoint, svc.origin, "is sent through the waypoint "+own.id()+" by its labels",
		"ztunnel denies that waypoint at the pods (AuthorizationPolicy "+r.Policy+"), so every request to it is denied", "remove the labels, because the Namespace has a waypoint of its own")
	return true
}
