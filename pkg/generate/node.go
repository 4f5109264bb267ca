package generate

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// Node is the object as YAML: apiVersion, kind and metadata first, every other map sorted by key.
// Nothing empty is written but what a manifest spells out.
func (o Object) Node() *yaml.Node {
	metadata := pairs{{"name", text(o.Name)}}
	if o.Namespace != "" {
		metadata = append(metadata, pair{"namespace", text(o.Namespace)})
	}
	metadata = append(metadata, pair{"labels", fieldPairs(o.Labels).node()}, pair{"annotations", fieldPairs(o.Annotations).node()})
	top := pairs{{"apiVersion", text(o.APIVersion)}, {"kind", text(o.Kind)}, {"metadata", metadata.node()}}
	return append(top, fieldPairs(o.Fields)...).node()
}

type pair struct {
	key   string
	value *yaml.Node
}

type pairs []pair

func (p pairs) node() *yaml.Node {
	content := make([]*yaml.Node, 0, 2*len(p))
	for _, field := range p {
		content = append(content, text(field.key), field.value)
	}
	return mapping(content)
}

// sorted is the map with its keys in alphabetical order, as kustomize writes them too.
func (p pairs) sorted() pairs {
	slices.SortFunc(p, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	return p
}

func node(v any) *yaml.Node {
	switch v := v.(type) {
	case *yaml.Node: // as another program wrote it
		return v
	case string:
		return text(v)
	case proto.Message:
		return message(v.ProtoReflect())
	case map[string]string:
		return fieldPairs(v).node()
	case Fields:
		return fieldPairs(v).node()
	default:
		return reflected(reflect.ValueOf(v))
	}
}

func reflected(v reflect.Value) *yaml.Node {
	switch v.Kind() {
	case reflect.Bool:
		return scalar(yaml.NodeTagBool, strconv.FormatBool(v.Bool()))
	case reflect.Int:
		return scalar(yaml.NodeTagInt, strconv.FormatInt(v.Int(), 10))
	case reflect.Slice:
		items := make([]*yaml.Node, v.Len())
		for i := range items {
			items[i] = node(v.Index(i).Interface())
		}
		return sequence(items)
	case reflect.Pointer: // a text that is written even when empty
		return node(v.Elem().Interface())
	case reflect.Map:
		var out pairs
		for key, value := range v.Seq2() {
			out = append(out, pair{key.String(), node(value.Interface())})
		}
		return out.sorted().node()
	case reflect.Struct:
		return structPairs(v).node()
	default:
		return text(fmt.Sprint(v.Interface())) // a named string type
	}
}

// fieldPairs are the entries of a map.
func fieldPairs[V any, M ~map[string]V](m M) pairs {
	out := make(pairs, 0, len(m))
	for key, value := range m {
		out = append(out, pair{key, node(value)})
	}
	return out.sorted()
}

// structPairs are the fields of a struct that are not zero.
func structPairs(v reflect.Value) pairs {
	var out pairs
	for i := range v.NumField() {
		if field := v.Field(i); !field.IsZero() {
			out = append(out, pair{v.Type().Field(i).Tag.Get("yaml"), node(field.Interface())})
		}
	}
	return out.sorted()
}

// message writes a message of istio.io/api without the traps of its JSON: ALLOW, the zero of its
// enum, is spelled out instead of vanishing; what is unset is left out; what is set stays.
func message(m protoreflect.Message) *yaml.Node {
	var out pairs
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if m.Has(field) || field.Kind() == protoreflect.EnumKind && !field.HasPresence() {
			out = append(out, pair{field.JSONName(), protoField(field, m.Get(field))})
		}
	}
	return out.sorted().node()
}

func protoField(field protoreflect.FieldDescriptor, v protoreflect.Value) *yaml.Node {
	switch {
	case field.IsList():
		items := make([]*yaml.Node, v.List().Len())
		for i := range items {
			items[i] = protoValue(field, v.List().Get(i))
		}
		return sequence(items)
	case field.IsMap():
		var out pairs
		v.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			out = append(out, pair{key.String(), protoValue(field.MapValue(), value)})
			return true
		})
		return out.sorted().node()
	default:
		return protoValue(field, v)
	}
}

func protoValue(field protoreflect.FieldDescriptor, v protoreflect.Value) *yaml.Node {
	switch field.Kind() {
	case protoreflect.MessageKind:
		return message(v.Message())
	case protoreflect.EnumKind:
		return text(string(field.Enum().Values().ByNumber(v.Enum()).Name()))
	case protoreflect.StringKind:
		return text(v.String())
	default:
		return node(v.Interface())
	}
}

func scalar(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

// text is quoted where any YAML reader could take it for something else than text.
func text(s string) *yaml.Node {
	n := scalar(yaml.NodeTagString, s)
	switch {
	case strings.Contains(s, "\n"):
		n.Style = yaml.LiteralStyle
	case !manifest.IsText(s):
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func mapping(content []*yaml.Node) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap, Content: content}
	if len(content) == 0 {
		n.Style = yaml.FlowStyle // {}
	}
	return n
}

func sequence(items []*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq, Content: items}
}
