package profile

import (
	"reflect"
	"slices"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// decode reads n into v, a pointer to a struct with yaml tags whose fields hold the defaults.
// It is stricter than any YAML library: it converts nothing, guesses nothing and passes over
// nothing, and every refusal has a path. A field that n does not have keeps its value.
func decode(n *yaml.Node, v any) refusals {
	top := reflect.ValueOf(v).Elem()
	d := decoder{refusals{top: n}, top.Type()}
	d.value(place{n: n}, top)
	return d.refusals
}

type decoder struct {
	refusals
	document reflect.Type
}

// A place is a value in the document, and the field that it is read into.
type place struct {
	path string
	// key is nil for an item of a list and for the document.
	key, n *yaml.Node
	// tag is that of the field, or of the field whose item this is.
	tag reflect.StructTag
}

// start is where the field begins.
func (p place) start() *yaml.Node {
	if p.key != nil {
		return p.key
	}
	return p.n
}

func (d *decoder) value(p place, v reflect.Value) {
	switch n := p.n; {
	case n.Kind == yaml.AliasNode:
		d.refuse(n, diagnostic.ConfigAlias, p.path, "is the YAML alias *"+n.Value, "write the value itself")
		return
	case isTemplate(n):
		d.refuse(n, diagnostic.ConfigNotRendered, p.path, templateFound, templateRemedy)
		return
	case n.Kind == yaml.ScalarNode && n.Tag == yaml.NodeTagNull:
		d.noValue(p, v)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(p, v.Elem())
	case reflect.Struct:
		d.structure(p, v)
	case reflect.Map:
		d.dictionary(p, v)
	case reflect.Slice:
		d.list(p, v)
	default:
		d.scalar(p, v)
	}
}

// pairs calls each for every key of the map at p, and refuses keys that are set twice.
func (d *decoder) pairs(p place, each func(place)) {
	seen := make(map[string]bool, len(p.n.Content)/2)
	for i := 0; i+1 < len(p.n.Content); i += 2 {
		key := p.n.Content[i]
		below := place{path: key.Value, key: key, n: p.n.Content[i+1], tag: p.tag}
		if p.path != "" {
			below.path = p.path + "." + key.Value
		}
		switch {
		case key.Tag == yaml.MergeTag:
			d.refuse(key, diagnostic.ConfigBadFieldName, p.path, "has the YAML merge key <<", "write the fields themselves")
		case key.Kind != yaml.ScalarNode:
			d.refuse(key, diagnostic.ConfigBadFieldName, p.path, "has "+got(key)+" as a key", "write the name of a field")
		case seen[key.Value]:
			d.refuse(key, diagnostic.ConfigDuplicateField, below.path, "is set twice", "remove one of the two")
		default:
			seen[key.Value] = true
			each(below)
		}
	}
}

func (d *decoder) structure(p place, v reflect.Value) {
	if p.n.Kind != yaml.MappingNode {
		d.wrongType(p, v)
		return
	}
	known := fieldsOf(v.Type())
	d.pairs(p, func(below place) {
		i := slices.IndexFunc(known, func(f field) bool { return f.name == below.key.Value })
		if i < 0 {
			d.unknownField(p, below, v.Type())
			return
		}
		below.tag = known[i].Tag
		d.value(below, v.FieldByIndex(known[i].Index))
	})
}

func (d *decoder) dictionary(p place, v reflect.Value) {
	if p.n.Kind != yaml.MappingNode {
		d.wrongType(p, v)
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	d.pairs(p, func(below place) {
		element := reflect.New(v.Type().Elem()).Elem()
		d.value(below, element)
		v.SetMapIndex(reflect.ValueOf(below.key.Value), element)
	})
}

func (d *decoder) list(p place, v reflect.Value) {
	if p.n.Kind != yaml.SequenceNode {
		d.wrongType(p, v)
		return
	}
	items := reflect.MakeSlice(v.Type(), len(p.n.Content), len(p.n.Content))
	for i, n := range p.n.Content {
		item := items.Index(i)
		if withDefaults, ok := item.Addr().Interface().(interface{ complete() }); ok {
			withDefaults.complete()
		}
		d.value(place{path: at(p.path, i), n: n, tag: p.tag}, item)
	}
	v.Set(items)
}

func (d *decoder) scalar(p place, v reflect.Value) {
	if p.n.Kind != yaml.ScalarNode {
		d.wrongType(p, v)
		return
	}
	switch {
	case v.Type() == reflect.TypeFor[Quantity](): // Kubernetes: a quantity is a string or a number
		v.SetString(p.n.Value)
	case v.Kind() == reflect.Bool:
		if p.n.Tag != yaml.NodeTagBool || p.n.Value != "true" && p.n.Value != "false" {
			d.wrongType(p, v)
			return
		}
		v.SetBool(p.n.Value == "true")
	case v.Kind() == reflect.Int:
		d.number(p, v)
	default:
		d.text(p, v)
	}
}

// number reads a port or a count of replicas, which all numbers of this API are: none may be 0.
func (d *decoder) number(p place, v reflect.Value) {
	if p.n.Tag != yaml.NodeTagInt && p.n.Tag != yaml.NodeTagFloat {
		d.wrongType(p, v)
		return
	}
	number, err := strconv.ParseInt(p.n.Value, 10, 32)
	if p.n.Tag != yaml.NodeTagInt || err != nil || number < 1 || p.n.Value[0] < '1' || p.n.Value[0] > '9' {
		d.badNumber(p)
		return
	}
	v.SetInt(number)
}

// text refuses what one YAML parser reads as a string and another as a number, a boolean or a date.
func (d *decoder) text(p place, v reflect.Value) {
	n := p.n
	plain := n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	switch {
	case n.Tag != yaml.NodeTagString || plain && !manifest.IsText(n.Value):
		d.notText(p)
	case n.Value == "" && (p.tag.Get("empty") == "" || p.key == nil):
		d.refuse(n, diagnostic.ConfigEmptyValue, p.path, "is an empty string", giveValue(p))
	default:
		v.SetString(n.Value)
		if found, remedy := notRendered(n.Value); found != "" {
			d.refuse(n, diagnostic.ConfigNotRendered, p.path, quote(n.Value)+" "+found, remedy)
		}
	}
}

// A field is one that YAML has: its name there, and where the struct holds it. The two orders differ
// after a field that YAML does not have.
type field struct {
	name string
	reflect.StructField
}

func fieldsOf(t reflect.Type) []field {
	var known []field
	for f := range t.Fields() {
		if name := f.Tag.Get("yaml"); name != "-" {
			known = append(known, field{name, f})
		}
	}
	return known
}

func namesOf(fields []field) []string {
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].name
	}
	return names
}
