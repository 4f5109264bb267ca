package generate

// L4PolicyName is the policy that closes a namespace to all but its waypoint.
const L4PolicyName = "ns-l4-waypoint"

// allowWaypointL4 is enforced by ztunnel in front of every pod of the namespace.
//
// Only their own waypoint, so nothing skips the L7 policies; pods of the same namespace, because
// headless Services and pod IPs never pass a waypoint and distributed training needs both; and the
// scrapers that the configuration names, on their ports.
//
// It stays when all else is pruned: without it a namespace without waypoint is open.
func allowWaypointL4(ns Namespace) Object {
	rules := []rule{from(ns.WaypointPrincipal)}
	if ns.Access.SameNamespacePods {
		rules = append(rules, fromNamespace(ns.Name))
	}
	for _, s := range ns.Scrapers {
		rules = append(rules, from(s.Principal).onPorts(s.Ports...))
	}
	o := policy(ns.Name, L4PolicyName, allow(inFrontOfAll(), rules...))
	o.Annotations = keep()
	return o
}
