package access

import (
	"cmp"
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

// plainWord matches a word that needs no quotes in a line.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9/._:@~%+#?!$^\-][A-Za-z0-9/._:@~%+=#?!$^'()\[\];-]*$`)

// keywords are the words of lines that are no texts.
var keywords = []string{"any", "but", "or", "and", "with", "without", "host", "parameter", "claim", "audience", "subject", "ns", "none", "path", "method"}

func quoteWord(s string) string {
	if plainWord.MatchString(s) && !slices.Contains(keywords, s) && !strings.HasSuffix(s, "[:port]") && !strings.HasPrefix(s, "text:") && !strings.HasPrefix(s, exactlyWord) && !strings.HasPrefix(s, trimmedWord) && !strings.HasPrefix(s, "regex:") {
		return s
	}
	return strconv.Quote(s)
}

// pattern is a value pattern of Istio as rules write it, which has a star at one end at most.
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

// word is a comparison on an axis as a list of words, one of which must pass.
func (l lexicon) word(axis string, t *symbolic.Test) []string {
	s := t.Spell()
	if words := l.known(axis, s); words != nil {
		return words
	}
	return []string{l.spelled(s)}
}

// spelled is a comparison that has no shorter words. Exactly, a list is in an order that is not that of the manifests.
func (l lexicon) spelled(s symbolic.Spelled) string {
	if l.exact && (s.Kind == "list" || s.Kind == "under-any") {
		s.Args = append([]string{s.Args[0]}, slices.Sorted(slices.Values(s.Args[1:]))...)
	}
	return "{" + s.String() + "}"
}

func (l lexicon) known(axis string, s symbolic.Spelled) []string {
	switch {
	case len(s.Steps) == 1 && s.Steps[0] == "trim" && s.Kind != "stars":
		return l.trimmed(s)
	case len(s.Steps) > 0:
		return l.derived(axis, s)
	case (strings.HasPrefix(axis, claimAxis) || axis == audienceAxis) && l.exact && s.Kind == "shape":
		return nil
	case strings.HasPrefix(axis, claimAxis) || axis == audienceAxis:
		return ofClaims(axis, s)
	}
	if axis == hostAxis && (s.Kind == "is" || s.Kind == "pattern") { // a name of a host is the same in capitals, a header is not
		return []string{exactlyWord + patternWord(s.Args[0])}
	}
	switch s.Kind {
	case "there":
		if strings.HasPrefix(axis, headerAxis) || strings.HasPrefix(axis, paramAxis) {
			return []string{"*"}
		}
	case "list":
		switch {
		case l.exact:
			return nil
		case len(s.Args) > 6:
			return []string{"<" + s.Args[0] + ">"}
		}
		return l.texts(axis, s.Args[1:])
	case "is":
		return l.texts(axis, s.Args)
	case "pattern":
		if s.Args[0] == "*" && (strings.HasPrefix(axis, headerAxis) || strings.HasPrefix(axis, paramAxis)) {
			return []string{notEmptyWord}
		}
		if axis == tokenAxis || axis == peerAxis {
			return l.accounts(axis, s.Args[0])
		}
		return []string{patternWord(s.Args[0])}
	case "patterns":
		var out []string
		for _, p := range s.Args {
			s.Kind, s.Args = "pattern", []string{p}
			words := l.known(axis, s)
			if words == nil {
				return nil
			}
			out = append(out, words...)
		}
		return out
	case "stars":
		return starWord(s.Args[0])
	case "contains":
		if l.exact {
			return nil
		}
		if words := starWord("*" + s.Args[0] + "*"); words != nil || strings.ContainsAny(s.Args[0], "<>") {
			return words
		}
		return []string{"<with " + strconv.Quote(s.Args[0]) + " in it>"}
	case "finds":
		return []string{"regex:" + strconv.Quote(s.Args[0])}
	case "template":
		if strings.HasPrefix(s.Args[0], "/") && plainWord.MatchString(strings.NewReplacer("{*}", "x", "{**}", "x").Replace(s.Args[0])) {
			return []string{s.Args[0]}
		}
	case "under":
		if s.Args[0] != "/" {
			return []string{quoteWord(s.Args[0]), quoteWord(s.Args[0]+"/") + "*"}
		}
	case "under-any":
		if l.exact {
			return nil
		}
		return []string{"<paths below " + strings.Join(s.Args[1:], ", ") + ">"}
	}
	return nil
}

// starWord returns a text in which each star matches any text, if it is not a pattern of Istio.
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

func (l lexicon) texts(axis string, all []string) (out []string) {
	for _, s := range all {
		switch axis {
		case tokenAxis, peerAxis:
			out = append(out, l.accounts(axis, s)...)
		default:
			out = append(out, quoteWord(s))
		}
	}
	return out
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

// ofClaims: a rule's value for a claim is a text that the claim is, or that a list holds. An audience is one in any spelling.
func ofClaims(axis string, s symbolic.Spelled) (out []string) {
	switch {
	case s.Element && s.Kind == "patterns":
		for _, p := range s.Args {
			if word := patternWord(p); axis == audienceAxis {
				out = append(out, exactlyWord+word)
			} else {
				out = append(out, word)
			}
		}
	case s.Element && s.Kind == "audience" && axis == audienceAxis:
		out = []string{quoteWord(s.Args[0])}
	case s.Kind == "patterns":
		for _, p := range s.Args {
			out = append(out, "text:"+patternWord(p))
		}
	case s.Kind == "shape" && !s.Element:
		out = []string{"<a " + s.Args[0] + ">"}
	case s.Kind == "is" && !s.Element:
		out = []string{"text:" + quoteWord(s.Args[0])}
	case s.Kind == "pattern" && !s.Element:
		out = []string{"text:" + patternWord(s.Args[0])}
	}
	return out
}

// exactlyWord stands before a text that is compared with its capitals, or as a list has it.
const exactlyWord = "exactly:"

// trimmedWord stands before a text that may have blanks around it, as the next proxy takes them off.
const trimmedWord = "trimmed:"

func (l lexicon) trimmed(s symbolic.Spelled) (out []string) {
	if s.Kind != "is" && s.Kind != "pattern" && s.Kind != "patterns" || s.Element {
		return nil
	}
	for _, p := range s.Args {
		word := patternWord(p)
		if s.Kind == "is" {
			word = quoteWord(p)
		}
		out = append(out, trimmedWord+word)
	}
	return out
}

// derived are comparisons of what becomes of a text, in the words of the text itself where that can be said.
func (l lexicon) derived(axis string, s symbolic.Spelled) []string {
	bare := s
	bare.Steps = nil
	if s.Element || len(s.Args) != 1 {
		return nil
	}
	switch step := s.Steps[0]; {
	case axis == hostAxis && len(s.Steps) == 1 && step == "lower" && strings.ToLower(s.Args[0]) == s.Args[0]:
		return l.known("", bare)
	case axis == hostAxis && len(s.Steps) == 2 && step == `part "" ":"` && s.Steps[1] == "lower" && (s.Kind == "is" || s.Kind == "pattern") && strings.ToLower(s.Args[0]) == s.Args[0]:
		return []string{patternWord(s.Args[0]) + "[:port]"}
	case len(s.Steps) != 1 || s.Kind != "is" && s.Kind != "pattern" && s.Kind != "stars" && s.Kind != "under":
	case axis == peerAxis && step == "part "+strconv.Quote(l.domain+"/ns/")+` "/"` && s.Kind != "stars":
		return []string{"ns " + patternWord(s.Args[0])}
	case axis == tokenAxis && step == "part "+strconv.Quote(accountPrefix)+` ":"` && s.Kind != "stars":
		return []string{"ns " + patternWord(s.Args[0])}
	case axis == peerAxis && step == `swap "" "spiffe://"` && s.Kind == "stars":
		if rest, ok := strings.CutPrefix(s.Args[0], "spiffe://"); ok && !strings.Contains(rest, "*") {
			return l.accounts(axis, rest)
		}
		if rest, ok := strings.CutPrefix(s.Args[0], "*/"); ok && strings.HasPrefix(rest, "ns/") { // of namespaces
			if ns, ok := strings.CutSuffix(strings.TrimPrefix(rest, "ns/"), "/*"); ok && plainWord.MatchString(strings.ReplaceAll(ns, "*", "")) {
				return []string{"ns " + "~" + ns}
			}
		}
		if rest, ok := strings.CutPrefix(s.Args[0], "spiffe://"); ok {
			return starWord(rest)
		}
	case axis == pathAxis && strings.HasPrefix(step, "swap"):
		var out []string
		for _, c := range swapped(step, s) {
			if c.kind == "pattern" {
				out = append(out, patternWord(c.arg))
			} else {
				out = append(out, quoteWord(c.arg))
			}
		}
		return out
	}
	return nil
}

var swapStep = regexp.MustCompile(`^swap(/?) ("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$`)

// swapped are the paths of the client that become what a rule compares, where a route has put another prefix in the place of theirs.
func swapped(step string, s symbolic.Spelled) (out []plainText) {
	m := swapStep.FindStringSubmatch(step)
	if m == nil {
		return nil
	}
	was, err1 := strconv.Unquote(m[2])
	is, err2 := strconv.Unquote(m[3])
	if err1 != nil || err2 != nil {
		return nil
	}
	add := func(text string, below bool) {
		rest, ok := strings.CutPrefix(text, is)
		put := func(text string) {
			if below {
				out = append(out, plainText{"pattern", text + "*"})
			} else {
				out = append(out, plainText{"is", text})
			}
		}
		switch {
		case !ok && below && strings.HasPrefix(is, text), ok && rest == "" && below:
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
		add(text, false)
		add(text+"/", true)
	case s.Kind == "is", s.Kind == "pattern" && !strings.Contains(text, "*"):
		add(text, false)
	case s.Kind == "pattern" && len(text) > 1 && strings.HasSuffix(text, "*"):
		add(text[:len(text)-1], true)
	}
	return out
}

// plainText is a comparison with a text itself.
type plainText struct{ kind, arg string }

// rank orders comparisons that say the same on an axis: the one that is the shortest to read first.
func (l lexicon) rank(axis string) func(*symbolic.Test) int {
	return func(t *symbolic.Test) int {
		words := l.word(axis, t)
		n := len(strings.Join(words, ", "))
		if axis == peerAxis && len(words) == 1 && !strings.HasPrefix(words[0], "ns ") {
			n -= 100 // an account tells more than its namespace
		}
		for _, w := range words {
			if strings.HasPrefix(w, "{") && !strings.HasPrefix(w, "{*") || strings.HasPrefix(w, "<") || strings.HasPrefix(w, "text:") {
				n += 1000
			}
		}
		return n
	}
}

// phrase is a set of texts of an axis in words: alternatives, each a list, perhaps less another. "" is all of them.
func (l lexicon) phrase(axis string, p symbolic.Phrase) string {
	list := func(tests []*symbolic.Test) string {
		var out []string
		for _, t := range tests {
			out = append(out, l.word(axis, t)...)
		}
		slices.Sort(out)
		return strings.Join(blanksAsOne(slices.Compact(out)), ", ")
	}
	var plain []*symbolic.Test
	var parts []string
	for _, part := range p {
		if len(part.All) == 1 && len(part.But) == 0 {
			plain = append(plain, part.All[0])
			continue
		}
		text := "any"
		switch {
		case len(part.All) == 0 && len(part.But) == 1 && part.But[0].Spell().Kind == "there":
			parts = append(parts, "none")
			continue
		case len(part.All) == 1:
			text = list(part.All)
		case len(part.All) > 1:
			var all []string
			for _, t := range part.All {
				word := l.word(axis, t)
				if len(word) != 1 {
					word = []string{l.spelled(t.Spell())}
				}
				all = append(all, word[0])
			}
			text = strings.Join(all, " and ")
		}
		if len(part.But) > 0 {
			text += " but " + list(part.But)
		}
		parts = append(parts, text)
	}
	if len(plain) > 0 {
		parts = append([]string{list(plain)}, parts...)
	}
	return strings.Join(parts, " or ")
}

// blanks are texts with a blank at an end, which proxies take off a header, so that rules name them together.
var blanks = []string{`" "*`, `"\t"*`, `*" "`, `*"\t"`}

// notEmptyWord is any text but the empty one.
const notEmptyWord = "<not empty>"

const blanksWord = "<blanks at an end>"

// blanksAsOne has one word for all of blanks.
func blanksAsOne(words []string) []string {
	for _, prefix := range []string{"", "text:"} {
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
		p := l.on(lex, x)
		if p == "" {
			continue
		}
		parts = append(parts, axisText(x, p))
	}
	return strings.Join(parts, " ")
}

var (
	plainMethods = regexp.MustCompile(`^[A-Z]+(?:,[A-Z]+)*$`)
	plainPaths   = regexp.MustCompile(`^/`)
)

// axisText is what a line says of an axis. A set of all but some counts requests without a header or claim in.
func axisText(axis, p string) string {
	but, rest, _ := strings.Cut(p, " ")
	allBut := but == "any" && !strings.Contains(p, " or ")
	bare := func(name string, plain *regexp.Regexp) string {
		switch {
		case allBut:
			return "any " + name + " " + rest
		case plain != nil && plain.MatchString(p):
			return p
		}
		return name + " " + p
	}
	with := func(name, sep string) string {
		switch {
		case p == "none":
			return "without " + name
		case allBut:
			return "without " + name + sep + strings.TrimPrefix(rest, "but ")
		}
		return "with " + name + sep + p
	}
	switch axis {
	case methodAxis:
		text := bare("method", plainMethods)
		if plainMethods.MatchString(strings.ReplaceAll(strings.TrimPrefix(p, "any but "), ", ", ",")) {
			return strings.TrimPrefix(strings.ReplaceAll(text, ", ", ","), "method ")
		}
		return text
	case pathAxis:
		return bare("path", plainPaths)
	case hostAxis:
		return bare("host", nil)
	case audienceAxis:
		return with("audience", " ")
	case subjectAxis:
		return with("subject", " ")
	}
	if name, ok := strings.CutPrefix(axis, headerAxis); ok {
		return with(name, ": ")
	}
	if name, ok := strings.CutPrefix(axis, paramAxis); ok {
		return with("parameter "+quoteWord(name), ": ")
	}
	name, below, nested := strings.Cut(strings.TrimPrefix(axis, claimAxis), "\x00")
	if name = quoteWord(name); nested {
		name += "[" + strings.ReplaceAll(below, "\x00", "][") + "]"
	}
	return with("claim "+name, ": ")
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

// maxApart bounds the lists of a rule whose values are distinguished.
const maxApart = 64

// plainer are comparisons with a text itself that may say what one with something that becomes of it does.
func (l lexicon) plainer(axis string, t *symbolic.Test) (out []*symbolic.Test) {
	s := t.Spell()
	add := func(kind, arg string) {
		if t, err := symbolic.ReadTest(symbolic.Spelled{Kind: kind, Args: []string{arg}}.String()); err == nil {
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
		add(s.Kind, s.Args[0])
	case axis == pathAxis && strings.HasPrefix(s.Steps[0], "swap"):
		for _, c := range swapped(s.Steps[0], s) {
			add(c.kind, c.arg)
		}
	}
	return out
}
