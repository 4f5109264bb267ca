package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// object is a Kubernetes object as JSON has it.
type object map[string]any

// below is the map at the end of a path of keys, or nil.
func (o object) below(path ...string) map[string]any {
	m := map[string]any(o)
	for _, key := range path {
		m, _ = m[key].(map[string]any)
	}
	return m
}

// text is the text below a key of a map, or "".
func text(m map[string]any, key string) string {
	s, _ := m[key].(string)
	return s
}

func (o object) kind() string      { return text(o, "kind") }
func (o object) group() string     { return manifest.Group(text(o, "apiVersion")) }
func (o object) name() string      { return text(o.below("metadata"), "name") }
func (o object) namespace() string { return text(o.below("metadata"), "namespace") }
func (o object) label(key string) string {
	return text(o.below("metadata", "labels"), key)
}

func (o object) annotation(key string) string {
	return text(o.below("metadata", "annotations"), key)
}

func (o object) isDeleted() bool { return text(o.below("metadata"), "deletionTimestamp") != "" }

// id is what makes two objects the same.
func (o object) id() manifest.ID {
	return manifest.NewID(o.group(), o.kind(), o.namespace(), o.name())
}

// ref is the object as messages name it.
func (o object) ref() string { return o.id().String() }

func (o object) checkNamespace() error {
	if o.kind() != "Namespace" || o.group() != "" || o.name() == "" {
		return fmt.Errorf("the parent is %q, but this hook is for Namespaces", strings.TrimSpace(o.kind()+" "+o.name()))
	}
	return nil
}

// named is a copy under another name.
func (o object) named(name string) object {
	c := maps.Clone(o)
	metadata := maps.Clone(o.below("metadata"))
	metadata["name"] = name
	c["metadata"] = metadata
	return c
}

// only is a copy with its identity and some fields.
func (o object) only(fields ...string) object {
	c := object{}
	for _, field := range append(fields, "apiVersion", "kind", "metadata") {
		if value, found := o[field]; found {
			c[field] = value
		}
	}
	return c
}

// systemFields are the keys that the API server or metacontroller set, and nobody sends.
var systemFields = []string{"managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "ownerReferences"}

// lastApplied is what metacontroller keeps of its last response.
const lastApplied = "metacontroller.k8s.io/last-applied-configuration"

// asSent returns an object of the cluster as a client would send it.
func (o object) asSent() object {
	c := maps.Clone(o)
	delete(c, "status")
	metadata := maps.Clone(o.below("metadata"))
	for _, field := range systemFields {
		delete(metadata, field)
	}
	if annotations := maps.Clone(o.below("metadata", "annotations")); annotations != nil {
		delete(annotations, lastApplied)
		metadata["annotations"] = annotations
	}
	c["metadata"] = metadata
	return c
}

// item is the object as the function reads it.
func (o object) item() (*manifest.Item, error) {
	return (&manifest.Reader{}).Read(node(map[string]any(o)))
}

// node is a JSON value as YAML has it. Keys are sorted.
func node(value any) *yaml.Node {
	switch v := value.(type) {
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			n.Content = append(n.Content, manifest.Text(key), node(v[key]))
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq}
		for _, below := range v {
			n.Content = append(n.Content, node(below))
		}
		return n
	case string:
		return manifest.Text(v)
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagBool, Value: fmt.Sprint(v)}
	case json.Number:
		tag := yaml.NodeTagInt
		if strings.ContainsAny(v.String(), ".eE") {
			tag = yaml.NodeTagFloat
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: v.String()}
	default:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagNull, Value: "null"}
	}
}

// made is a new item of the function as JSON has it.
func made(item *manifest.Item) (object, error) {
	n := item.Node
	if item.New != nil {
		n = item.New()
	}
	var value any
	var err error
	if n != nil {
		err = n.Decode(&value)
	} else {
		err = yaml.Unmarshal(item.Text, &value)
	}
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var o object
	err = decode(data, &o)
	if err == nil && o == nil {
		err = errors.New("the function made an empty object")
	}
	return o, err
}
