package access

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// lineToken is a word of a line; comma: another of its list follows.
type lineToken struct {
	text  string
	comma bool
}

func tokens(s string) (out []lineToken, err error) {
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		n, closer := 0, byte(0)
		if s[0] == '{' && !strings.HasPrefix(s, "{*") {
			closer = '}'
		} else if strings.HasPrefix(strings.TrimPrefix(s, textWord), "<") {
			closer = '>'
		}
		for n < len(s) {
			if s[n] == '"' {
				q, err := strconv.QuotedPrefix(s[n:])
				if err != nil {
					return nil, fmt.Errorf("%q: %w", s[n:], err)
				}
				n += len(q)
				continue
			}
			if closer != 0 && s[n] == closer {
				closer = 0
			}
			if closer == 0 && (s[n] == ' ' || strings.HasPrefix(s[n:], ", ")) {
				break
			}
			n++
		}
		t := lineToken{text: s[:n]}
		if s = s[n:]; strings.HasPrefix(s, ",") {
			t.comma, s = true, s[1:]
		}
		out = append(out, t)
	}
	return out, nil
}

// mark is what stands before a text, and how the text is compared then: by its own form where no kind is given.
type mark struct {
	word    string
	steps   string // that lead to what is compared
	element bool
	kind    string
}

// marks are those of an axis.
func (r *lineReader) marks(axis string) []mark {
	out := []mark{{word: trimmedWord, steps: "trim"}}
	switch {
	case axis == peerAxis:
		out = append(out, mark{word: namespaceWord, steps: r.lex.namespaceOfPeer()})
	case axis == tokenAxis:
		out = append(out, mark{word: namespaceWord, steps: namespaceOfToken}, mark{word: accountWord, steps: accountOfToken})
	case axis == hostAxis:
		out = append(out, mark{word: exactlyWord})
	case axis == audienceAxis:
		out = append(out, mark{word: exactlyWord, element: true, kind: "patterns"})
	case strings.HasPrefix(axis, claimAxis):
		out = append(out, mark{word: textWord}, mark{word: wordWord, element: true, kind: "words"})
	}
	return out
}

// spell is a comparison of what some steps lead to.
func spell(steps string, element bool, kind, arg string) (*symbolic.Test, error) {
	s := symbolic.Spelled{Kind: kind, Args: []string{arg}, Element: element}
	if steps != "" {
		s.Steps = []string{steps}
	}
	return symbolic.ReadTest(s.String())
}

// word reads a comparison.
func (r *lineReader) word(axis, text string) (*symbolic.Test, error) {
	switch {
	case strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "{*"):
		return r.spelled(strings.TrimSuffix(text[1:], "}"))
	case text == notEmptyWord:
		return spell("", false, "pattern", "*")
	case strings.HasPrefix(text, "<"):
		return r.called(axis, text)
	case strings.HasPrefix(text, regexWord):
		s, err := strconv.Unquote(strings.TrimPrefix(text, regexWord))
		if err != nil {
			return nil, err
		}
		return spell("", false, "finds", s)
	}
	for _, m := range r.marks(axis) {
		if rest, ok := strings.CutPrefix(text, m.word); ok {
			kind, arg, err := plainOf(rest)
			if err != nil {
				return nil, err
			}
			return spell(m.steps, m.element, cmp.Or(m.kind, kind), arg)
		}
	}
	return r.bare(axis, text)
}

// bare reads a comparison without a mark.
func (r *lineReader) bare(axis, text string) (*symbolic.Test, error) {
	of, port := strings.CutSuffix(text, anyPort)
	kind, arg, err := plainOf(of)
	if err != nil {
		return nil, err
	}
	account, name, both := strings.Cut(arg, "/")
	both = both && kind == "is" && !strings.Contains(name, "/")
	switch {
	case strings.HasPrefix(axis, claimAxis):
		return spell("", true, "patterns", arg)
	case axis == audienceAxis:
		return spell("", true, "audience", arg)
	case axis == hostAxis && port:
		return spell(`part "" ":" lower`, false, kind, arg)
	case axis == hostAxis:
		return spell("lower", false, kind, arg)
	case axis == peerAxis && both:
		return spell("", false, "is", r.lex.domain+"/ns/"+account+"/sa/"+name)
	case axis == tokenAxis && both:
		return spell("", false, "is", accountPrefix+account+":"+name)
	case text == "*" && (strings.HasPrefix(axis, headerAxis) || strings.HasPrefix(axis, paramAxis)):
		return symbolic.Present(), nil
	}
	return spell("", false, kind, arg)
}

// called is the comparison of an axis that has a text for its only word.
func (r *lineReader) called(axis, text string) (*symbolic.Test, error) {
	for _, x := range r.axes {
		for _, t := range x.Tests() {
			if x.Name == axis && r.lex.oneWord(axis, t) == text {
				return t, nil
			}
		}
	}
	return nil, fmt.Errorf("nothing is called %s", text)
}

// spelled reads a comparison that is written out. A list is known by its name.
func (r *lineReader) spelled(text string) (*symbolic.Test, error) {
	t, err := symbolic.ReadTest(text)
	if err != nil || r.lists == "" {
		return t, err
	}
	if s := t.Spell(); s.Kind == "list" || s.Kind == "under-any" {
		s.Args[0] += r.lists
		return symbolic.ReadTest(s.String())
	}
	return t, nil
}

// unquotedWord is what quoteWord has made a word of.
func unquotedWord(s string) (string, error) {
	if strings.HasPrefix(s, `"`) {
		return strconv.Unquote(s)
	}
	return s, nil
}

// plainOf is a text or a pattern as it is written in a line.
func plainOf(text string) (kind, arg string, err error) {
	unquote := func(s string) string {
		if strings.HasPrefix(s, `"`) {
			var u string
			if u, err = strconv.Unquote(s); err != nil {
				err = fmt.Errorf("%q: %w", text, err)
			}
			return u
		}
		return s
	}
	bare := unquoted(text)
	switch {
	case text == "*":
		return "pattern", "*", nil
	case strings.Contains(bare, symbolic.OneSegment) || strings.Contains(bare, symbolic.AnySegments):
		return "template", text, nil
	case strings.Count(bare, "*") > 1 || strings.Contains(strings.Trim(bare, "*"), "*"):
		return "stars", text, nil
	case strings.HasPrefix(text, "*"):
		return "pattern", "*" + unquote(text[1:]), err
	case strings.HasSuffix(text, "*"):
		return "pattern", unquote(text[:len(text)-1]) + "*", err
	}
	return "is", unquote(text), err
}

// unquoted is a text without what stands in quotes.
func unquoted(s string) string {
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return s
		}
		q, err := strconv.QuotedPrefix(s[i:])
		if err != nil {
			return s
		}
		s = s[:i] + s[i+len(q):]
	}
}
