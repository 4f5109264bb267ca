package access

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// sentence is a comparison that has no words of rules, in angle brackets.
func sentence(s symbolic.Spelled) string {
	text := sentenceOf(s)
	if s.Element {
		text = "a list that holds " + text
	}
	var steps []string
	for _, step := range s.Steps {
		steps = append(steps, stepSentence(step))
	}
	if len(steps) > 0 {
		text += " once " + strings.Join(steps, " and ")
	}
	return "<" + text + ">"
}

func sentenceOf(s symbolic.Spelled) string {
	var words []string
	for _, a := range s.Args {
		words = append(words, quoteWord(a))
	}
	switch s.Kind {
	case "is":
		return words[0]
	case "pattern":
		return patternWord(s.Args[0])
	case "there":
		return "there"
	case "list":
		return s.Args[0]
	case "under":
		return "paths below " + words[0]
	case "under-any":
		return "paths below " + strings.Join(words[1:], ", ")
	case "contains":
		return "with " + strconv.Quote(s.Args[0]) + " in it"
	case "finds":
		return regexWord + strconv.Quote(s.Args[0])
	}
	return s.Kind + " " + strings.Join(words, ", ")
}

var stepParts = regexp.MustCompile(`^([a-z]+/?)(?: ("(?:[^"\\]|\\.)*"))?(?: ("(?:[^"\\]|\\.)*"))?$`)

// stepSentence is what becomes of a text.
func stepSentence(step string) string {
	m := stepParts.FindStringSubmatch(step)
	if m == nil {
		return step
	}
	switch m[1] {
	case "lower":
		return "in lower case"
	case "trim":
		return "without blanks around it"
	case "append":
		return m[2] + " is put behind it"
	case "after":
		return "cut to what is behind the first " + m[2]
	case "part":
		return "cut to what is between " + m[2] + " and " + m[3]
	case "swap/":
		return m[2] + " and a slash behind it are replaced by " + m[3]
	}
	return m[2] + " is replaced by " + m[3]
}

// maxApart bounds the lists of a rule whose values are distinguished.
const maxApart = 64

// plainer are comparisons with a text itself that may say what one with something that becomes of it does.
func (l lexicon) plainer(axis string, t *symbolic.Test) (out []*symbolic.Test) {
	s := t.Spell()
	add := func(step, kind, arg string) {
		as := symbolic.Spelled{Kind: kind, Args: []string{arg}}
		if step != "" {
			as.Steps = []string{step}
		}
		if t, err := symbolic.ReadTest(as.String()); err == nil {
			out = append(out, t)
		}
	}
	if s.Kind == "patterns" && !s.Element && len(s.Args) <= maxApart {
		for _, p := range s.Args {
			one := s
			one.Kind, one.Args = "pattern", []string{p}
			if t, err := symbolic.ReadTest(one.String()); err == nil {
				out = append(append(out, t), l.plainer(axis, t)...)
			}
		}
		return out
	}
	switch {
	case len(s.Steps) != 1:
	case s.Steps[0] == "trim" && (s.Kind == "pattern" || s.Kind == "is"):
		add("", s.Kind, s.Args[0])
	case axis == pathAxis && strings.HasPrefix(s.Steps[0], "swap"):
		for _, c := range swapped(s.Steps[0], s) {
			add("", c.Kind, c.Args[0])
		}
	case axis == peerAxis && s.Steps[0] == asURI && s.Kind == "stars":
		rest, ok := strings.CutPrefix(s.Args[0], "*/ns/")
		ns, all := strings.CutSuffix(rest, "/*")
		if ok && all { // of namespaces, for a waypoint
			add(l.namespaceOfPeer(), "pattern", strings.TrimSuffix(ns, "/sa"))
		}
	}
	return out
}

var swapStep = regexp.MustCompile(`^swap(/?) ("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$`)

// swapped are the paths of the client that become what a rule compares, where a route has put another prefix in the place of theirs. There are none
// where no words say them.
func swapped(step string, s symbolic.Spelled) (out []symbolic.Spelled) {
	m := swapStep.FindStringSubmatch(step)
	if m == nil {
		return nil
	}
	was, err1 := strconv.Unquote(m[2])
	is, err2 := strconv.Unquote(m[3])
	if err1 != nil || err2 != nil {
		return nil
	}
	add := func(kind, text, star string) {
		rest, ok := strings.CutPrefix(text, is)
		put := func(text string) { out = append(out, symbolic.Spelled{Kind: kind, Args: []string{text + star}}) }
		switch {
		case !ok && star != "" && strings.HasPrefix(is, text), ok && rest == "" && star != "":
			put(was)
		case !ok:
		case m[1] == "":
			put(was + rest)
		default:
			if put(was + "/" + rest); !strings.HasPrefix(rest, "/") {
				put(was + rest)
			}
		}
	}
	switch text := s.Args[0]; {
	case s.Kind == "under" && text == "/":
		return nil
	case s.Kind == "under":
		add("is", text, "")
		add("pattern", text+"/", "*")
	case s.Kind == "is", s.Kind == "pattern" && !strings.Contains(text, "*"):
		add("is", text, "")
	case s.Kind == "pattern" && len(text) > 1 && strings.HasSuffix(text, "*"):
		add("pattern", text[:len(text)-1], "*")
	case s.Kind == "template" && strings.HasPrefix(text, is) && plainWord.MatchString(was) && !strings.Contains(is, "{"):
		add("template", text, "")
	}
	return out
}
