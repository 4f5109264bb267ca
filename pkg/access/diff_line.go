package access

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// standing is how far requests get, the least first. What is not judged may get anywhere.
type standing uint8

const (
	isDenied    standing = iota
	isAbsent             // the target is not there
	isAway               // the routes lead elsewhere, or take no such request
	isUncharted          // not judged, and no route leads there yet
	isUnknown            // not judged
	isUnrouted           // allowed, and no route leads there yet
	isAllowed
	isUntold // it is reported as another request
)

func (s standing) String() string {
	return [...]string{Deny.String(), "absent", "no-route", NotJudged.String(), NotJudged.String(), "no-route", Allow.String(), ""}[s]
}

func (s standing) unknown() bool { return s == isUncharted || s == isUnknown }

func (v *Verdict) standing() standing {
	switch {
	case v.Outcome == NotJudged && v.moot && v.Point.Kind == AtRoute:
		return isAway
	case v.Outcome == NotJudged && v.moot:
		return isUntold
	case v.Outcome == NotJudged && v.noRoute:
		return isUncharted
	case v.Outcome == NotJudged:
		return isUnknown
	case v.Outcome == Deny && v.Point == thereIsNone:
		return isAbsent
	case v.Outcome == Deny:
		return isDenied
	case v.noRoute:
		return isUnrouted
	}
	return isAllowed
}

// thereIsNone is what denies a request to a target that is not in the manifests.
var thereIsNone = Point{Kind: AtRequest, Name: "absent"}

// further is in which of two worlds a request gets further, if it does.
func further(a, b standing) (in int, changes bool) {
	level := func(s standing) standing {
		if s == isUncharted {
			return isUnknown
		}
		return max(s, isAway)
	}
	switch {
	case a == isUntold || b == isUntold || level(a) == level(b), min(a, b) == isAway && (max(a, b) == isUnrouted || max(a, b) == isUncharted):
		return 0, false
	case level(a) < level(b):
		return 1, true
	}
	return 0, true
}

// faced is a request that is decided in both worlds.
type faced struct {
	request Request
	in      [2]Verdict
}

// contrast is one question, asked in both worlds.
type contrast struct {
	d     *differ
	to    *destination
	q     [2]inquiry
	space *symbolic.Space
	sets  [2][3]sorter         // by the world in which requests get further: of what is allowed, of what is allowed and was not judged, of what is not judged
	odd   [2][3][]symbolic.Box // with methods that proxies may refuse, of other sets: they matter to lines about such methods only
	told  [2]account
	lines []contrasted
}

// contrasted is a line of the world in which its requests get further, and what becomes of its witness in the other one.
type contrasted struct {
	line
	in      int
	instead Verdict
}

func (c *contrast) decide(i int, r Request, trace *symbolic.Trace) Verdict {
	in := &c.to.in[i]
	if !in.at(c.q[i].port) {
		return Verdict{Outcome: Deny, Step: stepAt(thereIsNone, "")}
	}
	r.To = in.to
	return c.d.askers[i].w.answer(r, &open{trace: trace})
}

// explore finds the sets of requests with one outcome in each world: a run compares in both.
func (c *contrast) explore(pool *symbolic.Pool) (found []symbolic.Found[faced], err error) {
	q := &c.q[0]
	if c.space, err = q.space(c.d.askers[0].w, pool); err != nil {
		return nil, err
	}
	return symbolic.Explore(c.space, nil, maxQuestions, func(axes []*symbolic.Axis, points []symbolic.Point) (faced, *symbolic.Trace, bool) {
		f, trace := faced{request: q.request(axes, points)}, &symbolic.Trace{}
		f.request.plain = q.shows()
		for i := range f.in {
			f.in[i] = c.decide(i, f.request, trace)
		}
		return f, trace, true
	})
}

// answer finds the lines. unknown is why they are not all.
func (c *contrast) answer(pool *symbolic.Pool) (unknown error) {
	found, unknown := c.explore(pool)
	var limit *symbolic.Limit
	if unknown != nil && !errors.As(unknown, &limit) {
		return unknown
	}
	for i := range c.sets {
		c.told[i] = account{solution: solution{space: c.space}, q: &c.q[i]}
		for j := range c.sets[i] {
			c.sets[i][j] = sorter{w: c.d.askers[i].w, q: &c.q[i], space: c.space, out: &c.told[i], groups: map[string]*group{}}
		}
	}
	boxes := make([]symbolic.Box, len(found))
	for i := range found {
		boxes[i] = found[i].Box
	}
	boxes = c.space.Wholes(boxes)
	c.space.Keep(boxes...)
	changes := false
	for i := range found {
		changes = c.sort(&found[i].Outcome, boxes[i]) || changes
	}
	if !changes {
		return unknown
	}
	if err := c.sets[0][0].teach(); err != nil {
		return err
	}
	for i := range c.sets {
		if err := c.say(i); unknown == nil {
			unknown = err
		}
	}
	return unknown
}

