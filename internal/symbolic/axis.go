package symbolic

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// Axis is one attribute of requests: the texts that it may have, and the classes of them that the tests so far tell apart.
type Axis struct {
	Name     string
	Optional bool // a request may have none

	lists    bool // a text may be a list
	mappings bool // or a mapping, and a list of any length

	pool    *Pool
	name    string // of the domain
	domain  machine
	seeds   []string // shown as the samples of their classes
	tests   []*Test
	index   map[string]int
	machs   []machine
	classes []class
	counted int  // tests when the classes were found
	grown   bool // a test has come since
	steps   int  // that it took to find the classes
}

// class is all texts with the same answers.
type class struct {
	point   Point
	answers Bits // by test
}

// Bits is a set of small numbers.
type Bits []uint64

func newBits(n int) Bits { return make(Bits, (n+63)/64) }

func (b Bits) has(i int) bool { return i/64 < len(b) && b[i/64]&(1<<(i%64)) != 0 }

func (b Bits) set(i int) { b[i/64] |= 1 << (i % 64) }

func (b Bits) empty() bool {
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}

func (b Bits) first() int {
	for i, w := range b {
		if w != 0 {
			return i*64 + bits.TrailingZeros64(w)
		}
	}
	return -1
}

func (b Bits) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

func (b Bits) and(o Bits) Bits {
	out := make(Bits, len(b))
	for i := range b {
		out[i] = b[i] & o[i]
	}
	return out
}

func (b Bits) less(o Bits) Bits {
	out := make(Bits, len(b))
	for i := range b {
		out[i] = b[i] &^ o[i]
	}
	return out
}

func (b Bits) key() string {
	out := make([]byte, 0, 8*len(b))
	for _, w := range b {
		out = binary.LittleEndian.AppendUint64(out, w)
	}
	return string(out)
}

// Pool keeps automata, and classes, for many questions that compare alike. It is for one goroutine.
type Pool struct {
	machines map[string]machine
	classes  map[string][]class
	tests    map[string][]*Test // by axis: what questions before compared, which those that come are likely to
	left     int                // steps for all questions
	taken    int                // steps
}

// NewPool is an empty one.
func NewPool() *Pool {
	return &Pool{map[string]machine{}, map[string][]class{}, map[string][]*Test{}, stepsOfPool, 0}
}

// About is the pool for questions about another subject, which compare other things.
func (p *Pool) About() *Pool {
	return &Pool{p.machines, p.classes, map[string][]*Test{}, stepsOfPool, 0}
}

// know has an axis start with tests.
func (x *Axis) know(tests []*Test) error {
	for _, t := range tests {
		if err := x.add(t); err != nil {
			return err
		}
	}
	return nil
}

// machine gives an automaton that is in the pool, or that of makes.
func (p *Pool) machine(key string, of func() (machine, error)) (machine, error) {
	if m, ok := p.machines[key]; ok {
		return m, nil
	}
	m, err := of()
	if err == nil {
		p.machines[key] = m
	}
	return m, err
}

// NewAxis is an axis whose texts a regular expression takes as a whole.
func NewAxis(pool *Pool, name, domain string, optional bool, seeds ...string) (*Axis, error) {
	x, err := newAxis(pool, name, domain, optional, seeds)
	if err != nil {
		return nil, err
	}
	return x, x.know(pool.tests[name])
}

func newAxis(pool *Pool, name, domain string, optional bool, seeds []string) (*Axis, error) {
	m, err := pool.machine("texts "+domain, func() (machine, error) { return newExpression(domain) })
	if err != nil {
		return nil, err
	}
	return &Axis{Name: name, Optional: optional, pool: pool, name: domain, domain: m, seeds: seeds, index: map[string]int{}, grown: true}, nil
}

