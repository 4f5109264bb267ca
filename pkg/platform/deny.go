package platform

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// allowNothing closes every workload of the mesh that no other policy opens: an ALLOW policy
// without rules, in the root namespace. It has the name that Kubeflow gives it.
func allowNothing(p Platform) generate.Object {
	return policy(p.RootNamespace, "global-deny-all", &security.AuthorizationPolicy{})
}

// allowNothingOnWaypoints does the same for waypoints, which take no policy without targetRefs
// (Istio: ShouldAttachPolicy).
func allowNothingOnWaypoints(p Platform) generate.Object {
	return policy(p.RootNamespace, "waypoint-allow-nothing", &security.AuthorizationPolicy{
		TargetRefs: on(gatewayGroup, "GatewayClass", "istio-waypoint"),
	})
}
