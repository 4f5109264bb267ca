package access

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"regexp/syntax"
	"slices"
	"strings"
)

// likeness tells which user namespaces are alike: where all manifests stay the same if two of them change their names, and their owners theirs. What is true
// of one is then true of the other, with these names changed.
//
// Names are whole words of the manifests' texts. A namespace that a pattern may tell apart by a part of its name, that another one's objects name, or
// whose name means something else is like no other.
type likeness struct {
	r       *recording
	tenants map[string]int
	names   []string
	odd     []bool
	off     bool // names cannot be distinguished from other texts
	said    []mention
	users   map[string]int // whose objects alone name a user; nobodys

	starts, ends map[string]bool // the texts before and after wildcards
	inside       map[string]bool // words of regular expressions
}

const nobodys = -1

// mention is what one text says of names.
type mention struct {
	names []span // of namespaces
	users []span
}

// span is a name's place in a text. of is the namespace's number; for a user, where the domain ends.
type span struct{ from, to, of int }

// alike are the user namespaces in classes of like ones, each class and all of them in order. extra are the texts of a question; a namespace that
// it names is like no other.
func (w *World) alike(extra ...string) [][]string { return w.recording.alike(w.profiles(), extra...) }

func (r *recording) alike(names []string, extra ...string) [][]string {
	classes, _ := r.alikeBy(names, extra...)
	return classes
}

// alikeBy is alike, with what makes a namespace another one of its class: its name and its users, in an order that they share.
func (r *recording) alikeBy(names []string, extra ...string) (_ [][]string, words map[string][]string) {
	l := &likeness{r: r, tenants: map[string]int{}, names: names, users: map[string]int{}, starts: map[string]bool{}, ends: map[string]bool{}, inside: map[string]bool{}}
	l.odd = make([]bool, len(l.names))
	words = map[string][]string{}
	for i, name := range l.names {
		l.tenants[name] = i
		l.odd[i] = meaningful()[name] || len(name) > 63
	}
	l.read(extra)
	objects := l.assign()
	l.comparePatterns()
	l.compareUsers(extra)
	var out [][]string
	classes := map[[sha256.Size]byte]int{}
	for i, name := range l.names {
		if l.off || l.odd[i] {
			out = append(out, []string{name})
			continue
		}
		sum, users := l.sum(i, objects[i])
		words[name] = append([]string{name}, users...)
		if at, ok := classes[sum]; ok {
			out[at] = append(out[at], name)
		} else {
			classes[sum] = len(out)
			out = append(out, []string{name})
		}
	}
	return out, words
}

// read finds the names in all texts.
func (l *likeness) read(extra []string) {
	l.off = l.r.full
	l.said = make([]mention, len(l.r.texts))
	for i, text := range l.r.texts {
		l.said[i] = l.mentions(text)
		if l.r.patterns[uint32(i)] {
			l.readExpression(text)
		}
	}
	for _, text := range extra {
		l.off = l.off || cutsProfile(text)
		m := l.mentions(strings.ReplaceAll(text, ownProfile, "")) // the other names in the text
		for _, s := range m.names {
			l.odd[s.of] = true
		}
		if !strings.Contains(text, ownProfile) {
			for _, s := range m.users {
				l.users[text[s.from:s.of]] = nobodys
			}
		}
	}
}

// cutsProfile reports whether a text of a claim has a part of a word, or a pattern, at $profile.
func cutsProfile(text string) bool {
	for rest := text; ; {
		before, behind, ok := strings.Cut(rest, ownProfile)
		if !ok {
			return false
		}
		if before != "" && (isUserByte(before[len(before)-1]) && before[len(before)-1] != '.' || strings.HasSuffix(before, "*")) {
			return true
		}
		if behind != "" && (isWordByte(behind[0]) || behind[0] == '*') {
			return true
		}
		rest = behind
	}
}

