package access

// departures reports pods that left the mesh on their own.
func (a *selfCheck) departures(s *space) {
	for _, d := range s.departures {
		a.report(d.object, "its pods leave the mesh by "+d.by,
			"ztunnel does not see what reaches them: no policy protects them, and any pod reaches them past the waypoint", "remove it")
	}
}
