package symbolic

import (
	"regexp"
	"strings"
)

// Answer is what can be said of one condition. Its order makes "and" the minimum and "or" the maximum.
type Answer uint8

// The answers. Maybe depends on what the manifests or the request do not say.
const (
	No Answer = iota
	Maybe
	Yes
)

func is(b bool) Answer {
	if b {
		return Yes
	}
	return No
}

// State is what is known of a value.
type State uint8

// What is known of a value.
const (
	Absent  State = iota
	Known         // its text
	Some          // there is a value, and nobody can say which
	Perhaps       // not even that
	Element       // its text is one of a list of values
)

// Value is one attribute of a request: a header, a claim, the path. Its text is reached only by methods that record on the trace of the run, where
// there is one, what they say of the text of the axis that it comes from.
type Value struct {
	s     string
	state State
	of    *source
	words bool   // the text is a list of words, and one of them must pass
	lists bool   // it is a claim, which may be a list or a mapping
	coded string // it is base64 that begins so
}

// source is the axis that a value comes from, and how.
type source struct {
	trace *Trace
	axis  string
	via   *derived
	there bool // the axis has a text in every request
}

// Text is a value that is the same in every request.
func Text(s string) Value { return Value{s: s, state: Known} }

// In is a value of which no more than its state is known.
func In(state State) Value { return Value{state: state} }

// ElementOf is one of a list of values.
func ElementOf(s string) Value { return Value{s: s, state: Element} }

func (v *Value) note(k kind, arg string, holds bool) {
	if v.of != nil {
		v.of.trace.add(v.of.axis, newTest(k, arg, v.of.via), holds)
	}
}

// State is what is known of the value. That it is there, or absent, is recorded.
func (v Value) State() State {
	if v.of != nil && !v.of.there {
		v.note(presentKind, "", v.state != Absent)
	}
	return v.state
}

// Matches tries a value pattern of Istio: `*` (present and not empty), `abc*`, `*abc`, or the exact text.
func (v Value) Matches(pattern string) Answer {
	switch {
	case v.lists:
		return v.MatchesAny([]string{pattern})
	case v.coded != "":
		return v.matchesCoded(pattern)
	case v.words:
		ok := v.state != Absent && matchWord(pattern, v.s)
		v.note(wordKind, pattern, ok)
		return is(ok)
	}
	switch v.state {
	case Known, Element:
		ok := MatchPattern(pattern, v.s)
		v.note(patternKind, pattern, ok)
		return is(ok)
	case Some:
		if pattern == "*" {
			return Yes
		}
		return Maybe
	case Perhaps:
		return Maybe
	}
	v.note(patternKind, pattern, false)
	return No
}

// MatchesHeader is Matches for headers, of which `*` asks no more than that they are there: one that is empty is there too
// (authz/matcher.HeaderMatcher makes it a PresentMatch, not the .+ of StringMatcher).
func (v Value) MatchesHeader(pattern string) Answer {
	if pattern == "*" && (v.state == Known || v.state == Absent) {
		return is(v.State() == Known)
	}
	return v.Matches(pattern)
}

// MatchesHost is MatchesHeader without regard to case (authz/matcher.HostMatcher).
func (v Value) MatchesHost(pattern string) Answer {
	return v.Lower().MatchesHeader(strings.ToLower(pattern))
}

// MatchesTemplate tries a path template.
func (v Value) MatchesTemplate(template string) Answer {
	if v.state != Known {
		return Value{state: v.state}.Matches(template)
	}
	ok := MatchTemplate(template, v.s)
	v.note(templateKind, template, ok)
	return is(ok)
}

// Exactly tries one text, whatever stars it holds.
func (v Value) Exactly(s string) Answer {
	if v.coded != "" {
		return v.exactlyCoded(s)
	}
	switch v.state {
	case Known:
		v.note(exactKind, s, v.s == s)
		return is(v.s == s)
	case Absent:
		v.note(exactKind, s, false)
		return No
	}
	v.State()
	return Maybe
}

// Is reports whether the value is known to be a text.
func (v Value) Is(s string) bool { return v.Exactly(s) == Yes }

// Under reports whether a path that is known is a prefix of whole segments, or below it.
func (v Value) Under(prefix string) bool {
	ok := v.state != Absent && under(prefix, v.s)
	v.note(underKind, prefix, ok)
	return ok
}

// Contains reports whether the text is known and holds another.
func (v Value) Contains(s string) bool {
	ok := (v.state == Known || v.state == Element) && strings.Contains(v.s, s)
	v.note(containsKind, s, ok)
	return ok
}

