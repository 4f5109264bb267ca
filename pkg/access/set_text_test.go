package access

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// lineReader reads the text of a line back, into phrases by axis.
type lineReader struct {
	lex  lexicon
	axes []*symbolic.Axis // whose tests have names
	toks []lineToken
	out  map[string]symbolic.Phrase
}

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

func (r *lineReader) peek() string {
	if len(r.toks) == 0 {
		return ""
	}
	return r.toks[0].text
}

func (r *lineReader) take() lineToken {
	if len(r.toks) == 0 {
		return lineToken{}
	}
	t := r.toks[0]
	r.toks = r.toks[1:]
	return t
}

func (r *lineReader) skip(words ...string) bool {
	if len(r.toks) < len(words) {
		return false
	}
	for i, w := range words {
		if r.toks[i].text != w {
			return false
		}
	}
	r.toks = r.toks[len(words):]
	return true
}

// list is words with commas between them, each of which is some comparisons.
func (r *lineReader) list(axis string) (out [][]*symbolic.Test, err error) {
	for {
		t := r.take()
		if (axis == peerAxis || axis == tokenAxis) && t.text == "ns" {
			t = r.take()
			t.text = "ns " + t.text
		}
		texts := []string{t.text}
		if axis == methodAxis && !strings.ContainsAny(t.text, `"{<`) {
			texts = strings.Split(t.text, ",")
		}
		if prefix, ok := strings.CutSuffix(t.text, blanksWord); ok {
			texts = nil
			for _, b := range blanks {
				texts = append(texts, prefix+b)
			}
		}
		for _, text := range texts {
			test, err := r.word(axis, text)
			if err != nil {
				return nil, err
			}
			out = append(out, []*symbolic.Test{test})
		}
		if !t.comma {
			return out, nil
		}
	}
}

func (r *lineReader) phrase(axis string) (out symbolic.Phrase, err error) {
	for {
		var alls [][]*symbolic.Test
		switch {
		case r.skip("none"):
			out = append(out, symbolic.Part{But: []*symbolic.Test{symbolic.Present()}})
			if !r.skip("or") {
				return out, nil
			}
			continue
		case r.skip("any"):
			alls = [][]*symbolic.Test{nil}
		default:
			if alls, err = r.list(axis); err != nil {
				return nil, err
			}
			for r.skip("and") {
				more, err := r.list(axis)
				if err != nil {
					return nil, err
				}
				alls[0] = append(alls[0], more[0]...)
			}
		}
		var but []*symbolic.Test
		if r.skip("but") {
			l, err := r.list(axis)
			if err != nil {
				return nil, err
			}
			but = slices.Concat(l...)
		}
		for _, all := range alls {
			out = append(out, symbolic.Part{All: all, But: but})
		}
		if !r.skip("or") {
			return out, nil
		}
	}
}

