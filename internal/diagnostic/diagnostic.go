// Package diagnostic holds the one type of everything that the program tells people: errors of
// what was read, findings of the function, and findings of the referee. It is printed here, and
// nowhere else.
package diagnostic

import (
	"fmt"
	"strings"
)

// Diagnostic is one message. It is an error, so that functions return it, or several joined.
type Diagnostic struct {
	// Code says what it is about, and how severe that is (the table Codes).
	Code Code
	// Position is where it was found; zero where that is not known.
	Position Position
	// Object is the object that it is about; zero where it is about a file or the command line.
	Object Object
	// Field is the path of the field in Object, such as spec.profiles[0].owner; "" for all of it.
	Field string
	// Found is what was found, Effect what that means for the reader, and Remedy what to do. The
	// first is a sentence whose subject is Object or Field. Effect and Remedy may be "".
	Found, Effect, Remedy string
	// Snippet is the YAML that Remedy says to write, as it stands there; "" for a remedy in words only.
	Snippet string
}

// Writes is the message with the YAML that its remedy says to write.
func (d Diagnostic) Writes(snippet string) Diagnostic {
	d.Snippet = snippet
	return d
}

// Position is a place in a file. Line and Column count from 1; 0 where they are not known.
type Position struct {
	File         string
	Line, Column int
	// Index counts the objects of File from 0, where kpt says it.
	Index int
}

// Object is what Kubernetes calls an object reference.
type Object struct{ APIVersion, Kind, Namespace, Name string }

// String is kind namespace/name, or kind name.
func (o Object) String() string {
	name := o.Name
	if o.Namespace != "" {
		name = o.Namespace + "/" + name
	}
	return strings.TrimSpace(o.Kind + " " + name)
}

// String is file:line:column as far as it is known.
func (p Position) String() string {
	switch {
	case p.File == "" || p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
}

// Severity is that of the code; that of an unknown code is Error.
func (d Diagnostic) Severity() Severity { return d.Code.entry().Severity }

// Error is the message on one line, without its severity:
//
//	tenants.yaml:8:12: [AP0101] spec.profiles[0].owner: expected a map, got "alice"; write ...
func (d Diagnostic) Error() string { return d.line(nil) }

// line is the message, which is about other objects as well.
func (d Diagnostic) line(also []Object) string {
	var out strings.Builder
	if where := d.where(); where != "" {
		out.WriteString(where + ": ")
	}
	out.WriteString(d.tag())
	if subject := d.subject(also...); subject != "" {
		out.WriteString(subject + ": ")
	}
	return Visible(out.String() + d.Message())
}

// Message is what was found, what it means and what to do, without where.
func (d Diagnostic) Message() string {
	var parts []string
	for _, part := range []string{d.Found, d.Effect, d.Remedy} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "; ")
}

// where is the position. Our own configuration is known by its name where kustomize and kpt have
// taken its lines from it.
func (d Diagnostic) where() string {
	if d.ownConfig() && d.Position.Line == 0 {
		return strings.TrimPrefix(d.Position.String()+": "+d.Object.String(), ": ")
	}
	return d.Position.String()
}

// ownConfig reports whether it is about a field of a file that is written for this program.
func (d Diagnostic) ownConfig() bool {
	return d.Field != "" && (d.Object.Kind == "AmbientProfile" || d.Object.Kind == "AccessCheck")
}

func (d Diagnostic) tag() string {
	if d.Code == "" {
		return ""
	}
	return "[" + string(d.Code) + "] "
}

// subject is what the message is about: ConfigMap kubeflow/a (also kubeflow/b): data.x.
func (d Diagnostic) subject(also ...Object) string {
	if d.ownConfig() {
		return d.Field
	}
	var parts []string
	if object := d.Object.String(); object != "" {
		parts = append(parts, object+d.others(also))
	}
	if d.Field != "" {
		parts = append(parts, d.Field)
	}
	return strings.Join(parts, ": ")
}

// others are other objects, those of the same kind without it.
func (d Diagnostic) others(also []Object) string {
	if len(also) == 0 {
		return ""
	}
	names := make([]string, len(also))
	for i, o := range also {
		if o.Kind == d.Object.Kind {
			o.Kind = ""
		}
		names[i] = o.String()
	}
	return " (also " + strings.Join(names, ", ") + ")"
}
