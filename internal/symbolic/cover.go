package symbolic

import "slices"

// Keep has the space rewrite boxes whenever comparisons split classes, so that they stay the same sets.
func (s *Space) Keep(boxes ...Box) { s.kept = append(s.kept, boxes...) }

// whole is a box with its classes written out on every axis.
func (s *Space) whole(b Box) Box {
	out := make(Box, len(s.axes))
	for i, x := range s.axes {
		if out[i] = x.all(); b.at(i) != nil {
			out[i] = slices.Clone(b.at(i))
		}
	}
	return out
}

// Wholes are boxes with their classes written out on every axis.
func (s *Space) Wholes(boxes []Box) []Box {
	out := make([]Box, len(boxes))
	for i, b := range boxes {
		out[i] = s.whole(b)
	}
	return out
}

// Meets reports whether two boxes have a request in common.
func (s *Space) Meets(a, b Box) bool {
	for i := range s.axes {
		if a.at(i) != nil && b.at(i) != nil && !a[i].meets(b[i]) {
			return false
		}
	}
	return true
}

// Rest is what boxes do not hold of others. It may be more than that where the steps of the space are used up.
func (s *Space) Rest(of, boxes []Box) []Box {
	left := of
	for _, b := range boxes {
		if !s.spend(len(left)) {
			return left
		}
		var next []Box
		for _, l := range left {
			next = append(next, s.less(l, b)...)
		}
		left = next
	}
	return left
}

// Points is one request of a box.
func (s *Space) Points(b Box) []Point { return s.points(b) }

// Only reports whether all classes of a box on an axis have a text such as is says.
func (s *Space) Only(b Box, axis string, is func(Point) bool) bool {
	i, ok := s.index[axis]
	if !ok {
		return false
	}
	for c, class := range s.axes[i].classes {
		if (b.at(i) == nil || b[i].has(c)) && !is(class.point) {
			return false
		}
	}
	return true
}

func (b Bits) meets(o Bits) bool {
	for i := range b {
		if b[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

func (b Bits) within(o Bits) bool {
	for i := range b {
		if b[i]&^o[i] != 0 {
			return false
		}
	}
	return true
}

func (b Box) within(o Box) bool {
	for i := range b {
		if !b[i].within(o[i]) {
			return false
		}
	}
	return true
}

// Cover are few boxes, each as wide as it can be, that hold all of some and nothing of others. What is in neither may be in them or not. The boxes are
// whole ones; order says which axes to leave open first. ok is false where the steps of the space do not suffice.
func (s *Space) Cover(on, off []Box, order []int) (out []Box, ok bool) {
	off = s.Wholes(off)
	on = s.Wholes(on)
	rest := slices.Clone(on)
	slices.SortStableFunc(rest, func(a, b Box) int { return s.openAxes(b) - s.openAxes(a) })
	for len(rest) > 0 {
		wide := s.widen(rest[0], off, order)
		if !s.spend(len(rest)) {
			return nil, false
		}
		out = append(out, wide)
		rest = slices.DeleteFunc(rest[1:], func(b Box) bool { return b.within(wide) })
	}
	return s.needed(out, on), true
}

// widen takes more classes into a box as long as it holds nothing of others: a whole axis where that is possible, then class by class.
func (s *Space) widen(b Box, off []Box, order []int) Box {
	out := slices.Clone(b)
	apart := make([]int, len(off)) // on how many axes each is apart from the box
	for j, o := range off {
		for i := range out {
			if !out[i].meets(o[i]) {
				apart[j]++
			}
		}
	}
	try := func(i int, wider Bits) {
		if !s.spend(len(off) * len(wider) / 4) {
			return
		}
		for j, o := range off {
			if apart[j] == 1 && !out[i].meets(o[i]) && wider.meets(o[i]) {
				return
			}
		}
		for j, o := range off {
			if !out[i].meets(o[i]) && wider.meets(o[i]) {
				apart[j]--
			}
		}
		out[i] = wider
	}
	for _, i := range order {
		try(i, s.axes[i].all())
	}
	for _, i := range order {
		for c := range s.axes[i].classes {
			if !out[i].has(c) {
				wider := slices.Clone(out[i])
				wider.set(c)
				try(i, wider)
			}
		}
	}
	return out
}

func (s *Space) openAxes(b Box) (n int) {
	for i, x := range s.axes {
		if b[i].count() == len(x.classes) {
			n++
		}
	}
	return n
}

// needed leaves out boxes that the others together make superfluous.
func (s *Space) needed(boxes, on []Box) []Box {
	for i := len(boxes) - 1; i >= 0 && len(boxes) > 1; i-- {
		others := slices.Delete(slices.Clone(boxes), i, i+1)
		if len(s.Rest(s.inBox(on, boxes[i]), others)) == 0 {
			boxes = others
		}
	}
	return boxes
}

// inBox are the parts of boxes that are in another.
func (s *Space) inBox(boxes []Box, in Box) (out []Box) {
	for _, b := range boxes {
		if s.Meets(b, in) {
			part := make(Box, len(b))
			for i := range b {
				part[i] = b[i].and(in[i])
			}
			out = append(out, part)
		}
	}
	return out
}

// Learn has an axis know comparisons, by which its sets are said.
func (s *Space) Learn(axis string, tests []*Test) error {
	var said []Literal
	for _, t := range tests {
		said = append(said, Literal{axis, t, true})
	}
	return s.refine([][]Literal{said}, func(func(Box)) {})
}

// Saying is a box with what is said of it, axis by axis: nil of an axis that is left open.
type Saying struct {
	Box     Box
	Phrases []Phrase
}

// Say says a box, axis by axis: at least what it has of some boxes, and no more than it has itself. Where what is said of an axis is several sets, it
// is several boxes.
func (s *Space) Say(b Box, of []Box, rank func(axis string) func(*Test) int) []Saying {
	out := []Saying{{Box: slices.Clone(s.whole(b))}}
	for i, x := range s.axes {
		var next []Saying
		for _, say := range out {
			least := newBits(len(x.classes))
			for _, p := range s.Within(of, say.Box) {
				least = least.or(p[i])
			}
			for _, said := range x.Say(least, say.Box[i], rank(x.Name)) {
				narrow := slices.Clone(say.Box)
				narrow[i] = said.Bits
				next = append(next, Saying{narrow, append(slices.Clone(say.Phrases), said.Phrase)})
			}
		}
		out = next
	}
	return out
}

// Within are the parts of boxes that are in another.
func (s *Space) Within(boxes []Box, in Box) []Box { return s.inBox(s.Wholes(boxes), s.whole(in)) }
