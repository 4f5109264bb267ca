package access

import (
	"fmt"
	"slices"
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
		} else if strings.HasPrefix(strings.TrimPrefix(s, "text:"), "<") {
			closer = '>'
		}
		for n < len(s) {
			if s[n] == '"' && closer != '>' {
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

// word reads a comparison.
func (r *lineReader) word(axis, text string) (*symbolic.Test, error) {
	spell := func(steps []string, element bool, kind string, args ...string) (*symbolic.Test, error) {
		return symbolic.ReadTest(symbolic.Spelled{Steps: steps, Kind: kind, Args: args, Element: element}.String())
	}
	switch {
	case strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "{*"):
		return r.spelled(strings.TrimSuffix(text[1:], "}"))
	case text == notEmptyWord:
		return spell(nil, false, "pattern", "*")
	case strings.HasPrefix(text, "<"):
		for _, x := range r.axes {
			for _, t := range x.Tests() {
				if x.Name == axis && slices.Equal(r.lex.word(axis, t), []string{text}) {
					return t, nil
				}
			}
		}
		return nil, fmt.Errorf("nothing is called %s", text)
	case strings.HasPrefix(text, trimmedWord):
		kind, arg, err := plainOf(text[len(trimmedWord):])
		if err != nil {
			return nil, err
		}
		return spell([]string{"trim"}, false, kind, arg)
	case strings.HasPrefix(text, "regex:"):
		s, err := strconv.Unquote(strings.TrimPrefix(text, "regex:"))
		if err != nil {
			return nil, err
		}
		return spell(nil, false, "finds", s)
	case strings.HasPrefix(axis, claimAxis) && strings.HasPrefix(text, "text:"):
		kind, arg, err := plainOf(text[len("text:"):])
		if err != nil {
			return nil, err
		}
		return spell(nil, false, kind, arg)
	case strings.HasPrefix(text, exactlyWord):
		kind, arg, err := plainOf(text[len(exactlyWord):])
		switch {
		case err != nil:
			return nil, err
		case axis != audienceAxis:
			return spell(nil, false, kind, arg)
		}
		return spell(nil, true, "patterns", arg)
	}
	of, port := strings.CutSuffix(text, "[:port]")
	ns, isNs := strings.CutPrefix(of, "ns ")
	if glob, ok := strings.CutPrefix(ns, "~"); isNs && ok {
		return spell([]string{`swap "" "spiffe://"`}, false, "stars", "*/ns/"+glob+"/*")
	}
	kind, arg, err := plainOf(ns)
	if err != nil {
		return nil, err
	}
	account, name, both := strings.Cut(arg, "/")
	switch {
	case strings.HasPrefix(axis, claimAxis):
		return spell(nil, true, "patterns", arg)
	case axis == audienceAxis:
		return spell(nil, true, "audience", arg)
	case axis == peerAxis && isNs:
		return spell([]string{"part " + strconv.Quote(r.lex.domain+"/ns/") + ` "/"`}, false, kind, arg)
	case axis == tokenAxis && isNs:
		return spell([]string{"part " + strconv.Quote(accountPrefix) + ` ":"`}, false, kind, arg)
	case axis == hostAxis && port:
		return spell([]string{`part "" ":"`, "lower"}, false, kind, arg)
	case axis == hostAxis:
		return spell([]string{"lower"}, false, kind, arg)
	case axis == peerAxis && kind == "is" && both && !strings.Contains(name, "/"):
		return spell(nil, false, "is", r.lex.domain+"/ns/"+account+"/sa/"+name)
	case axis == tokenAxis && kind == "is" && both && !strings.Contains(name, "/"):
		return spell(nil, false, "is", accountPrefix+account+":"+name)
	case text == "*" && (strings.HasPrefix(axis, headerAxis) || strings.HasPrefix(axis, paramAxis)):
		return symbolic.Present(), nil
	case axis == pathAxis && (strings.Contains(arg, symbolic.OneSegment) || strings.Contains(arg, symbolic.AnySegments)) && !strings.Contains(text, `"`):
		return spell(nil, false, "template", arg)
	}
	return spell(nil, false, kind, arg)
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
