package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// models is the web app for KServe's models; the models themselves are in users' namespaces.
func models(p Platform) []Object {
	return p.webApp(survey.ModelsWebApp, route{path: "/kserve-endpoints/", port: 80, filters: rewrite("/")})
}
