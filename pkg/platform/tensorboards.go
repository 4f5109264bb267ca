package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

func tensorboards(p Platform) []generate.Object {
	return p.webApp(survey.TensorboardsWebApp, p.Kubeflow.Component(survey.TensorboardsWebApp), route{Path: "/tensorboards/", Port: 80, Rewrite: true, Prefix: "/tensorboards"})
}
