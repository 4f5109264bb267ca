package diagnostic

import (
	"fmt"
	"io"
	"strings"
)

// maxAnnotations is how many annotations of a kind GitHub shows for one step of a job.
const maxAnnotations = 10

// WriteGitHub writes workflow commands, which GitHub shows next to the lines of a pull request: at most
// ten, the worst first. The last one sums up the rest.
func (r Report) WriteGitHub(w io.Writer) error {
	var out strings.Builder
	all := r.worstFirst()
	for i, d := range all {
		if i == maxAnnotations-1 && len(all) > maxAnnotations {
			fmt.Fprintf(&out, "::%s title=%s::%s\n", all[i].Severity().github(), "ambient-profile", property.Replace(fmt.Sprintf("%d more findings: %s in all", len(all)-i, r.Summary())))
			break
		}
		place := ""
		if d.Position.File != "" {
			place = "file=" + property.Replace(d.Position.File) + ","
			if d.Position.Line > 0 {
				place += fmt.Sprintf("line=%d,", d.Position.Line)
			}
			if d.Position.Column > 0 {
				place += fmt.Sprintf("col=%d,", d.Position.Column)
			}
		}
		fmt.Fprintf(&out, "::%s %stitle=%s::%s\n", d.Severity().github(), place, d.Code, data.Replace(d.sentence()))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (s Severity) github() string { return [...]string{"error", "warning", "notice"}[s] }

// The escapes of workflow commands (actions/toolkit: command.ts, escapeData and escapeProperty).
var (
	data     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// WriteMarkdown writes a table, for a comment on a pull request: the worst first.
func (r Report) WriteMarkdown(w io.Writer) error {
	var out strings.Builder
	if len(r.Findings) > 0 {
		out.WriteString("| | code | where | what |\n|---|---|---|---|\n")
	}
	for _, g := range grouped(r.worstFirst()) {
		where := g.where()
		if where != "" {
			where = "`" + Cell(where) + "`"
		}
		what := g.Message()
		if subject := g.subject(g.also...); subject != "" {
			what = "**" + subject + "**: " + what
		}
		fmt.Fprintf(&out, "| %s | [%s](%s) | %s | %s |\n", g.Severity(), g.Code, g.Code.page(), where, Cell(what))
	}
	if len(r.Findings) > 0 {
		out.WriteString("\n")
	}
	fmt.Fprintf(&out, "%s\n", r.Summary())
	_, err := io.WriteString(w, out.String())
	return err
}

// Cell is a text in a cell of a table, where it is neither markup nor a link, nor names anybody.
func Cell(text string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "`", "\\`", "<", "&lt;", "@", "&#64;", "[", `\[`).Replace(Visible(text))
}
