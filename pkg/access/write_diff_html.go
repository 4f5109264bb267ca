package access

import (
	"io"
	"slices"
	"strings"
)

// What a change or a cell of a difference is.
const (
	levelUnchanged = iota
	levelGained
	levelMayGain
	levelLost
	levelMayLose
)

// WriteHTML writes the difference as one page for a browser, like that of a report: the namespaces of tenants by who gains and who loses access to
// them, and every change with both sides and a witness.
func (d Diff) WriteHTML(out io.Writer) error {
	page := newHTML(d.sum(), "change", "Who", "What", "Change", "Before", "Now")
	page.Levels = [][2]string{
		levelUnchanged: {"same", "no change"}, levelGained: {"all", "gained"}, levelMayGain: {"unknown", "perhaps gained"}, levelLost: {"some", "lost"}, levelMayLose: {"unknown", "perhaps lost"},
	}
	for _, level := range page.Levels[levelGained:] {
		page.Choices = append(page.Choices, [2]string{level[1], level[1]})
	}
	columns := d.columns()
	page.head(columns)
	for i := range d.Namespaces {
		page.Spaces = append(page.Spaces, page.differing(&d, &d.Namespaces[i], columns))
	}
	for _, l := range []htmlList{{"Not compared", d.Unknown}, {"Internal errors", d.Errors}} {
		if len(l.Items) > 0 {
			page.Lists = append(page.Lists, l)
		}
	}
	return page.write(out, "Who gains and who loses access")
}

func (d *htmlData) differing(of *Diff, n *NamespaceDiff, columns []column) htmlSpace {
	out := htmlSpace{Name: n.Namespace, Like: n.Like, Lines: [][]any{}}
	if n.Cause != nil {
		out.Mesh = "was: " + n.Cause.Old + ", is: " + n.Cause.New
	}
	for i := range n.Changes {
		c := &n.Changes[i]
		what := strings.Join(c.To, ", ")
		if c.What != "" {
			what += ": " + c.What
		}
		was, is := c.sides()
		out.Lines = append(out.Lines, []any{d.text(c.Who), d.text(what), d.text(c.Witness), c.word(), c.level(), d.text(was), d.text(is)})
	}
	if !slices.ContainsFunc(of.tenants, func(class []string) bool { return class[0] == n.Namespace }) {
		return out
	}
	for _, column := range columns {
		levels, lines, clients := []int{}, []int{}, column.clients(n.Namespace)
		for i := range n.Changes {
			if c := &n.Changes[i]; slices.ContainsFunc(clients, c.isOf) {
				levels, lines = append(levels, c.level()), append(lines, i)
			}
		}
		if slices.Sort(levels); len(levels) == 0 {
			levels = append(levels, levelUnchanged)
		}
		out.Cells = append(out.Cells, &htmlCell{slices.Compact(levels), lines})
	}
	return out
}

// level is what the page shows of a change.
func (c *Change) level() int {
	level := levelGained
	if c.Change == hasLost {
		level = levelLost
	}
	if !c.sure() {
		level++
	}
	return level
}

// sides are the old and the new outcome, and by what.
func (c *Change) sides() (was, is string) {
	side := func(outcome, by string) string {
		if by == "" {
			return standingWords[outcome]
		}
		return standingWords[outcome] + ": " + by
	}
	if c.Change == hasLost {
		return side(c.Old, c.by()), side(c.New, c.Instead)
	}
	return side(c.Old, c.Instead), side(c.New, c.by())
}

// isOf reports whether a change is about some of a party's clients.
func (c *Change) isOf(p *party) bool {
	if c.moved != "" {
		return slices.ContainsFunc(p.principals, func(s string) bool { return strings.HasPrefix(s, c.moved) })
	}
	return p.has(c.kind, c.says, c.ofTenant)
}

// columns are those of the tenants of either side, and of everybody else. There are none without a tenant: a lock names no owners.
func (d *Diff) columns() []column {
	if len(d.tenants) == 0 {
		return nil
	}
	partyOf := func(name string) *party {
		p, q := d.worlds[0].partyOf(name), d.worlds[1].partyOf(name)
		return &party{principals: union(p.principals, q.principals), tokens: union(p.tokens, q.tokens), users: union(p.users, q.users)}
	}
	platform, other := d.worlds[1].platformParty(), d.worlds[0].platformParty()
	platform.principals = union(platform.principals, other.principals)
	return columnsOf(d.tenants, true, partyOf, platform)
}

// standingWords are how far a request gets on one side.
var standingWords = map[string]string{
	isDenied.String(): "denied", isAbsent.String(): "not there", isAway.String(): "no route there", isUnknown.String(): "not judged", isAllowed.String(): "allowed",
}
