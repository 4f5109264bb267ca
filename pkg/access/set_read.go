package access

import (
	"errors"
	"fmt"
	"slices"
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
func (r *lineReader) list(axis string) (out []*symbolic.Test, err error) {
	for {
		t := r.take()
		if slices.ContainsFunc(r.marks(axis), func(m mark) bool { return m.word == t.text+" " }) {
			lead := t.text
			t = r.take()
			t.text = lead + " " + t.text
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
			out = append(out, test)
		}
		if !t.comma {
			return out, nil
		}
	}
}

// phrase is a list, words with "and" between them, or all texts, perhaps less a list.
func (r *lineReader) phrase(axis string) (out symbolic.Phrase, err error) {
	switch {
	case !r.skip("any"):
		words, err := r.list(axis)
		if err != nil {
			return nil, err
		}
		for _, w := range words {
			out = append(out, symbolic.Part{All: []*symbolic.Test{w}})
		}
	case r.optional(axis):
		out = symbolic.Phrase{{All: []*symbolic.Test{symbolic.Present()}}}
	default:
		out = symbolic.Phrase{{}}
	}
	for r.skip("and") {
		more, err := r.list(axis)
		if err != nil {
			return nil, err
		}
		if len(out) != 1 || len(more) != 1 {
			return nil, errors.New("a list stands beside and")
		}
		out[0].All = append(out[0].All, more[0])
	}
	if r.skip("but") {
		but, err := r.list(axis)
		if err != nil {
			return nil, err
		}
		for i := range out {
			out[i].But = but
		}
	}
	return out, nil
}

// optional reports whether a request may lack what an axis is about.
func (r *lineReader) optional(axis string) bool {
	return axis == audienceAxis || axis == subjectAxis || slices.ContainsFunc([]string{claimAxis, headerAxis, paramAxis}, func(p string) bool { return strings.HasPrefix(axis, p) })
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
		axis := ""
		switch {
		case r.skip("any", "method"):
			axis, r.toks = methodAxis, append([]lineToken{{text: "any"}}, r.toks...)
		case r.skip("any", "path"):
			axis, r.toks = pathAxis, append([]lineToken{{text: "any"}}, r.toks...)
		case r.skip("any", "host"):
			axis, r.toks = hostAxis, append([]lineToken{{text: "any"}}, r.toks...)
		case r.peek() == "any":
			axis = methodAxis
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
			err = r.with(symbolic.Part{All: []*symbolic.Test{symbolic.Present()}}, r.phrase)
			continue
		case r.skip("without"):
			err = r.with(symbolic.Part{But: []*symbolic.Test{symbolic.Present()}}, func(axis string) (symbolic.Phrase, error) {
				but, err := r.list(axis)
				return symbolic.Phrase{{But: but}}, err
			})
			continue
		default:
			return fmt.Errorf("%v is left", r.toks)
		}
		r.out[axis], err = r.phrase(axis)
	}
	return err
}

// with reads what a request may lack: a name, and what is said of it, which is bare where nothing is.
func (r *lineReader) with(bare symbolic.Part, read func(axis string) (symbolic.Phrase, error)) error {
	axis, more, err := r.named()
	if err != nil {
		return err
	}
	if !more {
		r.out[axis] = symbolic.Phrase{bare}
		return nil
	}
	r.out[axis], err = read(axis)
	return err
}

// named is the axis that stands behind with or without, and whether more is said of it.
func (r *lineReader) named() (axis string, more bool, err error) {
	for word, axis := range map[string]string{"audience": audienceAxis, "subject": subjectAxis} {
		if r.skip(word) {
			next := r.peek()
			return axis, next != "" && next != "with" && next != "without", nil
		}
	}
	prefix := headerAxis
	switch {
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
	if name, err = unquotedWord(name); err == nil && name == "" {
		err = errors.New("a name is missing")
	}
	return prefix + name, more, err
}
