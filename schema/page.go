package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
)

// pageFile is the reference of the AmbientProfile, below the module. What comes before pageMark is written by hand.
const (
	pageFile = "docs/configuration.md"
	pageMark = "<!-- What follows is made by make schema from the types and comments in pkg/profile. -->\n"
)

// configurationPage is the reference as the types have it, below the part of the file that is written by hand.
func configurationPage(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, pageFile))
	if err != nil {
		return "", err
	}
	head, _, found := strings.Cut(string(text), pageMark)
	if !found {
		return "", fmt.Errorf("%s has no line %q", pageFile, strings.TrimSpace(pageMark))
	}
	k := kinds()[0]
	g, err := k.generator(root)
	if err != nil {
		return "", err
	}
	p := page{generator: g}
	p.section("spec", reflect.ValueOf(k.defaults).FieldByName("Spec"))
	return head + pageMark + p.text.String(), nil
}

// A page has a section for each map of the configuration, with a row for each of its fields.
type page struct {
	generator
	text strings.Builder
}

// section writes the map at path, and then those below it. A list of maps has one section.
func (p *page) section(path string, v reflect.Value) {
	t := v.Type()
	fmt.Fprintf(&p.text, "\n## `%s`\n\n%s\n\n| field | type | default | meaning |\n|---|---|---|---|\n", path, inMarkdown.Replace(p.comments[t.Name()]))
	var below []func()
	for i := range t.NumField() {
		f := t.Field(i)
		key := keyOf(f)
		if key == "-" {
			continue
		}
		p.row(t.Name()+"."+f.Name, key, f, v.Field(i))
		if next, list := structBelow(f.Type); next != nil {
			at, value := path+"."+key, v.Field(i)
			if list {
				at += "[]"
			}
			if value.Kind() != reflect.Struct {
				value = reflect.Zero(next)
			}
			below = append(below, func() { p.section(at, value) })
		}
	}
	for _, write := range below {
		write()
	}
}

// structBelow is the struct that a field holds, or a list of which it holds.
func structBelow(t reflect.Type) (below reflect.Type, list bool) {
	if t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		list = t.Kind() == reflect.Slice
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	return t, list
}

func (p *page) row(name, key string, f reflect.StructField, v reflect.Value) {
	meaning := inMarkdown.Replace(p.comments[name])
	if rest, found := strings.CutPrefix(meaning, f.Name+" "); found && !nameless.MatchString(rest) {
		meaning = "`" + key + "` " + rest
	}
	if enum := p.rules[name].Enum; !containsAll(meaning, enum) {
		meaning += " One of " + words(enum) + "."
	}
	if empty := f.Tag.Get("empty"); empty != "" {
		meaning += " Empty: " + empty + "."
	}
	fmt.Fprintf(&p.text, "| `%s` | %s | %s | %s |\n", key, typeName(f.Type), defaultOf(f, v), meaning)
}

var (
	inMarkdown = strings.NewReplacer("|", `\|`, "<", `\<`, "*", `\*`)
	// nameless is what follows a field's name where the name is an ordinary word: "Name of the namespace."
	nameless = regexp.MustCompile(`^(of|as|in|whose|that|have|get) `)
)

func containsAll(text string, values []any) bool {
	for _, v := range values {
		if !strings.Contains(text, fmt.Sprint(v)) {
			return false
		}
	}
	return true
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return "list of " + typeName(t.Elem()) + "s"
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Struct, reflect.Map:
		return "map"
	case reflect.Bool:
		return "boolean"
	case reflect.Int:
		return "number"
	default:
		return "string"
	}
}

// defaultOf is the value that is in force without the field; a field that must be written has none.
func defaultOf(f reflect.StructField, v reflect.Value) string {
	switch {
	case f.Tag.Get("required") != "":
		return "required"
	case v.Kind() == reflect.Bool:
		return fmt.Sprintf("`%t`", v.Bool())
	case v.IsZero() || v.Kind() == reflect.Struct || holdsStructs(f.Type):
		return ""
	}
	text, err := json.Marshal(v.Interface())
	if err != nil {
		panic(err) // strings, numbers and lists of them
	}
	return "`" + strings.Trim(string(text), `"`) + "`"
}

func words(values []any) string {
	var list []string
	for _, v := range values {
		list = append(list, fmt.Sprintf("`%v`", v))
	}
	return strings.Join(list, ", ")
}

// writePage brings the reference up to date.
func writePage(root string) error {
	text, err := configurationPage(root)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, pageFile), []byte(text), 0o644)
}
