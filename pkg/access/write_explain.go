package access

import (
	"fmt"
	"io"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// WriteTable writes the report for people. Lines have at most 120 characters, or as many as a terminal, but in tables with a word that does not fit: no
// word is cut.
func (r Report) WriteTable(out io.Writer) error {
	b := prose{width: widthOf(out)}
	for i, n := range r.Namespaces {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, line := range wrap(plain(n.names()+" ("+n.Mesh+")"), b.width) {
			b.WriteString(line + "\n")
		}
		if len(n.Like) > 0 {
			b.WriteString("  Shown for " + plain(n.Namespace) + "; the others are identical except for names.\n")
		}
		b.rows(n.rows())
	}
	if len(r.Findings) > 0 && len(r.Namespaces) > 0 {
		b.WriteByte('\n')
	}
	for i, f := range r.Findings {
		if i == 0 {
			b.WriteString("Routes that change who the user is\n")
		}
		b.item(f.String())
	}
	r.writeDead(&b)
	r.writeAssumed(&b)
	for _, e := range r.Errors {
		b.WriteString("internal error: " + plain(e) + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// names are the namespace and those that are like it.
func (n *NamespaceReport) names() string {
	return namesOfClass(append([]string{n.Namespace}, n.Like...))
}

// namesOfClass are namespaces that are alike.
func namesOfClass(class []string) string {
	switch len(class) {
	case 1:
		return class[0]
	case 2:
		return class[0] + " and " + class[1]
	case 3:
		return class[0] + ", " + class[1] + " and " + class[2]
	}
	return fmt.Sprintf("%s, %s and %d more", class[0], class[1], len(class)-2)
}

// maxListed is how many rules, and how many namespaces of like rules, the table lists for one reason. The JSON has all.
const maxListed = 6

// writeDead lists rules without a line: those that let nobody in, and those of which that is not known.
func (r Report) writeDead(b *prose) {
	first := len(r.Namespaces)+len(r.Findings) == 0
	writeRules(b, "ALLOW rules that no line above names", r.Dead, first)
	writeRules(b, "ALLOW rules that no line above names, NOT JUDGED", r.NotJudged, first && len(r.Dead) == 0)
}

// writeRules lists rules by the reason; those of like policies in several namespaces once.
func writeRules(b *prose, title string, rules []DeadRule, first bool) {
	if len(rules) == 0 {
		return
	}
	if !first {
		b.WriteByte('\n')
	}
	b.WriteString(title + "\n")
	var order []string
	byWhy := map[string][]DeadRule{}
	for _, d := range rules {
		if byWhy[d.Why] == nil {
			order = append(order, d.Why)
		}
		byWhy[d.Why] = append(byWhy[d.Why], d)
	}
	for _, why := range order {
		b.item(deadRules(byWhy[why]) + ": " + why)
	}
}

// writeAssumed lists what the answers assume.
func (r Report) writeAssumed(b *prose) {
	if len(r.Assumed) == 0 || len(r.Namespaces) == 0 {
		return
	}
	b.WriteString("\nAssumed, because the manifests do not say it\n")
	for _, a := range r.Assumed {
		b.item(a)
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
		in[rule] = append(append(in[rule], namespace), d.Like...)
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
func (r Report) WriteJSON(out io.Writer) error {
	return diagnostic.WriteJSON(out, ReportDocument{diagnostic.DocumentVersion, "AccessReport", r})
}

// ReportDocument is a report as it is written for machines.
type ReportDocument struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Report
}

// rows returns those of the table. Lines about the same clients follow each other.
func (n *NamespaceReport) rows() [][3]string {
	out := [][3]string{{"WHO", "REACHES", "BY"}}
	before := ""
	for _, a := range n.Access {
		row := [3]string{plain(a.Who), plain(a.Reaches), plain(a.By)}
		if a.Who == before {
			row[0] = ""
		}
		before = a.Who
		out = append(out, row)
	}
	return out
}
