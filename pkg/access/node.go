package access

import (
	"fmt"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// deref gives the node that an alias stands for.
func deref(n *yaml.Node) *yaml.Node {
	for i := 0; n != nil && n.Kind == yaml.AliasNode && i < 8; i++ {
		n = n.Alias
	}
	return n
}

// field gives the value of a key of a mapping, nil where there is none or where it is null.
func field(n *yaml.Node, key string) *yaml.Node {
	if n = deref(n); n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return nonNull(n.Content[i+1])
		}
	}
	return nil
}

func nonNull(n *yaml.Node) *yaml.Node {
	if n = deref(n); n == nil || isNull(n) {
		return nil
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && tag(n) == yaml.NodeTagNull }

// tag is the resolved type of a scalar. The parser sets it; a node made by hand may lack it.
func tag(n *yaml.Node) string {
	if n.Tag == "" || n.Tag == "!" {
		return n.ShortTag()
	}
	return n.Tag
}

// text is the string at a node: "" for nil, an error for anything but a string.
func text(n *yaml.Node) (string, error) {
	if n == nil {
		return "", nil
	}
	if n.Kind != yaml.ScalarNode || tag(n) != yaml.NodeTagString {
		return "", fmt.Errorf("%q must be a string", n.Value)
	}
	return n.Value, nil
}

// textOf is text where a wrong type counts as absent.
func textOf(n *yaml.Node) string {
	s, _ := text(n)
	return s
}

// texts is the list of strings at a node.
func texts(n *yaml.Node) ([]string, error) {
	if n == nil {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("must be a list")
	}
	out := make([]string, 0, len(n.Content))
	for i, e := range n.Content {
		if e = deref(e); e == nil {
			return nil, fmt.Errorf("[%d] is empty", i)
		}
		s, err := text(e)
		if err != nil {
			return nil, fmt.Errorf("[%d] %w", i, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// list gives the elements of a sequence, nil for anything else.
func list(n *yaml.Node) []*yaml.Node {
	if n = deref(n); n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// number is the integer at a node, 0 for anything else.
func number(n *yaml.Node) int {
	if n = deref(n); n == nil || n.Kind != yaml.ScalarNode || tag(n) != yaml.NodeTagInt {
		return 0
	}
	i, err := strconv.Atoi(n.Value)
	if err != nil {
		return 0
	}
	return i
}

func boolean(n *yaml.Node) bool {
	n = deref(n)
	return n != nil && n.Kind == yaml.ScalarNode && tag(n) == yaml.NodeTagBool && (n.Value == "true" || n.Value == "True" || n.Value == "TRUE")
}

// labels are the labels of one object: few, so a list beats a map.
type labels []label

type label struct{ key, value string }

// get gives a label's value and whether it is there.
func (l labels) get(key string) (string, bool) {
	for i := range l {
		if l[i].key == key {
			return l[i].value, true
		}
	}
	return "", false
}

func (l labels) value(key string) string {
	v, _ := l.get(key)
	return v
}

// labelsOf reads a mapping of strings.
func labelsOf(n *yaml.Node) (labels, error) {
	if n = nonNull(n); n == nil {
		return nil, nil
	}
	if n.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("must be a mapping of strings")
	}
	out := make(labels, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		v, err := text(deref(n.Content[i+1]))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.Content[i].Value, err)
		}
		out = append(out, label{n.Content[i].Value, v})
	}
	return out, nil
}

// join makes the namespace/name of an object.
func join(namespace, name string) string { return namespace + "/" + name }
