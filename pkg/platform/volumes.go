package platform

import "github.com/kubeflow-ambient/ambient-profile/pkg/generate"

func volumes(p Platform) []generate.Object {
	return p.webApp(volumesName, p.Kubeflow.component(volumesName), route{Path: "/volumes/", Port: 80, Rewrite: true, Prefix: "/volumes"})
}
