package symbolic

// HeaderAxis begins the names of the axes of headers.
const HeaderAxis = "header "

// Trace is what one run compared, in order. A nil one records nothing.
type Trace struct {
	literals []Literal
}

// Literal is a comparison with an axis, and its answer.
type Literal struct {
	Axis  string
	Test  *Test
	Holds bool
}

func (l Literal) String() string {
	if l.Holds {
		return l.Axis + " " + l.Test.String()
	}
	return l.Axis + " not " + l.Test.String()
}

// Point is the text of a request on one axis, or that there is none.
type Point struct {
	Text  string
	There bool
}

// On is the value of an axis that has a text in every request.
//
//go:noinline // it is called in many places
func (t *Trace) On(axis, text string) Value {
	if t == nil {
		return Text(text)
	}
	return Value{s: text, state: Known, of: &source{trace: t, axis: axis, there: true}}
}

// At is the value of an axis that not every request has a text on.
//
//go:noinline // it is called in many places
func (t *Trace) At(axis string, p Point) Value {
	v := Value{s: p.Text, state: Known}
	if !p.There {
		v = Value{}
	}
	if t != nil {
		v.of = &source{trace: t, axis: axis}
	}
	return v
}

func (t *Trace) add(axis string, test *Test, holds bool) {
	if t != nil {
		t.literals = append(t.literals, Literal{axis, test, holds})
	}
}

// Mark is where the trace stands.
func (t *Trace) Mark() int {
	if t == nil {
		return 0
	}
	return len(t.literals)
}

// Forget takes out what was compared between two marks, where the rest of the trace alone decides.
func (t *Trace) Forget(from, to int) {
	if t != nil && from < to {
		t.literals = append(t.literals[:from], t.literals[to:]...)
	}
}

// Literals are those of the run, each once.
func (t *Trace) Literals() []Literal {
	type key struct {
		axis, test string
		holds      bool
	}
	seen := map[key]bool{}
	var out []Literal
	for _, l := range t.literals {
		if k := (key{l.Axis, l.Test.key, l.Holds}); !seen[k] {
			seen[k] = true
			out = append(out, l)
		}
	}
	return out
}
