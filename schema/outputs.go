package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// An output is what a verb writes with -o json and -o yaml.
type output struct {
	verb, name string
	value      any
	sources    []string // the packages' directories, below the module
}

func outputs() []output {
	referee := []string{"pkg/access"}
	return []output{
		{"explain", "AccessReport", access.ReportDocument{}, referee},
		{"diff", "AccessDiff", access.DiffDocument{}, referee},
		{"ask", "AccessAnswer", access.AnswerDocument{}, referee},
		{"check", "AccessResults", []access.Result{}, referee},
		{"lint", "Findings", diagnostic.ReportDocument{}, []string{"internal/diagnostic"}},
	}
}

func (o output) file() string {
	group, version, _ := strings.Cut(diagnostic.DocumentVersion, "/")
	return filepath.Join(group, strings.ToLower(o.name)+"_"+version+".json")
}

// text is the schema, as the file holds it.
func (o output) text(root string) ([]byte, error) {
	comments := map[string]string{}
	for _, source := range o.sources {
		if err := docComments(comments, filepath.Join(root, source)); err != nil {
			return nil, err
		}
	}
	s := written(reflect.TypeOf(o.value), comments)
	s.Dialect = "http://json-schema.org/draft-07/schema#"
	s.Title = o.name + " " + diagnostic.DocumentVersion + ", which ambient-profile " + o.verb + " writes"
	if s.Properties != nil {
		s.Properties["apiVersion"] = &Schema{Type: "string", Enum: []any{diagnostic.DocumentVersion}}
		s.Properties["kind"] = &Schema{Type: "string", Enum: []any{o.name}}
	}
	out, err := json.MarshalIndent(s, "", "  ")
	return append(out, '\n'), err
}

// written describes what encoding/json writes of a type. A field is required unless it is left out where it is empty.
func written(t reflect.Type, comments map[string]string) *Schema {
	switch t.Kind() {
	case reflect.Pointer:
		return written(t.Elem(), comments)
	case reflect.Slice:
		return &Schema{Type: "array", Items: written(t.Elem(), comments)}
	case reflect.Bool:
		return &Schema{Type: "boolean"}
	case reflect.Int:
		return &Schema{Type: "integer"}
	case reflect.String:
		return &Schema{Type: "string"}
	case reflect.Struct:
		s := &Schema{Type: "object", Properties: map[string]*Schema{}, Additional: false, Description: comments[t.Name()]}
		s.fields(t, comments)
		return s
	}
	panic(t.String() + " is in no output")
}

func (s *Schema) fields(t reflect.Type, comments map[string]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			s.fields(f.Type, comments)
			s.Description = comments[f.Type.Name()]
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		property := written(f.Type, comments)
		if comment := comments[t.Name()+"."+f.Name]; comment != "" {
			property.Description = comment
		}
		if s.Properties[name] = property; options != "omitempty" {
			s.Required = append(s.Required, name)
		}
	}
}

// writeOutputs writes the schemas of outputs below dir.
func writeOutputs(dir, root string) error {
	for _, o := range outputs() {
		text, err := o.text(root)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, o.file()), text, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
