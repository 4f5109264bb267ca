package access

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// on is the phrase for a line's texts on an axis.
func (l *line) on(lex lexicon, axis string) string { return lex.phrase(axis, l.says[axis]) }

// who is the set of clients of a line.
func (l *line) who(lex lexicon) string {
	of := func(axis, one, many, all string) string {
		switch p := l.on(lex, axis); {
		case p == "":
			return all
		case strings.HasPrefix(p, "any but "):
			return many + p[len("any"):]
		default:
			return one + " " + p
		}
	}
	pods := func() string {
		text := of(peerAxis, "pod", "any pod in the mesh", "any pod in the mesh")
		if rest, ok := strings.CutPrefix(text, "pod ns "); ok {
			return "pods of ns " + rest
		}
		return text
	}
	switch l.q.kind {
	case aUser:
		return of(userAxis, "user", "any user", "any user")
	case aToken:
		return of(tokenAxis, "token of", "token of any account", "token of any account")
	case aJWT:
		return "token of " + lex.issuer(l.q.from.JWT.Issuer)
	case anonymous:
		return anonymousText
	case aPod:
		return pods()
	case aPodToken:
		return pods() + " with a " + of(tokenAxis, "token of", "token of any account", "token of any account")
	case aPodJWT:
		return pods() + " with a token of " + lex.issuer(l.q.from.JWT.Issuer)
	}
	return offMeshText
}

// Clients without an identity.
const (
	anonymousText = "anonymous, through the ingress"
	offMeshText   = "anything off the mesh"
)

func (l lexicon) issuer(issuer string) string {
	if l.exact && issuer != anotherIssuer {
		return "the issuer " + quoteWord(issuer)
	}
	return issuerText(issuer)
}

func issuerText(issuer string) string {
	if issuer == anotherIssuer {
		return "any other issuer"
	}
	return "the issuer " + issuer
}

// allElse is the set of all requests that no other line of a question has.
const allElse = "all else"

// what is the set of requests of a line, "" for all.
func (l *line) what(lex lexicon) string {
	if l.rest {
		return allElse
	}
	var parts []string
	for _, x := range l.axes() {
		if p := l.says[x]; len(p) > 0 {
			parts = append(parts, lex.clause(x, p))
		}
	}
	return strings.Join(parts, " ")
}

var (
	plainMethods = regexp.MustCompile(`^[A-Z]+(?:,[A-Z]+)*$`)
	plainPaths   = regexp.MustCompile(`^/`)
)

// clause is what a line says of an axis.
func (l lexicon) clause(axis string, p symbolic.Phrase) string {
	text := l.phrase(axis, p)
	bare := func(name string) string {
		if rest, anyBut := strings.CutPrefix(text, "any but "); anyBut {
			return "any " + name + " but " + rest
		}
		return name + " " + text
	}
	switch {
	case axis == hostAxis:
		return bare("host")
	case axis == pathAxis && plainPaths.MatchString(text):
		return text
	case axis == pathAxis:
		return bare("path")
	case axis != methodAxis:
		return l.with(axis, p)
	}
	methods := strings.ReplaceAll(text, ", ", ",")
	switch {
	case plainMethods.MatchString(methods):
		return methods
	case plainMethods.MatchString(strings.TrimPrefix(methods, "any but ")):
		text = methods
	}
	return bare("method")
}

// with is what a line says of what a request may lack. A set of all but some counts requests that lack it in.
func (l lexicon) with(axis string, p symbolic.Phrase) string {
	name, colon := nameOf(axis), ": "
	if axis == audienceAxis || axis == subjectAxis {
		colon = " "
	}
	header := strings.HasPrefix(axis, headerAxis) || strings.HasPrefix(axis, paramAxis)
	switch first := p[0]; {
	case len(first.All) == 0 && isPresence(first.But):
		return "without " + name
	case len(first.All) == 0:
		return "without " + name + colon + l.list(axis, first.But)
	case isPresence(first.All) && len(first.But) == 0 && !header:
		return "with " + name
	}
	return "with " + name + colon + l.phrase(axis, p)
}

// nameOf is what a request may lack, in a line.
func nameOf(axis string) string {
	switch axis {
	case audienceAxis:
		return "audience"
	case subjectAxis:
		return "subject"
	}
	if name, ok := strings.CutPrefix(axis, headerAxis); ok {
		return quoteWord(name)
	}
	if name, ok := strings.CutPrefix(axis, paramAxis); ok {
		return "parameter " + quoteWord(name)
	}
	name, below, nested := strings.Cut(strings.TrimPrefix(axis, claimAxis), "\x00")
	if name = quoteWord(name); nested {
		name += "[" + strings.ReplaceAll(below, "\x00", "][") + "]"
	}
	return "claim " + name
}

// axes are those of what a request is, in the order in which a line names them.
func (l *line) axes() (out []string) {
	rank := func(name string) int {
		if i := slices.Index([]string{methodAxis, pathAxis, hostAxis, audienceAxis, subjectAxis}, name); i >= 0 {
			return i
		}
		return 5 + slices.IndexFunc([]string{claimAxis, headerAxis, paramAxis}, func(p string) bool { return strings.HasPrefix(name, p) })
	}
	for x := range l.says {
		if x != userAxis && x != tokenAxis && x != peerAxis {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	return out
}
