package generate

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// pipelinesUI is for people by the ingress Gateway, which goes past the waypoint, and for pods of
// users by the waypoint.
func pipelinesUI(p Platform) []Object {
	ui := p.Components[survey.PipelinesUI]
	return []Object{
		allowToPipelinesUI(p), allowPipelinesUI(p),
		p.httpRoute(ui.Namespace, "ml-pipeline-ui", route{path: "/pipeline", service: ui.Service, port: 80, timeout: "300s"}),
	}
}

// allowToPipelinesUI: the ingress Gateway, and the waypoint for everybody else; for the Gateway too
// where tokens are verified again.
func allowToPipelinesUI(p Platform) Object {
	rules := []rule{from(p.Ingress), from(p.WaypointPrincipal)}
	if p.Waypoint.VerifyTokens {
		rules = rules[1:]
	}
	return p.Components[survey.PipelinesUI].allow("ml-pipeline-ui-l4-waypoint", rules...)
}

// allowPipelinesUI: the ingress Gateway, should its traffic ever be sent through the waypoint;
// and anyone who brings a token and no userid header, which the UI would believe and pass on. Where
// tokens are verified again, anyone who brings a token that is: the waypoint wrote the header.
func allowPipelinesUI(p Platform) Object {
	ui, rules := p.Components[survey.PipelinesUI], pipelinesUIRules(p)
	if p.Waypoint.VerifyTokens {
		rules = []rule{from(p.Ingress), fromSource(&security.Source{
			RequestPrincipals: []string{"*"}, NotPrincipals: []string{p.Ingress},
		})}
	}
	return policy(ui.Namespace, "ml-pipeline-ui", allow(onServices(ui.Service), rules...))
}

// pipelinesUIRules are those that Kubeflow ships.
func pipelinesUIRules(p Platform) []rule {
	return []rule{from(p.Ingress), everything().when(header("authorization", "*"), noHeader(p.UserIDHeader))}
}
