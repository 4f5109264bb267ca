package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// models is the web app for KServe's models; the models themselves are in users' namespaces.
func models(p Platform) []generate.Object {
	return p.webApp("kserve-models-web-application", p.Kubeflow.Component(survey.ModelsWebApp), route{Path: "/kserve-endpoints/", Port: 80, Rewrite: true})
}
