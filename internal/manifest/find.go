package manifest

import (
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Find returns the node at a path below n, such as spec.rules[0].to[1].operation; "" is n itself.
// If the path leads nowhere, it returns the deepest node on the way, which lacks the rest. A key
// with dots or brackets in it is written as it is, as in metadata.labels.istio.io/rev, or in
// quotes; data[ca.crt] is data.ca.crt.
func Find(n *yaml.Node, path string) (node *yaml.Node, found bool) {
	for path != "" && n != nil {
		below, rest := step(Dealias(n), path)
		if below == nil {
			return n, false
		}
		n, path = below, rest
	}
	return n, n != nil
}

// step returns what the path begins with, directly below n, and the rest of the path; nil if n
// does not have it.
func step(n *yaml.Node, path string) (below *yaml.Node, rest string) {
	switch n.Kind {
	case yaml.SequenceNode:
		inside, rest, closed := strings.Cut(strings.TrimPrefix(path, "["), "]")
		i, err := strconv.Atoi(inside)
		if path[0] != '[' || !closed || err != nil || i < 0 || i >= len(n.Content) {
			return nil, ""
		}
		return n.Content[i], strings.TrimPrefix(rest, ".")
	case yaml.MappingNode:
		longest := -1
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if after, ok := afterKey(path, key); ok && len(key) > longest {
				below, rest, longest = n.Content[i+1], after, len(key)
			}
		}
	}
	return below, rest
}

// afterKey returns the rest of a path that begins with a key.
func afterKey(path, key string) (rest string, ok bool) {
	spelling := key
	switch path[0] {
	case '"':
		spelling = strconv.QuoteToASCII(key)
	case '[':
		spelling = "[" + key + "]"
	}
	rest, ok = strings.CutPrefix(path, spelling)
	switch {
	case !ok || spelling == "":
		return "", false
	case rest == "" || rest[0] == '[':
		return rest, true
	}
	return strings.CutPrefix(rest, ".")
}
