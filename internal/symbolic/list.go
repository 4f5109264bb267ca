package symbolic

import (
	"slices"
	"strings"
)

// A claim of a token is a text, a list of texts or a mapping. A list and a mapping are written as texts that no axis has otherwise: bytes that no text
// of a request holds begin a mapping and a list, and end each element of a list.
const (
	aMapping   = "\x1d"
	aList      = "\x1e"
	elementEnd = "\x1f"
)

// ListPoint is a list of texts.
func ListPoint(elements []string) Point {
	var b strings.Builder
	b.WriteString(aList)
	for _, e := range elements {
		b.WriteString(e + elementEnd)
	}
	return Point{Text: b.String(), There: true}
}

// MappingPoint is a mapping. What it holds is on axes of its own.
func MappingPoint() Point { return Point{Text: aMapping, There: true} }

// IsMapping reports whether the point is a mapping.
func (p Point) IsMapping() bool { return p.There && p.Text == aMapping }

// List is the elements of a list; ok is false for what is not one.
func (p Point) List() (elements []string, ok bool) {
	rest, ok := strings.CutPrefix(p.Text, aList)
	if !ok || !p.There {
		return nil, false
	}
	for rest != "" {
		e, more, _ := strings.Cut(rest, elementEnd)
		elements, rest = append(elements, e), more
	}
	return elements, true
}

func isText(s string) bool { return !strings.HasPrefix(s, aList) && !strings.HasPrefix(s, aMapping) }

// The shapes that shapeKind asks for.
const (
	listShape    = "list"
	mappingShape = "mapping"
)

func hasShape(shape, s string) bool {
	return shape == listShape && strings.HasPrefix(s, aList) || shape == mappingShape && s == aMapping
}

// NewClaimAxis is the axis of a claim, which a token need not have: a text that a regular expression takes, a list of such texts, or a mapping.
func NewClaimAxis(pool *Pool, name, domain string) (*Axis, error) {
	return newListAxis(pool, name, domain, true)
}

// NewSeveralAxis is the axis of what may be there once, as a text, or several times, as a list of two or more.
func NewSeveralAxis(pool *Pool, name, domain string) (*Axis, error) {
	return newListAxis(pool, name, domain, false)
}

func newListAxis(pool *Pool, name, domain string, mappings bool) (*Axis, error) {
	x, err := newAxis(pool, name, domain, true, nil)
	if err != nil {
		return nil, err
	}
	x.lists, x.mappings = true, mappings
	return x, x.know(pool.tests[name])
}

// maxLists bounds how many kinds of lists an axis tells apart. Of n texts that are compared, each list has some.
const maxLists = 1 << 11

// findLists notes one list of each kind. Of a list one element must pass a comparison, so its answers are those that any of its elements has, and
// the kinds of lists are the unions of the kinds of texts. Shorter lists come first.
func (x *Axis) findLists(note func(Point)) error {
	var elements []string
	for _, c := range x.classes {
		if c.point.There {
			elements = append(elements, c.point.Text)
		}
	}
	if x.mappings {
		note(MappingPoint())
	}
	type kind struct {
		of      []string
		answers Bits // of the comparisons with each element
	}
	each := make([]Bits, len(elements))
	for i, e := range elements {
		each[i] = x.answersOf(ListPoint([]string{e}))
	}
	none := x.answersOf(ListPoint(nil))
	all, seen := []kind{{nil, none}}, map[string]bool{none.key(): true}
	for i := 0; i < len(all); i++ {
		switch of := all[i].of; {
		case x.mappings || len(of) > 1:
			note(ListPoint(of))
		case len(of) == 1:
			note(ListPoint([]string{of[0], of[0]}))
		}
		for j, e := range elements {
			answers := all[i].answers.or(each[j])
			if key := answers.key(); !seen[key] {
				if len(all) >= maxLists {
					return errTooMany
				}
				seen[key] = true
				all = append(all, kind{append(slices.Clone(all[i].of), e), answers})
			}
		}
	}
	return nil
}

func (x *Axis) answersOf(p Point) Bits {
	answers := newBits(len(x.tests))
	for i, t := range x.tests {
		if t.Holds(p) {
			answers.set(i)
		}
	}
	return answers
}

func (b Bits) or(o Bits) Bits {
	out := slices.Clone(b)
	for i := range o {
		out[i] |= o[i]
	}
	return out
}

// takesShape reports whether a list or a mapping is one of the axis.
func (x *Axis) takesShape(p Point) bool {
	list, ok := p.List()
	if !ok || !x.lists || !x.mappings && len(list) < 2 {
		return x.mappings && p.IsMapping()
	}
	return !slices.ContainsFunc(list, func(e string) bool { return !accepts(x.domain, e) })
}