func (r *lineReader) word(axis, text string) (*symbolic.Test, error) {
	spell := func(steps []string, element bool, kind string, args ...string) (*symbolic.Test, error) {
		return symbolic.ReadTest(symbolic.Spelled{Steps: steps, Kind: kind, Args: args, Element: element}.String())
	}
	switch {
	case strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "{*"):
		return symbolic.ReadTest(strings.TrimSuffix(text[1:], "}"))
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
	case axis == audienceAxis && strings.HasPrefix(text, "exactly:"):
		_, arg, err := plainOf(text[len("exactly:"):])
		if err != nil {
			return nil, err
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

// readWho reads the clients of a line.
func (r *lineReader) readWho(text string) error {
	toks, err := tokens(text)
	if err != nil {
		return err
	}
	r.toks = toks
	set := func(axis string) error {
		p, err := r.phrase(axis)
		r.out[axis] = p
		return err
	}
	all := func(axis string) error { // after "any ..."
		if r.peek() != "but" {
			return nil
		}
		r.toks = append([]lineToken{{text: "any"}}, r.toks...)
		return set(axis)
	}
	tokenOf := func() error {
		switch {
		case r.skip("the", "issuer"):
			r.take()
			return nil
		case r.skip("any", "other", "issuer"):
			return nil
		case r.skip("any", "account"):
			return all(tokenAxis)
		}
		return set(tokenAxis)
	}
	switch {
	case r.skip("any", "user"):
		err = all(userAxis)
	case r.skip("user"):
		err = set(userAxis)
	case r.skip("token", "of"):
		err = tokenOf()
	case text == "anonymous, through the ingress" || text == "anything off the mesh":
		return nil
	case r.skip("any", "pod", "in", "the", "mesh"):
		err = all(peerAxis)
	case r.skip("pods", "of"), r.skip("pod"):
		err = set(peerAxis)
	default:
		err = fmt.Errorf("no client")
	}
	if err == nil && (r.skip("with", "a", "token", "of")) {
		err = tokenOf()
	}
	if err == nil && len(r.toks) > 0 {
		err = fmt.Errorf("%v is left", r.toks)
	}
	return err
}

// readWhat reads the requests of a line.
func (r *lineReader) readWhat(text string) (err error) {
	if r.toks, err = tokens(text); err != nil {
		return err
	}
	for len(r.toks) > 0 && err == nil {
		axis, without := "", false
		switch {
		case r.skip("any", "method"):
			axis, r.toks = methodAxis, append([]lineToken{{text: "any"}}, r.toks...)
		case r.skip("any", "path"):
			axis, r.toks = pathAxis, append([]lineToken{{text: "any"}}, r.toks...)
		case r.skip("any", "host"):
			axis, r.toks = hostAxis, append([]lineToken{{text: "any"}}, r.toks...)
		case r.skip("method"):
			axis = methodAxis
		case r.skip("path"):
			axis = pathAxis
		case r.skip("host"):
			axis = hostAxis
		case plainMethods.MatchString(r.peek()):
			axis = methodAxis
		case strings.HasPrefix(r.peek(), "/"):
			axis = pathAxis
		case r.skip("with"):
			axis, err = r.named(without)
		case r.skip("without"):
			without = true
			axis, err = r.named(without)
		default:
			return fmt.Errorf("%v is left", r.toks)
		}
		switch {
		case err != nil:
			return err
		case axis == "":
			continue
		case without:
			r.toks = append([]lineToken{{text: "any"}, {text: "but"}}, r.toks...)
		}
		r.out[axis], err = r.phrase(axis)
	}
	return err
}

// named is the axis that stands behind with or without; "" where there must be no text, which is all that is said.
func (r *lineReader) named(without bool) (string, error) {
	none := func(axis string) string {
		r.out[axis] = symbolic.Phrase{{But: []*symbolic.Test{symbolic.Present()}}}
		return ""
	}
	bare := func(axis string) (string, error) {
		if next := r.peek(); without && (next == "" || next == "with" || next == "without") {
			return none(axis), nil
		}
		return axis, nil
	}
	prefix := headerAxis
	switch {
	case r.skip("audience"):
		return bare(audienceAxis)
	case r.skip("subject"):
		return bare(subjectAxis)
	case r.skip("parameter"):
		prefix = paramAxis
	case r.skip("claim"):
		prefix = claimAxis
	}
	name, more := strings.CutSuffix(r.take().text, ":")
	if prefix == claimAxis && strings.HasSuffix(name, "]") {
		head, below, _ := strings.Cut(strings.TrimSuffix(name, "]"), "[")
		name = head + "\x00" + strings.ReplaceAll(below, "][", "\x00")
	}
	if strings.HasPrefix(name, `"`) {
		u, err := strconv.Unquote(name)
		if err != nil {
			return "", err
		}
		name = u
	}
	if !more {
		return none(prefix + name), nil
	}
	return prefix + name, nil
}
