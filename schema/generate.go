package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Schema is the part of JSON Schema (draft 7) that these files need.
type Schema struct {
	Dialect     string             `json:"$schema,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        any                `json:"type,omitempty"` // a name, or a list of names
	Enum        []any              `json:"enum,omitempty"`
	Default     any                `json:"default,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	MaxLength   int                `json:"maxLength,omitempty"`
	Minimum     int                `json:"minimum,omitempty"`
	Maximum     int                `json:"maximum,omitempty"`
	MinItems    int                `json:"minItems,omitempty"`
	UniqueItems bool               `json:"uniqueItems,omitempty"`
	Items       *Schema            `json:"items,omitempty"`
	Properties  map[string]*Schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	// Additional is false for a struct, and the schema of the values for a map.
	Additional any `json:"additionalProperties,omitempty"`
}

type generator struct {
	comments map[string]string // by Type or Type.Field
	rules    map[string]Schema // what the validation adds, by Type.Field; for a list, of its items
	used     map[string]bool
}

// schema describes a value's type; the value holds the defaults.
func (g generator) schema(v reflect.Value, field string) *Schema {
	t := v.Type()
	switch {
	case t.Name() == "Quantity":
		return &Schema{Type: []string{"string", "number"}, Pattern: profile.QuantityPattern}
	case t.Kind() == reflect.Pointer:
		return g.schema(reflect.Zero(t.Elem()), field)
	case t.Kind() == reflect.Struct:
		return g.structure(v)
	case t.Kind() == reflect.Slice:
		return &Schema{Type: "array", Items: g.ruled(g.schema(reflect.Zero(t.Elem()), field), field+"[]")}
	case t.Kind() == reflect.Map:
		return &Schema{Type: "object", Additional: g.schema(reflect.Zero(t.Elem()), field)}
	case t.Kind() == reflect.Bool:
		return &Schema{Type: "boolean"}
	case t.Kind() == reflect.Interface: // the claims of a token
		return &Schema{Type: []string{"string", "array", "object"}, Additional: true}
	case t.Kind() == reflect.Int: // every number of the API is a port or a count
		return &Schema{Type: "integer", Minimum: 1}
	default:
		return &Schema{Type: "string"}
	}
}

func (g generator) structure(v reflect.Value) *Schema {
	t := v.Type()
	s := &Schema{Type: "object", Properties: map[string]*Schema{}, Additional: false, Description: g.comments[t.Name()]}
	for i := range t.NumField() {
		name := t.Field(i).Name
		field := t.Name() + "." + name
		if elsewhere[field] || keyOf(t.Field(i)) == "-" || !t.Field(i).IsExported() { // who writes YAML sets no others
			continue
		}
		property := g.ruled(g.schema(v.Field(i), field), field)
		if comment := g.comments[field]; comment != "" {
			property.Description = comment
		}
		if value := v.Field(i); !value.IsZero() && t.Field(i).Type.Kind() != reflect.Struct && !holdsStructs(t.Field(i).Type) {
			property.Default = value.Interface()
		}
		key := keyOf(t.Field(i))
		s.Properties[key] = property
		if required[field] || t.Field(i).Tag.Get("required") != "" {
			s.Required = append(s.Required, key)
		}
	}
	return s
}

// keyOf is a field's name in YAML: as its tag says, else the Go name with a small first letter.
func keyOf(f reflect.StructField) string {
	if tag := f.Tag.Get("yaml"); tag != "" {
		return tag
	}
	if strings.ToUpper(f.Name) == f.Name {
		return strings.ToLower(f.Name)
	}
	return strings.ToLower(f.Name[:1]) + f.Name[1:]
}

func holdsStructs(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct
}

// ruled adds what the validation knows of a field.
func (g generator) ruled(s *Schema, field string) *Schema {
	rule, ok := g.rules[field]
	if !ok {
		return s
	}
	g.used[field] = true
	s.Enum, s.Pattern, s.MaxLength, s.Maximum = rule.Enum, rule.Pattern, rule.MaxLength, rule.Maximum
	s.MinItems, s.UniqueItems = rule.MinItems, rule.UniqueItems
	return s
}

// docComments are the comments of a package's types and of their fields.
func docComments(comments map[string]string, dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if types, ok := decl.(*ast.GenDecl); ok && types.Tok == token.TYPE {
				collect(comments, types)
			}
		}
	}
	return err
}

func collect(comments map[string]string, types *ast.GenDecl) {
	for _, spec := range types.Specs {
		spec, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		comments[spec.Name.Name] = oneLine(types.Doc)
		structure, ok := spec.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, field := range structure.Fields.List {
			for _, name := range field.Names {
				comments[spec.Name.Name+"."+name.Name] = strings.TrimSpace(oneLine(field.Doc) + " " + oneLine(field.Comment))
			}
		}
	}
}

func oneLine(comment *ast.CommentGroup) string {
	return strings.Join(strings.Fields(comment.Text()), " ")
}
