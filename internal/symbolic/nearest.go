package symbolic

// Moves are what a request must have otherwise to be in a box: for each axis on which it is outside, in order, the first text that is inside. on gives the
// request's own texts; a text that no axis takes is outside.
func (s *Space) Moves(b Box, on func(axis string) Point) (axes []string, to []Point) {
	for i, x := range s.axes {
		bits := b.at(i)
		p := on(x.Name)
		if c := x.classOf(p); bits != nil && c >= 0 && bits.has(c) && (!p.There || x.Takes(p.Text)) || bits == nil && (p.There && x.Takes(p.Text) || !p.There && x.Optional) {
			continue
		}
		first := 0
		if bits != nil {
			first = bits.first()
		}
		axes, to = append(axes, x.Name), append(to, x.classes[first].point)
	}
	return axes, to
}
