package access

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// lexicon writes the comparisons of a world's rules in their own words. An exact one has no short words for long lists.
type lexicon struct {
	domain string
	exact  bool
}

func (w *World) lexicon() lexicon { return lexicon{domain: w.mesh.domains[0]} }

// Words that stand before a text and say what it is compared with.
const (
	exactlyWord   = "exactly " // with the capitals of a host, or the spelling of an audience
	wordWord      = "word "    // with each word of a claim
	namespaceWord = "ns "      // with a namespace
	accountWord   = "sa "      // with the name of an account
	trimmedWord   = "trimmed:" // with the text without blanks around it, as the next proxy takes them off
	textWord      = "text:"    // with a claim that is a text, and no list
	regexWord     = "regex:"   // by an expression
	anyPort       = "[:port]"  // stands behind a host
)

// plainWord matches a word that needs no quotes in a line.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9/._:@~%+#?!$^\-][A-Za-z0-9/._:@~%+=#?!$^'()\[\];-]*$`)

// keywords are the words of lines that are no texts.
var keywords = []string{"any", "but", "and", "with", "without", "host", "parameter", "claim", "audience", "subject", "method", "path", "ns", "sa", "exactly", "word"}

func quoteWord(s string) string {
	marked := strings.HasSuffix(s, anyPort) || slices.ContainsFunc([]string{textWord, trimmedWord, regexWord}, func(mark string) bool { return strings.HasPrefix(s, mark) })
	if plainWord.MatchString(s) && !slices.Contains(keywords, s) && !marked {
		return s
	}
	return strconv.Quote(s)
}

// patternWord is a value pattern of Istio as rules write it, which has a star at one end at most.
func patternWord(p string) string {
	switch {
	case p == "*":
		return p
	case strings.HasPrefix(p, "*"):
		return "*" + quoteWord(p[1:])
	case strings.HasSuffix(p, "*"):
		return quoteWord(p[:len(p)-1]) + "*"
	}
	return quoteWord(p)
}

// starWord is a text in which each star matches any text, if it needs no quotes.
func starWord(s string) []string {
	inner := strings.Trim(s, "*")
	if !strings.Contains(s, "*") {
		return []string{quoteWord(s)}
	}
	if plainWord.MatchString(strings.ReplaceAll(inner, "*", "")) && inner != "" && !strings.Contains(s, "**") {
		return []string{s}
	}
	return nil
}

// word is a comparison on an axis as a list of words, one of which must pass.
func (l lexicon) word(axis string, t *symbolic.Test) []string {
	s := t.Spell()
	if words := l.known(axis, s); words != nil {
		return words
	}
	return []string{l.spelled(s)}
}

// oneWord is a comparison as a single word.
func (l lexicon) oneWord(axis string, t *symbolic.Test) string {
	if words := l.word(axis, t); len(words) == 1 {
		return words[0]
	}
	return l.spelled(t.Spell())
}

// spelled is a comparison that has no shorter words: in a sentence, or exactly. Exactly, a list is in an order that is not that of the manifests.
func (l lexicon) spelled(s symbolic.Spelled) string {
	switch {
	case !l.exact:
		return sentence(s)
	case s.Kind == "list" || s.Kind == "under-any":
		s.Args = append([]string{s.Args[0]}, slices.Sorted(slices.Values(s.Args[1:]))...)
	}
	return "{" + s.String() + "}"
}

// fewWords is how many texts of a list are written out.
const fewWords = 6

// known are the words of a comparison, nil where it has none.
func (l lexicon) known(axis string, s symbolic.Spelled) []string {
	switch {
	case s.Element:
		return ofElements(axis, s)
	case s.Kind == "patterns":
		return l.each(axis, s, "pattern", s.Args)
	case (s.Kind == "list" || s.Kind == "under-any") && (l.exact || len(s.Args) > 1+fewWords):
		return nil
	case s.Kind == "list":
		return l.each(axis, s, "is", s.Args[1:])
	case s.Kind == "under-any":
		return l.each(axis, s, "under", s.Args[1:])
	case len(s.Steps) == 1 && s.Steps[0] == "trim" && (s.Kind == "is" || s.Kind == "pattern"):
		return []string{trimmedWord + valueWord(s)}
	case len(s.Steps) > 0:
		return l.derived(axis, s)
	case strings.HasPrefix(axis, claimAxis) || axis == audienceAxis:
		return l.ofClaims(s)
	case axis == hostAxis && (s.Kind == "is" || s.Kind == "pattern"): // the name of a host is the same in capitals, a header is not
		return []string{exactlyWord + patternWord(s.Args[0])}
	}
	return l.plain(axis, s)
}

// each is a comparison with one of several arguments, as the words for each.
func (l lexicon) each(axis string, s symbolic.Spelled, kind string, args []string) (out []string) {
	for _, a := range args {
		s.Kind, s.Args = kind, []string{a}
		words := l.known(axis, s)
		if words == nil {
			return nil
		}
		out = append(out, words...)
	}
	return out
}

// valueWord is the text or the pattern of a comparison.
func valueWord(s symbolic.Spelled) string {
	if s.Kind == "is" {
		return quoteWord(s.Args[0])
	}
	return patternWord(s.Args[0])
}

// notEmptyWord is any text but the empty one.
const notEmptyWord = "<not empty>"

