package profile

import (
	"reflect"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// noValue refuses null, which could mean the default or nothing; v holds the default.
func (d *decoder) noValue(p place, v reflect.Value) {
	found := "has no value"
	if p.n.Value != "" {
		found = "is null"
	}
	remedy := giveValue(p)
	empty, byDefault := p.tag.Get("empty"), asYAML(v)
	switch nothing := emptyOf(v.Kind()); {
	case p.key == nil:
	case empty != "" && nothing != "" && byDefault != "":
		remedy = "write " + p.as(nothing) + " for " + empty + ", or remove the line for the default, " + byDefault
	case empty != "" && nothing != "":
		remedy = "write " + p.as(nothing) + " for " + empty + ", or remove the line"
	case byDefault != "":
		remedy = giveValue(p) + " for the default, " + byDefault
	case v.Kind() == reflect.Struct && p.tag.Get("bool")+p.tag.Get("string") != "":
		form := strings.ReplaceAll(p.tag.Get("bool"), "$", "true") + strings.ReplaceAll(p.tag.Get("string"), "$", "VALUE")
		remedy = "write " + p.as(form) + ", or remove the line"
	}
	d.refuse(p.start(), diagnostic.ConfigNoValue, p.path, found, remedy)
}

// giveValue is what to do about a field without a value.
func giveValue(p place) string {
	switch {
	case p.key == nil:
		return "give it a value, or remove the item"
	case p.tag.Get("required") != "":
		return "give it a value"
	default:
		return "give it a value, or remove the line"
	}
}

// emptyOf returns the empty value of a kind, as YAML, or "".
func emptyOf(kind reflect.Kind) string {
	switch kind {
	case reflect.Slice:
		return "[]"
	case reflect.Pointer:
		return "{}"
	case reflect.String:
		return `""`
	default:
		return ""
	}
}

// asYAML returns a default as YAML on one line; "" for what has none.
func asYAML(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int:
		if v.Int() != 0 {
			return strconv.FormatInt(v.Int(), 10)
		}
	case reflect.String:
		if v.String() != "" {
			return flow(v.String())
		}
	case reflect.Slice:
		var items []string
		for i := range v.Len() {
			items = append(items, asYAML(v.Index(i)))
		}
		if len(items) > 0 {
			return "[" + strings.Join(items, ", ") + "]"
		}
	}
	return ""
}

// flow returns a string as it can be written anywhere in YAML, in quotes only where it needs them.
func flow(text string) string {
	plain := text != "" && !strings.ContainsFunc(text, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-._/@:", c)
	}) && !strings.ContainsRune("-@:", rune(text[0])) && text[len(text)-1] != ':'
	if plain && manifest.IsText(text) {
		return text
	}
	return strconv.Quote(text)
}

// What there is to say about a template.
const (
	templateFound  = "looks like a template"
	templateRemedy = "render it first, then pass the result"
)

// isTemplate reports whether n is a Go or Jinja template, {{ ... }}, which YAML reads as a map whose
// key is a map.
func isTemplate(n *yaml.Node) bool {
	return n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0 && len(n.Content) > 0 &&
		n.Content[0].Kind == yaml.MappingNode && n.Content[0].Style&yaml.FlowStyle != 0
}
