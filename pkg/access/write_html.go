package access

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The page is one file, which loads nothing.
var (
	//go:embed html/report.html
	htmlPage string
	//go:embed html/report.css
	htmlStyle string
	//go:embed html/report.js
	htmlScript string
)

// htmlData is what the page shows: a report or a difference. Each text of a line is in Strings once, and the line holds its index.
type htmlData struct {
	Summary string      `json:"summary"`
	Strings []string    `json:"strings"`
	Heads   []string    `json:"heads"`   // of the tables of lines: who, what, the outcome and the rest
	Unit    string      `json:"unit"`    // what a line is
	Choices [][2]string `json:"choices"` // the outcomes that can be filtered, and their words
	Levels  [][2]string `json:"levels"`  // the class and the words
	Columns []string    `json:"columns"`
	Spaces  []htmlSpace `json:"spaces"`
	Lists   []htmlList  `json:"lists"`

	index map[string]int
}

// htmlSpace is a namespace and those that are alike. Cells, of a tenant only, are by column, null for none.
type htmlSpace struct {
	Name  string      `json:"name"`
	Like  []string    `json:"like,omitempty"`
	Mesh  string      `json:"mesh,omitempty"`
	Lines [][]any     `json:"lines"` // who, what, witness, outcome, level, and the rest of the columns
	Cells []*htmlCell `json:"cells,omitempty"`
}

// htmlCell is what some clients have in a namespace: the levels, the worst first, and the numbers of the lines.
type htmlCell [2][]int

// htmlList is what else is to say.
type htmlList struct {
	Title string   `json:"title"`
	Items []string `json:"items"`
}

// How much a line or a cell of a report allows.
const (
	levelNothing = iota
	levelSome
	levelAll
	levelUnknown
)

// WriteHTML writes the report as one page for a browser, without anything that it would load: the namespaces of tenants by who reaches them,
// and every line with its witness. Texts are data to the page, never markup.
func (r *Report) WriteHTML(out io.Writer) error {
	var summary strings.Builder
	if err := r.WriteSummary(&summary); err != nil {
		return err
	}
	d := newHTML(summary.String(), "line", "Who", "Reaches", "Verdict", "By policy and rule")
	d.Choices = [][2]string{{Allow.String(), "allowed"}, {NotJudged.String(), "NOT JUDGED"}, {Deny.String(), "nothing"}}
	d.Levels = [][2]string{levelNothing: {"none", "nothing"}, levelSome: {"some", "some requests"}, levelAll: {"all", "all of a target"}, levelUnknown: {"unknown", "NOT JUDGED"}}
	columns := r.columns()
	d.head(columns)
	for i := range r.Namespaces {
		d.Spaces = append(d.Spaces, d.space(&r.Namespaces[i], columns))
	}
	d.Lists = append(d.Lists, r.lists()...)
	return d.write(out, "Who may reach what")
}

// lists are what the report says beside the lines.
func (r *Report) lists() (out []htmlList) {
	dead := make([]string, 0, len(r.Dead)+len(r.NotJudged))
	for _, rule := range r.Dead {
		dead = append(dead, fmt.Sprintf("%s rule %d: %s", rule.Policy, rule.Rule, rule.Why))
	}
	for _, rule := range r.NotJudged {
		dead = append(dead, fmt.Sprintf("%s rule %d: NOT JUDGED: %s", rule.Policy, rule.Rule, rule.Why))
	}
	findings := make([]string, 0, len(r.Findings))
	for _, f := range r.Findings {
		findings = append(findings, f.String())
	}
	for _, l := range []htmlList{
		{"ALLOW rules that no line names", dead}, {"Routes that change who the user is", findings}, {"Assumed, because the manifests do not say it", r.Assumed}, {"Internal errors", r.Errors},
	} {
		if len(l.Items) > 0 {
			out = append(out, l)
		}
	}
	return out
}

func newHTML(summary, unit string, heads ...string) *htmlData {
	return &htmlData{Summary: strings.TrimSpace(summary), Unit: unit, Heads: heads, Strings: []string{}, Columns: []string{}, Spaces: []htmlSpace{}, Lists: []htmlList{}, index: map[string]int{}}
}

func (d *htmlData) write(out io.Writer, title string) error {
	data, err := json.Marshal(d) // <, > and & are escaped, so nothing ends the script
	if err != nil {
		return err
	}
	page := strings.ReplaceAll(htmlPage, "/*TITLE*/", title)
	page = strings.Replace(page, "/*STYLE*/", htmlStyle, 1)
	page = strings.Replace(page, "/*SCRIPT*/", htmlScript, 1)
	_, err = io.WriteString(out, strings.Replace(page, "/*DATA*/", string(data), 1))
	return err
}

func (d *htmlData) head(columns []column) {
	for _, c := range columns {
		d.Columns = append(d.Columns, c.name)
	}
}

func (d *htmlData) text(s string) int {
	s = plain(s)
	i, ok := d.index[s]
	if !ok {
		i = len(d.Strings)
		d.index[s], d.Strings = i, append(d.Strings, s)
	}
	return i
}

func (d *htmlData) space(n *NamespaceReport, columns []column) htmlSpace {
	out := htmlSpace{Name: n.Namespace, Like: n.Like, Mesh: n.Mesh, Lines: [][]any{}}
	for i := range n.Access {
		a := &n.Access[i]
		reaches := a.Reaches
		if a.Outcome == Deny.String() {
			reaches = "nothing"
		}
		out.Lines = append(out.Lines, []any{d.text(a.Who), d.text(reaches), d.text(a.Witness), a.Outcome, a.level(), d.text(a.By)})
	}
	if !n.tenant {
		return out
	}
	for _, c := range columns {
		if c.of == n.Namespace {
			out.Cells = append(out.Cells, nil)
			continue
		}
		level, lines, clients := levelNothing, []int{}, c.clients(n.Namespace)
		for i := range n.Access {
			if a := &n.Access[i]; a.Outcome != Deny.String() && slices.ContainsFunc(clients, a.isOf) {
				level, lines = worseLevel(level, a.level()), append(lines, i)
			}
		}
		out.Cells = append(out.Cells, &htmlCell{{level}, lines})
	}
	return out
}

// worseLevel puts every request before what is not known, and that before some requests.
func worseLevel(a, b int) int {
	order := []int{levelNothing, levelSome, levelUnknown, levelAll}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}

func (a *Access) level() int {
	switch {
	case a.Outcome == NotJudged.String():
		return levelUnknown
	case a.Outcome == Deny.String():
		return levelNothing
	case a.full:
		return levelAll
	}
	return levelSome
}
