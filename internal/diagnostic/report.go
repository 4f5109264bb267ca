package diagnostic

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Report is what a run found, in the order in which it was found.
type Report struct {
	Findings []Diagnostic
	// Ignored are those that an annotation in the manifests has ignored, with its reason.
	Ignored []Ignored
}

// Ignored is a finding and why it is none.
type Ignored struct {
	Diagnostic
	Reason string
}

// AtLeast counts the findings of a severity and worse.
func (r Report) AtLeast(s Severity) (n int) {
	for _, d := range r.Findings {
		if d.Severity() <= s {
			n++
		}
	}
	return n
}

// worstFirst are the findings by severity, otherwise in their order.
func (r Report) worstFirst() []Diagnostic {
	out := slices.Clone(r.Findings)
	slices.SortStableFunc(out, func(a, b Diagnostic) int { return cmp.Compare(a.Severity(), b.Severity()) })
	return out
}

// Summary is one line, such as: 2 errors, 1 warning, 0 infos, 1 ignored.
func (r Report) Summary() string {
	var n [Info + 1]int
	for _, d := range r.Findings {
		n[d.Severity()]++
	}
	out := fmt.Sprintf("%s, %s, %s", Counted(n[Error], "error"), Counted(n[Warning], "warning"), Counted(n[Info], "info"))
	if len(r.Ignored) > 0 {
		out += fmt.Sprintf(", %d ignored", len(r.Ignored))
	}
	return out
}

// Counted is a number of things in words: 1 case, 2 cases.
func Counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// WriteText writes one line for each finding, and then what was ignored and the counts. Findings that
// differ in their object only share a line.
func (r Report) WriteText(w io.Writer) error {
	var out strings.Builder
	for _, g := range grouped(r.Findings) {
		fmt.Fprintf(&out, "%s: %s\n", g.Severity(), g.line(g.also))
	}
	for _, d := range r.Ignored {
		out.WriteString(Visible(fmt.Sprintf("ignored: %s (%s)", d.Error(), d.Reason)) + "\n")
	}
	fmt.Fprintf(&out, "%s\n", r.Summary())
	_, err := io.WriteString(w, out.String())
	return err
}

// ReportDocument is the report for machines. Its fields are stable.
type ReportDocument struct {
	// APIVersion is ambient.kubeflow.org/v1alpha1.
	APIVersion string `json:"apiVersion"`
	// Kind is Findings.
	Kind string `json:"kind"`
	// Findings are in the order of the objects.
	Findings []FindingDocument `json:"findings"`
}

// FindingDocument is a message for machines.
type FindingDocument struct {
	Severity string `json:"severity"`
	// Code is stable: docs/messages.md lists all.
	Code Code `json:"code"`
	// File is where the object was read, "" where that is not known. Line and Column count from 1; 0 where they are not known.
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	// Object is what it is about, without fields for a message about a file.
	Object ObjectDocument `json:"object"`
	// Field is the path in the object, "" for all of it.
	Field string `json:"field"`
	Found string `json:"found"`
	// Effect and Remedy may be "".
	Effect string `json:"effect"`
	Remedy string `json:"remedy"`
	// Ignored is the reason in the annotation that ignores it; absent where none does.
	Ignored string `json:"ignored,omitempty"`
}

// ObjectDocument names an object.
type ObjectDocument struct {
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name,omitempty"`
}

func (d Diagnostic) json() FindingDocument {
	return FindingDocument{
		Severity: d.Severity().String(), Code: d.Code, File: d.Position.File, Line: d.Position.Line, Column: d.Position.Column,
		Object: ObjectDocument(d.Object), Field: d.Field, Found: d.Found, Effect: d.Effect, Remedy: d.Remedy,
	}
}

// WriteJSON writes all findings, those that are ignored at the end.
func (r Report) WriteJSON(w io.Writer) error {
	out := ReportDocument{DocumentVersion, "Findings", []FindingDocument{}}
	for _, d := range r.Findings {
		out.Findings = append(out.Findings, d.json())
	}
	for _, d := range r.Ignored {
		one := d.json()
		one.Ignored = d.Reason
		out.Findings = append(out.Findings, one)
	}
	return WriteJSON(w, out)
}

// DocumentVersion is the API version of what is written for machines. Its schemas are in schema/.
const DocumentVersion = "ambient.kubeflow.org/v1alpha1"

// WriteJSON writes a value as people read JSON too: indented, with < and > as they are.
func WriteJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