// plain are the words of a comparison with a text itself.
func (l lexicon) plain(axis string, s symbolic.Spelled) []string {
	named := strings.HasPrefix(axis, headerAxis) || strings.HasPrefix(axis, paramAxis)
	switch s.Kind {
	case "there":
		if named {
			return []string{"*"}
		}
	case "is":
		if axis == tokenAxis || axis == peerAxis {
			return l.accounts(axis, s.Args[0])
		}
		return []string{quoteWord(s.Args[0])}
	case "pattern":
		switch {
		case s.Args[0] == "*" && named:
			return []string{notEmptyWord}
		case axis == tokenAxis || axis == peerAxis:
			return l.accounts(axis, s.Args[0])
		}
		return []string{patternWord(s.Args[0])}
	case "stars":
		return starWord(s.Args[0])
	case "contains":
		if !l.exact {
			return starWord("*" + s.Args[0] + "*")
		}
	case "finds":
		return []string{regexWord + strconv.Quote(s.Args[0])}
	case "template":
		return templateWord(s.Args[0])
	case "under":
		if s.Args[0] != "/" {
			return []string{quoteWord(s.Args[0]), quoteWord(s.Args[0]+"/") + "*"}
		}
	}
	return nil
}

// templateWord is a path template, if it needs no quotes.
func templateWord(template string) []string {
	if strings.HasPrefix(template, "/") && plainWord.MatchString(strings.NewReplacer(symbolic.OneSegment, "x", symbolic.AnySegments, "x").Replace(template)) {
		return []string{template}
	}
	return nil
}

// accounts are namespace/name where that is what a text or pattern says.
func (l lexicon) accounts(axis, s string) []string {
	if axis == tokenAxis {
		rest, ok := strings.CutPrefix(s, accountPrefix)
		ns, account, both := strings.Cut(rest, ":")
		if ok && both && ns != "" && plainWord.MatchString(ns) && plainWord.MatchString(account) {
			return []string{join(ns, account)}
		}
	} else if id, ok := parsePrincipal(s); ok && id.domain == l.domain && !strings.Contains(s, "*") {
		return []string{join(id.namespace, id.account)}
	}
	return []string{patternWord(s)}
}

// ofElements: a rule's value for a claim is a text that the claim is, or that a list holds. An audience is one in any spelling.
func ofElements(axis string, s symbolic.Spelled) (out []string) {
	mark := ""
	switch claim := strings.HasPrefix(axis, claimAxis); {
	case s.Kind == "audience" && axis == audienceAxis:
		return []string{quoteWord(s.Args[0])}
	case s.Kind == "patterns" && axis == audienceAxis:
		mark = exactlyWord
	case s.Kind == "words" && claim:
		mark = wordWord
	case s.Kind != "patterns" || !claim:
		return nil
	}
	for _, p := range s.Args {
		out = append(out, mark+patternWord(p))
	}
	return out
}

// ofClaims are the words of a comparison with a claim that is no list.
func (l lexicon) ofClaims(s symbolic.Spelled) []string {
	switch {
	case s.Kind == "shape" && !l.exact:
		return []string{"<a " + s.Args[0] + ">"}
	case s.Kind == "is" || s.Kind == "pattern":
		return []string{textWord + valueWord(s)}
	}
	return nil
}

// derived are comparisons of what becomes of a text, in the words of the text itself where that can be said.
func (l lexicon) derived(axis string, s symbolic.Spelled) []string {
	bare := s
	bare.Steps = nil
	if len(s.Args) != 1 {
		return nil
	}
	value := s.Kind == "is" || s.Kind == "pattern"
	switch steps := strings.Join(s.Steps, " "); {
	case axis == hostAxis && steps == "lower" && strings.ToLower(s.Args[0]) == s.Args[0]:
		return l.plain("", bare)
	case axis == hostAxis && steps == `part "" ":" lower` && value && strings.ToLower(s.Args[0]) == s.Args[0]:
		return []string{patternWord(s.Args[0]) + anyPort}
	case value && (axis == peerAxis && steps == l.namespaceOfPeer() || axis == tokenAxis && steps == namespaceOfToken):
		return []string{namespaceWord + patternWord(s.Args[0])}
	case axis == tokenAxis && steps == accountOfToken && value:
		return []string{accountWord + patternWord(s.Args[0])}
	case axis == peerAxis && steps == asURI && s.Kind == "stars":
		return l.principals(s.Args[0])
	case axis == pathAxis && len(s.Steps) == 1:
		var out []string
		for _, c := range swapped(s.Steps[0], s) {
			words := l.plain(axis, c)
			if words == nil {
				return nil
			}
			out = append(out, words...)
		}
		return out
	}
	return nil
}

// What rules compare of clients: the namespace of a token's account, its name, and the identity of a pod as it is in the certificate.
var (
	namespaceOfToken = "part " + strconv.Quote(accountPrefix) + ` ":"`
	accountOfToken   = `after ":" after ":" after ":"`
	asURI            = `swap "" "spiffe://"`
)

// namespaceOfPeer is the namespace of a pod's account.
func (l lexicon) namespaceOfPeer() string { return "part " + strconv.Quote(l.domain+"/ns/") + ` "/"` }

// principals are a pattern of the identities of pods, in which each star is any text.
func (l lexicon) principals(stars string) []string {
	rest, uri := strings.CutPrefix(stars, "spiffe://")
	switch {
	case uri && !strings.Contains(rest, "*"):
		return l.accounts(peerAxis, rest)
	case uri || strings.HasPrefix(stars, "*/") && !strings.HasPrefix(l.domain, "ns"): // so that the star cannot end in spiffe:/
		return starWord(rest)
	}
	return nil
}
