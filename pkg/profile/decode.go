package profile

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// decode reads n into v, a pointer to a struct with yaml tags whose fields hold the defaults.
// It is stricter than any YAML library: nothing is converted, guessed or passed over, and every
// refusal has a path. A field that n does not have keeps its value.
func decode(n *yaml.Node, v any) refusals {
	top := reflect.ValueOf(v).Elem()
	d := decoder{top: top.Type()}
	d.value("", n, top, "")
	return d.refusals
}

type decoder struct {
	refusals
	top reflect.Type // of the whole document
}

// value reads n into v; tag is the tag of the field that v is, or is an item of.
func (d *decoder) value(path string, n *yaml.Node, v reflect.Value, tag reflect.StructTag) {
	if n.Kind == yaml.AliasNode {
		d.add(path, "*"+n.Value, "is an alias", "write the value out")
		return
	}
	if n.Kind == yaml.ScalarNode && n.Tag == yaml.NodeTagNull {
		d.add(path, n.Value, "is null, which could mean the default or nothing", "leave the field out, or give it a value")
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(path, n, v.Elem(), tag)
	case reflect.Struct:
		d.structure(path, n, v)
	case reflect.Map:
		d.dictionary(path, n, v, tag)
	case reflect.Slice:
		d.list(path, n, v, tag)
	default:
		d.scalar(path, n, v, tag)
	}
}

// pairs calls each for every key of the map n, and refuses keys that stand there twice.
func (d *decoder) pairs(path string, n *yaml.Node, each func(path, key string, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		d.add(path, short(n), "is not a map", "write fields below it, as `key: value`")
		return
	}
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, below := n.Content[i], n.Content[i].Value
		if path != "" {
			below = path + "." + below
		}
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag == "!!merge":
			d.add(below, short(key), "cannot be a field name", "write a plain name")
		case seen[key.Value]:
			d.add(below, key.Value, "stands here twice", "keep one of the two")
		default:
			seen[key.Value] = true
			each(below, key.Value, n.Content[i+1])
		}
	}
}

func (d *decoder) structure(path string, n *yaml.Node, v reflect.Value) {
	fields := fieldsOf(v.Type())
	d.pairs(path, n, func(below, key string, value *yaml.Node) {
		if i := slices.IndexFunc(fields, func(f field) bool { return f.name == key }); i >= 0 {
			d.value(below, value, v.FieldByIndex(fields[i].Index), fields[i].Tag)
			return
		}
		d.add(below, key, "is no field of "+orDocument(path), d.remedy(v.Type(), key))
	})
}

func (d *decoder) dictionary(path string, n *yaml.Node, v reflect.Value, tag reflect.StructTag) {
	v.Set(reflect.MakeMap(v.Type()))
	d.pairs(path, n, func(below, key string, value *yaml.Node) {
		element := reflect.New(v.Type().Elem()).Elem()
		d.value(below, value, element, tag)
		v.SetMapIndex(reflect.ValueOf(key), element)
	})
}

func (d *decoder) list(path string, n *yaml.Node, v reflect.Value, tag reflect.StructTag) {
	if n.Kind != yaml.SequenceNode {
		d.add(path, short(n), "is not a list", "write its items below it, each after a dash")
		return
	}
	items := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.value(at(path, i), item, items.Index(i), tag)
	}
	v.Set(items)
}

func (d *decoder) scalar(path string, n *yaml.Node, v reflect.Value, tag reflect.StructTag) {
	if n.Kind != yaml.ScalarNode {
		d.add(path, short(n), "is not a single value", "write one "+v.Kind().String())
		return
	}
	switch {
	case v.Type() == reflect.TypeFor[Quantity](): // Kubernetes: a quantity is a string or a number
		v.SetString(n.Value)
	case v.Kind() == reflect.Bool:
		if n.Tag != yaml.NodeTagBool || n.Value != "true" && n.Value != "false" {
			d.add(path, n.Value, "is not a bool", "write true or false, without quotes")
			return
		}
		v.SetBool(n.Value == "true")
	case v.Kind() == reflect.Int:
		// Every number of this API is a port or a count of replicas: none may be 0.
		number, err := strconv.ParseInt(n.Value, 10, 32)
		if n.Tag != yaml.NodeTagInt || err != nil || number < 1 || n.Value[0] < '1' || n.Value[0] > '9' {
			d.add(path, n.Value, "is not a whole number of 1 or more", "write digits only, without quotes")
			return
		}
		v.SetInt(number)
	default:
		d.text(path, n, v, tag)
	}
}

// text refuses what one YAML reader takes for text and another for a number, a bool or a date.
func (d *decoder) text(path string, n *yaml.Node, v reflect.Value, tag reflect.StructTag) {
	plain := n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	if n.Tag != yaml.NodeTagString || plain && !manifest.IsText(n.Value) {
		d.add(path, n.Value, "is not text to every YAML reader", "put it in quotes: "+strconv.Quote(n.Value))
		return
	}
	if n.Value == "" && tag.Get("empty") == "" {
		d.add(path, "", "says nothing", "leave the field out, or give it a value")
		return
	}
	v.SetString(n.Value)
}

// A field is one that YAML has: its name there, and where the struct holds it. The two orders differ
// after a field that YAML does not have.
type field struct {
	name string
	reflect.StructField
}

type fields []field

func fieldsOf(t reflect.Type) fields {
	var known fields
	for f := range t.Fields() {
		if name := f.Tag.Get("yaml"); name != "-" {
			known = append(known, field{name, f})
		}
	}
	return known
}

func (f fields) names() []string {
	names := make([]string, len(f))
	for i := range f {
		names[i] = f[i].name
	}
	return names
}

// pathsOf are the paths of the fields of a name, in a type and below it.
func pathsOf(name, path string, t reflect.Type) (found []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		if t.Kind() == reflect.Slice {
			path += "[]"
		}
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	if path != "" {
		path += "."
	}
	for _, f := range fieldsOf(t) {
		if strings.EqualFold(f.name, name) {
			found = append(found, path+f.name)
		}
		found = append(found, pathsOf(name, path+f.name, f.Type)...)
	}
	return found
}

// remedy names the field that was probably meant, or all there are.
func (d *decoder) remedy(t reflect.Type, key string) string {
	if remedy := mistaken[t.Name()+"."+key]; remedy != "" {
		return remedy
	}
	known := fieldsOf(t).names()
	if best := Closest(key, known); best != "" {
		return "did you mean " + best + "?"
	}
	if paths := pathsOf(key, "", d.top); len(paths) == 1 {
		return "did you mean " + paths[0] + "?"
	}
	return "its fields are " + strings.Join(known, ", ")
}

// Closest is the known name that was probably meant by a mistyped one, or "".
func Closest(mistyped string, known []string) string {
	best, distance := "", 3
	for _, name := range known {
		if d := editDistance(strings.ToLower(name), strings.ToLower(mistyped)); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions and replacements between two names (Levenshtein).
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// short is a value as an error shows it: a scalar as it is, anything else by its shape.
func short(n *yaml.Node) string {
	switch n.Kind {
	case yaml.ScalarNode:
		return n.Value
	case yaml.SequenceNode:
		return "[...]"
	default:
		return "{...}"
	}
}

func orDocument(path string) string {
	if path == "" {
		return "an AmbientProfile"
	}
	return path
}
