package symbolic

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// kindNames are how the kinds of comparisons are written.
var kindNames = map[kind]string{
	presentKind: "there", patternKind: "pattern", exactKind: "is", templateKind: "template", underKind: "under", containsKind: "contains", regexpKind: "finds",
	starsKind: "stars", listKind: "list", underAnyKind: "under-any", wordKind: "word", audienceKind: "audience", shapeKind: "shape", patternsKind: "patterns",
	wordsKind: "words",
}

var opNames = map[op]string{opLower: "lower", opAppend: "append", opSwap: "swap", opPart: "part", opTrim: "trim", opAfter: "after"}

// Spelled is a comparison written out: what becomes of the text, the kind of the comparison, and its arguments.
type Spelled struct {
	Steps   []string // such as `swap "/public" "/files"`
	Kind    string
	Args    []string
	Element bool // of a list, one element must pass
}

// Spell writes a comparison out, and Read reads it.
func (t *Test) Spell() Spelled {
	out := Spelled{Kind: kindNames[t.kind], Args: []string{t.arg}, Element: t.elements}
	switch t.kind {
	case presentKind:
		out.Args = nil
	case patternsKind, wordsKind:
		out.Args = t.list
	case listKind, underAnyKind:
		out.Args = append([]string{t.arg}, t.list...)
	}
	for d := t.via; d != nil; d = d.before {
		step := opNames[d.op]
		switch d.op {
		case opLower, opTrim:
		case opAppend:
			step += " " + strconv.Quote(d.a)
		case opAfter:
			step += " " + strconv.Quote(d.b)
		default:
			if d.slash {
				step += "/"
			}
			step += " " + strconv.Quote(d.a) + " " + strconv.Quote(d.b)
		}
		out.Steps = append([]string{step}, out.Steps...)
	}
	return out
}

// String is one line that ReadTest reads.
func (s Spelled) String() string {
	parts := append([]string(nil), s.Steps...)
	name := s.Kind
	if s.Element {
		name = "element-" + name
	}
	parts = append(parts, name)
	for _, a := range s.Args {
		parts = append(parts, strconv.Quote(a))
	}
	return strings.Join(parts, " ")
}

// ReadTest reads a comparison that is written out.
func ReadTest(text string) (*Test, error) {
	var via *derived
	for {
		name, rest, _ := strings.Cut(text, " ")
		bare, slash := strings.CutSuffix(name, "/")
		o := op(0)
		for k, n := range opNames {
			if n == bare {
				o = k
			}
		}
		if o == 0 {
			return readKind(name, rest, via)
		}
		n := map[op]int{opAppend: 1, opAfter: 1, opSwap: 2, opPart: 2}[o]
		args, left, err := quoted(rest, n)
		if err != nil {
			return nil, err
		}
		args = append(args, "", "")
		if o == opAfter {
			args[0], args[1] = "", args[0]
		}
		via, text = via.then(o, args[0], args[1], slash), left
	}
}

func readKind(name, rest string, via *derived) (*Test, error) {
	name, element := strings.CutPrefix(name, "element-")
	args, left, err := quoted(rest, -1)
	if err != nil {
		return nil, err
	}
	if left != "" {
		return nil, fmt.Errorf("%q is left", left)
	}
	for k, n := range kindNames {
		if n != name {
			continue
		}
		var t *Test
		switch {
		case k == presentKind && len(args) == 0:
			t = newTest(k, "", via)
		case (k == patternsKind || k == wordsKind) && element:
			return newPatternsTest(k, args), nil
		case k == patternsKind:
			t = newTest(k, strings.Join(args, "\x01"), via)
			t.list = args
		case (k == listKind || k == underAnyKind) && len(args) > 0:
			t = newTest(k, args[0], via)
			t.list = args[1:]
		case len(args) != 1:
			return nil, fmt.Errorf("%s has %d arguments", name, len(args))
		case element:
			return newListTest(k, args[0]), nil
		default:
			t = newTest(k, args[0], via)
		}
		if k == regexpKind {
			if t.re, err = regexp.Compile(args[0]); err != nil {
				return nil, err
			}
		}
		return t, nil
	}
	return nil, fmt.Errorf("unknown comparison %q", name)
}

// quoted reads n quoted texts, all there are where n is negative.
func quoted(text string, n int) (out []string, left string, err error) {
	for text != "" && n != 0 {
		q, err := strconv.QuotedPrefix(text)
		if err != nil {
			return nil, text, fmt.Errorf("%q: %w", text, err)
		}
		s, err := strconv.Unquote(q)
		if err != nil {
			return nil, text, err
		}
		out, text, n = append(out, s), strings.TrimPrefix(text[len(q):], " "), n-1
	}
	if n > 0 {
		return nil, text, fmt.Errorf("%d texts are missing", n)
	}
	return out, text, nil
}
