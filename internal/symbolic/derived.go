package symbolic

import "strings"

// derived is what becomes of an axis' text before it is compared: the last step, after those before it.
type derived struct {
	before *derived
	op     op
	a, b   string
	slash  bool
	key    string
}

type op byte

const (
	opLower  op = 'L'
	opAppend op = 'A' // a after the text
	opSwap   op = 'S' // b in place of the prefix a, which is there; slash: one slash that follows is skipped
	opPart   op = 'C' // what stands between the prefix a, which is there, and the first byte of b, or the end
	opTrim   op = 'T' // the blanks around it
	opAfter  op = 'B' // what stands behind the first byte b, which is there
)

func (d *derived) then(o op, a, b string, slash bool) *derived {
	out := &derived{before: d, op: o, a: a, b: b, slash: slash}
	skip := "-"
	if slash {
		skip = "+"
	}
	if d != nil {
		out.key = d.key
	}
	out.key += string(o) + skip + a + "\x01" + b + "\x01"
	return out
}

// of derives a text; ok is false where the text is none that this can be derived from.
func (d *derived) of(s string) (out string, ok bool) {
	if d == nil {
		return s, true
	}
	if s, ok = d.before.of(s); !ok {
		return "", false
	}
	switch d.op {
	case opLower:
		return strings.ToLower(s), true
	case opAppend:
		return s + d.a, true
	case opTrim:
		return strings.Trim(s, " \t"), true
	case opAfter:
		_, s, ok = strings.Cut(s, d.b)
		return s, ok
	}
	if s, ok = strings.CutPrefix(s, d.a); !ok {
		return "", false
	}
	if d.op == opPart {
		if d.b != "" {
			s, _, _ = strings.Cut(s, d.b)
		}
		return s, true
	}
	if d.slash {
		s = strings.TrimPrefix(s, "/")
	}
	return d.b + s, true
}

// machine is that of the axis' texts, from that of the derived ones.
func (d *derived) machine(m machine) machine {
	for ; d != nil; d = d.before {
		switch d.op {
		case opLower:
			m = lower{m}
		case opAppend:
			m = appended{m, d.a}
		case opAfter:
			m = after{m, d.b[0]}
		case opTrim:
			m = &trimmed{machine: m, known: map[[3]int32]int32{}}
		default:
			m = &swapped{m, d}
		}
	}
	return m
}

type lower struct{ machine }

func low(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func (m lower) step(s int32, c byte) int32 { return m.machine.step(s, low(c)) }

func (m lower) marks(b *boundaries) {
	var own boundaries
	m.machine.marks(&own)
	b['A'], b['Z'+1] = true, true
	for c := range own {
		b[c] = b[c] || own[c]
		if own[c] && 'a' <= c && c <= 'z'+1 {
			b[c-'a'+'A'] = true
		}
	}
}

type appended struct {
	machine
	suffix string
}

func (m appended) accept(s int32) bool { return m.machine.accept(run(m.machine, s, m.suffix)) }

// after reads the first of a byte; its other states are those of the machine.
type after struct {
	machine
	b byte
}

func (m after) start() int32 { return 0 }

func (m after) step(s int32, c byte) int32 {
	switch {
	case s > 0:
		return m.machine.step(s-1, c) + 1
	case c == m.b:
		return m.machine.start() + 1
	}
	return 0
}

func (m after) accept(s int32) bool { return s > 0 && m.machine.accept(s-1) }

func (m after) marks(b *boundaries) {
	b.only(m.b)
	m.machine.marks(b)
}

// trimmed keeps where the text stood after its last letter, and where it stands now.
type trimmed struct {
	machine
	known  map[[3]int32]int32
	states [][3]int32
}

func (m *trimmed) state(k [3]int32) int32 {
	s, ok := m.known[k]
	if !ok {
		s = int32(len(m.states))
		m.known[k], m.states = s, append(m.states, k)
	}
	return s
}

func (m *trimmed) start() int32 {
	s := m.machine.start()
	return m.state([3]int32{s, s, 0})
}

func (m *trimmed) step(s int32, c byte) int32 {
	k := m.states[s]
	switch {
	case c != ' ' && c != '\t':
		k[1] = m.machine.step(k[1], c)
		k[0], k[2] = k[1], 1
	case k[2] == 1:
		k[1] = m.machine.step(k[1], c)
	}
	return m.state(k)
}

func (m *trimmed) accept(s int32) bool { return m.machine.accept(m.states[s][0]) }

func (m *trimmed) marks(b *boundaries) {
	b.only(' ')
	b.only('\t')
	m.machine.marks(b)
}

// swapped reads the prefix, then the rest. Its states are those of the prefix, then one that skips a slash, the dead one, and those of
// the machine: twice, as a part may be over.
type swapped struct {
	machine
	d *derived
}

func (m *swapped) first() int32 { return int32(len(m.d.a)) + 3 }

func (m *swapped) dead() int32 { return int32(len(m.d.a)) + 2 }

func (m *swapped) start() int32 { return m.read(0) }

// read is the state after so many letters of the prefix.
func (m *swapped) read(n int) int32 {
	switch {
	case n < len(m.d.a):
		return int32(n)
	case m.d.op == opPart:
		return m.inner(m.machine.start(), false)
	case m.d.slash:
		return int32(len(m.d.a)) + 1
	}
	return m.inner(m.begun(), false)
}

func (m *swapped) begun() int32 { return run(m.machine, m.machine.start(), m.d.b) }

func (m *swapped) inner(s int32, over bool) int32 {
	if over {
		return m.first() + 2*s + 1
	}
	return m.first() + 2*s
}

func (m *swapped) step(s int32, c byte) int32 {
	n := int32(len(m.d.a))
	switch {
	case s < n && c == m.d.a[s]:
		return m.read(int(s) + 1)
	case s < n || s == m.dead():
		return m.dead()
	case s == n+1 && c == '/':
		return m.inner(m.begun(), false)
	case s == n+1:
		return m.inner(m.machine.step(m.begun(), c), false)
	}
	at, over := (s-m.first())/2, (s-m.first())%2 == 1
	switch {
	case over:
		return s
	case m.d.op == opPart && m.d.b != "" && c == m.d.b[0]:
		return m.inner(at, true)
	}
	return m.inner(m.machine.step(at, c), false)
}

func (m *swapped) accept(s int32) bool {
	n := int32(len(m.d.a))
	switch {
	case s < n || s == m.dead():
		return false
	case s == n+1:
		return m.machine.accept(m.begun())
	}
	return m.machine.accept((s - m.first()) / 2)
}

func (m *swapped) marks(b *boundaries) {
	for i := range len(m.d.a) {
		b.only(m.d.a[i])
	}
	if m.d.op == opPart && m.d.b != "" {
		b.only(m.d.b[0])
	}
	b.only('/')
	m.machine.marks(b)
}
