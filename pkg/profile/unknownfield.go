package profile

import (
	"reflect"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// unknownField refuses a field of the map at parent, which is read into t, that t does not have.
func (d *decoder) unknownField(parent, p place, t reflect.Type) {
	key := p.key.Value
	effect, remedy, meant := "", "", ""
	known := namesOf(fieldsOf(t))
	if mistake := mistaken[t.Name()+"."+key]; mistake != "" {
		remedy = mistake
	} else if best := diagnostic.Closest(key, known); best != "" {
		remedy, meant = "did you mean "+best+"?", joined(parent.path, best)
	} else if paths := pathsOf(key, "", d.document); len(paths) == 1 && sameTop(parent.path, paths[0]) {
		meant = paths[0]
		effect, remedy = d.elsewhere(parent, p, meant)
	} else {
		remedy = "use one of the fields " + strings.Join(known, ", ")
	}
	d.refuse(p.key, diagnostic.ConfigUnknownField, p.path, "unknown field", remedy)
	last := &d.all[len(d.all)-1]
	last.Effect, last.meant = effect, meant
}

// sameTop reports whether two paths lead through the same field of the document. Another field of that name below metadata, say, is not what was meant.
func sameTop(from, to string) bool {
	a, _, _ := strings.Cut(from, ".")
	b, _, _ := strings.Cut(to, ".")
	return a == "" || a == b
}

// elsewhere says where the field at p belongs, which is path, and how to get it there.
func (d *decoder) elsewhere(parent, p place, path string) (effect, remedy string) {
	outer, name := "", path
	if i := strings.LastIndex(path, "."); i >= 0 {
		outer, name = path[:i], path[i+1:]
	}
	here := anyItem(parent.path)
	effect = "it belongs to " + orDocument(outer)
	inside, below := strings.CutPrefix(joined(outer, ""), joined(here, ""))
	around, above := strings.CutPrefix(joined(here, ""), joined(outer, ""))
	switch {
	case above: // indented too far
		next, _, _ := strings.Cut(strings.TrimSuffix(around, "."), ".")
		return effect, "indent it to line up with " + strings.TrimSuffix(next, "[]")
	case strings.HasSuffix(outer, "[]"):
		item := typeAt(d.document, outer)
		noun := nounOf(item)
		return name + " belongs to a " + noun, "indent it to line up with " + fieldsOf(item)[0].name
	case below && !strings.Contains(inside, "[]") && oneLine(p.n) != "":
		steps := strings.Split(strings.TrimSuffix(inside, "."), ".")
		if manifest.Field(parent.n, steps[0]) == nil {
			return effect, "write " + nested(append(steps, name), oneLine(p.n))
		}
	}
	if name != p.key.Value {
		return effect, "move it there, as " + name
	}
	return effect, "move it there"
}

// nested returns a value below keys, in flow style.
func nested(keys []string, value string) string {
	text := keys[len(keys)-1] + ": " + value
	for i := len(keys) - 2; i >= 0; i-- {
		text = keys[i] + ": {" + text + "}"
	}
	return text
}

// oneLine returns a scalar, or a list of them, as YAML on one line; "" for more than that.
func oneLine(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && len(n.Value) <= longest {
		if n.Tag == yaml.NodeTagString {
			return flow(n.Value)
		}
		return n.Value
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) > 3 {
		return ""
	}
	var items []string
	for _, item := range n.Content {
		if item.Kind != yaml.ScalarNode || oneLine(item) == "" {
			return ""
		}
		items = append(items, oneLine(item))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// pathsOf are the paths of the fields of a name, in a type and below it.
func pathsOf(name, path string, t reflect.Type) (found []string) {
	t, isList := structOf(t)
	if isList {
		path += "[]"
	}
	if t == nil {
		return nil
	}
	for _, f := range fieldsOf(t) {
		if strings.EqualFold(f.name, name) {
			found = append(found, joined(path, f.name))
		}
		found = append(found, pathsOf(name, joined(path, f.name), f.Type)...)
	}
	return found
}

// typeAt returns the struct at a path of fields.
func typeAt(t reflect.Type, path string) reflect.Type {
	for name := range strings.SplitSeq(path, ".") {
		for _, f := range fieldsOf(t) {
			if f.name == strings.TrimSuffix(name, "[]") {
				t, _ = structOf(f.Type)
				break
			}
		}
	}
	return t
}

// structOf returns the struct that t is, points to or lists; nil if there is none.
func structOf(t reflect.Type) (structure reflect.Type, isList bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		isList = isList || t.Kind() == reflect.Slice
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil, isList
	}
	return t, isList
}

// joined is the path of a field below a path.
func joined(path, field string) string {
	if path == "" {
		return field
	}
	return path + "." + field
}

func orDocument(path string) string {
	if path == "" {
		return "the top of the file"
	}
	return path
}
