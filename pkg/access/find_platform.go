package access

import (
	"cmp"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// webApps reports, once for each policy, that any pod reaches a Service of the platform to which the ingress leads users. Such a Service
// takes the user header for what the ingress wrote, so past the ingress every pod is who it says.
func (a *selfCheck) webApps(tenants []Tenant) {
	if len(tenants) == 0 || tenants[0].Platform == "" {
		return
	}
	s, seen := a.w.look(tenants[0].Platform), map[string]bool{}
	for _, name := range a.w.names {
		for _, r := range a.w.namespaces[name].routes {
			for i := range r.rules {
				for _, b := range r.rules[i].backends {
					namespace, service := b.service()
					if namespace != tenants[0].Platform || seen[service] || !contains(a.w.gatewaysServing(r, false), a.ingress.id()) {
						continue
					}
					seen[service] = true
					if svc := s.service(service); svc != nil {
						a.webApp(s, svc, &tenants[0])
					}
				}
			}
		}
	}
}

// webApp judges any pod where it calls the Service, and where it calls the pods.
func (a *selfCheck) webApp(s *space, svc *service, t *Tenant) {
	at := freeAttributes(a.w.identity(stranger, strangerAccount))
	at.headers = headers{{strings.ToLower(cmp.Or(t.Header, usualUserHeader)), symbolic.In(some)}}
	if g := a.w.serviceWaypoint(svc).gateway; g != nil {
		a.reportWebApp(l7, a.w.atWaypoint(g, svc), &at, svc, t)
	}
	at.tcp = true
	for _, pod := range s.pods(svc) {
		for _, p := range svc.ports {
			if at.port = svc.target(p.number, pod); s.member(pod) == captured {
				a.reportWebApp(l4, a.w.atZtunnel(s.name, pod), &at, svc, t)
			}
		}
	}
}

func (a *selfCheck) reportWebApp(on layer, policies []*policy, at *attributes, svc *service, t *Tenant) {
	var e entry
	a.allowed(&e, on, policies, at, "")
	if p := e.policy; p != nil && !t.meant(on, &p.rules[e.rule]) {
		a.opened[p] = true
		a.reportRule(diagnostic.StrangersAllowed, p, e.rule, "allows any pod in the mesh to reach Service "+svc.id()+" past the ingress Gateway",
			"the Service takes the header "+at.headers[0].name+" for what the ingress writes, so a pod of any tenant can be any user there",
			"narrow its sources to the ingress Gateway and the components that call it")
	}
}
