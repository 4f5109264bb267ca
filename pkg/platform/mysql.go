package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// mysql: the components of Kubeflow Pipelines and the metadata store.
func mysql(p Platform) []generate.Object {
	return []generate.Object{allow(p.Kubeflow.Component(survey.MySQL), "mysql", from(append(p.pipelineAccounts(), p.principal(p.Kubeflow.Component(survey.MetadataGRPC).Account))...))}
}
