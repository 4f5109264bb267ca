package platform

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// pipelinesUI is for people by the ingress Gateway, which goes past the waypoint, and for pods of
// users by the waypoint.
func pipelinesUI(p Platform) []generate.Object {
	ui := p.Kubeflow.component(pipelinesUIName)
	return []generate.Object{
		allowToPipelinesUI(p), allowPipelinesUI(p),
		p.httpRoute(Namespace, "ml-pipeline-ui", route{Path: "/pipeline", Service: ui.Service, Port: 80, Timeout: "300s"}),
	}
}

// allowToPipelinesUI: the ingress Gateway, and the waypoint for everybody else.
func allowToPipelinesUI(p Platform) generate.Object {
	return p.Kubeflow.component(pipelinesUIName).allow("ml-pipeline-ui-l4-waypoint", from(p.Ingress), from(p.principal(WaypointName)))
}

// allowPipelinesUI: the ingress Gateway, should its traffic ever be sent through the waypoint;
// and whoever brings a token and no userid header, which the UI would believe and pass on.
func allowPipelinesUI(p Platform) generate.Object {
	return policy(Namespace, "ml-pipeline-ui", &security.AuthorizationPolicy{
		TargetRefs: on("", "Service", p.Kubeflow.component(pipelinesUIName).Service),
		Rules: []*security.Rule{
			from(p.Ingress),
			{When: []*security.Condition{
				{Key: header("authorization"), Values: []string{"*"}},
				{Key: header(p.UserIDHeader), NotValues: []string{"*"}},
			}},
		},
	})
}
