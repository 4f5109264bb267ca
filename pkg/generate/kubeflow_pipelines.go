package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// pipelines is the API. It stands behind the waypoint, which tells by the userid header who asks:
// the API believes the header, so only components of Kubeflow may send one.
func pipelines(p Platform) []Object {
	return []Object{allowWaypointToPipelines(p), allowPipelines(p)}
}

// allowWaypointToPipelines: only the waypoint, so that nothing skips its policy.
func allowWaypointToPipelines(p Platform) Object {
	return p.Components[survey.Pipelines].allow("ml-pipeline-l4-waypoint", from(p.WaypointPrincipal))
}

// allowPipelines: the components of Kubeflow Pipelines, with whatever header; and anyone who sends
// no userid header, as pods of users do: the API then asks for their token (Kubeflow: TokenReview).
func allowPipelines(p Platform) Object {
	api := p.Components[survey.Pipelines]
	return policy(api.Namespace, "ml-pipeline", allow(onServices(api.Service), pipelinesRules(p)...))
}

func pipelinesRules(p Platform) []rule {
	return []rule{from(p.PipelineAccounts...), everything().when(noHeader(p.UserIDHeader))}
}
