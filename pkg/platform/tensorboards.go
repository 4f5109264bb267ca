package platform

import "github.com/kubeflow-ambient/ambient-profile/pkg/generate"

func tensorboards(p Platform) []generate.Object {
	return p.webApp(tensorboardsName, p.Kubeflow.component(tensorboardsName), route{Path: "/tensorboards/", Port: 80, Rewrite: true, Prefix: "/tensorboards"})
}
