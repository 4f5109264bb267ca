package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// visualizations: the components of Kubeflow Pipelines. It runs code that it is sent.
func visualizations(p Platform) []Object {
	return []Object{p.Components[survey.Visualizations].allow("ml-pipeline-visualizationserver", from(p.PipelineAccounts...))}
}
