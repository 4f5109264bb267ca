package access

import (
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// deref returns the node that an alias refers to.
func deref(n *yaml.Node) *yaml.Node {
	for i := 0; n != nil && n.Kind == yaml.AliasNode && i < 8; i++ {
		n = n.Alias
	}
	return n
}

// nodesBelow yields a node and all below it, including keys of mappings, each once; for an alias it yields the node that the alias refers to.
func nodesBelow(n *yaml.Node) iter.Seq[*yaml.Node] {
	return func(yield func(*yaml.Node) bool) {
		seen := map[*yaml.Node]bool{}
		var walk func(n *yaml.Node) bool
		walk = func(n *yaml.Node) bool {
			if n = deref(n); n == nil || seen[n] {
				return true
			}
			seen[n] = true
			if !yield(n) {
				return false
			}
			for _, e := range n.Content {
				if !walk(e) {
					return false
				}
			}
			return true
		}
		walk(n)
	}
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

// tag is the resolved type of a scalar. The parser sets it; a node made by hand may lack it. A date
// is a string to the cluster: go-yaml v2 keeps its text.
func tag(n *yaml.Node) string {
	switch n.Tag {
	case "", "!":
		return n.ShortTag()
	case "!!timestamp":
		return yaml.NodeTagString
	default:
		return n.Tag
	}
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
//
//go:noinline
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
//
//go:noinline
func list(n *yaml.Node) []*yaml.Node {
	if n = deref(n); n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// number is the integer at a node, 0 for anything else. Like go-yaml v2, it takes 0x3a98, 017 and
// 1_000; like the API server, a float without a fraction.
func number(n *yaml.Node) int {
	if n = deref(n); n == nil || n.Kind != yaml.ScalarNode {
		return 0
	}
	plain := strings.ReplaceAll(n.Value, "_", "")
	switch tag(n) {
	case yaml.NodeTagInt:
		if i, err := strconv.ParseInt(plain, 0, 64); err == nil {
			return int(i)
		}
	case yaml.NodeTagFloat:
		if f, err := strconv.ParseFloat(plain, 64); err == nil && f == math.Trunc(f) && math.Abs(f) <= math.MaxInt32 {
			return int(f)
		}
		if i, err := strconv.ParseInt(plain, 0, 64); err == nil { // !!float 0x50
			return int(i)
		}
	}
	return 0
}

// boolean reports whether a node is true to the cluster, which takes the booleans of YAML 1.1 too
// (go-yaml v2); to our parser those are strings without quotes.
func boolean(n *yaml.Node) bool {
	if n = deref(n); n == nil || n.Kind != yaml.ScalarNode || tag(n) != yaml.NodeTagBool && (tag(n) != yaml.NodeTagString || n.Style != 0) {
		return false
	}
	switch n.Value {
	case "true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON":
		return true
	default:
		return false
	}
}

// labels are the labels of one object: few, so a list beats a map.
type labels []label

type label struct{ key, value string }

// get gives a label's value and whether it is there.
//
//go:noinline
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
			return nil, fmt.Errorf("%w (%s)", err, n.Content[i].Value)
		}
		out = append(out, label{n.Content[i].Value, v})
	}
	return out, nil
}

// join makes the namespace/name of an object.
//
//go:noinline
func join(namespace, name string) string { return namespace + "/" + name }
