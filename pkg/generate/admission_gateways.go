package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

const gatewaysPolicy = "ambient-profile-no-gateway-but-the-waypoint"

// noGatewayButWaypoint: whatever runs in the namespace passes as the namespace itself, at both
// layers, and with it anyone whom a Gateway there lets in. A waypoint of another class takes no policies
// of Istio's. A ListenerSet adds a listener to a Gateway of someone else. Everybody may write the
// namespace's own waypoint, and only a platform admin any other Gateway.
func noGatewayButWaypoint(a Admission) Object {
	return guard{
		name: gatewaysPolicy,
		of: []Fields{
			writes(survey.GatewayGroup, "gateways", "listenersets"),
			writes(experimentalGatewayGroup, "xlistenersets", "listenersets"),
		},
		rules: []validation{{
			holds: "request.kind.kind == 'Gateway' && variables.waypoint != 'none' && object.metadata.name == variables.waypoint && object.spec.gatewayClassName == 'istio-waypoint'" +
				" || variables.unchanged || variables.admin",
			messageExpression: "'this namespace may have no Gateway but its waypoint, and no ListenerSet: use the shared Gateway, " +
				"or write a Gateway of class istio-waypoint with the name that the label istio.io/use-waypoint of the Namespace has (' + variables.waypoint + ')'",
		}},
	}.policy(a)
}
