package generate

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// LayeredPolicyName is the policy that opens a waypoint to connections, whose requests its L7 policies judge.
const LayeredPolicyName = "waypoint-l4-mesh"

// tunnelPort is where a waypoint takes connections.
const tunnelPort = "15008"

// allowTunnels is enforced by a waypoint on the connections to it, and only where istiod has
// ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES. Then the namespace's L4 policies hold there too, and so
// do the policies that are attached to the waypoint, without their rules that have HTTP attributes
// (Istio 1.31: listener_waypoint.go buildConnectTerminate; authz.NewWaypointTerminationBuilder; builder
// build with forTCP): the ingress Gateway would get no connection (measured: test/dataplane/testdata/asked).
//
// Any client with an identity in the mesh gets a connection, on which each request is judged as before.
// Without the variable nobody reads the policy: a waypoint reads none with a selector, and its pods are
// not behind ztunnel.
func allowTunnels(namespace, waypoint string) Object {
	return policy(namespace, LayeredPolicyName, allow(inFrontOf(map[string]string{survey.GatewayPods: waypoint}),
		from("*")))
}

// pastTunnels keeps the rules of a DENY from the connections to a waypoint, where Istio would drop their
// HTTP attributes and deny more than they say. A request has the port of its Service.
func (m *Mesh) pastTunnels(rules []rule) []rule {
	if !m.Layered {
		return rules
	}
	for i := range rules {
		rules[i] = rules[i].to(&security.Operation{NotPorts: []string{tunnelPort}})
	}
	return rules
}
