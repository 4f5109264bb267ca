package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

func jupyter(p Platform) []generate.Object {
	return p.webApp(survey.JupyterWebApp, p.Kubeflow.Component(survey.JupyterWebApp), route{Path: "/jupyter/", Port: 80, Rewrite: true, Prefix: "/jupyter"})
}
