package symbolic

import (
	"fmt"
	"slices"
)

// Space is all requests of a question: the axes, those that the question starts with and those that comparisons added.
type Space struct {
	axes  []*Axis
	index map[string]int
	make  func(name string) (*Axis, error) // one that a comparison names
	kept  []Box                            // in addition to those of an exploration
	pool  *Pool
	left  int // steps
}

// Box is a set of requests: a product of classes of each axis. nil on an axis, or none for it, is all.
type Box []Bits

// Found is a box whose requests all have one outcome, with one of them.
type Found[O any] struct {
	Box     Box
	Outcome O
	Points  []Point // by axis, as far as there were axes
}

// NewSpace returns a space of these axes, for a question of those that share a pool. more makes any other axis that a comparison names, which a request need
// not have.
func NewSpace(pool *Pool, axes []*Axis, more func(name string) (*Axis, error)) (*Space, error) {
	s := &Space{index: map[string]int{}, make: more, pool: pool}
	s.Renew()
	for _, x := range axes {
		if _, err := s.add(x); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Space) add(x *Axis) (int, error) {
	if len(x.classes) == 0 {
		if err := x.find(); err != nil {
			return 0, fmt.Errorf("%s: %w", x.Name, err)
		}
	}
	i := len(s.axes)
	s.index[x.Name], s.axes = i, append(s.axes, x)
	return i, nil
}

// Axes are those of the space, in order.
func (s *Space) Axes() []*Axis { return s.axes }

func (s *Space) axis(name string) (int, error) {
	if i, ok := s.index[name]; ok {
		return i, nil
	}
	x, err := s.make(name)
	if err != nil {
		return 0, err
	}
	return s.add(x)
}

// learn adds what a run compared.
func (s *Space) learn(literals []Literal) (grown []int, err error) {
	for _, l := range literals {
		i, err := s.axis(l.Axis)
		if err != nil {
			return nil, err
		}
		if err := s.axes[i].add(l.Test); err != nil {
			return nil, fmt.Errorf("%s: %w", l.Axis, err)
		}
		if s.axes[i].grown && !slices.Contains(grown, i) {
			grown = append(grown, i)
		}
	}
	return grown, nil
}

// box is all requests for which comparisons have the same answers. Those of new tests must have been learned.
func (s *Space) box(literals []Literal) Box {
	out := make(Box, len(s.axes))
	for _, l := range literals {
		i := s.index[l.Axis]
		x := s.axes[i]
		n := x.index[l.Test.key]
		if out[i] == nil {
			out[i] = x.all()
		}
		for c := range x.classes {
			if x.classes[c].answers.has(n) != l.Holds {
				out[i][c/64] &^= 1 << (c % 64)
			}
		}
	}
	return out
}

func (x *Axis) all() Bits {
	out := newBits(len(x.classes))
	for c := range x.classes {
		out.set(c)
	}
	return out
}

func (b Box) at(i int) Bits {
	if i < len(b) {
		return b[i]
	}
	return nil
}

// points is one request of a box.
func (s *Space) points(b Box) []Point {
	out := make([]Point, len(s.axes))
	for i, x := range s.axes {
		c := 0
		if bits := b.at(i); bits != nil {
			c = bits.first()
		}
		out[i] = x.classes[c].point
	}
	return out
}

// less are the disjoint parts of a box that another one does not hold.
func (s *Space) less(b, o Box) (out []Box) {
	if !s.Meets(b, o) {
		return []Box{b}
	}
	rest := slices.Clone(b)
	for len(rest) < len(s.axes) {
		rest = append(rest, nil)
	}
	for i, x := range s.axes {
		if o.at(i) == nil {
			continue
		}
		own := rest[i]
		if own == nil {
			own = x.all()
		}
		if off := own.less(o.at(i)); !off.empty() {
			part := slices.Clone(rest)
			part[i] = off
			out = append(out, part)
		}
		rest[i] = own.and(o.at(i))
	}
	return out
}

// remap rewrites a box for the new classes of an axis.
func remap(b Box, i int, old []int) {
	if b.at(i) == nil {
		return
	}
	out := newBits(len(old))
	for c, was := range old {
		if b[i].has(was) {
			out.set(c)
		}
	}
	b[i] = out
}

// holds reports whether a box has a request.
func (s *Space) holds(b Box, points []Point) (axis string, ok bool) {
	for i, x := range s.axes {
		if b.at(i) == nil {
			continue
		}
		p := Point{}
		if i < len(points) {
			p = points[i]
		}
		if c := x.classOf(p); c < 0 || !b.at(i).has(c) {
			return x.Name, false
		}
	}
	return "", true
}

// Contains reports whether a box has the request with these texts.
func (s *Space) Contains(b Box, on func(axis string) Point) bool {
	points := make([]Point, len(s.axes))
	for i, x := range s.axes {
		points[i] = on(x.Name)
	}
	_, ok := s.holds(b, points)
	return ok
}

// Takes reports whether all texts of a request are such of the axes. Those on other axes do not matter.
func (s *Space) Takes(on func(axis string) Point) bool {
	for _, x := range s.axes {
		if p := on(x.Name); p.There && !x.Takes(p.Text) || !p.There && !x.Optional {
			return false
		}
	}
	return true
}

// Sample returns one text for each class of an axis.
func (x *Axis) Sample() []Point {
	out := make([]Point, len(x.classes))
	for i := range x.classes {
		out[i] = x.classes[i].point
	}
	return out
}

// classOf is the class of a text of the axis, -1 for none.
func (x *Axis) classOf(p Point) int {
	sign := x.signature(p)
	return slices.IndexFunc(x.classes, func(c class) bool { return c.point.There == p.There && c.answers.key() == sign })
}

// Limit is a bound that an exploration came to, with what is not explored.
type Limit struct {
	Runs int
	Left []Box
}

func (l *Limit) Error() string { return fmt.Sprintf("more than %d kinds of requests", l.Runs) }

// Explore asks for the outcome of a request of each box that is left, until the boxes of the answers cover the space, or the part of it that is given.
// The boxes may overlap where several have the same outcome. It continues while ask returns true. With a *Limit as the error, found holds what was found so far.
func Explore[O any](s *Space, from []Box, runs int, ask func(axes []*Axis, points []Point) (O, *Trace, bool)) (found []Found[O], err error) {
	left := slices.Clone(from)
	if left == nil {
		left = []Box{nil}
	}
	for n := 0; len(left) > 0; {
		if n >= runs || !s.spend(0) {
			s.pool.left /= 4
			return found, &Limit{n, left}
		}
		// Several at a time: the classes are found again for what all of them compared.
		var asked []Found[O]
		var said [][]Literal
		more := true
		for _, b := range left[max(0, len(left)-atOnce):] {
			points := s.points(b)
			outcome, trace, goOn := ask(s.axes, points)
			n++
			asked, said = append(asked, Found[O]{nil, outcome, points}), append(said, trace.Literals())
			if more = goOn; !more {
				break
			}
		}
		if err := s.refine(said, func(remap func(Box)) {
			for _, b := range left {
				remap(b)
			}
			for _, f := range found {
				remap(f.Box)
			}
		}); err != nil {
			return found, err
		}
		for i := range asked {
			box := s.box(said[i])
			if axis, ok := s.holds(box, asked[i].Points); !ok {
				return found, fmt.Errorf("%s: a request is not in its own set", axis)
			}
			asked[i].Box = box
			s.spend(stepsOfRun + len(left))
			left = s.without(left, box)
		}
		if found = append(found, asked...); !more {
			return found, nil
		}
	}
	return found, nil
}

// atOnce is how many boxes that are left are asked for before what was compared is looked at.
const atOnce = 16

// without are what boxes have beside another one, in their order. Most have nothing of it and stay where they are.
func (s *Space) without(boxes []Box, box Box) []Box {
	first := slices.IndexFunc(boxes, func(b Box) bool { return s.Meets(b, box) })
	if first < 0 {
		return boxes
	}
	rest := slices.Clone(boxes[first:])
	boxes = boxes[:first]
	for _, b := range rest {
		boxes = append(boxes, s.less(b, box)...)
	}
	return boxes
}

// refine has the axes learn what was compared, and writes boxes by the new classes: those that are kept, and those that each goes through.
func (s *Space) refine(said [][]Literal, each func(remap func(Box))) error {
	var grown []int
	for _, literals := range said {
		more, err := s.learn(literals)
		if err != nil {
			return err
		}
		for _, i := range more {
			if !slices.Contains(grown, i) {
				grown = append(grown, i)
			}
		}
	}
	for _, i := range grown {
		old, err := s.axes[i].refine()
		if err != nil {
			return fmt.Errorf("%s: %w", s.axes[i].Name, err)
		}
		s.spend(s.axes[i].steps)
		one := func(b Box) {
			s.spend(1 + len(old)/8)
			remap(b, i, old)
		}
		for _, b := range s.kept {
			one(b)
		}
		each(one)
	}
	return nil
}
