package generate

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// mysql: the components of Kubeflow Pipelines and the metadata store.
func mysql(p Platform) []Object {
	clients := append(slices.Clone(p.PipelineAccounts), p.Components[survey.MetadataGRPC].Principal)
	return []Object{p.Components[survey.MySQL].allow("mysql", from(clients...))}
}