// NewPathAxis is the axis of paths that normalization leaves alone.
func NewPathAxis(pool *Pool, name, mode string, seeds ...string) (*Axis, error) {
	m := pathMachine{none: mode == "NONE", merge: mode == "MERGE_SLASHES" || mode == "DECODE_AND_MERGE_SLASHES", decode: mode == "DECODE_AND_MERGE_SLASHES"}
	x := &Axis{Name: name, pool: pool, name: "path " + mode, domain: m, seeds: seeds, index: map[string]int{}, grown: true}
	return x, x.know(pool.tests[name])
}

// Takes reports whether a text is one of the axis.
func (x *Axis) Takes(text string) bool {
	if isText(text) {
		return accepts(x.domain, text)
	}
	return x.takesShape(Point{text, true})
}

// add has the axis know a test, which is new or not.
func (x *Axis) add(t *Test) error {
	if _, ok := x.index[t.key]; ok {
		return nil
	}
	if !t.ascii() {
		return errForeign
	}
	if len(t.arg) > maxLength {
		return errTooLong
	}
	if more := t.ofElements(); more != nil {
		if err := x.add(more); err != nil {
			return err
		}
	}
	m, err := x.pool.machine(t.key, t.machine)
	if err != nil {
		return err
	}
	i := len(x.tests)
	if i >= maxTests {
		return errTooMany
	}
	if known := x.pool.tests[x.Name]; !slices.Contains(known, t) {
		x.pool.tests[x.Name] = append(known, t)
	}
	x.index[t.key], x.tests, x.machs, x.grown = i, append(x.tests, t), append(x.machs, m), true
	return nil
}

// maxProduct bounds how many states all automata of an axis may have together, and maxTests how many there are.
const maxTests = 300

const maxProduct = 50_000

// errForeign: the texts of an axis have the bytes of ASCII. Another text is like one of them in every comparison with ASCII, and in no other.
var errForeign = errors.New("it is compared with letters that are not of ASCII")

// maxLength bounds a pattern: the states of its automaton grow with its length, and so do the positions in each.
const maxLength = 2048

var errTooLong = errors.New("a rule compares with a text that is too long to look at")

var errTooMany = errors.New("its comparisons tell apart more texts than can be looked at")

// refine finds the classes again after tests were added, and returns the old class of each. New tests only split old classes.
func (x *Axis) refine() (old []int, err error) {
	before, counted, first := map[string]int{}, x.counted, len(x.classes) == 0
	for i, c := range x.classes {
		if c.point.There {
			before[c.answers.cut(counted).key()] = i
		}
	}
	if err := x.find(); err != nil {
		return nil, err
	}
	for _, c := range x.classes {
		if first || !c.point.There {
			old = append(old, 0)
		} else {
			old = append(old, before[c.answers.cut(counted).key()])
		}
	}
	return old, nil
}

// cut are those below n.
func (b Bits) cut(n int) Bits {
	out := newBits(n)
	copy(out, b)
	if n%64 != 0 {
		out[len(out)-1] &= 1<<(n%64) - 1
	}
	return out
}

// find looks at all texts of the domain, the shortest first.
func (x *Axis) find() error {
	n := len(x.tests)
	x.grown, x.classes, x.counted, x.steps = false, nil, n, 0
	key := x.key()
	if known, ok := x.pool.classes[key]; ok {
		x.classes = known
		return nil
	}
	seen := map[string]bool{}
	note := func(p Point, key string) {
		if !seen[key] {
			seen[key] = true
			x.classes = append(x.classes, class{p, x.answersOf(p)})
		}
	}
	if x.Optional {
		note(Point{}, "absent")
	}
	for _, s := range x.seeds {
		if x.Takes(s) {
			p := Point{s, true}
			note(p, x.signature(p))
		}
	}
	err := x.walk(func(text string, states []int32) {
		answers := newBits(n)
		for i, m := range x.machs {
			if m == nil || m.accept(states[i+1]) {
				answers.set(i)
			}
		}
		note(Point{text, true}, answers.key())
	})
	if err == nil && x.lists {
		err = x.findLists(func(p Point) { note(p, x.signature(p)) })
	}
	if err == nil {
		x.pool.classes[key] = x.classes
	}
	return err
}

