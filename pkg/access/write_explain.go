package access

import (
	"fmt"
	"io"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// tableWidths are the columns WHO, REACHES and BY: with their gaps and the indent they fit 120.
var tableWidths = [3]int{34, 38, 42}

// WriteTable writes the report for people, no line longer than 120 columns.
func (r Report) WriteTable(out io.Writer) error {
	var b strings.Builder
	for i, n := range r.Namespaces {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, line := range wrap(plain(n.Namespace+" ("+n.Mesh+")"), 120) {
			b.WriteString(line + "\n")
		}
		writeWrapped(&b, [3]string{"WHO", "REACHES", "BY"})
		before := ""
		for _, a := range n.Access {
			who := a.Who
			if who == before {
				who = ""
			}
			before = a.Who
			writeWrapped(&b, [3]string{who, a.Reaches, a.By})
		}
	}
	if len(r.Findings) > 0 && len(r.Namespaces) > 0 {
		b.WriteByte('\n')
	}
	for i, f := range r.Findings {
		if i == 0 {
			b.WriteString("Routes that change who the user is\n")
		}
		for j, line := range wrap(plain(f.String()), 114) {
			b.WriteString([2]string{"  - ", "    "}[min(j, 1)] + line + "\n")
		}
	}
	r.writeDead(&b)
	_, err := io.WriteString(out, b.String())
	return err
}

// maxListed is how many rules, and how many namespaces of like rules, the table lists for one reason. The JSON has all.
const maxListed = 6

// writeDead lists rules without a line by the reason; those of like policies in several namespaces once.
func (r Report) writeDead(b *strings.Builder) {
	if len(r.Dead) == 0 {
		return
	}
	if len(r.Namespaces)+len(r.Findings) > 0 {
		b.WriteByte('\n')
	}
	b.WriteString("ALLOW rules that no line above names\n")
	var order []string
	byWhy := map[string][]DeadRule{}
	for _, d := range r.Dead {
		if byWhy[d.Why] == nil {
			order = append(order, d.Why)
		}
		byWhy[d.Why] = append(byWhy[d.Why], d)
	}
	for _, why := range order {
		for j, line := range wrap(plain(deadRules(byWhy[why])+": "+why), 114) {
			b.WriteString([2]string{"  - ", "    "}[min(j, 1)] + line + "\n")
		}
	}
}

func deadRules(l []DeadRule) string {
	var order []string
	in := map[string][]string{}
	for _, d := range l {
		namespace, name, _ := strings.Cut(d.Policy, "/")
		rule := fmt.Sprintf("%s rule %d", name, d.Rule)
		if in[rule] == nil {
			order = append(order, rule)
		}
		in[rule] = append(in[rule], namespace)
	}
	var out []string
	for _, rule := range order {
		if l := in[rule]; len(l) == 1 {
			out = append(out, l[0]+"/"+rule)
		} else {
			out = append(out, rule+" of "+shortened(l))
		}
	}
	return shortened(out)
}

// shortened is a list, or the start of a long one.
func shortened(l []string) string {
	if n := len(l); n > maxListed {
		return fmt.Sprintf("%s and %d more", strings.Join(l[:maxListed-1], ", "), n-maxListed+1)
	}
	return strings.Join(l, ", ")
}

// WriteJSON writes the report for machines.
func (r Report) WriteJSON(out io.Writer) error { return diagnostic.WriteJSON(out, r) }

func writeWrapped(b *strings.Builder, cells [3]string) {
	var columns [3][]string
	lines := 0
	for i, c := range cells {
		columns[i] = wrap(plain(c), tableWidths[i])
		lines = max(lines, len(columns[i]))
	}
	for l := range lines {
		line := " "
		for i := range columns {
			cell := ""
			if l < len(columns[i]) {
				cell = columns[i][l]
			}
			line += " " + cell + strings.Repeat(" ", tableWidths[i]-len([]rune(cell)))
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// wrap breaks a text at blanks into lines of at most width characters; a longer word is cut.
func wrap(s string, width int) (lines []string) {
	line := []rune{}
	for _, word := range strings.Fields(s) {
		w := []rune(word)
		if len(line) > 0 && len(line)+1+len(w) > width {
			lines, line = append(lines, string(line)), line[:0]
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		for len(w) > width {
			lines, w = append(lines, string(w[:width])), w[width:]
		}
		line = append(line, w...)
	}
	if len(line) > 0 || len(lines) == 0 {
		lines = append(lines, string(line))
	}
	return lines
}

// WriteMermaid writes the report as a flowchart that GitHub renders: an arrow for what is allowed, a dotted one for what is not judged.
// Labels are quoted and ids are numbers, so no name of an object can break it.
func (r Report) WriteMermaid(out io.Writer) error {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	node := 0
	for i, n := range r.Namespaces {
		fmt.Fprintf(&b, "  subgraph ns%d[\"%s\"]\n", i, mermaidText(n.Namespace+": "+n.Mesh))
		targets := map[string]int{}
		clients := map[string]int{}
		var edges strings.Builder
		for _, a := range n.Access {
			if a.Outcome == Deny.String() {
				continue
			}
			from, ok := clients[a.Who]
			if !ok {
				node++
				from, clients[a.Who] = node, node
				fmt.Fprintf(&b, "    n%d([\"%s\"])\n", node, mermaidText(a.Who))
			}
			to, ok := targets[a.Reaches]
			if !ok {
				node++
				to, targets[a.Reaches] = node, node
				fmt.Fprintf(&b, "    n%d[\"%s\"]\n", node, mermaidText(a.Reaches))
			}
			arrow := "-->"
			if a.Outcome != Allow.String() {
				arrow = "-.->"
			}
			fmt.Fprintf(&edges, "    n%d %s|\"%s\"| n%d\n", from, arrow, mermaidText(a.By), to)
		}
		if len(targets) == 0 {
			node++
			fmt.Fprintf(&b, "    n%d[\"nobody gets in\"]\n", node)
		}
		b.WriteString(edges.String() + "  end\n")
	}
	for i, f := range r.Findings {
		fmt.Fprintf(&b, "  f%d[/\"%s\"/]\n", i, mermaidText(f.String()))
	}
	if len(r.Namespaces)+len(r.Findings) == 0 {
		b.WriteString("  n0[\"no namespace\"]\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// mermaidText is a text for a quoted label: everything that Mermaid, Markdown or HTML could read as markup becomes an entity code.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range plain(s) {
		switch {
		case strings.ContainsRune("\"#;&<>`*_~[]{}|\\", r):
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
