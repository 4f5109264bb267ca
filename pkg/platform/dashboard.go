package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// dashboard has every path that nothing else has.
func dashboard(p Platform) []generate.Object {
	return p.webApp("dashboard", p.Kubeflow.Component(survey.Dashboard), route{Path: "/", Port: 80})
}