// key is what the classes depend on.
func (x *Axis) key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\x02%v\x02%v\x02%v\x02%q", x.name, x.Optional, x.lists, x.mappings, x.seeds)
	for _, t := range x.tests {
		b.WriteString("\x02" + t.key)
	}
	return b.String()
}

func (x *Axis) signature(p Point) string {
	return x.answersOf(p).key()
}

// walk goes through the states that all automata together come to, by the shortest text that leads to each.
func (x *Axis) walk(visit func(text string, states []int32)) error {
	letters := x.letters()
	states := []int32{x.domain.start()}
	for _, m := range x.machs {
		s := int32(0)
		if m != nil {
			s = m.start()
		}
		states = append(states, s)
	}
	type node struct {
		states []int32
		from   int
		letter byte
	}
	all, known := []node{{states, -1, 0}}, map[string]bool{string(stateKey(nil, states)): true}
	next := make([]int32, len(states))
	var key []byte
	defer func() { x.steps = len(all) * len(letters) * len(states) / 4 }()
	signs := map[string]bool{}
	for i := 0; i < len(all); i++ {
		at := all[i].states
		if x.domain.accept(at[0]) {
			sign := make([]byte, len(x.machs))
			for j, m := range x.machs {
				if m != nil && m.accept(at[j+1]) {
					sign[j] = 1
				}
			}
			if !signs[string(sign)] {
				signs[string(sign)] = true
				var text []byte
				for k := i; all[k].from >= 0; k = all[k].from {
					text = append(text, all[k].letter)
				}
				slices.Reverse(text)
				visit(string(text), at)
			}
		}
		for _, c := range letters {
			next[0] = x.domain.step(at[0], c)
			if x.isDead(next[0]) {
				continue
			}
			for j, m := range x.machs {
				if m != nil {
					next[j+1] = m.step(at[j+1], c)
				}
			}
			key = stateKey(key[:0], next)
			if known[string(key)] {
				continue
			}
			if len(all) >= maxProduct {
				return errTooMany
			}
			known[string(key)] = true
			all = append(all, node{slices.Clone(next), i, c})
		}
	}
	return nil
}

// isDead: no text goes on from a state of the domain.
func (x *Axis) isDead(s int32) bool {
	switch m := x.domain.(type) {
	case pathMachine:
		return s == pathDead
	case *expression:
		return len(m.states[s].pcs) == 0
	}
	return false
}

func stateKey(to []byte, states []int32) []byte {
	for _, s := range states {
		to = binary.LittleEndian.AppendUint32(to, uint32(s))
	}
	return to
}

// readable is the order in which letters are tried: a text that is made up should look it.
const readable = "xyzwvqjkuabcdefghilmnoprstXYZWVQJKUABCDEFGHILMNOPRST0123456789/-._@:"

// letters are one of each kind of bytes that all automata take alike.
func (x *Axis) letters() []byte {
	var b boundaries
	b[0] = true
	x.domain.marks(&b)
	for _, m := range x.machs {
		if m != nil {
			m.marks(&b)
		}
	}
	kind := make([]int, 256)
	n := -1
	for c := range 256 {
		if b[c] {
			n++
		}
		kind[c] = n
	}
	taken := make([]bool, n+1)
	var out []byte
	add := func(c int) {
		if !taken[kind[c]] {
			taken[kind[c]] = true
			out = append(out, byte(c))
		}
	}
	for i := range len(readable) {
		add(int(readable[i]))
	}
	for c := range 256 {
		add(c)
	}
	return out
}

// Size is how many classes there are.
func (x *Axis) Size() int { return len(x.classes) }

func (x *Axis) String() string { return x.Name + " (" + strconv.Itoa(len(x.classes)) + " classes)" }

// Tests returns the comparisons that separate the classes.
func (x *Axis) Tests() []*Test { return x.tests }
