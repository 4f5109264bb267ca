package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// webApp is what people open in the browser: the ingress Gateway only, which has asked for their
// session and puts their name into a header that the component trusts. Whoever else reached its
// pods could write any name there. Where tokens are verified again, the Gateway comes through the
// waypoint, and the waypoint writes the header.
func (p Platform) webApp(name string, c survey.Component, r route) []generate.Object {
	r.Service = c.Service
	if p.verifies() {
		return []generate.Object{
			allow(c, name, from(p.principal(profile.KubeflowWaypoint))), p.allowIngress(name, c),
			p.httpRoute(profile.KubeflowNamespace, name, r),
		}
	}
	return []generate.Object{
		allow(c, name, from(p.Ingress)),
		p.httpRoute(profile.KubeflowNamespace, name, r),
	}
}
