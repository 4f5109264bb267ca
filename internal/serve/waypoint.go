package serve

import (
	"fmt"
	"slices"
)

// waypoint is the name of a tenant's waypoint. One that is there keeps its name: another Gateway would be another proxy, and while
// policies, labels and Services go from one to the other, one of the two is without policies.
func (s *Server) waypoint(r syncRequest) string {
	names := waypoints(r)
	if len(names) == 0 || slices.Contains(names, s.Waypoint) {
		return s.Waypoint
	}
	return names[0]
}

// waypoints are the names of the Gateways that this controller made in the Namespace.
func waypoints(r syncRequest) []string {
	var names []string
	for _, o := range r.Attachments.all() {
		if o.kind() == "Gateway" {
			names = append(names, o.name())
		}
	}
	return names
}

// renamed says how to rename the waypoint of a tenant that has one of another name.
func (s *Server) renamed(r syncRequest) []string {
	is := s.waypoint(r)
	if is == s.Waypoint {
		return nil
	}
	return []string{fmt.Sprintf("spec.waypoint.name is %q, but Gateway %s/%s is its waypoint, so that stays and everything else is as configured; to rename it, label the Namespace %s=false, "+
		"delete that Gateway and the label istio.io/use-waypoint, and remove the label %s; until it has joined again, only pods of the namespace reach each other", s.Waypoint, r.Object.name(), is, enrollLabel, enrollLabel)}
}
