package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// katib is its UI for people and its database, which had no sidecar and so was open; its
// controller is only called by the API server (webhooks).
func katib(p Platform) []Object {
	return append(p.webApp(survey.KatibUI, route{path: "/katib/", port: 80}), allowTrials(p), allowKatibManager(p))
}

// allowTrials: every workload of the mesh on the API's port, because the trials of all users
// report their metrics there, under accounts of their own.
func allowTrials(p Platform) Object {
	return p.Components[survey.KatibManager].allow("katib-db-manager", from("*").onPorts("6789"))
}

// allowKatibManager: the manager only.
func allowKatibManager(p Platform) Object {
	return p.Components[survey.KatibDatabase].allow("katib-mysql", from(p.Components[survey.KatibManager].Principal))
}