// Finds reports whether an expression finds something in the text.
func (v Value) Finds(re *regexp.Regexp) bool {
	ok := v.state != Absent && re.MatchString(v.s)
	if v.of != nil {
		t := newTest(regexpKind, re.String(), v.of.via)
		t.re = re
		v.of.trace.add(v.of.axis, t, ok)
	}
	return ok
}

// List is a set of texts, or of paths, that many values are looked up in.
type List struct {
	Name string
	All  []string
}

// OneOf reports whether the text is one of a list.
func (v Value) OneOf(l List) bool {
	ok := false
	for _, e := range l.All {
		ok = ok || e == v.s
	}
	v.noteList(listKind, l, ok && v.state != Absent)
	return ok && v.state != Absent
}

// Lookup is the one of a list of paths that a path is under, as find says; "" for none.
func (v Value) Lookup(l List, find func(string) string) string {
	key := find(v.s)
	if key != "" {
		v.note(underKind, key, true)
	} else {
		v.noteList(underAnyKind, l, false)
	}
	return key
}

func (v *Value) noteList(k kind, l List, holds bool) {
	if v.of != nil {
		t := newTest(k, l.Name, v.of.via)
		t.list = l.All
		v.of.trace.add(v.of.axis, t, holds)
	}
}

// Read is the text itself. What else the request could say is not known to be alike.
func (v Value) Read() string {
	switch v.state {
	case Absent:
		v.note(presentKind, "", false)
	case Known, Element:
		v.note(exactKind, v.s, true)
	}
	return v.s
}

// Shown is the text for a reader. Nothing may depend on it.
func (v Value) Shown() string { return v.s }

// Lower is the value in lower case.
func (v Value) Lower() Value { return v.derive(opLower, "", "", false, strings.ToLower(v.s)) }

// Before is what stands before the first of a byte, or all.
func (v Value) Before(b string) Value {
	s, _, _ := strings.Cut(v.s, b)
	return v.derive(opPart, "", b, false, s)
}

// Trim is the value without the blanks around it.
func (v Value) Trim() Value {
	s := strings.Trim(v.s, " \t")
	if v.coded != "" {
		return v
	}
	if v.of != nil && v.of.via == nil && strings.HasPrefix(v.of.axis, HeaderAxis) {
		return v // the texts of the axis have none
	}
	return v.derive(opTrim, "", "", false, s)
}

// Append is the value with a text behind it.
func (v Value) Append(s string) Value { return v.derive(opAppend, s, "", false, v.s+s) }

// Swap is the value with another text in place of a prefix that it has; slash: without one slash that follows.
func (v Value) Swap(prefix, with string, slash bool) Value {
	rest := strings.TrimPrefix(v.s, prefix)
	if slash {
		rest = strings.TrimPrefix(rest, "/")
	}
	return v.derive(opSwap, prefix, with, slash, with+rest)
}

// Between is what stands between a prefix that the value has and the first of a byte, or the end.
func (v Value) Between(prefix, b string) Value {
	s := strings.TrimPrefix(v.s, prefix)
	if b != "" {
		s, _, _ = strings.Cut(s, b)
	}
	return v.derive(opPart, prefix, b, false, s)
}

func (v Value) derive(o op, a, b string, slash bool, s string) Value {
	if v.state == Known || v.state == Element {
		v.s = s
	}
	v.coded = ""
	if v.of != nil {
		v.of = &source{v.of.trace, v.of.axis, v.of.via.then(o, a, b, slash), v.of.there}
	}
	return v
}

// Words is the list of the words of the text.
func (v Value) Words() Value {
	if v.words = true; v.state == Known && !v.lists {
		v.state = Element
	}
	return v
}

// Varies reports whether the value comes from an axis.
func (v Value) Varies() bool { return v.of != nil }

// MatchesStars reports whether the text is known and one of a pattern in which each star is any text.
func (v Value) MatchesStars(pattern string) bool {
	ok := (v.state == Known || v.state == Element) && MatchStars(pattern, v.s)
	v.note(starsKind, pattern, ok)
	return ok
}

// Filled reports whether the text is known and not empty.
func (v Value) Filled() bool { return (v.state == Known || v.state == Absent) && v.Matches("*") == Yes }

// IsAudience reports whether a token with this audience is for another spelling of it, as Envoy sees it.
func (v Value) IsAudience(of string) bool {
	if v.lists {
		return of != "" && v.asks(newListTest(audienceKind, bareAudience(of))) == Yes
	}
	ok := v.state == Known && SameAudience(of, v.s)
	v.note(audienceKind, bareAudience(of), ok)
	return ok
}

// After is what stands behind the first of a byte that the value holds.
func (v Value) After(b string) Value {
	_, s, _ := strings.Cut(v.s, b)
	return v.derive(opAfter, "", b, false, s)
}
