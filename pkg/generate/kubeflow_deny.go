package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// DefaultDenyName is the policy that closes the mesh. It has the name that Kubeflow gives it.
const DefaultDenyName = "global-deny-all"

// allowNothing closes every workload of the mesh that no other policy opens: an ALLOW policy
// without rules, in the root namespace.
func allowNothing(p Platform) Object {
	return policy(p.RootNamespace, DefaultDenyName, allow(inFrontOfAll()))
}

// allowNothingOnWaypoints does the same for waypoints, which take no policy without targetRefs
// (Istio: ShouldAttachPolicy).
func allowNothingOnWaypoints(p Platform) Object {
	return policy(p.RootNamespace, "waypoint-allow-nothing", allow(on(survey.GatewayGroup, "GatewayClass", "istio-waypoint")))
}