// compareUsers: where a claim makes a user of $profile, another namespace may name that one.
func (l *likeness) compareUsers(extra []string) {
	for _, text := range extra {
		if !strings.Contains(text, ownProfile) || !strings.Contains(text, "@") {
			continue
		}
		for i, name := range l.names {
			own := strings.ReplaceAll(text, ownProfile, name)
			for _, s := range l.mentions(own).users {
				if of, named := l.users[own[s.from:s.of]]; named && of != i {
					l.odd[i] = true
				}
			}
		}
	}
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// isUserByte reports whether an e-mail address may have a byte before its @.
func isUserByte(c byte) bool { return isWordByte(c) || c == '.' || c == '+' || c == '%' }

func (l *likeness) mentions(text string) (m mention) {
	if strings.Contains(text, "*") {
		l.readWildcards(text)
	}
	if strings.Contains(text, "%40") {
		l.off = true
	}
	for i := range len(text) {
		if text[i] != '@' {
			continue
		}
		from, to := i, i+1
		for from > 0 && isUserByte(text[from-1]) {
			from--
		}
		for to < len(text) && (isWordByte(text[to]) || text[to] == '.') {
			to++
		}
		if n := len(m.users); n > 0 && m.users[n-1].of > from {
			l.off = true
		}
		if from < i && to > i+1 {
			m.users = append(m.users, span{from, i, to})
		}
	}
	for from := 0; from < len(text); {
		if !isWordByte(text[from]) {
			from++
			continue
		}
		to := from
		for to < len(text) && isWordByte(text[to]) {
			to++
		}
		if !slices.ContainsFunc(m.users, func(u span) bool { return from >= u.from && to <= u.to }) {
			if of, ok := l.word(text[from:to], slices.ContainsFunc(m.users, func(u span) bool { return from < u.of && to > u.to })); ok {
				m.names = append(m.names, span{from, to, of})
			}
		}
		from = to
	}
	return m
}

// word reports whether a word is a namespace's name. One that a word has in other letters or as a part of it, or that is in a user's domain, is odd.
func (l *likeness) word(word string, inDomain bool) (of int, ok bool) {
	if of, ok = l.tenants[word]; ok {
		l.odd[of] = l.odd[of] || inDomain
		return of, !inDomain
	}
	lower := strings.ToLower(word)
	if of, other := l.tenants[lower]; other {
		l.odd[of] = true
	}
	isBreak := func(i int) bool { return lower[i] == '-' || lower[i] == '_' }
	if !strings.ContainsAny(lower, "-_") {
		return 0, false
	}
	for from := range len(lower) {
		if from > 0 && !isBreak(from-1) {
			continue
		}
		for to := from + 1; to <= min(len(lower), from+63); to++ {
			if to < len(lower) && !isBreak(to) {
				continue
			}
			if of, part := l.tenants[lower[from:to]]; part {
				l.odd[of] = true
			}
		}
	}
	return 0, false
}

// readWildcards notes the words that a wildcard cuts.
func (l *likeness) readWildcards(text string) {
	for i := range len(text) {
		if text[i] != '*' {
			continue
		}
		from, to := i, i+1
		for from > 0 && isUserByte(text[from-1]) {
			from--
		}
		for to < len(text) && isUserByte(text[to]) {
			to++
		}
		if before := text[from:i]; before != "" {
			l.starts[before] = true
			l.starts[before[1+strings.LastIndexFunc(before, func(c rune) bool { return !isWordByte(byte(c)) }):]] = true
		}
		if behind := text[i+1 : to]; behind != "" {
			l.ends[behind] = true
			if end := strings.IndexFunc(behind, func(c rune) bool { return !isWordByte(byte(c)) }); end > 0 {
				l.ends[behind[:end]] = true
			}
		}
	}
	delete(l.starts, "") // a wildcard behind another letter cuts nothing
}

// readExpression notes the words of a regular expression. One with a class that tells apart letters of names makes no two alike.
func (l *likeness) readExpression(text string) {
	e, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		l.off = true
		return
	}
	var walk func(*syntax.Regexp)
	walk = func(e *syntax.Regexp) {
		switch e.Op {
		case syntax.OpLiteral:
			if e.Flags&syntax.FoldCase != 0 {
				l.off = true
			}
			for _, word := range strings.FieldsFunc(string(e.Rune), func(c rune) bool { return c > 127 || !isUserByte(byte(c)) }) {
				l.inside[word] = true
			}
		case syntax.OpCharClass:
			l.off = l.off || !allOrNone(e.Rune)
		case syntax.OpWordBoundary, syntax.OpNoWordBoundary:
			l.off = true
		}
		for _, sub := range e.Sub {
			walk(sub)
		}
	}
	walk(e)
}

// allOrNone reports whether the ranges of a class hold all small letters, digits, dots and hyphens, or none of them.
func allOrNone(ranges []rune) bool {
	n := 0
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789-."
	for _, c := range letters {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= c && c <= ranges[i+1] {
				n++
				break
			}
		}
	}
	return n == 0 || n == len(letters)
}

// comparePatterns looks for names that a pattern may tell apart from others by a part of them.
func (l *likeness) comparePatterns() {
	within := map[string]bool{} // parts of words of regular expressions
	for word := range l.inside {
		for from := range len(word) {
			for to := from + 1; to <= len(word); to++ {
				within[word[from:to]] = within[word[from:to]] || to-from < len(word)
			}
		}
	}
	cut := func(name string) bool {
		if within[name] {
			return true
		}
		for from := range len(name) {
			if l.starts[name[:from+1]] || l.ends[name[from:]] {
				return true
			}
			for to := from + 1; to <= len(name) && len(l.inside) > 0; to++ {
				if to-from < len(name) && l.inside[name[from:to]] {
					return true
				}
			}
		}
		return false
	}
	for i, name := range l.names {
		l.odd[i] = l.odd[i] || cut(name)
	}
	for user, of := range l.users {
		if local, _, _ := strings.Cut(user, "@"); of != nobodys && cut(local) {
			l.users[user] = nobodys
		}
	}
}

