package access

import (
	"strconv"
	"strings"
)

// services checks every Service that asks for another waypoint than its namespace does, or that the ingress is to reach without one.
func (a *selfCheck) services(s *space, b binding) {
	for _, svc := range s.services {
		if svc.headless || svc.external || strings.HasPrefix(svc.labels.value("gateway.istio.io/managed"), "istio.io-") {
			continue
		}
		own := a.w.serviceWaypoint(svc)
		_, asks := svc.labels.get("istio.io/use-waypoint")
		switch {
		case asks && own.missing != "":
			a.report(serviceObject(svc), "its label istio.io/use-waypoint points to "+own.missing+", which is not there",
				"no L7 policy applies; "+pastWaypoint(a.atPods(s, a.users, svc.selector, 0)), "add that Gateway, or drop the label")
		case asks && own.gateway == nil && own.doubt == "" && b.gateway != nil:
			a.report(serviceObject(svc), "it opts out of the waypoint by its label istio.io/use-waypoint",
				"only L4 policies protect it; "+pastWaypoint(a.atPods(s, a.users, svc.selector, 0)), "drop the label")
		case own.gateway != nil && a.otherWaypoint(s, svc, own.gateway, b):
		case own.gateway != nil && !a.w.ingressUsesWaypoint(svc) && a.w.ingressUsesWaypoint(&service{namespace: s.name}):
			a.report(serviceObject(svc), "its label istio.io/ingress-use-waypoint is "+strconv.Quote(svc.labels.value("istio.io/ingress-use-waypoint"))+", which is not true",
				pastWaypoint(a.atPods(s, a.users, svc.selector, 0)), "drop the label: its Namespace has it")
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
	a.report(serviceObject(svc), "its labels send it through the waypoint "+own.id(),
		"ztunnel refuses that waypoint at the pods (AuthorizationPolicy "+r.Policy+"): nobody reaches it", "drop the labels: its Namespace has its own")
	return true
}

func serviceObject(svc *service) string { return "Service " + join(svc.namespace, svc.name) }
