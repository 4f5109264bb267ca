package symbolic

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
)

// machine is a deterministic automaton over bytes. marks notes the bytes from which on it may behave otherwise than on the byte before.
type machine interface {
	start() int32
	step(s int32, c byte) int32
	accept(s int32) bool
	marks(m *boundaries)
}

type boundaries [257]bool

func (m *boundaries) only(c byte) { m[c], m[int(c)+1] = true, true }

func run(m machine, s int32, text string) int32 {
	for i := range len(text) {
		s = m.step(s, text[i])
	}
	return s
}

func accepts(m machine, text string) bool { return m.accept(run(m, m.start(), text)) }

// expression is the automaton of a regular expression that must take the whole text. Each byte is a rune of its own. A state is a set of threads
// before the assertions that stand there, and the kind of the byte before, on which assertions depend.
type expression struct {
	prog    *syntax.Prog
	states  []threads
	known   map[string]int32
	next    [][]int32 // by state and byte, -1: not made yet
	accepts []int8
	bound   bool     // assertions of words or lines
	seen    []uint32 // by instruction: the visit that was there last
	visit   uint32
}

type threads struct {
	pcs  []uint32
	last rune // -1: none, else a byte of the kind of the one before
}

func newExpression(expr string) (*expression, error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, err
	}
	m := &expression{prog: prog, known: map[string]int32{}}
	for i := range prog.Inst {
		if prog.Inst[i].Op == syntax.InstEmptyWidth {
			m.bound = true
		}
	}
	m.state(threads{[]uint32{uint32(prog.Start)}, -1})
	return m, nil
}

func (m *expression) start() int32 { return 0 }

func (m *expression) state(t threads) int32 {
	slices.Sort(t.pcs)
	t.pcs = slices.Compact(t.pcs)
	key := make([]byte, 0, 4*len(t.pcs)+1)
	for _, pc := range t.pcs {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	key = append(key, byte(t.last+1))
	if s, ok := m.known[string(key)]; ok {
		return s
	}
	s := int32(len(m.states))
	m.known[string(key)] = s
	m.states, m.next, m.accepts = append(m.states, t), append(m.next, nil), append(m.accepts, -1)
	return s
}

// closed are the threads after what consumes nothing, between the byte before and the next one, -1 at an end.
func (m *expression) closed(t threads, next rune) (out []uint32, match bool) {
	flags := syntax.EmptyOpContext(t.last, next)
	if m.visit++; m.seen == nil {
		m.seen = make([]uint32, len(m.prog.Inst))
	}
	var visit func(pc uint32)
	visit = func(pc uint32) {
		if m.seen[pc] == m.visit {
			return
		}
		m.seen[pc] = m.visit
		switch i := &m.prog.Inst[pc]; i.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			visit(i.Out)
			visit(i.Arg)
		case syntax.InstCapture, syntax.InstNop:
			visit(i.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(i.Arg)&^flags == 0 {
				visit(i.Out)
			}
		case syntax.InstMatch:
			match = true
		case syntax.InstFail:
		default:
			out = append(out, pc)
		}
	}
	for _, pc := range t.pcs {
		visit(pc)
	}
	return out, match
}

// kind is a byte that assertions take as they take c.
func (m *expression) kind(c byte) rune {
	switch {
	case !m.bound:
		return 'a'
	case syntax.IsWordChar(rune(c)):
		return 'a'
	case c == '\n':
		return '\n'
	}
	return ' '
}

func (m *expression) step(s int32, c byte) int32 {
	if m.next[s] == nil {
		m.next[s] = slices.Repeat([]int32{-1}, 256)
	}
	if to := m.next[s][c]; to >= 0 {
		return to
	}
	pcs, _ := m.closed(m.states[s], rune(c))
	var out []uint32
	for _, pc := range pcs {
		if i := &m.prog.Inst[pc]; i.MatchRune(rune(c)) {
			out = append(out, i.Out)
		}
	}
	to := m.state(threads{out, m.kind(c)})
	m.next[s][c] = to
	return to
}

func (m *expression) accept(s int32) bool {
	if m.accepts[s] < 0 {
		m.accepts[s] = 0
		if _, match := m.closed(m.states[s], -1); match {
			m.accepts[s] = 1
		}
	}
	return m.accepts[s] == 1
}

func (m *expression) marks(b *boundaries) {
	if m.bound {
		for _, r := range [4][2]byte{{'0', '9'}, {'A', 'Z'}, {'a', 'z'}, {'_', '_'}} {
			b[r[0]], b[int(r[1])+1] = true, true
		}
		b.only('\n')
	}
	for pc := range m.prog.Inst {
		switch i := &m.prog.Inst[pc]; i.Op {
		case syntax.InstRuneAnyNotNL:
			b.only('\n')
		case syntax.InstRune, syntax.InstRune1:
			last := i.MatchRune(0)
			for c := 1; c < 256; c++ {
				if now := i.MatchRune(rune(c)); now != last {
					b[c], last = true, now
				}
			}
		}
	}
}

// pathMachine takes the paths that every Envoy reads as they are: what normalization leaves alone (access readPath).
type pathMachine struct{ none, merge, decode bool }

const (
	pathStart int32 = iota
	pathEmpty       // after a slash
	pathDot
	pathDots
	pathOther
	pathDead
	pathParts // below: the state within a segment, above: within an escape, by the hex digits read
)

func (m pathMachine) start() int32 { return pathStart }

func (m pathMachine) step(s int32, c byte) int32 {
	switch {
	case s == pathDead || c == 0 || c == '?' || c == '#':
		return pathDead
	case s == pathStart && c == '/':
		return pathEmpty
	case s == pathStart:
		return pathDead
	case m.none:
		return pathOther
	case c == '\\' || c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '^' || c == '`' || c == '{' || c == '|' || c == '}':
		return pathDead
	}
	hex := Unhex(c)
	switch {
	case s == pathParts && hex >= 0:
		return pathParts + 1 + int32(hex)
	case s > pathParts && hex >= 0:
		d := byte(s-pathParts-1)<<4 | byte(hex)
		if d == 0 || Unreserved(d) || m.decode && (d == '/' || d == '\\') {
			return pathDead
		}
		return pathOther
	case s >= pathParts: // no escape
		s = pathOther
	}
	switch {
	case c == '/':
		if s == pathDot || s == pathDots || s == pathEmpty && m.merge {
			return pathDead
		}
		return pathEmpty
	case c == '%':
		return pathParts
	case c == '.' && s == pathEmpty:
		return pathDot
	case c == '.' && s == pathDot:
		return pathDots
	case c == ';' && (s == pathDot || s == pathDots):
		return pathDead
	}
	return pathOther
}

func (m pathMachine) accept(s int32) bool {
	return s != pathStart && s != pathDot && s != pathDots && s != pathDead
}

func (m pathMachine) marks(b *boundaries) {
	b[1], b['!'], b[0x7f] = true, true, true
	for _, c := range []byte("\"#%./;<>?^`{|}\\") {
		b.only(c)
	}
	for _, c := range []byte("0123456789abcdefABCDEF") {
		b.only(c)
	}
}

// Unhex is the value of a hexadecimal digit, -1 for another character.
func Unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// Unreserved reports whether a character is unreserved in a URI (RFC 3986 2.3).
func Unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}
