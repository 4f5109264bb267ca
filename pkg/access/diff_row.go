package access

import (
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// spotAt is a target at a port.
type spotAt struct {
	target, port int
	tcp          bool
	noRoute      bool // no route leads there yet
}

// ask adds what changes about a target at a port.
func (d *differ) ask(n int, t *destination, port int, tcp bool, pool *symbolic.Pool) {
	for _, q := range d.only.of(d.inquiries(t, port, tcp)) {
		c := d.contrast(t, q)
		if err := c.answer(pool); err != nil {
			d.out.Unknown = append(d.out.Unknown, q.kind.String()+" to "+q.text()+": "+err.Error())
		}
		for i := range c.lines {
			if d.only.holds(d.askers[c.lines[i].in].w, c.lines[i].says) {
				d.add(d.change(&c.lines[i]), spotAt{n, port, tcp, c.lines[i].noRoute})
			}
		}
	}
}

// contrast is a question about a target in both worlds.
func (d *differ) contrast(t *destination, q inquiry) *contrast {
	c := &contrast{d: d, to: t, q: [2]inquiry{q, q}}
	for i := range c.q {
		if t.in[i].there {
			c.q[i].to = t.in[i].to
		}
	}
	return c
}

// change is a line as it is reported.
func (d *differ) change(l *contrasted) Change {
	w := d.askers[l.in].w
	lex := w.lexicon()
	out := Change{kind: l.q.kind, session: l.sessionOf(w), says: l.says, Change: d.word(l.in), Who: l.who(lex), What: l.what(lex), By: l.by.String(), Policy: l.by.Policy, Rule: l.by.Rule}
	out.Old, out.New = l.outcome.String(), l.instead.standing().String()
	if out.Change == hasGained {
		out.Old, out.New = out.New, out.Old
	}
	if out.Instead = l.instead.String(); l.instead.Point == thereIsNone {
		out.Instead = ""
	}
	if l.witness.To.Namespace != "" {
		out.Witness = l.witness.text()
		ns, _, _ := splitAccount(l.witness.From.ServiceAccount)
		out.ofTenant = d.tenant(ns)
	}
	namespace, _, _ := strings.Cut(l.by.Policy, "/")
	for _, p := range w.look(namespace).policies {
		if p.id() == l.by.Policy {
			out.object, out.at = p.object(), p.place
			if l.by.Rule >= 0 && l.by.Rule < len(p.rules) && p.rules[l.by.Rule].line > 0 {
				out.at = p.rules[l.by.Rule].place
			}
			break
		}
	}
	return out
}

// add takes a change in, together with the same of other targets.
func (d *differ) add(c Change, at spotAt) {
	for i := range d.at.Changes {
		o := &d.at.Changes[i]
		if o.Change == c.Change && o.Who == c.Who && o.What == c.What && o.Old == c.Old && o.New == c.New && o.By == c.By {
			o.spots = append(o.spots, at)
			return
		}
	}
	c.spots = []spotAt{at}
	d.at.Changes = append(d.at.Changes, c)
}

func (c *Change) saying() saying { return saying{c.kind, c.Who, c.What, c.session} }

// told reports whether another change covers one about tokens: that of the session with the token, or of pods with any token.
func (d *differ) told(c *Change) bool {
	return slices.ContainsFunc(d.at.Changes, func(o Change) bool {
		if o.Change != c.Change || o.By != c.By || o.sure() != c.sure() || slices.ContainsFunc(c.spots, func(s spotAt) bool { return !slices.Contains(o.spots, s) }) {
			return false
		}
		return c.saying().isOf(o.saying())
	})
}

// arrange names the targets of the changes at hand, and puts what opens most first.
func (d *differ) arrange(targets []destination) {
	d.at.Changes = slices.DeleteFunc(slices.Clone(d.at.Changes), func(c Change) bool { return d.told(&c) })
	for i := range d.at.Changes {
		c := &d.at.Changes[i]
		c.To = namesOf(targets, c.spots)
	}
	sorted := make([]Change, 0, len(d.at.Changes))
	for rank := range ranks {
		for i := range d.at.Changes {
			if c := &d.at.Changes[i]; c.rank() == rank {
				sorted = append(sorted, *c)
			}
		}
	}
	d.at.Changes = sorted
}

// ranks is how many there are.
const ranks = 16

func (c *Change) rank() (n int) {
	if c.Change == hasLost {
		n = 8
	}
	if !c.sure() {
		n += 4
	}
	switch {
	case strings.HasPrefix(c.Who, "any"):
	case c.kind == aPod: // a proxy's account, for the most part
		n += 2
	default:
		n++
	}
	return n
}

// sure reports whether both outcomes are known.
func (c *Change) sure() bool { return c.Old != NotJudged.String() && c.New != NotJudged.String() }

// namesOf are the targets of some spots, in words.
func namesOf(targets []destination, spots []spotAt) (out []string) {
	for i := range targets {
		t := &targets[i]
		var requests, connections []int
		noRoute := ""
		for _, s := range spots {
			switch {
			case s.target != i:
			case s.tcp:
				connections = append(connections, s.port)
			default:
				requests = append(requests, s.port)
			}
			if s.target == i && s.noRoute {
				noRoute = " (no route yet)"
			}
		}
		ports, text := requests, "Service "+t.name
		switch {
		case t.pods:
			text = "pods " + t.name
		case t.name == anyService:
			text = t.name
		}
		if len(requests) == 0 {
			if ports = connections; !t.pods {
				noRoute = " (connections)"
			}
		}
		if len(ports) > 0 {
			out = append(out, text+t.atPorts(ports)+noRoute)
		}
	}
	return out
}

// atPorts are some of a target's ports in words, "" for all.
func (t *destination) atPorts(some []int) string {
	all := t.ports()
	list := func(what string, ports []int) string {
		if len(ports) > 1 {
			what += "s"
		}
		var out []string
		for _, p := range ports {
			out = append(out, portText(p))
		}
		return what + " " + strings.Join(out, ", ")
	}
	rest := slices.DeleteFunc(slices.Clone(all), func(p int) bool { return slices.Contains(some, p) })
	switch {
	case len(rest) == 0:
		return ""
	case slices.Contains(some, t.free):
		return list(" any port but", rest)
	}
	return list(" port", some)
}

// word is what happens to requests that get further in a world.
func (d *differ) word(in int) string {
	if in == d.newer {
		return hasGained
	}
	return hasLost
}

// movement is what changes for pods because they come into the mesh or leave it.
type movement struct{ changes [2]*Change }

// move notes a request of such pods.
func (d *differ) move(c *contrast, f *faced, in int) {
	namespace, _, _ := splitAccount(f.request.From.ServiceAccount)
	m := d.moved[namespace]
	if m == nil {
		m = &movement{}
		d.moved[namespace] = m
	}
	to := "Service " + join(d.at.Namespace, c.to.name)
	if c.to.pods {
		to = "pods " + join(d.at.Namespace, c.to.name)
	}
	if m.changes[in] == nil {
		l := &contrasted{line: line{q: &c.q[in], outcome: f.in[in].Outcome, noRoute: f.in[in].noRoute, by: f.in[in].Step, witness: f.request}, in: in, instead: f.in[1-in]}
		change := d.change(l)
		change.Who, change.moved = "pods of ns "+namespace, d.askers[in].w.identity(namespace, "").principal()
		m.changes[in] = &change
	}
	if one := m.changes[in]; !slices.Contains(one.To, to) {
		one.To = append(one.To, to)
	}
}

// addMoved reports the pods that come into the mesh or leave it, below their namespaces.
func (d *differ) addMoved(classes [][]string) {
	for _, class := range classes {
		var more []Change
		for _, in := range [2]int{d.newer, 1 - d.newer} {
			for _, name := range class {
				if m := d.moved[name]; m != nil && m.changes[in] != nil {
					more = append(more, *m.changes[in])
					break
				}
			}
		}
		if len(more) == 0 {
			continue
		}
		at := slices.IndexFunc(d.out.Namespaces, func(n NamespaceDiff) bool { return n.Namespace == class[0] })
		if at < 0 {
			for at = 0; at < len(d.out.Namespaces) && d.out.Namespaces[at].Namespace < class[0]; {
				at++
			}
			d.out.Namespaces = slices.Insert(d.out.Namespaces, at, NamespaceDiff{Namespace: class[0], Like: class[1:], Cause: d.cause(class[0])})
		}
		n := &d.out.Namespaces[at]
		n.Changes = append(n.Changes, more...)
	}
}

// Count is how many changes there are in a direction.
func (d *Diff) count(change string) (n int) {
	for i := range d.Namespaces {
		for j := range d.Namespaces[i].Changes {
			if d.Namespaces[i].Changes[j].Change == change {
				n++
			}
		}
	}
	return n
}

// Locate looks up the files of the policies that changes name: in the old manifests those of what is lost, in the new ones those of what is gained.
func (d *Diff) Locate(in func(found []diagnostic.Diagnostic, next bool) []diagnostic.Diagnostic) {
	for _, kind := range [2]string{hasGained, hasLost} {
		var found []diagnostic.Diagnostic
		var of []*Change
		for i := range d.Namespaces {
			for j := range d.Namespaces[i].Changes {
				if c := &d.Namespaces[i].Changes[j]; c.Change == kind && c.at.line > 0 {
					found, of = append(found, diagnostic.Diagnostic{Object: c.object, Position: diagnostic.Position{Line: c.at.line, Column: c.at.column}}), append(of, c)
				}
			}
		}
		for i, f := range in(found, kind == hasGained) {
			of[i].File, of[i].Line = f.Position.File, f.Position.Line
		}
	}
}
