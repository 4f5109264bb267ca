package enroll

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// field is what stands below key of the map n, or nil; an alias stands for what it names.
func field(n *yaml.Node, key string) *yaml.Node {
	if at := position(n, key); at >= 0 {
		return dealias(n.Content[at+1])
	}
	return nil
}

// position is where key stands in the content of the map n, or -1.
func position(n *yaml.Node, key string) int {
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

// value is the scalar below key of the map n, or "".
func value(n *yaml.Node, key string) string {
	if v := field(n, key); v != nil && v.Kind == yaml.ScalarNode {
		return v.Value
	}
	return ""
}

// isTrue reports whether what stands below key of the map n is true to the cluster, which takes
// the booleans of YAML 1.1 too.
func isTrue(n *yaml.Node, key string) bool {
	v := field(n, key)
	if v == nil || v.Kind != yaml.ScalarNode {
		return false
	}
	if v.ShortTag() == yaml.NodeTagBool && strings.EqualFold(v.Value, "true") {
		return true
	}
	is, _ := oldBoolean(v.Value)
	return is && (v.Style == 0 || v.ShortTag() == yaml.NodeTagBool)
}

// values are the texts of the list n.
func values(n *yaml.Node) []string {
	var out []string
	for _, item := range content(n) {
		out = append(out, dealias(item).Value)
	}
	return out
}

func dealias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// scalar is a text, quoted where another YAML reader could take it for something else.
func scalar(text string) *yaml.Node {
	return quoted(&yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: text})
}

// samePolicy compares the specs of two AuthorizationPolicies; no action is ALLOW.
func samePolicy(a, b *yaml.Node) bool {
	return a != nil && b != nil && equal(withoutAllow(a), withoutAllow(b))
}

func withoutAllow(spec *yaml.Node) *yaml.Node {
	if value(spec, "action") != "ALLOW" {
		return spec
	}
	return without(spec, "action")
}

// without is the map without a key.
func without(spec *yaml.Node, key string) *yaml.Node {
	at := position(spec, key)
	if at < 0 {
		return spec
	}
	return &yaml.Node{Kind: spec.Kind, Content: slices.Delete(slices.Clone(spec.Content), at, at+2)}
}

// equal tells whether two trees mean the same: the order of keys, styles and comments apart.
func equal(a, b *yaml.Node) bool {
	a, b = dealias(a), dealias(b)
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) {
		return false
	}
	switch a.Kind {
	case yaml.ScalarNode:
		return a.Value == b.Value && a.ShortTag() == b.ShortTag()
	case yaml.MappingNode:
		for i := 0; i+1 < len(a.Content); i += 2 {
			at := position(b, a.Content[i].Value)
			if at < 0 || !equal(a.Content[i+1], b.Content[at+1]) {
				return false
			}
		}
		return true
	default:
		for i := range a.Content {
			if !equal(a.Content[i], b.Content[i]) {
				return false
			}
		}
		return true
	}
}
