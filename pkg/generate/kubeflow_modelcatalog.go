package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// modelCatalog is its database: the catalog only, which needs it. It had no sidecar and so was
// open. The catalog itself has no policy in Kubeflow either, so the mesh denies it to all.
func modelCatalog(p Platform) []Object {
	database := p.Components[survey.ModelCatalogDatabase]
	if !database.Deployed {
		return nil
	}
	return []Object{database.allow("model-catalog-postgres", from(p.Components[survey.ModelCatalog].Principal))}
}
