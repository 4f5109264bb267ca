package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// profileController of Kubeflow Pipelines: metacontroller only, which asks it what a user's
// namespace must hold; the answer has the credentials of the artifact store in it.
func profileController(p Platform) []Object {
	return []Object{p.Components[survey.PipelinesProfileController].allow(
		"kfp-profile-controller-l4-metacontroller", from(p.Components[survey.Metacontroller].Principal),
	)}
}
