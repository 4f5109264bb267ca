package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// allowNothing closes every workload of the mesh that no other policy opens: an ALLOW policy
// without rules, in the root namespace. It has the name that Kubeflow gives it.
func allowNothing(p Platform) Object {
	return policy(p.RootNamespace, "global-deny-all", allow(inFrontOfAll()))
}

// allowNothingOnWaypoints does the same for waypoints, which take no policy without targetRefs
// (Istio: ShouldAttachPolicy).
func allowNothingOnWaypoints(p Platform) Object {
	return policy(p.RootNamespace, "waypoint-allow-nothing", allow(on(survey.GatewayGroup, "GatewayClass", "istio-waypoint")))
}