// sort puts a set where it belongs, and reports whether its outcome changes.
func (c *contrast) sort(f *faced, box symbolic.Box) bool {
	a, b := f.in[0].standing(), f.in[1].standing()
	in, changes := further(a, b)
	out := [2]bool{c.sets[0][0].elsewhere(&f.request), c.sets[1][0].elsewhere(&f.request)}
	odd := (a.unknown() || b.unknown()) && c.space.Only(box, methodAxis, oddMethod)
	switch {
	case a == isUntold || b == isUntold || out[0] && out[1]:
		return false
	case !changes && (a == isAway || b == isAway): // lines say nothing of these
		return false
	case out[0] != out[1]:
		if changes && !odd {
			c.d.move(c, f, in)
		}
		return false
	}
	kind := 0
	switch {
	case !changes:
		kind = -1
	case f.in[in].Outcome != Allow:
		kind = 2
	case a.unknown() || b.unknown():
		kind = 1
	}
	for i := range c.sets {
		for j := range c.sets[i] {
			s := &c.sets[i][j]
			switch own := i == in && j == kind; {
			case own && odd:
				g := s.group(&f.in[i])
				g.odd = append(g.odd, box)
			case own:
				g := s.group(&f.in[i])
				g.boxes = append(g.boxes, box)
			case odd:
				c.odd[i][j] = append(c.odd[i][j], box)
			default:
				s.denied = append(s.denied, box)
			}
		}
	}
	return changes
}

// say makes the lines of what gets further in a world. A method that proxies may refuse has one only where no line of the others holds it.
func (c *contrast) say(in int) (unknown error) {
	out := &c.told[in]
	said := func() (boxes []symbolic.Box) {
		for i := range out.lines {
			boxes = append(boxes, out.lines[i].box)
		}
		return boxes
	}
	for j := range c.sets[in] {
		s := &c.sets[in][j]
		s.order()
		for _, g := range s.all {
			if len(g.boxes) > 0 && g.outcome == Allow {
				s.allowed([]*group{g})
			} else if rest := c.space.Rest(g.boxes, said()); len(rest) > 0 {
				s.lines(g, rest, s.denied)
			}
		}
	}
	for j := range c.sets[in] {
		s := &c.sets[in][j]
		for _, g := range s.all {
			if rest := c.space.Rest(g.odd, said()); len(rest) > 0 {
				s.lines(g, rest, slices.Concat(s.denied, c.odd[in][j]))
			}
		}
	}
	c.d.out.Errors = append(c.d.out.Errors, out.wrong...)
	for _, l := range out.lines {
		c.lines = append(c.lines, c.confirm(l, in))
	}
	for j := range c.sets[in] {
		if left := c.sets[in][j].left; left != nil && unknown == nil {
			unknown = errors.New(left.by.Why)
		}
	}
	return unknown
}

// confirm asks for a line's witness in the other world.
func (c *contrast) confirm(l line, in int) contrasted {
	out := contrasted{line: l, in: in}
	if l.witness.To.Namespace == "" {
		return out
	}
	both := [2]Verdict{c.decide(0, l.witness, nil), c.decide(1, l.witness, nil)}
	out.instead = both[1-in]
	got, changes := further(both[0].standing(), both[1].standing())
	if (!changes || got != in) && !both[0].routeless() && !both[1].routeless() {
		c.d.out.Errors = append(c.d.out.Errors, fmt.Sprintf("%s is %s among others, and alone %v and %v", l.witness.text(), c.d.word(in), both[0].standing(), both[1].standing()))
	}
	return out
}

// inquiries are those of either world.
func (d *differ) inquiries(t *destination, port int, tcp bool) (out []inquiry) {
	for i, x := range d.askers {
		if !t.in[i].at(port) {
			continue
		}
		for _, q := range x.w.inquiries(t.in[i].to, port, tcp) {
			if !slices.ContainsFunc(out, func(o inquiry) bool { return o.kind == q.kind && o.issuer() == q.issuer() }) {
				out = append(out, q)
			}
		}
	}
	return out
}

func (q *inquiry) issuer() string {
	if q.from.JWT == nil {
		return ""
	}
	return q.from.JWT.Issuer
}
