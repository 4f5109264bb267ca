package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// modelCatalog is its database: the catalog only, which needs it. It had no sidecar and so was
// open. The catalog itself has no policy in Kubeflow either, so the mesh denies it to all.
func modelCatalog(p Platform) []generate.Object {
	if !p.Kubeflow.Has(survey.ModelCatalogDatabase) {
		return nil
	}
	return []generate.Object{allow(p.Kubeflow.Component(survey.ModelCatalogDatabase), "model-catalog-postgres", from(p.principal(p.Kubeflow.Component(survey.ModelCatalog).Account)))}
}
