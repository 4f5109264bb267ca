package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

func volumes(p Platform) []Object {
	return p.webApp(survey.VolumesWebApp, route{path: "/volumes/", port: 80, filters: under("/volumes")})
}
