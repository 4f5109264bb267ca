package enroll

// podSecurity notes the profiles whose Namespace enforces Pod Security restricted. It reads a
// Namespace of ours as well: labels that others put on it stay.
func (s *sources) podSecurity(items []*Item) {
	for _, item := range items {
		if enforcesRestricted(item) {
			if p := s.of(item.Name); p != nil {
				p.Restricted = true
			}
		}
	}
}

// enforcesRestricted reports whether an item is a Namespace that admits no pod without a seccomp
// profile. The levels baseline and privileged ask for none, and audit and warn refuse nothing.
func enforcesRestricted(item *Item) bool {
	return item.Group == "" && item.Kind == "Namespace" && item.Label("pod-security.kubernetes.io/enforce") == "restricted"
}
