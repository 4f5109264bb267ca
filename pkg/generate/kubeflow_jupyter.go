package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

func jupyter(p Platform) []Object {
	return p.webApp(survey.JupyterWebApp, route{path: "/jupyter/", port: 80, filters: under("/jupyter")})
}
