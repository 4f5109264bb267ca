package platform

import "github.com/kubeflow-ambient/ambient-profile/pkg/generate"

func jupyter(p Platform) []generate.Object {
	return p.webApp(jupyterName, p.Kubeflow.component(jupyterName), route{Path: "/jupyter/", Port: 80, Rewrite: true, Prefix: "/jupyter"})
}
