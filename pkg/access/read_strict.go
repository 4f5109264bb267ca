package access

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// strictReader collects the errors of an AccessCheck, field by field.
type strictReader struct {
	object diagnostic.Object
	errs   []error
}

func newStrictReader(item *yaml.Node) *strictReader {
	metadata := field(item, "metadata")
	return &strictReader{object: diagnostic.Object{
		APIVersion: textOf(field(item, "apiVersion")), Kind: checkKind,
		Namespace: textOf(field(metadata, "namespace")), Name: textOf(field(metadata, "name")),
	}}
}

// refuse adds an error at n: a wrong value, the key of a field that must not be there, or the map that lacks one.
func (r *strictReader) refuse(n *yaml.Node, code diagnostic.Code, path, found, remedy string) {
	at := placeOf(n)
	r.errs = append(r.errs, diagnostic.Diagnostic{
		Code: code, Position: diagnostic.Position{Line: at.line, Column: at.column}, Object: r.object, Field: path, Found: found, Remedy: remedy,
	})
}

// fields reads a map: every key must be known, there once and not null.
func (r *strictReader) fields(n *yaml.Node, path string, known map[string]func(*yaml.Node, string)) {
	if n.Kind != yaml.MappingNode {
		r.refuse(n, diagnostic.CheckWrongType, path, "expected a map, got "+describe(n), "write a map of "+strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i], deref(n.Content[i+1])
		at := strings.TrimPrefix(path+"."+spelled(key.Value), ".")
		read := known[key.Value]
		switch {
		case read == nil:
			r.refuse(key, diagnostic.CheckUnknownField, at, "unknown field", meant(key.Value, known))
		case seen[key.Value]:
			r.refuse(key, diagnostic.CheckFieldTwice, at, "is set twice", "keep one of the two")
		case v == nil || isNull(v):
			r.refuse(key, diagnostic.CheckNoValue, at, "has no value", "give it one, or remove the field")
		default:
			read(v, at)
		}
		seen[key.Value] = true
	}
}

func (r *strictReader) text(into *string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) { *into = r.textAt(n, path, lastOf(path)+": ") }
}

// textAt is a string. key is what stands before it.
func (r *strictReader) textAt(n *yaml.Node, path, key string) string {
	s, err := text(n)
	switch {
	case err != nil || n == nil:
		r.notAString(n, path, key)
	case s == "":
		r.refuse(n, diagnostic.CheckNoValue, path, "must not be empty", "give it a value, or remove the field")
	}
	return s
}

func (r *strictReader) yes(into *bool) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if *into = boolean(n) && tag(n) == yaml.NodeTagBool; !*into {
			r.refuse(n, diagnostic.CheckWrongValue, path, "expected true, got "+describe(n), "write "+lastOf(path)+": true, or remove the field")
		}
	}
}

// texts reads a map of strings.
func (r *strictReader) texts(into *map[string]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.MappingNode {
			r.refuse(n, diagnostic.CheckWrongType, path, "expected a map of strings, got "+describe(n), "write "+lastOf(path)+": {NAME: VALUE}")
			return
		}
		*into = map[string]string{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, v := n.Content[i], deref(n.Content[i+1])
			at := path + "." + spelled(key.Value)
			if _, twice := (*into)[key.Value]; twice {
				r.refuse(key, diagnostic.CheckFieldTwice, at, "is set twice", "keep one of the two")
			}
			s, err := text(v)
			if v == nil || err != nil {
				r.notAString(v, at, spelled(key.Value)+": ")
			}
			(*into)[key.Value] = s
		}
	}
}

// lists reads a list of texts for each field.
func (r *strictReader) lists(into map[string]*[]string) map[string]func(*yaml.Node, string) {
	out := map[string]func(*yaml.Node, string){}
	for name, l := range into {
		out[name] = r.list(l)
	}
	return out
}

// list reads a list of strings, none empty.
func (r *strictReader) list(into *[]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		switch {
		case n.Kind != yaml.SequenceNode:
			r.refuse(n, diagnostic.CheckWrongType, path, "expected a list, got "+describe(n), "write "+lastOf(path)+": [VALUE]")
		case len(n.Content) == 0:
			r.refuse(n, diagnostic.CheckNoValue, path, "must not be empty", "give it a value, or remove the field")
		}
		for i, e := range list(n) {
			*into = append(*into, r.textAt(deref(e), path+"["+strconv.Itoa(i)+"]", ""))
		}
	}
}

// notAString refuses n. key is what comes before it in the file.
func (r *strictReader) notAString(n *yaml.Node, path, key string) {
	remedy := "write one string"
	if n != nil && n.Kind == yaml.ScalarNode && !isNull(n) {
		remedy = "write " + key + strconv.Quote(n.Value)
	}
	r.refuse(n, diagnostic.CheckWrongType, path, "expected a string, got "+describe(n), remedy)
}

// describe names a value with its type.
func describe(n *yaml.Node) string {
	switch {
	case n == nil:
		return "nothing"
	case n.Kind == yaml.MappingNode:
		return "a map"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	}
	switch tag(n) {
	case yaml.NodeTagNull:
		return "no value"
	case yaml.NodeTagBool:
		return "the boolean " + n.Value
	case yaml.NodeTagInt, yaml.NodeTagFloat:
		return "the number " + n.Value
	default:
		return "the string " + strconv.Quote(n.Value)
	}
}

// lastOf is the last key of a path.
func lastOf(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// spelled is a key as a path has it, in quotes where it could be misread.
func spelled(key string) string {
	if key == "" || strings.ContainsFunc(key, func(c rune) bool {
		return c != '-' && c != '_' && c != '/' && c != '.' && !unicode.IsLetter(c) && !unicode.IsDigit(c)
	}) {
		return strconv.QuoteToASCII(key)
	}
	return key
}

// meant is what to write for a key that does not exist: the known one that differs by case or by few letters, else all.
func meant(key string, known map[string]func(*yaml.Node, string)) string {
	names := slices.Sorted(maps.Keys(known))
	if best := diagnostic.Closest(key, names); best != "" {
		return "did you mean " + best + "?"
	}
	return "use " + strings.Join(names, ", ")
}
