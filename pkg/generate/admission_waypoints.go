package generate

import (
	"istio.io/api/label"
)

const (
	waypointsPolicy = "ambient-profile-no-waypoint-but-their-own"
	useWaypoint     = "istio.io/use-waypoint"
)

// podsAndServicesUseOwnWaypoint: traffic that goes through a waypoint of someone's choice does not
// meet the policies of the namespace's own. Everybody may go without a waypoint: what then arrives
// meets the L4 policy. Nobody but a platform admin may name another one, as the waypoint or as the
// canary beside it.
func podsAndServicesUseOwnWaypoint(a Admission) Object {
	return guard{
		name: waypointsPolicy,
		of:   append([]Fields{writes("", "services")}, podsAndTheirMakers()...),
		variables: []variable{
			{"labels", "(request.kind.kind == 'Service' ? object : " + podOf("object") + ").?metadata.?labels.orValue({})"},
			{"own", "['none', variables.waypoint]"},
		},
		rules: []validation{{
			holds: "(['" + label.IoIstioUseWaypoint.Name + "', '" + label.IoIstioUseWaypointCanary.Name + "'].all(l, !(l in variables.labels) || variables.labels[l] in variables.own) && " +
				"['" + label.IoIstioUseWaypointNamespace.Name + "', '" + label.IoIstioUseWaypointCanaryNamespace.Name + "'].all(l, !(l in variables.labels) || variables.labels[l] == request.namespace))" +
				" || variables.admin",
			messageExpression: "'the labels istio.io/use-waypoint and istio.io/use-waypoint-canary must name the waypoint of this namespace or say none: write one of ' + " +
				"variables.own.join(', ') + ', and remove istio.io/use-waypoint-namespace and istio.io/use-waypoint-canary-namespace'",
		}},
	}.policy(a)
}
