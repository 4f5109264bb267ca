package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// line is a set of requests of one question that have one outcome, by the same policies and rules.
type line struct {
	q       *inquiry
	box     symbolic.Box
	says    map[string]symbolic.Phrase // by axis
	outcome Outcome
	noRoute bool     // no route leads there yet
	rules   []string // that decide, as keys of the policies' rules
	by      Step     // that decides
	unasked bool     // nobody has looked at the requests: there are too many kinds
	rest    bool     // it is about all requests that no other line of the question has
	witness Request
}

// account is all that is known of a question: its lines, and what they do not speak of.
type account struct {
	solution
	q      *inquiry
	lines  []line
	denied Step // that decides about requests that no line has
	silent []symbolic.Box
	wrong  []string // internal errors: the point decision does not confirm a line
}

// about are the lines of a question. They say nothing of requests that are not to the target: that routes lead elsewhere, that show several tokens, that
// pods outside the mesh send, and CORS preflights, whose token nobody looks at, so that they count as without one.
func (w *World) about(q *inquiry, pool *symbolic.Pool) (out account) {
	out.q = q
	out.solution = w.allShown(q, pool)
	if out.failed != "" && out.left == nil {
		out.unanswered()
		return out
	}
	s := &sorter{w: w, q: q, space: out.space, out: &out, groups: map[string]*group{}}
	for i := range out.found {
		s.sort(&out.found[i])
	}
	s.space.Keep(slices.Concat(s.denied, out.silent)...)
	for _, g := range s.all {
		s.space.Keep(slices.Concat(g.boxes, g.odd)...)
	}
	for _, f := range out.found {
		s.space.Keep(f.Box)
	}
	if out.failed != "" {
		s.leave(out.failed, out.left)
	}
	if err := s.teach(); err != nil {
		out.failed = err.Error()
		out.unanswered()
		return out
	}
	s.order()
	allowed := slices.DeleteFunc(slices.Clone(s.all), func(g *group) bool { return g.outcome != Allow })
	s.allowed(allowed)
	s.unknown()
	return out
}

// leave has sets be said by the line about all else.
func (s *sorter) leave(why string, boxes []symbolic.Box) {
	if s.left == nil {
		s.left = s.group(&Verdict{Step: stepAt(Point{Kind: AtRequest}, why)})
		s.left.unasked, s.left.rest = true, true
	}
	boxes = s.space.Wholes(boxes)
	s.left.boxes = append(s.left.boxes, boxes...)
	s.space.Keep(boxes...)
}

// unanswered is the line of a question that has no answer.
func (a *account) unanswered() {
	a.lines = []line{{q: a.q, outcome: NotJudged, unasked: true, by: stepAt(Point{Kind: AtRequest}, a.failed)}}
}

// teach adds comparisons with the texts themselves to the axes, in addition to those with derived texts, so that sets can be described with them.
func (s *sorter) teach() error {
	lex := s.w.lexicon()
	for _, x := range s.space.Axes() {
		var tests []*symbolic.Test
		for _, t := range x.Tests() {
			tests = append(tests, lex.plainer(x.Name, t)...)
		}
		if len(tests) > 0 {
			if err := s.space.Learn(x.Name, tests); err != nil {
				return err
			}
		}
	}
	return nil
}

// group is all requests of a question that are decided by the same policies and rules.
type group struct {
	line
	boxes []symbolic.Box
	odd   []symbolic.Box // not judged, with a method that proxies may refuse
}

// sorter puts the sets of a solution together.
type sorter struct {
	w      *World
	q      *inquiry
	space  *symbolic.Space
	out    *account
	all    []*group
	groups map[string]*group
	denied []symbolic.Box
	axes   []int  // in the order in which they are left open
	left   *group // what is not looked at, or not said
}

func (s *sorter) sort(f *symbolic.Found[answered]) {
	v := &f.Outcome.verdict
	box := s.space.Wholes([]symbolic.Box{f.Box})[0]
	switch {
	case v.Outcome == NotJudged && v.moot, s.elsewhere(&f.Outcome.request):
		s.out.silent = append(s.out.silent, box)
	case v.Outcome == Deny:
		if s.denied = append(s.denied, box); s.out.denied.Point.Kind == "" || s.out.denied.Point.Kind == AtGateway {
			s.out.denied = v.Step
		}
	case v.Outcome == NotJudged && s.space.Only(box, methodAxis, oddMethod):
		g := s.group(v)
		g.odd = append(g.odd, box)
	default:
		g := s.group(v)
		g.boxes = append(g.boxes, box)
	}
}

