package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// visualizations: the components of Kubeflow Pipelines. It runs code that it is sent.
func visualizations(p Platform) []generate.Object {
	return []generate.Object{allow(p.Kubeflow.Component(survey.Visualizations), "ml-pipeline-visualizationserver", from(p.pipelineAccounts()...))}
}
