package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// profileController of Kubeflow Pipelines: metacontroller only, which asks it what a user's
// namespace must hold; the answer has the credentials of the artifact store in it.
func profileController(p Platform) []generate.Object {
	return []generate.Object{allow(p.Kubeflow.Component(survey.PipelinesProfileController), "kfp-profile-controller-l4-metacontroller", from(p.principal(p.Kubeflow.Component(survey.Metacontroller).Account)))}
}