func (s *sorter) group(v *Verdict) *group {
	key := fmt.Sprint(v.Outcome, v.noRoute, v.rules(), v.Point)
	if v.Outcome == NotJudged {
		key = v.By()
	}
	g := s.groups[key]
	if g == nil {
		g = &group{line: line{q: s.q, outcome: v.Outcome, noRoute: v.Outcome == Allow && v.noRoute, rules: v.rules(), by: v.Step}}
		s.groups[key], s.all = g, append(s.all, g)
	}
	return g
}

// oddMethod reports whether some proxy may refuse a method before it looks at a policy.
func oddMethod(p symbolic.Point) bool {
	return p.Text == "CONNECT" || !slices.Contains(http1Methods.All, p.Text)
}

// elsewhere reports whether requests are told of with another kind of client.
func (s *sorter) elsewhere(r *Request) bool {
	if s.w.locked != nil {
		return s.w.locked.isOutside(s.w, r, nil)
	}
	return s.w.toldElsewhere(s.q.kind, r)
}

// toldElsewhere reports whether requests of a kind of client are told of with another one: those of pods outside the mesh.
func (w *World) toldElsewhere(k clientKind, r *Request) bool {
	if !k.ofPod() {
		return false
	}
	ns, account, _ := splitAccount(r.From.ServiceAccount)
	from := w.look(ns)
	return from != &nowhere && !slices.ContainsFunc(w.clientPods(from, ns, account), func(c clientPod) bool { return c.member != outside || c.host })
}

// shows reports whether the clients of a question show a token.
func (q *inquiry) shows() bool { return q.kind != anonymous && q.kind != aPod && q.kind != offTheMesh }

// preflight reports whether a request is a CORS preflight.
func (r *Request) preflight() bool {
	return r.Method == "OPTIONS" && r.Headers["origin"] != "" && r.Headers["access-control-request-method"] != ""
}

// order is which axes are left open first: of two ways to say a set, the one that names clients, paths and methods is the one to read.
func (s *sorter) order() {
	rank := func(name string) int {
		if i := slices.Index([]string{audienceAxis, subjectAxis, hostAxis, pathAxis, methodAxis, tokenAxis, userAxis, peerAxis}, name); i >= 0 {
			return i + 3
		}
		return slices.IndexFunc([]string{paramAxis, headerAxis, claimAxis}, func(p string) bool { return strings.HasPrefix(name, p) })
	}
	axes := s.space.Axes()
	for i := range axes {
		s.axes = append(s.axes, i)
	}
	slices.SortStableFunc(s.axes, func(a, b int) int { return cmp.Compare(rank(axes[a].Name), rank(axes[b].Name)) })
}

// others are the sets with another outcome, and those of one outcome that the same rules do not decide.
func (s *sorter) others(than *group, same bool) (out []symbolic.Box) {
	for _, g := range s.all {
		if g != than && (same || g.outcome != than.outcome || g.noRoute != than.noRoute) {
			out = append(out, g.boxes...)
		}
	}
	return out
}

// allowed says what rules allow. A request that another rule allows first may be one of theirs, too.
func (s *sorter) allowed(groups []*group) {
	s.space.Renew()
	notOf := make([][]symbolic.Box, len(groups))
	for i, g := range groups {
		notOf[i] = s.notOf(g)
	}
	s.space.Renew()
	for i, g := range groups {
		s.lines(g, g.boxes, slices.Concat(s.denied, s.others(g, false), notOf[i]))
	}
}

// notOf are the requests that only other rules allow.
func (s *sorter) notOf(g *group) (out []symbolic.Box) {
	others := s.others(g, true)
	rules := s.w.rulesOf(g.rules)
	if len(others) == 0 || len(rules) == 0 || s.left != nil { // lines of a part need not be wide
		return others
	}
	found, err := symbolic.Explore(s.space, s.space.Wholes(others), maxQuestions, func(axes []*symbolic.Axis, points []symbolic.Point) (bool, *symbolic.Trace, bool) {
		r := s.q.request(axes, points)
		r.favor, r.plain = rules, s.q.shows()
		v, trace := s.w.traced(r)
		return v.Outcome == Allow && v.noRoute == g.noRoute && slices.Equal(v.rules(), g.rules), trace, true
	})
	if err != nil {
		return others
	}
	for _, f := range found {
		if !f.Outcome {
			out = append(out, f.Box)
		}
	}
	s.space.Keep(out...)
	return out
}

