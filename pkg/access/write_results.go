package access

import (
	"fmt"
	"io"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Result is what became of a case, or of a claim. Got is not-judged where the referee cannot tell, which fails whatever was expected.
type Result struct {
	Name    string   `json:"name"`
	Expect  string   `json:"expect"`
	Got     string   `json:"got"`
	By      string   `json:"by"`
	OK      bool     `json:"ok"`
	Assumed []string `json:"assumed"`
	Missing []string `json:"-"` // what the case names that is not in the manifests

	// Check is the name of the AccessCheck, Field the path of the case or claim in it, and Position its line and column there.
	Check, Field string              `json:"-"`
	Position     diagnostic.Position `json:"-"`

	only bool // a claim that some clients get in and no others
}

// Run decides every case and then every claim, in order.
func (w *World) Run(c Check) []Result {
	out := make([]Result, len(c.Cases))
	for i, one := range c.Cases {
		one.Request.ofCase = true
		v, missing := w.Decide(one.Request), w.missing(one.Request)
		out[i] = Result{
			Name: one.Name, Expect: one.Expect.String(), Got: v.Outcome.String(), By: v.By(), Assumed: withMeant(v.Assumed, missing), Missing: missing,
			OK: v.Outcome == one.Expect && v.Outcome != NotJudged,
		}
		out[i].of(&c, one.stated)
	}
	for i := range c.Claims {
		r := w.proves(&c.Claims[i])
		r.of(&c, c.Claims[i].stated)
		out = append(out, r)
	}
	return out
}

// of notes where the case or claim stands.
func (r *Result) of(c *Check, s stated) {
	r.Check, r.Field, r.Position = c.Name, s.path, diagnostic.Position{Line: s.at.line, Column: s.at.column}
}

// Diagnostics are the cases and claims that failed, as messages about the AccessCheck.
func Diagnostics(results []Result) (out []diagnostic.Diagnostic) {
	for i := range results {
		r := &results[i]
		if r.OK {
			continue
		}
		expect, got := r.words()
		out = append(out, diagnostic.Diagnostic{
			Code: diagnostic.CaseFailed, Position: r.Position, Object: diagnostic.Object{APIVersion: checkVersion, Kind: checkKind, Name: r.Check}, Field: r.Field,
			Found: fmt.Sprintf("%s: expected %s, got %s", r.Name, expect, got), Effect: r.By, Remedy: "correct the policy, or what the case expects",
		})
	}
	return out
}

// TestCases are all cases and claims.
func TestCases(results []Result) (out []diagnostic.TestCase) {
	for i := range results {
		r := &results[i]
		one := diagnostic.TestCase{Class: r.Check, Name: r.Name, Position: r.Position, Output: r.By}
		if expect, got := r.words(); !r.OK {
			one.Failure = fmt.Sprintf("expected %s, got %s", expect, got)
		}
		out = append(out, one)
	}
	return out
}

// Failed counts the cases that did not come out as expected.
func Failed(results []Result) (n int) {
	for _, r := range results {
		if !r.OK {
			n++
		}
	}
	return n
}

// FailMissing makes every case fail that names something that is not in the manifests, and adds that to its result.
func FailMissing(results []Result) {
	for i := range results {
		if r := &results[i]; len(r.Missing) > 0 {
			r.OK = false
			r.By += "; not in the manifests: " + strings.Join(r.Missing, ", ")
		}
	}
}

// WriteResults writes a table for people: case, expected, got, decided by; then, once each, what was assumed.
func WriteResults(out io.Writer, results []Result) error {
	rows := [][]string{{"", "CASE", "EXPECTED", "GOT", "DECIDED BY"}}
	var assumed []string
	for _, r := range results {
		mark := "ok"
		if !r.OK {
			mark = "FAIL"
		}
		expect, got := r.words()
		rows = append(rows, []string{mark, r.Name, expect, got, r.By})
		for _, a := range r.Assumed {
			if !contains(assumed, a) {
				assumed = append(assumed, a)
			}
		}
	}
	var b strings.Builder
	writeColumns(&b, rows)
	if len(assumed) > 0 {
		b.WriteString("\nAssumed:\n")
		for _, a := range assumed {
			fmt.Fprintf(&b, "  %s\n", plain(a))
		}
	}
	fmt.Fprintf(&b, "\n%s, %d failed\n", diagnostic.Counted(len(results), "case"), Failed(results))
	_, err := io.WriteString(out, b.String())
	return err
}

// WriteResultsMarkdown writes the table for a comment on a pull request.
func WriteResultsMarkdown(out io.Writer, results []Result) error {
	var b strings.Builder
	b.WriteString("| | case | expected | got | decided by |\n|---|---|---|---|---|\n")
	for i := range results {
		mark := "ok"
		if !results[i].OK {
			mark = "**FAIL**"
		}
		expect, got := results[i].words()
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", mark, diagnostic.Cell(results[i].Name), expect, got, diagnostic.Cell(results[i].By))
	}
	fmt.Fprintf(&b, "\n%s, %d failed\n", diagnostic.Counted(len(results), "case"), Failed(results))
	_, err := io.WriteString(out, b.String())
	return err
}

// words are what is expected and what was found, for people.
func (r *Result) words() (expect, got string) {
	switch {
	case !r.only:
		return r.Expect, r.Got
	case r.OK:
		return "only these", "only these"
	case r.Got == Allow.String():
		return "only these", "others too"
	case r.Got == Deny.String():
		return "only these", "not all"
	}
	return "only these", r.Got
}

// WriteResultsJSON writes a list of {name, expect, got, by, ok, assumed}.
func WriteResultsJSON(out io.Writer, results []Result) error {
	if results == nil {
		results = []Result{}
	}
	return diagnostic.WriteJSON(out, results)
}

// writeColumns aligns all columns but the last, which runs on.
func writeColumns(b *strings.Builder, rows [][]string) {
	var width []int
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], len([]rune(plain(cell))))
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			cell = plain(cell)
			if i == len(row)-1 {
				b.WriteString(cell)
				break
			}
			b.WriteString(cell + strings.Repeat(" ", width[i]-len([]rune(cell))+2))
		}
		b.WriteByte('\n')
	}
}

// plain keeps a terminal safe from what a manifest may hold: no control characters, no line breaks.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd || 0x80 <= r && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}
