package fn

import (
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// The referee knows no names of policies, so it is told the few that matter.

// superseded are the policies that others replace: ztunnel drops the rule of the profile-controller's
// policy about the user header, and the policy of the function at the waypoint allows the same user.
var superseded = []string{generate.ControllersPolicyName}

// namedRoles are known by their policies: an owner by that of the profile-controller and that of the
// function, a contributor by those of KFAM.
var namedRoles = access.Roles{
	Owner:       []string{generate.ControllersPolicyName, generate.OwnerPolicyName},
	Contributor: []string{"user-*"},
}
