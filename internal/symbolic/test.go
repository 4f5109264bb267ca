package symbolic

import (
	"regexp"
	"slices"
	"strings"
)

// Test is one comparison of a text. Two with the same key are the same.
type Test struct {
	kind kind
	arg  string
	re   *regexp.Regexp // of regexpKind
	list []string       // of listKind
	via  *derived       // what of the axis' text is compared; nil: the text itself
	key  string

	elements bool // of a list, one element must pass
}

type kind byte

const (
	presentKind  kind = 'P' // there is a text
	patternKind  kind = 'p' // a value pattern of Istio
	exactKind    kind = '='
	templateKind kind = 't'
	underKind    kind = '/' // whole segments of a path
	containsKind kind = 'c'
	regexpKind   kind = 'r' // found somewhere, unless it says otherwise itself
	starsKind    kind = '*' // each star is any text
	listKind     kind = 'l' // one of a list of texts
	underAnyKind kind = 'u' // under one of a list of paths
	wordKind     kind = 'w' // a value pattern that one of the words passes
	audienceKind kind = 'a' // a spelling of an audience
	shapeKind    kind = 's' // a list, or a mapping
	patternsKind kind = 'q' // one of some value patterns of Istio
	wordsKind    kind = 'v' // one of some value patterns that one of the words passes
)

//go:noinline // it is called in many places
func newTest(k kind, arg string, via *derived) *Test {
	if k == presentKind {
		via = nil // what becomes of a text is there where the text is
	}
	t := &Test{kind: k, arg: arg, via: via}
	t.key = string(k) + arg
	if via != nil {
		t.key = via.key + t.key
	}
	return t
}

// ascii reports whether all texts that the comparison names have the bytes of ASCII.
func (t *Test) ascii() bool {
	foreign := func(s string) bool { return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) }
	return !foreign(t.key) && !slices.ContainsFunc(t.list, foreign)
}

// String is the comparison in words that name it uniquely.
func (t *Test) String() string { return t.key }

// Holds reports whether a text, or its absence, passes.
func (t *Test) Holds(p Point) bool {
	if !p.There {
		return false
	}
	if !isText(p.Text) {
		list, _ := p.List()
		return t.kind == presentKind || t.kind == shapeKind && hasShape(t.arg, p.Text) || t.elements && slices.ContainsFunc(list, t.takesElement)
	}
	return t.takes(p.Text)
}

// takes reports whether a text passes.
func (t *Test) takes(text string) bool {
	s, ok := t.via.of(text)
	if !ok {
		return false
	}
	switch t.kind {
	case presentKind:
		return true
	case patternKind:
		return MatchPattern(t.arg, s)
	case exactKind:
		return s == t.arg
	case templateKind:
		return MatchTemplate(t.arg, s)
	case underKind:
		return under(t.arg, s)
	case containsKind:
		return strings.Contains(s, t.arg)
	case regexpKind:
		return t.re.MatchString(s)
	case starsKind:
		return MatchStars(t.arg, s)
	case wordKind:
		return matchWord(t.arg, s)
	case patternsKind:
		return slices.ContainsFunc(t.list, func(p string) bool { return MatchPattern(p, s) })
	case wordsKind:
		return slices.ContainsFunc(t.list, func(p string) bool { return matchWord(p, s) })
	case audienceKind:
		return s != "" && bareAudience(s) == t.arg
	case listKind:
		for _, e := range t.list {
			if s == e {
				return true
			}
		}
	case underAnyKind:
		for _, e := range t.list {
			if under(e, s) {
				return true
			}
		}
	}
	return false
}

// machine is the automaton of the texts that pass, nil for presence.
func (t *Test) machine() (machine, error) {
	if t.kind == presentKind {
		return nil, nil
	}
	if t.kind == shapeKind { // no text is one
		return newExpression(nothing)
	}
	m, err := newExpression(t.expression())
	if err != nil {
		return nil, err
	}
	return t.via.machine(m), nil
}

