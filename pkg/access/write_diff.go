package access

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// maxUnderCause is how many changes are written below what has become of a namespace as a whole; maxInComment is how many rows Markdown has.
const (
	maxUnderCause = 3
	maxInComment  = 50
)

// Only leaves the changes of one kind, gained or lost.
func (d *Diff) Only(kind string) {
	rest := d.Namespaces[:0]
	for _, n := range d.Namespaces {
		var changes []Change
		for _, c := range n.Changes {
			if c.Change == kind {
				changes = append(changes, c)
			}
		}
		if n.Changes = changes; len(changes) > 0 {
			rest = append(rest, n)
		}
	}
	d.Namespaces = rest
}

// Opens reports whether anybody may have gained access. What could not be compared may have.
func (d *Diff) Opens() bool {
	return d.count(hasGained)+len(d.Unknown)+len(d.Errors) > 0
}

// Differs reports whether anything may have changed.
func (d *Diff) Differs() bool { return d.Opens() || d.count(hasLost) > 0 }

// WriteJSON writes the difference for machines.
func (d Diff) WriteJSON(out io.Writer) error {
	return diagnostic.WriteJSON(out, DiffDocument{diagnostic.DocumentVersion, "AccessDiff", d})
}

// DiffDocument is a difference as it is written for machines.
type DiffDocument struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Diff
}

// WriteTable writes the difference for people, nothing where there is none.
func (d Diff) WriteTable(out io.Writer) error {
	var b strings.Builder
	width := widthOf(out)
	line := func(first, rest, text string) {
		for i, l := range wrap(plain(text), width-len(first)) {
			if i > 0 {
				first = rest
			}
			b.WriteString(strings.TrimRight(first+l, " ") + "\n")
		}
	}
	for i := range d.Namespaces {
		n := &d.Namespaces[i]
		line("", "  ", n.names())
		shown := n.Changes
		if n.Cause != nil {
			line("  was: ", "       ", n.Cause.Old)
			line("  is:  ", "       ", n.Cause.New)
			shown = shown[:min(maxUnderCause, len(shown))]
		}
		for _, group := range inGroups(shown) {
			line("  ", "     ", group[0].word()+" by "+group[0].by())
			before := ""
			for _, c := range group {
				line("  - ", "    ", c.text())
				if c.Witness != "" {
					line("      such as ", "        ", c.Witness)
				}
				if text := c.before(); text != before {
					before = text
					line("      ", "        ", text)
				}
			}
		}
		if more := len(n.Changes) - len(shown); more > 0 {
			line("  ", "    ", "and "+diagnostic.Counted(more, "more resulting change"))
		}
		b.WriteByte('\n')
	}
	for _, u := range d.Unknown {
		line("not compared: ", "  ", u)
	}
	for _, e := range d.Errors {
		line("internal error: ", "  ", e)
	}
	if b.Len() > 0 {
		b.WriteString(d.sum() + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// sum counts the changes.
func (d *Diff) sum() string {
	namespaces := 0
	for i := range d.Namespaces {
		namespaces += 1 + len(d.Namespaces[i].Like)
	}
	out := fmt.Sprintf("%d gained, %d lost, in %d of %s", d.count(hasGained), d.count(hasLost), namespaces, diagnostic.Counted(d.Compared, "namespace"))
	if n := len(d.Unknown); n > 0 {
		out += fmt.Sprintf(", %d not compared", n)
	}
	return out
}

func (n *NamespaceDiff) names() string {
	switch len(n.Like) {
	case 0:
		return n.Namespace
	case 1:
		return n.Namespace + " and " + n.Like[0] + ", which is like it"
	case 2:
		return n.Namespace + ", and " + n.Like[0] + " and " + n.Like[1] + ", which are like it"
	}
	return fmt.Sprintf("%s, and %s and %d more, which are like it", n.Namespace, n.Like[0], len(n.Like)-1)
}

// inGroups are changes in groups of which one rule is the reason.
func inGroups(changes []Change) (out [][]Change) {
	for _, c := range changes {
		at := slices.IndexFunc(out, func(g []Change) bool { return g[0].word() == c.word() && g[0].by() == c.by() })
		if at < 0 {
			at, out = len(out), append(out, nil)
		}
		out[at] = append(out[at], c)
	}
	return out
}

// word is what has happened. What is not judged on one side may have changed or not.
func (c *Change) word() string {
	if c.sure() {
		return c.Change
	}
	return "perhaps " + c.Change
}

// text is who, what and to.
func (c *Change) text() string {
	out := c.Who + " to " + shortened(c.To)
	if c.What != "" {
		out += ": " + c.What
	}
	return out
}

// by is who allows it, and where that stands.
func (c *Change) by() string {
	out := c.By
	if c.File != "" {
		out += " (" + c.File
		if c.Line > 0 {
			out += fmt.Sprintf(":%d", c.Line)
		}
		out += ")"
	}
	return out
}

// before is how it is on the other side.
func (c *Change) before() string {
	outcome, when := c.Old, "before"
	if c.Change == hasLost {
		outcome, when = c.New, "now"
	}
	text := standingWords[outcome] + " " + when
	if c.Instead != "" {
		text += ": " + c.Instead
	}
	return text
}

// WriteMarkdown writes the difference as a comment of a pull request.
func (d Diff) WriteMarkdown(out io.Writer) error {
	var b strings.Builder
	b.WriteString("### Access: " + d.sum() + "\n")
	rows := 0
	for i := range d.Namespaces {
		n := &d.Namespaces[i]
		if i == 0 {
			b.WriteString("\n| namespace | change | who | requests | to | by |\n|---|---|---|---|---|---|\n")
		}
		shown := n.Changes
		if n.Cause != nil {
			markdownRow(&b, n.names(), "cause", "", "was: "+n.Cause.Old, "", "is: "+n.Cause.New)
			shown = shown[:min(maxUnderCause, len(shown))]
		}
		for _, c := range shown {
			if rows++; rows <= maxInComment {
				markdownRow(&b, n.names(), c.word(), c.Who, c.What, shortened(c.To), c.by())
			}
		}
		rows += len(n.Changes) - len(shown)
	}
	if all := d.count(hasGained) + d.count(hasLost); all > 0 && rows > maxInComment {
		fmt.Fprintf(&b, "\nand more: -o json has all %d\n", all)
	}
	for _, u := range d.Unknown {
		b.WriteString("\n- not compared: " + markdownText(u) + "\n")
	}
	for _, e := range d.Errors {
		b.WriteString("\n- internal error: " + markdownText(e) + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func markdownRow(b *strings.Builder, cells ...string) {
	for _, c := range cells {
		b.WriteString("| " + markdownText(c) + " ")
	}
	b.WriteString("|\n")
}

// markdownText is a text in which nothing is markup.
func markdownText(s string) string {
	var b strings.Builder
	for _, r := range plain(s) {
		if strings.ContainsRune("\\`*_{}[]<>#|~&@", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
