package access

import "slices"

// Touch is which requests may be decided otherwise because of one object: those to every target of a namespace, or to some Services of it and to the pods
// that carry some labels.
type Touch struct {
	All      bool
	Services []string
	Pods     []map[string]string
}

// Part is the targets in Namespaces, all where it is nil, but not in Except, that exactly the touches of Set concern: bit i is that of Touches[i]. Without
// Touches it is all of their targets.
type Part struct {
	Namespaces, Except []string
	Touches            []Touch
	Set                uint64
}

// Parts are the sets of touches that meet in some target of a namespace, in ascending order. A target that no touch concerns is in none.
func (e *Ends) Parts(now *World, namespace string, touches []Touch) (sets []uint64) {
	m := e.compare(now, true)
	for _, s := range m.spots(namespace) {
		if set := m.touching(&s, touches); set != 0 && !slices.Contains(sets, set) {
			sets = append(sets, set)
		}
	}
	slices.Sort(sets)
	return sets
}

// touching are the touches that concern a target.
func (m *compared) touching(s *spotOf, touches []Touch) (set uint64) {
	for i := range touches {
		if m.touches(s, &touches[i]) {
			set |= 1 << i
		}
	}
	return set
}

func (m *compared) touches(s *spotOf, by *Touch) bool {
	to := s.first()
	if by.All || to.only == nil && slices.Contains(by.Services, to.Service) {
		return true
	}
	for i, x := range m.askers {
		if len(by.Pods) == 0 || !s.in[i].there {
			continue
		}
		pods, known := x.w.podsAt(&s.in[i].to)
		if !known || slices.ContainsFunc(pods, func(p *workload) bool {
			return p.unsure != "" || slices.ContainsFunc(by.Pods, p.mayCarryAll)
		}) {
			return true
		}
	}
	return false
}

// podsAt are the pods of a target. They are not known of a Service that does not select any.
func (w *World) podsAt(to *To) (pods []*workload, known bool) {
	if to.only != nil {
		return []*workload{to.only}, true
	}
	s := w.look(to.Namespace)
	svc := s.service(to.Service)
	if svc == nil || svc.external || len(svc.selector) == 0 {
		return nil, false
	}
	return s.pods(svc), true
}

// mayCarryAll reports whether a pod has all of the labels, or may have them.
func (w *workload) mayCarryAll(all map[string]string) bool {
	for key, value := range all {
		if !w.mayCarry(labels{{key, value}}) {
			return false
		}
	}
	return true
}
