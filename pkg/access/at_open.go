package access

import "github.com/kubeflow-ambient/ambient-profile/internal/symbolic"

// open are the questions of one request that neither it nor the manifests answer, such as which of two Envoys reads its path. The request is
// judged once for each answer; a verdict stands only where all agree.
type open struct {
	asked []question
	next  int // the question of this run that comes next
	trace *symbolic.Trace
	read  reading
	http2 bool                                                           // the client speaks HTTP/2, to any proxy
	watch func(on layer, point Point, policies []*policy, a *attributes) // if set, it is called for each point that judges
}

// attributes are what the first proxy sees of a request.
func (o *open) attributes(r Request) attributes {
	a := r.attributes(o.trace)
	a.watch, a.inbound.read = o.watch, o.read
	return a
}

type question struct {
	point       Point
	why         string
	answers, is int
}

// maxRuns is how often one request is judged at most.
const maxRuns = 64

// Decide answers one request. A request that cannot be answered is NotJudged and says why; nothing is ever allowed on a guess.
func (w *World) Decide(r Request) Verdict { return w.answer(r, &open{}) }

// traced is Decide with all that it compared: a request with the same answers has the same verdict.
func (w *World) traced(r Request) (Verdict, *symbolic.Trace) {
	o := &open{trace: &symbolic.Trace{}}
	return w.answer(r, o), o.trace
}

func (w *World) answer(r Request, o *open) Verdict {
	if w.locked != nil {
		return w.locked.answer(w, &r, o.trace)
	}
	v := w.decide(r, o)
	if r.plain && v.moot && v.Point.Kind != AtRoute {
		return v // it shows several tokens
	}
	for run := 1; v.Outcome != NotJudged || v.moot; run++ {
		flipped, more := o.another()
		switch {
		case !more:
			return v
		case run == maxRuns:
			return v.unsettled(flipped)
		}
		other := w.decide(r, o)
		switch moot := other.Outcome == Deny || other.Outcome == NotJudged && other.moot; {
		case v.Outcome == NotJudged:
			v.moot = moot
		case other.Outcome != v.Outcome:
			moot = moot && v.Outcome == Deny
			v = v.unsettled(flipped)
			v.moot = moot
		}
	}
	return v
}

// unsettled returns a verdict that another answer to a question does not share, as NOT JUDGED.
func (v Verdict) unsettled(q question) Verdict {
	step := stepAt(q.point, q.why)
	v.Outcome, v.Step = NotJudged, step
	v.Steps = append(v.Steps[:len(v.Steps):len(v.Steps)], step)
	return v
}

// another prepares the next run, by the next answer to the last question that has one.
func (o *open) another() (flipped question, more bool) {
	o.next = 0
	for i := len(o.asked) - 1; i >= 0; i-- {
		if q := &o.asked[i]; q.is+1 < q.answers {
			q.is++
			o.asked = o.asked[:i+1]
			return *q, true
		}
	}
	return question{}, false
}

// choose is this run's answer to a question about a point, from 0 to n-1. The same question has the same answer whenever it comes up.
func (t *trip) choose(point Point, n int, why string) int {
	o := t.open
	for i := range o.next {
		if q := &o.asked[i]; q.point == point && q.answers == n && q.why == why {
			return q.is
		}
	}
	if o.next == len(o.asked) {
		o.asked = append(o.asked, question{point, why, n, 0})
	}
	o.next++
	return o.asked[o.next-1].is
}
