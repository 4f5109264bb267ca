package generate

// waypoint is the proxy of every Service of the namespace.
func waypoint(ns Namespace) Object {
	return waypointGateway(ns.Name, ns.Waypoint.Name, withOptions(ns.Waypoint.Name, ns.tuned()))
}
