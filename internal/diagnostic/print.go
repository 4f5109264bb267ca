package diagnostic

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Print writes messages, one line each; warnings that differ in their object only share one.
func Print(w io.Writer, all []Diagnostic) {
	write(w, all, Diagnostic.Severity)
}

// PrintErrors writes everything that is joined in err, as Print does. All of it is an error: with
// failOnWarning, so are warnings.
func PrintErrors(w io.Writer, err error) {
	write(w, All(err), func(Diagnostic) Severity { return Error })
}

func write(w io.Writer, all []Diagnostic, severity func(Diagnostic) Severity) {
	var out strings.Builder // there may be thousands
	for _, g := range grouped(all) {
		fmt.Fprintf(&out, "ambient-profile: %s: %s\n", severity(g.Diagnostic), g.line(g.also))
	}
	fmt.Fprint(w, out.String())
}

// All returns the diagnostics that are joined in err, in order. An error of another type becomes a
// diagnostic with its text and without a code.
func All(err error) []Diagnostic {
	switch err := err.(type) { //nolint:errorlint // it goes down the tree itself
	case nil:
		return nil
	case Diagnostic:
		return []Diagnostic{err}
	case interface{ Unwrap() []error }:
		var all []Diagnostic
		for _, joined := range err.Unwrap() {
			all = append(all, All(joined)...)
		}
		return all
	}
	if inner := errors.Unwrap(err); inner != nil {
		if before, ok := strings.CutSuffix(err.Error(), inner.Error()); ok {
			all := All(inner)
			for i := range all {
				all[i].Found = before + all[i].Found
			}
			return all
		}
	}
	return []Diagnostic{{Found: err.Error()}}
}

// Join is an error of all messages, from which All returns them; nil for none.
func Join(all []Diagnostic) error {
	var errs []error
	for _, d := range all {
		errs = append(errs, d)
	}
	return errors.Join(errs...)
}

// group is a message, and the other objects that it is about.
type group struct {
	Diagnostic
	also []Object
	// known are all of its objects.
	known map[Object]bool
}

// grouped are messages without repetitions, in the order in which each occurs first. Each error has
// a place of its own.
func grouped(all []Diagnostic) []*group {
	var groups []*group
	known := map[Diagnostic]*group{}
	for _, d := range all {
		same, object := d, d.Object
		object.APIVersion = "" // the same object, whatever its version
		if d.Severity() != Error && d.Object != (Object{}) && !d.ownConfig() {
			same.Object, same.Position = Object{}, Position{}
			same.Found, same.Effect, same.Remedy = object.anyNamespace(d.Found), object.anyNamespace(d.Effect), object.anyNamespace(d.Remedy)
			same.Snippet = object.anyNamespace(d.Snippet)
		}
		g := known[same]
		if g == nil {
			g = &group{Diagnostic: d, known: map[Object]bool{object: true}}
			known[same], groups = g, append(groups, g)
		}
		if !g.known[object] {
			g.also, g.known[object] = append(g.also, d.Object), true
		}
	}
	return groups
}

// anyNamespace is a text without the name of the object's namespace: what is found in each of many
// namespaces, in the same words, is one message.
func (o Object) anyNamespace(text string) string {
	name := o.Namespace
	if o.Kind == "Namespace" {
		name = o.Name
	}
	if name == "" || !strings.Contains(text, name) {
		return text
	}
	var out strings.Builder
	for at := 0; ; {
		next := strings.Index(text[at:], name)
		if next < 0 {
			out.WriteString(text[at:])
			return out.String()
		}
		start, end := at+next, at+next+len(name)
		out.WriteString(text[at:start])
		if partOfName(text, start-1) || partOfName(text, end) {
			out.WriteString(name)
		} else {
			out.WriteByte(0)
		}
		at = end
	}
}

// partOfName reports whether a name goes on at an index of a text.
func partOfName(text string, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	c := text[i]
	return c == '-' || c == '@' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
