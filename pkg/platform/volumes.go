package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

func volumes(p Platform) []generate.Object {
	return p.webApp(survey.VolumesWebApp, p.Kubeflow.Component(survey.VolumesWebApp), route{Path: "/volumes/", Port: 80, Rewrite: true, Prefix: "/volumes"})
}
