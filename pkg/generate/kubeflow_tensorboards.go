package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

func tensorboards(p Platform) []Object {
	return p.webApp(survey.TensorboardsWebApp, route{path: "/tensorboards/", port: 80, filters: under("/tensorboards")})
}
