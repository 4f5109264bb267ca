package access

import (
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// rank orders comparisons that say the same on an axis: the one that is the shortest to read first.
func (l lexicon) rank(axis string) func(*symbolic.Test) int {
	return func(t *symbolic.Test) int {
		words := l.word(axis, t)
		n := len(strings.Join(words, ", "))
		if axis == peerAxis && len(words) == 1 && !strings.HasPrefix(words[0], namespaceWord) && !strings.HasPrefix(words[0], "*/ns/") {
			n -= 100 // an account tells more than its namespace
		}
		for _, w := range words {
			if strings.HasPrefix(w, "{") || strings.HasPrefix(w, "<") || strings.HasPrefix(w, textWord) {
				n += 1000
			}
		}
		return n
	}
}

// phrase is a set of texts of an axis in words: a list, what passes several comparisons at once, or all texts, perhaps less a list. "" is all of them.
func (l lexicon) phrase(axis string, p symbolic.Phrase) string {
	if len(p) == 0 {
		return ""
	}
	var first []*symbolic.Test
	for _, part := range p {
		first = append(first, part.All...)
	}
	text := l.list(axis, first)
	switch {
	case len(p[0].All) == 0 || isPresence(p[0].All) && len(p[0].But) > 0:
		text = "any"
	case len(p[0].All) > 1:
		var all []string
		for _, t := range p[0].All {
			all = append(all, l.oneWord(axis, t))
		}
		text = strings.Join(all, " and ")
	}
	if len(p[0].But) > 0 {
		text += " but " + l.list(axis, p[0].But)
	}
	return text
}

func (l lexicon) list(axis string, tests []*symbolic.Test) string {
	var out []string
	for _, t := range tests {
		out = append(out, l.word(axis, t)...)
	}
	slices.Sort(out)
	return strings.Join(blanksAsOne(slices.Compact(out)), ", ")
}

// isPresence reports whether comparisons ask only whether there is a text.
func isPresence(tests []*symbolic.Test) bool {
	return len(tests) == 1 && tests[0].Spell().Kind == "there"
}

// blanks are texts with a blank at an end, which proxies take off a header, so that rules name them together.
var blanks = []string{`" "*`, `"\t"*`, `*" "`, `*"\t"`}

const blanksWord = "<blanks at an end>"

// blanksAsOne has one word for all of blanks.
func blanksAsOne(words []string) []string {
	for _, prefix := range []string{"", textWord} {
		of := func(w string) bool {
			rest, ok := strings.CutPrefix(w, prefix)
			return ok && slices.Contains(blanks, rest)
		}
		i := slices.IndexFunc(words, of)
		if rest := slices.DeleteFunc(slices.Clone(words), of); len(rest)+len(blanks) == len(words) {
			words = slices.Insert(rest, i, prefix+blanksWord)
		}
	}
	return words
}