// Claim is the value of a claim, which may be a list or a mapping. Comparisons ask whether one element of a list passes.
func (t *Trace) Claim(axis string, p Point) Value {
	v := t.At(axis, p)
	v.lists = true
	return v
}

// OfClaim reports whether the value is a claim that may be a list or a mapping.
func (v Value) OfClaim() bool { return v.lists }

// HasText reports whether a claim is a text that is not empty.
func (v Value) HasText() bool {
	return v.lists && v.asks(newTest(patternKind, "*", nil)) == Yes
}

// IsMapping reports whether a claim is a mapping.
func (v Value) IsMapping() bool {
	return v.lists && v.asks(newTest(shapeKind, mappingShape, nil)) == Yes
}

// IsList reports whether a claim is a list.
func (v Value) IsList() bool {
	return v.lists && v.asks(newTest(shapeKind, listShape, nil)) == Yes
}

// One is the text of a claim that is known to be a text.
func (v Value) One() Value {
	v.lists, v.words = false, false
	return v
}

func (v *Value) asks(t *Test) Answer {
	ok := t.Holds(Point{v.s, v.state != Absent})
	if v.of != nil {
		v.of.trace.add(v.of.axis, t, ok)
	}
	return is(ok)
}

// newListTest asks whether a text passes, or one element of a list.
func newListTest(k kind, arg string) *Test {
	t := newTest(k, arg, nil)
	t.elements, t.key = true, "e"+t.key
	return t
}

// takesElement reports whether an element of a list passes. The words of an element are not taken apart (Envoy jwt_authn authenticator.cc normalizes
// texts only).
func (t *Test) takesElement(e string) bool {
	if t.kind == wordsKind {
		return t.ofElements().takes(e)
	}
	return t.takes(e)
}

// ofElements returns the comparison by which elements of lists differ where the texts do not, or nil.
func (t *Test) ofElements() *Test {
	if t.elements && t.kind == wordsKind {
		return newPatternsTest(patternsKind, t.list)
	}
	return nil
}

func newPatternsTest(k kind, patterns []string) *Test {
	t := newListTest(k, strings.Join(patterns, "\x01"))
	t.list = patterns
	return t
}

// MatchesAny tries value patterns of Istio on a claim: a text, a word of it, or an element of a list must pass one (authz/matcher.StringOrMatcher). As one
// comparison, many patterns tell apart no more lists than one.
func (v Value) MatchesAny(patterns []string) Answer {
	if v.words {
		return v.asks(newPatternsTest(wordsKind, patterns))
	}
	return v.asks(newPatternsTest(patternsKind, patterns))
}

// MatchesOneOf tries value patterns of Istio on a text that may be absent and that is not a claim. As one comparison, they separate two kinds of texts. ok is
// false where they have to be tried one by one.
func (v Value) MatchesOneOf(patterns []string) (a Answer, ok bool) {
	if v.of == nil || v.lists || v.words || v.coded != "" || v.state != Known && v.state != Absent || len(patterns) < 2 || slices.Contains(patterns, "*") {
		return No, false
	}
	holds := v.state == Known && slices.ContainsFunc(patterns, func(p string) bool { return MatchPattern(p, v.s) })
	t := newTest(patternsKind, strings.Join(patterns, "\x01"), v.of.via)
	t.list = patterns
	v.of.trace.add(v.of.axis, t, holds)
	return is(holds), true
}

// Encoded is a header that a proxy writes from a claim that is a list or a mapping: its JSON in base64, whose first letter is known.
func Encoded(first string) Value { return Value{state: Some, coded: first} }

// The first letter of base64 for a JSON that begins with a bracket or with a brace.
const (
	EncodedList    = "W"
	EncodedMapping = "e"
)

// matchesCoded: no text that holds another byte than base64 does can be the header.
func (v *Value) matchesCoded(pattern string) Answer {
	switch {
	case pattern == "*":
		return Yes
	case strings.HasPrefix(pattern, "*"):
		return maybeIf(isBase64(pattern[1:]))
	case strings.HasSuffix(pattern, "*"):
		rest := pattern[:len(pattern)-1]
		return maybeIf(rest == "" || strings.HasPrefix(rest, v.coded) && isBase64(rest))
	}
	return v.exactlyCoded(pattern)
}

func (v *Value) exactlyCoded(s string) Answer {
	return maybeIf(len(s)%4 == 0 && strings.HasPrefix(s, v.coded) && isBase64(s))
}

func maybeIf(b bool) Answer {
	if b {
		return Maybe
	}
	return No
}

func isBase64(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", r)
	})
}
