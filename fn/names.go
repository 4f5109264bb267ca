package fn

import "github.com/kubeflow-ambient/ambient-profile/pkg/access"

// The referee knows no names of policies, so it is told the few that matter.

// controllerPolicy is the policy of the profile-controller that allows the owner. ztunnel drops its
// rule about the user header; the policy of the function at the waypoint says the same.
const controllerPolicy = "ns-owner-access-istio"

// namedRoles are known by their policies: an owner by that of the profile-controller and that of the
// function, a contributor by those of KFAM.
var namedRoles = access.Roles{
	Owner:       []string{controllerPolicy, "ns-owner-access-istio-l7-allow"},
	Contributor: []string{"user-*"},
}
