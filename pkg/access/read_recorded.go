package access

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// mentions reports whether an object has a text, as a key or a value. One that has more than fits may have any.
func (r *recording) mentions(at int, text string) bool {
	o := r.of[at]
	id, known := r.numbers[0][text]
	return o.cut || known && slices.Contains(r.codes[o.from:o.to], id+firstText)
}

// node is an object as it was recorded, without what the API server makes up and without places.
func (r *recording) node(at int) *yaml.Node {
	o := r.of[at]
	n, _ := r.read(r.codes[o.from:o.to])
	return n
}

// read reads one node, and gives what is behind it. Where an object has more than fits, its lists and mappings end there.
func (r *recording) read(codes []uint32) (n *yaml.Node, rest []uint32) {
	if len(codes) == 0 {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagNull}, nil
	}
	code, rest := codes[0], codes[1:]
	switch code {
	case aMapping, aSequence:
		n = &yaml.Node{Kind: yaml.MappingNode}
		if code == aSequence {
			n.Kind = yaml.SequenceNode
		}
		for len(rest) > 0 && rest[0] != endOf {
			var e *yaml.Node
			e, rest = r.read(rest)
			n.Content = append(n.Content, e)
		}
		if len(rest) > 0 {
			rest = rest[1:]
		}
		return n, rest
	case nothing, endOf:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagNull}, rest
	case notAString:
		n, rest = r.read(rest)
		n.Tag = yaml.NodeTagBool
		return n, rest
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: r.texts[code-firstText]}, rest
}
