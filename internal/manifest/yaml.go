package manifest

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Field returns the value at a path of keys in the map n, or nil; an alias is resolved to
// what it names.
func Field(n *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		at := IndexOf(n, key)
		if at < 0 {
			return nil
		}
		n = dealias(n.Content[at+1])
	}
	return n
}

// IndexOf returns the index of key in the content of the map n, or -1.
func IndexOf(n *yaml.Node, key string) int {
	if n == nil || n.Kind != yaml.MappingNode {
		return -1
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// Value is the scalar at the end of a path of keys below the map n, or "".
//
//go:noinline
func Value(n *yaml.Node, path ...string) string {
	if v := Field(n, path...); v != nil && v.Kind == yaml.ScalarNode {
		return v.Value
	}
	return ""
}

// IsTrue reports whether the value of key in the map n is true to the cluster, which takes
// the booleans of YAML 1.1 too.
func IsTrue(n *yaml.Node, key string) bool {
	v := Field(n, key)
	if v == nil || v.Kind != yaml.ScalarNode {
		return false
	}
	if v.ShortTag() == yaml.NodeTagBool && strings.EqualFold(v.Value, "true") {
		return true
	}
	is, _ := oldBoolean(v.Value)
	return is && (v.Style == 0 || v.ShortTag() == yaml.NodeTagBool)
}

// Strings are the texts of the list n.
func Strings(n *yaml.Node) []string {
	var out []string
	for _, item := range Content(n) {
		out = append(out, Dealias(item).Value)
	}
	return out
}

// Dealias is what an alias names; any other node is itself.
//
//go:noinline
func Dealias(n *yaml.Node) *yaml.Node { return dealias(n) }

func dealias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// Text is a text, quoted where another YAML reader could take it for something else.
//
//go:noinline
func Text(text string) *yaml.Node {
	return Quoted(&yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: text})
}

// Without is the map without a key.
func Without(spec *yaml.Node, key string) *yaml.Node {
	at := IndexOf(spec, key)
	if at < 0 {
		return spec
	}
	return &yaml.Node{Kind: spec.Kind, Content: slices.Delete(slices.Clone(spec.Content), at, at+2)}
}

// Equal reports whether two trees mean the same: the order of keys, styles and comments apart.
func Equal(a, b *yaml.Node) bool {
	a, b = Dealias(a), Dealias(b)
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) {
		return false
	}
	switch a.Kind {
	case yaml.ScalarNode:
		return a.Value == b.Value && a.ShortTag() == b.ShortTag()
	case yaml.MappingNode:
		for i := 0; i+1 < len(a.Content); i += 2 {
			at := IndexOf(b, a.Content[i].Value)
			if at < 0 || !Equal(a.Content[i+1], b.Content[at+1]) {
				return false
			}
		}
		return true
	default:
		for i := range a.Content {
			if !Equal(a.Content[i], b.Content[i]) {
				return false
			}
		}
		return true
	}
}

// Content are the items of the list n, or nil.
//
//go:noinline
func Content(n *yaml.Node) []*yaml.Node {
	if n == nil {
		return nil
	}
	return n.Content
}

// Walk calls visit with every key and its value, however deep below n.
func Walk(n *yaml.Node, visit func(key string, n *yaml.Node)) {
	if n == nil {
		return
	}
	n = Dealias(n)
	for i, child := range n.Content {
		if n.Kind != yaml.MappingNode {
			Walk(child, visit)
		} else if i%2 == 1 {
			visit(n.Content[i-1].Value, Dealias(child))
			Walk(child, visit)
		}
	}
}

// AreTexts reports whether all values of a map are texts, as the API server wants those of labels and annotations.
func AreTexts(n *yaml.Node) bool {
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		if Dealias(n.Content[i+1]).ShortTag() != yaml.NodeTagString {
			return false
		}
	}
	return true
}

// StringMap is a map of texts; nil for none.
func StringMap(n *yaml.Node) map[string]string {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	out := map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		out[n.Content[i].Value] = Dealias(n.Content[i+1]).Value
	}
	return out
}
