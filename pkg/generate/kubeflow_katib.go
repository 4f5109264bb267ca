package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// The ports of a Suggestion's Service, which speak gRPC (Katib 0.19: pkg/controller.v1beta1/consts). Their
// names state no protocol, so the rule has no path: Envoy may take a connection for plain TCP. (Measured
// with istiod 1.31 and Envoy 1.39.3 and 1.40.0: a request passes at 6789, and none at another port.)
const suggestionPort, earlyStoppingPort = "6789", "6788"

// katib is its UI for people and its database, which had no sidecar and so was open; its
// controller is only called by the API server (webhooks), and calls what it makes for an experiment
// (allowOwnerL7).
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
