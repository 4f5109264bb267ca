package diagnostic

import (
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Results are messages as the results of a ResourceList, one each (KRM functions specification:
// ResourceList; kyaml: framework.Result). kpt prints the object and the field before the message.
func Results(all []Diagnostic) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, d := range all {
		list.Content = append(list.Content, d.result())
	}
	return list
}

func (d Diagnostic) result() *yaml.Node {
	ref := d.resourceRef()
	message := d.tag() + d.Message()
	if ref == nil && d.subject() != "" {
		message = d.tag() + d.subject() + ": " + d.Message()
	}
	fields := []field{{"message", text(message)}, {"severity", text(d.Severity().String())}, {"resourceRef", ref}}
	if d.Field != "" {
		fields = append(fields, field{"field", mapping(field{"path", text(d.Field)})})
	}
	if d.Position.File != "" {
		fields = append(fields, field{"file", mapping(field{"path", text(d.Position.File)}, field{"index", number(d.Position.Index)})})
	}
	return mapping(fields...)
}

// resourceRef is nil where one of its required fields is not known (kyaml: framework.Result).
func (d Diagnostic) resourceRef() *yaml.Node {
	o := d.Object
	if o.APIVersion == "" || o.Kind == "" || o.Name == "" {
		return nil
	}
	fields := []field{{"apiVersion", text(o.APIVersion)}, {"kind", text(o.Kind)}, {"name", text(o.Name)}}
	if o.Namespace != "" {
		fields = append(fields, field{"namespace", text(o.Namespace)})
	}
	return mapping(fields...)
}

type field struct {
	key   string
	value *yaml.Node
}

// mapping is a map of the fields that have a value.
func mapping(fields ...field) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range fields {
		if f.value != nil {
			n.Content = append(n.Content, text(f.key), f.value)
		}
	}
	return n
}

func text(s string) *yaml.Node { return yaml.NewStringRNode(Visible(s)).YNode() }

func number(i int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagInt, Value: strconv.Itoa(i)}
}
