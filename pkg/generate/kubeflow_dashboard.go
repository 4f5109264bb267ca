package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// dashboard has every path that nothing else has.
func dashboard(p Platform) []Object {
	return p.webApp(survey.Dashboard, route{path: "/", port: 80})
}
