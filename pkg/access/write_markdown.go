package access

import (
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown writes the report for a wiki, a summary of a job or a comment: all lines, a table for each namespace.
func (r Report) WriteMarkdown(out io.Writer) error {
	var b strings.Builder
	for i := range r.Namespaces {
		n := &r.Namespaces[i]
		fmt.Fprintf(&b, "### %s\n\n%s\n\n| who | reaches | by |\n|---|---|---|\n", markdownText(n.names()), markdownText(n.Mesh))
		for _, a := range n.Access {
			markdownRow(&b, a.Who, a.Reaches, a.By)
		}
		b.WriteByte('\n')
	}
	for _, l := range r.lists() {
		b.WriteString("### " + l.Title + "\n\n")
		for _, item := range l.Items {
			b.WriteString("- " + markdownText(item) + "\n")
		}
		b.WriteByte('\n')
	}
	if _, err := io.WriteString(out, strings.TrimSuffix(b.String(), "\n")); err != nil {
		return err
	}
	return r.WriteSummary(out)
}
