package platform

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// pipelines is the API. It stands behind the waypoint, which tells by the userid header who asks:
// the API believes the header, so only components of Kubeflow may send one.
func pipelines(p Platform) []generate.Object {
	return []generate.Object{allowWaypointToPipelines(p), allowPipelines(p)}
}

// allowWaypointToPipelines: only the waypoint, so that nothing skips its policy.
func allowWaypointToPipelines(p Platform) generate.Object {
	return allow(p.Kubeflow.Component(survey.Pipelines), "ml-pipeline-l4-waypoint", from(p.principal(profile.KubeflowWaypoint)))
}

// allowPipelines: the components of Kubeflow Pipelines, with whatever header; and whoever sends
// no userid header, as pods of users do: the API then asks for their token (Kubeflow: TokenReview).
func allowPipelines(p Platform) generate.Object {
	return policy(profile.KubeflowNamespace, "ml-pipeline", &security.AuthorizationPolicy{
		TargetRefs: on("", "Service", p.Kubeflow.Component(survey.Pipelines).Service),
		Rules: []*security.Rule{
			from(p.pipelineAccounts()...),
			{When: []*security.Condition{{Key: header(p.UserIDHeader), NotValues: []string{"*"}}}},
		},
	})
}

// pipelineAccounts are the components that act for users.
func (p Platform) pipelineAccounts() []string {
	return []string{
		p.PipelinesAPI,
		p.PipelinesUI,
		p.principal("ml-pipeline-persistenceagent"),
		p.principal("ml-pipeline-scheduledworkflow"),
		p.principal("ml-pipeline-viewer-crd-service-account"),
		p.principal("kubeflow-pipelines-cache"),
	}
}
