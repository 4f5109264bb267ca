package platform

import "github.com/kubeflow-ambient/ambient-profile/pkg/generate"

// visualizations: the components of Kubeflow Pipelines. It runs code that it is sent.
func visualizations(p Platform) []generate.Object {
	return []generate.Object{p.Kubeflow.component(visualizationsName).allow("ml-pipeline-visualizationserver", from(p.pipelineAccounts()...))}
}