// assign gives each namespace the objects that name it, in order, and finds the users that only one of them names.
func (l *likeness) assign() [][]int {
	out := make([][]int, len(l.names))
	seen := make([]int, len(l.r.texts)) // by the object before
	for o, object := range l.r.of {
		var named []int
		note := func(of int) {
			if !slices.Contains(named, of) {
				named = append(named, of)
			}
		}
		if of, ok := l.tenants[object.namespace]; ok {
			note(of)
		}
		codes := l.r.codes[object.from:object.to]
		users := []string(nil)
		for _, c := range codes {
			if c < firstText || seen[c-firstText] == o+1 {
				continue
			}
			seen[c-firstText] = o + 1
			m := &l.said[c-firstText]
			for _, s := range m.names {
				note(s.of)
			}
			for _, s := range m.users {
				users = append(users, l.r.texts[c-firstText][s.from:s.of])
			}
		}
		of := nobodys
		switch {
		case len(named) == 1:
			of = named[0]
			out[of] = append(out[of], o)
		default:
			for _, i := range named {
				l.odd[i] = true
			}
		}
		for _, u := range users {
			if was, ok := l.users[u]; ok && was != of {
				l.users[u] = nobodys
			} else if !ok {
				l.users[u] = of
			}
		}
	}
	return out
}

// sum is of all that a namespace's objects say, in any order, its name and its users' taken out.
func (l *likeness) sum(of int, objects []int) (out [sha256.Size]byte, users []string) {
	s := &summer{l: l, of: of, to: sha256.New()}
	parts := make([]summed, len(objects))
	for i, o := range objects {
		parts[i] = s.object(&l.r.of[o])
	}
	slices.SortStableFunc(parts, func(a, b summed) int { return bytes.Compare(a.sum[:], b.sum[:]) })
	s.to.Reset()
	for i := range parts {
		s.to.Write(parts[i].sum[:])
		for _, user := range parts[i].users {
			at := slices.Index(users, user)
			if at < 0 {
				at = len(users)
				users = append(users, user)
			}
			s.number(uint64(at))
		}
	}
	copy(out[:], s.to.Sum(s.part[:0]))
	return out, users
}

// summed is the sum of one object, with the users that it names in the order in which they are met.
type summed struct {
	sum   [sha256.Size]byte
	users []string
}

func (s *summer) object(object *said) (out summed) {
	s.to.Reset()
	s.users = nil
	if object.next {
		s.number(nextWorld)
	}
	for _, c := range s.l.r.codes[object.from:object.to] {
		if s.number(uint64(min(c, firstText))); c >= firstText {
			s.text(s.l.r.texts[c-firstText], &s.l.said[c-firstText])
		}
	}
	copy(out.sum[:], s.to.Sum(s.part[:0]))
	out.users = s.users
	return out
}

// nextWorld marks the objects of the second of two worlds.
const nextWorld = 1 << 40

type summer struct {
	l     *likeness
	of    int
	to    hash.Hash
	users []string // of the object at hand, in the order in which they are met
	part  []byte
}

func (s *summer) number(n uint64) {
	s.part = binary.LittleEndian.AppendUint64(s.part[:0], n)
	s.to.Write(s.part)
}

// text is written in parts: the literal ones by length and letters, names and users by their number.
func (s *summer) text(text string, m *mention) {
	at, names, users := 0, m.names, m.users
	literal := func(to int) {
		s.number(uint64(to - at))
		s.part = append(s.part[:0], text[at:to]...)
		s.to.Write(s.part)
	}
	const aName, aUser, theEnd = 1, 2, 3
	for len(names)+len(users) > 0 {
		if len(users) == 0 || len(names) > 0 && names[0].from < users[0].from {
			if n := names[0]; n.of == s.of {
				literal(n.from)
				s.number(aName)
				at = n.to
			}
			names = names[1:]
			continue
		}
		u := users[0]
		if key := text[u.from:u.of]; s.l.users[key] == s.of {
			number := slices.Index(s.users, key)
			if number < 0 {
				number = len(s.users)
				s.users = append(s.users, key)
			}
			literal(u.from)
			if s.number(aUser); text[u.from:u.to] == s.l.names[s.of] {
				s.number(aName)
			}
			s.number(theEnd + uint64(number))
			at = u.to
		}
		users = users[1:]
	}
	literal(len(text))
	s.number(theEnd)
}
