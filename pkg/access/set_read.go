package access

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// lineReader reads the text of a line back, into phrases by axis.
type lineReader struct {
	lex    lexicon
	axes   []*symbolic.Axis // whose tests have names
	toks   []lineToken
	out    map[string]symbolic.Phrase
	kind   clientKind
	issuer string
	lists  string // is put behind the names of lists
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
	tokenOf := func(account, issuer clientKind) (err error) {
		r.kind = issuer
		switch {
		case r.skip("the", "issuer"):
			r.issuer, err = unquotedWord(r.take().text)
			return err
		case r.skip("any", "other", "issuer"):
			r.issuer = anotherIssuer
			return nil
		}
		if r.kind = account; r.skip("any", "account") {
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
		err = tokenOf(aToken, aJWT)
	case text == anonymousText:
		r.kind, r.toks = anonymous, nil
	case text == offMeshText:
		r.kind, r.toks = offTheMesh, nil
	case r.skip("any", "pod", "in", "the", "mesh"):
		r.kind, err = aPod, all(peerAxis)
	case r.skip("pods", "of"), r.skip("pod"):
		r.kind, err = aPod, set(peerAxis)
	default:
		err = fmt.Errorf("%q is no client", text)
	}
	if err == nil && r.kind == aPod && r.skip("with", "a", "token", "of") {
		err = tokenOf(aPodToken, aPodJWT)
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
	if name == "" {
		return "", errors.New("a name is missing")
	}
	if !more {
		return none(prefix + name), nil
	}
	return prefix + name, nil
}