// expression is a regular expression that takes the whole of what passes.
func (t *Test) expression() string {
	quote := quoteBytes
	switch t.kind {
	case patternKind:
		return patternExpression(t.arg)
	case templateKind:
		return templateExpression(t.arg)
	case underKind:
		return underExpression(t.arg)
	case containsKind:
		return `(?s:.*)` + quote(t.arg) + `(?s:.*)`
	case regexpKind:
		return `(?s:.*)(?:` + t.re.String() + `)(?s:.*)`
	case starsKind:
		parts := strings.Split(t.arg, "*")
		for i := range parts {
			parts[i] = quote(parts[i])
		}
		return strings.Join(parts, `(?s:.*)`)
	case wordKind:
		return wordExpression(t.arg)
	case patternsKind:
		return anyOf(t.list, patternExpression)
	case wordsKind:
		return anyOf(t.list, wordExpression)
	case audienceKind:
		return audienceExpression(t.arg)
	case listKind:
		return anyOf(t.list, quote)
	case underAnyKind:
		return anyOf(t.list, underExpression)
	}
	return quote(t.arg)
}

func anyOf(list []string, expression func(string) string) string {
	all := make([]string, len(list))
	for i, e := range list {
		all[i] = expression(e)
	}
	return `(?:` + strings.Join(all, "|") + `)`
}

func patternExpression(pattern string) string {
	switch {
	case pattern == "*":
		return `(?s:.+)`
	case strings.HasPrefix(pattern, "*"):
		return `(?s:.*)` + quoteBytes(pattern[1:])
	case strings.HasSuffix(pattern, "*"):
		return quoteBytes(pattern[:len(pattern)-1]) + `(?s:.*)`
	}
	return quoteBytes(pattern)
}

// nothing is an expression that no text matches.
const nothing = `[^\x00-\x{10ffff}]`

func underExpression(prefix string) string {
	if prefix == "/" {
		return `(?s:.*)`
	}
	return quoteBytes(prefix) + `(?:/(?s:.*))?`
}

// quoteBytes quotes each byte literally, as a rune.
func quoteBytes(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return regexp.QuoteMeta(string(runes))
}

const (
	pchar        = `[a-zA-Z0-9\-._~%!$&'()+,;:@=]`
	pcharOrSlash = `[a-zA-Z0-9\-._~%!$&'()+,;:@=/]`
)

// templateExpression: {*} takes all characters of a segment that there are, as MatchTemplate does.
func templateExpression(template string) string {
	var b strings.Builder
	for template != "" {
		switch {
		case strings.HasPrefix(template, AnySegments):
			return b.String() + pcharOrSlash + `*` + quoteBytes(template[len(AnySegments):])
		case strings.HasPrefix(template, OneSegment):
			template = template[len(OneSegment):]
			if template != "" && pchars(template[:1], false) == 1 {
				return nothing // {*} takes the next character too, so nothing matches
			}
			b.WriteString(pchar + `+`)
			if rest, more := strings.CutPrefix(template, AnySegments); more {
				return b.String() + anyAfterOne(rest)
			}
		default:
			b.WriteString(quoteBytes(template[:1]))
			template = template[1:]
		}
	}
	return b.String()
}

// anyAfterOne is {**} and what follows it, right behind {*}, which has taken all characters up to a slash.
func anyAfterOne(rest string) string {
	below := `/` + pcharOrSlash + `*` + quoteBytes(rest)
	if rest != "" && pchars(rest[:1], false) == 1 {
		return below
	}
	return `(?:` + below + `|` + quoteBytes(rest) + `)`
}

// audienceExpression: the scheme and a slash are removed once, if present. An empty text is not an audience.
func audienceExpression(bare string) string {
	scheme, slash := `(?:https?://)?`, `/?`
	if strings.HasPrefix(bare, "http://") || strings.HasPrefix(bare, "https://") {
		scheme = `https?://`
	}
	if strings.HasSuffix(bare, "/") {
		slash = `/`
	}
	if bare == "" {
		return `(?:https?:///?|/)`
	}
	return scheme + quoteBytes(bare) + slash
}

// wordExpression: no word is empty or holds a blank.
func wordExpression(pattern string) string {
	word := quoteBytes(pattern)
	switch {
	case pattern == "" || strings.Contains(pattern, " "):
		return nothing
	case pattern == "*":
		word = `[^ ]+`
	case strings.HasPrefix(pattern, "*"):
		word = `[^ ]*` + quoteBytes(pattern[1:])
	case strings.HasSuffix(pattern, "*"):
		word = quoteBytes(pattern[:len(pattern)-1]) + `[^ ]*`
	}
	return `(?:(?s:.*) )?` + word + `(?: (?s:.*))?`
}