// lines say some sets, and nothing of others.
func (s *sorter) lines(g *group, on, off []symbolic.Box) {
	lex := s.w.lexicon()
	boxes, ok := s.space.Cover(on, off, s.axes)
	if !ok {
		s.leave("too many kinds of requests to say in lines", on)
		return
	}
	for _, box := range boxes {
		for _, said := range s.space.Say(box, on, lex.rank) {
			l := g.line
			l.box, l.says = said.Box, phrasesOf(s.space, said)
			l.confirm(s, on)
			s.out.lines = append(s.out.lines, l)
			s.space.Keep(l.box)
		}
	}
}

// phrasesOf are the phrases of a set by the names of their axes.
func phrasesOf(s *symbolic.Space, said symbolic.Saying) map[string]symbolic.Phrase {
	out := map[string]symbolic.Phrase{}
	for i, p := range said.Phrases {
		out[s.Axes()[i].Name] = p
	}
	return out
}

// unknown says what is not judged.
func (s *sorter) unknown() {
	var said []symbolic.Box
	off := s.denied
	for _, g := range s.all {
		if g.outcome == Allow {
			off = append(slices.Clone(off), g.boxes...)
		}
	}
	say := func(g *group, boxes []symbolic.Box) {
		if rest := s.space.Rest(boxes, said); len(rest) > 0 {
			s.lines(g, rest, off)
			for _, l := range s.out.lines {
				said = append(said, l.box)
			}
		}
	}
	for _, g := range s.all {
		if g.outcome == NotJudged && !g.unasked {
			say(g, g.boxes)
		}
	}
	for _, l := range s.out.lines {
		said = append(said, l.box)
	}
	for _, g := range s.all {
		say(g, g.odd)
	}
	for _, g := range s.all {
		if g.unasked {
			s.out.lines = append(s.out.lines, g.line)
		}
	}
}

// confirm asks again for one request of a line, which nothing else is known of.
func (l *line) confirm(s *sorter, on []symbolic.Box) {
	plain := func(b symbolic.Box) (n int) {
		for _, p := range s.space.Points(b) {
			if n += len(p.Text); p.There {
				n += 10
			}
		}
		return n
	}
	parts := s.space.Within(on, l.box)
	parts = slices.DeleteFunc(parts, func(b symbolic.Box) bool {
		r := s.q.request(s.space.Axes(), s.space.Points(b))
		return s.q.shows() && r.preflight()
	})
	if len(parts) == 0 {
		return
	}
	best := slices.MinFunc(parts, func(a, b symbolic.Box) int { return cmp.Compare(plain(a), plain(b)) })
	l.witness = s.q.request(s.space.Axes(), s.space.Points(best))
	if l.unasked {
		return
	}
	again := l.witness
	again.favor = s.w.rulesOf(l.rules)
	v := s.w.Decide(again)
	if l.outcome == NotJudged && v.routeless() {
		return
	}
	if again.favor = nil; l.outcome == Allow && !slices.Equal(v.rules(), l.rules) { // of two of one policy, both points may name the first
		v = s.w.Decide(again)
	}
	if v.Outcome != l.outcome || l.outcome == Allow && !slices.Equal(v.rules(), l.rules) {
		s.out.wrong = append(s.out.wrong, fmt.Sprintf("%s is %v by %v among others, and %v alone: %s", l.witness.text(), l.outcome, l.rules, v.Outcome, v.By()))
	}
}

// routeless: that it is sure that no route takes a request, so that it is denied whatever was in doubt before, is looked for with single requests only.
func (v *Verdict) routeless() bool {
	return v.Outcome == Deny && v.Point.Kind == AtRoute && v.Policy == ""
}

// rulesOf are rules by their keys.
func (w *World) rulesOf(keys []string) (out []*rule) {
	for _, key := range keys {
		id, index, _ := strings.Cut(key, " rule ")
		namespace, _, _ := strings.Cut(id, "/")
		for _, p := range w.look(namespace).policies {
			if n := portOf(index); p.id() == id && n < len(p.rules) {
				out = append(out, &p.rules[n])
				break
			}
		}
	}
	return out
}
