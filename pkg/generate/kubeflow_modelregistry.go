package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// modelRegistryUI asks the API server what its user may see.
func modelRegistryUI(p Platform) []Object {
	if !p.Components[survey.ModelRegistryUI].Deployed {
		return nil
	}
	return p.webApp(survey.ModelRegistryUI, route{path: "/model-registry/", port: 80, filters: under("/model-registry")})
}
