package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// katib is its UI for people and its database, which had no sidecar and so was open; its
// controller is only called by the API server (webhooks).
func katib(p Platform) []generate.Object {
	k := p.Kubeflow
	return append(
		p.webApp("katib-ui", k.Component(survey.KatibUI), route{Path: "/katib/", Port: 80}),
		allowTrials(k), allowKatibManager(p),
	)
}

// allowTrials: every workload of the mesh on the API's port, because the trials of all users
// report their metrics there, under accounts of their own.
func allowTrials(k survey.Kubeflow) generate.Object {
	return allow(k.Component(survey.KatibManager), "katib-db-manager", anybodyInMesh("6789"))
}

// allowKatibManager: the manager only.
func allowKatibManager(p Platform) generate.Object {
	return allow(p.Kubeflow.Component(survey.KatibDatabase), "katib-mysql", from(p.principal(p.Kubeflow.Component(survey.KatibManager).Account)))
}
