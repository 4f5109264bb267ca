package manifest

import (
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// expansion is how many nodes the aliases of one input may add: more than anybody writes, and few
// enough that a YAML bomb is refused at once.
const expansion = 100_000

// Reader makes items of the YAML of one input, and sees them as the cluster would.
type Reader struct {
	// added counts the nodes that aliases stood for.
	added int
}

// Read is the item at n, its aliases and merge keys replaced by what they stand for, so that no
// edit reaches another place and nothing hides behind a name. It refuses what two readers could
// understand in two ways, the one being us and the other the cluster: a key that stands twice, one
// that is no text, a merge key that overrides, a tag that does not fit, and what is encoded as binary.
func (r *Reader) Read(n *yaml.Node) (*Item, error) {
	if n == nil {
		return NewItem(n), nil
	}
	settling := settling{r, map[*yaml.Node]bool{}}
	if n.Kind == yaml.AliasNode {
		return nil, settling.outside(n)
	}
	err := settling.settle(n)
	item := NewItem(n)
	if err == nil {
		err = item.checkItems()
	}
	switch {
	case err == nil:
		return item, nil
	case item.Kind != "" && item.Name != "":
		return nil, fmt.Errorf("%s: %w", item, err)
	default:
		return nil, err
	}
}

type settling struct {
	*Reader
	// anchored are the nodes that an alias may stand for: those that are read already.
	anchored map[*yaml.Node]bool
}

func (s *settling) settle(n *yaml.Node) error {
	if n.ShortTag() == "!!binary" {
		return fmt.Errorf("line %d: %q is encoded as !!binary, so that nobody can read what it says; write it as text", n.Line, n.Value)
	}
	if n.Style&yaml.TaggedStyle != 0 {
		if err := checkTag(n); err != nil {
			return err
		}
	}
	for i, below := range n.Content {
		if n.Style&yaml.FlowStyle != 0 && below.Tag == yaml.NodeTagNull {
			below.Value = "null" // go-yaml: writes an empty one in flow style as a text, ''
		}
		if below.Kind != yaml.AliasNode {
			if err := s.settle(below); err != nil {
				return err
			}
			continue
		}
		value, err := s.resolve(below)
		if err != nil {
			return err
		}
		n.Content[i] = value
	}
	if n.Anchor != "" {
		s.anchored[n] = true
		n.Anchor = ""
	}
	if n.Kind == yaml.MappingNode {
		return s.keys(n)
	}
	return nil
}

// resolve is a copy of what an alias stands for.
func (s *settling) resolve(alias *yaml.Node) (*yaml.Node, error) {
	if !s.anchored[alias.Alias] {
		return nil, s.outside(alias)
	}
	if value := s.copy(alias.Alias); s.added <= expansion {
		return value, nil
	}
	return nil, fmt.Errorf("line %d: with the alias *%s, aliases stand for more than %d values; write them out", alias.Line, alias.Value, expansion)
}

func (s *settling) outside(alias *yaml.Node) error {
	return fmt.Errorf("line %d: the alias *%s stands for nothing in the same object; write the value out", alias.Line, alias.Value)
}

func (s *settling) copy(n *yaml.Node) *yaml.Node {
	s.added++
	out := *n
	out.Content = make([]*yaml.Node, 0, len(n.Content))
	for _, below := range n.Content {
		if s.added > expansion {
			break
		}
		out.Content = append(out.Content, s.copy(below))
	}
	return &out
}

// keys refuses keys that stand twice, and spreads a merge key out.
func (s *settling) keys(n *yaml.Node) error {
	seen := make(map[string]bool, len(n.Content)/2)
	merge := -1
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch key := n.Content[i]; {
		case key.Kind != yaml.ScalarNode || key.ShortTag() == yaml.NodeTagNull:
			return fmt.Errorf("line %d: a key is no text; write a plain name", key.Line)
		case seen[key.Value]:
			return fmt.Errorf("line %d: the key %q stands in its map twice; keep one of the two", key.Line, key.Value)
		case key.ShortTag() == yaml.MergeTag:
			merge = i
		case !readAlike(key):
			return fmt.Errorf("line %d: the key %q is not a text, and kubectl changes how it is written; quote it", key.Line, key.Value)
		}
		seen[n.Content[i].Value] = true
	}
	if merge < 0 {
		return nil
	}
	from := []*yaml.Node{n.Content[merge+1]}
	if from[0].Kind == yaml.SequenceNode {
		from = from[0].Content
	}
	line := n.Content[merge].Line
	n.Content = append(n.Content[:merge:merge], n.Content[merge+2:]...)
	return add(n, from, merge, line)
}

// add gives n the entries that it lacks; of several maps the first wins (YAML: merge key). A key
// that stands before the merge key is refused: kubectl (go-yaml v2) lets the later of the two win,
// and kustomize (go-yaml v3) the explicit one. Behind it, the explicit one wins for both.
func add(n *yaml.Node, maps []*yaml.Node, merge, line int) error {
	for _, from := range maps {
		if from.Kind != yaml.MappingNode {
			return fmt.Errorf("line %d: the merge key << stands for no map; write the fields out", from.Line)
		}
		for i := 0; i+1 < len(from.Content); i += 2 {
			switch at := IndexOf(n, from.Content[i].Value); {
			case at >= 0 && at < merge:
				return fmt.Errorf("line %d: the merge key << sets %q, which its map sets before it, and kubectl takes the merged value; write the keys out", line, from.Content[i].Value)
			case at < 0:
				n.Content = append(n.Content, from.Content[i], from.Content[i+1])
			}
		}
	}
	return nil
}
