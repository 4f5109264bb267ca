package platform

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// pipelinesUI is for people by the ingress Gateway, which goes past the waypoint, and for pods of
// users by the waypoint.
func pipelinesUI(p Platform) []generate.Object {
	ui := p.Kubeflow.Component(survey.PipelinesUI)
	return []generate.Object{
		allowToPipelinesUI(p), allowPipelinesUI(p),
		p.httpRoute(profile.KubeflowNamespace, "ml-pipeline-ui", route{Path: "/pipeline", Service: ui.Service, Port: 80, Timeout: "300s"}),
	}
}

// allowToPipelinesUI: the ingress Gateway, and the waypoint for everybody else; for the Gateway too
// where tokens are verified again.
func allowToPipelinesUI(p Platform) generate.Object {
	rules := []*security.Rule{from(p.Ingress), from(p.principal(profile.KubeflowWaypoint))}
	if p.verifies() {
		rules = rules[1:]
	}
	return allow(p.Kubeflow.Component(survey.PipelinesUI), "ml-pipeline-ui-l4-waypoint", rules...)
}

// allowPipelinesUI: the ingress Gateway, should its traffic ever be sent through the waypoint;
// and whoever brings a token and no userid header, which the UI would believe and pass on. Where
// tokens are verified again, whoever brings a token that is: the waypoint wrote the header.
func allowPipelinesUI(p Platform) generate.Object {
	rules := pipelinesUIRules(p)
	if p.verifies() {
		rules = []*security.Rule{from(p.Ingress), {From: []*security.Rule_From{{Source: &security.Source{
			RequestPrincipals: []string{"*"}, NotPrincipals: []string{p.Ingress},
		}}}}}
	}
	return policy(profile.KubeflowNamespace, "ml-pipeline-ui", &security.AuthorizationPolicy{
		TargetRefs: on("", "Service", p.Kubeflow.Component(survey.PipelinesUI).Service),
		Rules:      rules,
	})
}

// pipelinesUIRules are those that Kubeflow ships.
func pipelinesUIRules(p Platform) []*security.Rule {
	return []*security.Rule{
		from(p.Ingress),
		{When: []*security.Condition{
			{Key: header("authorization"), Values: []string{"*"}},
			{Key: header(p.UserIDHeader), NotValues: []string{"*"}},
		}},
	}
}
