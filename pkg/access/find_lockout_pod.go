package access

import "github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"

// departures reports pods that left the mesh on their own.
func (a *selfCheck) departures(s *space) {
	for _, d := range s.departures {
		a.report(diagnostic.PodsLeaveMesh, d.origin, "takes its pods out of the mesh by "+d.by,
			"ztunnel does not see their traffic, so no policy protects them, and any pod can reach them past the waypoint", "remove "+d.by)
	}
}
