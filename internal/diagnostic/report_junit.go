package diagnostic

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
)

// TestCase is a case of a JUnit report.
type TestCase struct {
	Class, Name string
	Position    Position
	// Failure is why it failed, "" where it did not, and Skipped why it was skipped.
	Failure, Skipped string
	// Output is the message in full, "" for none.
	Output string
}

// TestCases are one for each finding. Those of severity failOn and worse failed, and what is ignored was skipped. Without a finding there is one
// case, which passed, because a report without a case is an error to many readers.
func (r Report) TestCases(failOn Severity) []TestCase {
	var out []TestCase
	for _, d := range r.Findings {
		one := d.testCase()
		if d.Severity() <= failOn {
			one.Failure = d.sentence()
		}
		out = append(out, one)
	}
	for _, d := range r.Ignored {
		one := d.testCase()
		one.Skipped = d.Reason
		out = append(out, one)
	}
	if len(out) == 0 {
		out = []TestCase{{Class: "ambient-profile", Name: "no findings"}}
	}
	return out
}

func (d Diagnostic) testCase() TestCase {
	return TestCase{Class: string(d.Code), Name: string(d.Code) + " " + cmp.Or(d.subject(), d.Code.entry().About), Position: d.Position, Output: d.Error()}
}

// WriteJUnit writes test cases as one suite in the XML that CI systems read.
func WriteJUnit(w io.Writer, suite string, cases []TestCase) error {
	failed, skipped := 0, 0
	for _, c := range cases {
		if c.Failure != "" {
			failed++
		}
		if c.Skipped != "" {
			skipped++
		}
	}
	counts := fmt.Sprintf(` tests="%d" failures="%d" errors="0" skipped="%d"`, len(cases), failed, skipped)
	var out strings.Builder
	fmt.Fprintf(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ambient-profile\"%s>\n  <testsuite name=%s%s>\n", counts, attribute(suite), counts)
	for _, c := range cases {
		c.write(&out)
	}
	out.WriteString("  </testsuite>\n</testsuites>\n")
	_, err := io.WriteString(w, out.String())
	return err
}

func (c *TestCase) write(out *strings.Builder) {
	fmt.Fprintf(out, "    <testcase classname=%s name=%s", attribute(c.Class), attribute(c.Name))
	if c.Position.File != "" {
		out.WriteString(" file=" + attribute(c.Position.File))
	}
	if c.Position.Line > 0 {
		fmt.Fprintf(out, ` line="%d"`, c.Position.Line)
	}
	out.WriteString(">\n")
	switch {
	case c.Failure != "":
		fmt.Fprintf(out, "      <failure message=%s>%s</failure>\n", attribute(c.Failure), escaped(c.Output))
	case c.Skipped != "":
		fmt.Fprintf(out, "      <skipped message=%s/>\n", attribute(c.Skipped))
	case c.Output != "":
		fmt.Fprintf(out, "      <system-out>%s</system-out>\n", escaped(c.Output))
	}
	out.WriteString("    </testcase>\n")
}

func attribute(text string) string { return `"` + escaped(text) + `"` }

// escaped is a text as XML 1.0 has it. What XML cannot hold is spelled out.
func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(Visible(text))
}

// uri is a path as a URI reference.
func uri(path string) string { return (&url.URL{Path: filepath.ToSlash(path)}).String() }
