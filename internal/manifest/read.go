package manifest

import (
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// expansion is how many nodes the aliases of one input may add: more than anybody writes, and few
// enough that a YAML bomb is refused at once.
const expansion = 100_000

// Reader makes items of the YAML of one input, and sees them as the cluster would.
type Reader struct {
	// File is the file that is read; "" for a ResourceList.
	File string
	// added counts the nodes that aliases stood for.
	added int
}

// Read is the item at n, its aliases and merge keys replaced by what they stand for, so that no
// edit reaches another place and nothing hides behind a name. It refuses what two readers could
// understand in two ways, the one being us and the other the cluster: a key that stands twice, one
// that is no text, a merge key that overrides, a tag that does not fit, and what is encoded as binary.
func (r *Reader) Read(n *yaml.Node) (*Item, error) { return r.read(n, "") }

// read is Read, for a node at a path of the input.
func (r *Reader) read(n *yaml.Node, path string) (*Item, error) {
	if n == nil {
		return NewItem(n), nil
	}
	settling := settling{Reader: r, opaque: opaqueIn(n)}
	var err error
	if n.Kind == yaml.AliasNode {
		err = settling.outside(n)
	} else {
		err = settling.settle(n)
	}
	item := NewItem(n)
	item.File = r.File
	if len(settling.anchored) > 0 {
		item.dropCopiedPlace()
	}
	if err == nil {
		err = item.checkItems()
	}
	if err != nil {
		return nil, located(item, path, err)
	}
	return item, nil
}

type settling struct {
	*Reader
	// anchored are the nodes that an alias may stand for: those that are read already.
	anchored map[*yaml.Node]bool
	// opaque are the nodes whose texts mean nothing here: they are passed on as they are written, so that it
	// does not matter that readers take them in different ways.
	opaque map[*yaml.Node]bool
}

// opaqueIn are the data of a ConfigMap or a Secret, and what they hold.
func opaqueIn(n *yaml.Node) map[*yaml.Node]bool {
	kind := Value(n, "kind")
	if kind != "ConfigMap" && kind != "Secret" || Value(n, "apiVersion") != "v1" {
		return nil
	}
	opaque := map[*yaml.Node]bool{}
	for _, field := range []string{"data", "stringData", "binaryData"} {
		if data := Field(n, field); data != nil && data.Kind == yaml.MappingNode {
			opaque[data] = true
			for _, below := range data.Content {
				opaque[below] = below.Kind == yaml.ScalarNode
			}
		}
	}
	return opaque
}

func (s *settling) settle(n *yaml.Node) error {
	if n.ShortTag() == "!!binary" {
		return fault(n, diagnostic.BinaryValue, fmt.Sprintf("%q is encoded as !!binary", n.Value), "a review does not show what it says", "write it as text")
	}
	if n.Style&yaml.TaggedStyle != 0 && !s.opaque[n] {
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
		if s.anchored == nil {
			s.anchored = map[*yaml.Node]bool{}
		}
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
		value.HeadComment, value.LineComment, value.FootComment = alias.HeadComment, alias.LineComment, alias.FootComment
		if len(value.Content) > 0 && value.Style&yaml.FlowStyle == 0 { // go-yaml: loses the comment behind an anchor
			keepComments(&yaml.Node{LineComment: alias.LineComment}, &yaml.Node{}, value.Content[0])
			value.LineComment = ""
		}
		return value, nil
	}
	return nil, fault(alias, diagnostic.ExpandingAliases, fmt.Sprintf("with the alias *%s, aliases add more than %d values", alias.Value, expansion), "", "write the values out")
}

func (s *settling) outside(alias *yaml.Node) error {
	return fault(alias, diagnostic.UnknownAlias, fmt.Sprintf(unknownAlias, alias.Value), "", "write the value out")
}

const unknownAlias = "the alias *%s does not refer to anything in the same object"

func (s *settling) copy(n *yaml.Node) *yaml.Node {
	s.added++
	out := *n
	out.HeadComment, out.LineComment, out.FootComment = "", "", "" // they are where the anchor is
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
		case isTemplate(n):
			return fault(n, diagnostic.TemplateNotRendered, templateFound, "", templateRemedy)
		case key.Kind != yaml.ScalarNode || key.ShortTag() == yaml.NodeTagNull:
			return fault(key, diagnostic.KeyNotAString, "a key is not a string", "", "write a plain name")
		case seen[key.Value]:
			return fault(key, diagnostic.DuplicateKey, "is set twice", "programs disagree on which one counts", "keep one of the two")
		case key.ShortTag() == yaml.MergeTag:
			merge = i
		case !readAlike(key) && !s.opaque[n]:
			return fault(key, diagnostic.RewrittenKey, fmt.Sprintf("the key %q is not a string in YAML 1.1", key.Value), "kubectl writes it in another way", "put it in quotes")
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
	whole := n.Content
	n.Content = append(n.Content[:merge:merge], n.Content[merge+2:]...)
	err := add(n, from, merge, whole[merge])
	if err != nil {
		n.Content = whole // it is about the merge key
	} else if len(n.Content) > 0 {
		keepComments(whole[merge], whole[merge+1], n.Content[min(merge, len(n.Content)-2)])
	}
	return err
}

// add gives n the entries that it lacks; of several maps the first wins (YAML: merge key). A key
// that stands before the merge key is refused: kubectl (go-yaml v2) lets the later of the two win,
// and kustomize (go-yaml v3) the explicit one. Behind it, the explicit one wins for both.
func add(n *yaml.Node, maps []*yaml.Node, merge int, key *yaml.Node) error {
	for _, from := range maps {
		if from.Kind != yaml.MappingNode {
			return fault(key, diagnostic.MergeWithoutMap, "the merge key << does not refer to a map", "", "write the fields out")
		}
		for i := 0; i+1 < len(from.Content); i += 2 {
			switch at := IndexOf(n, from.Content[i].Value); {
			case at >= 0 && at < merge:
				return fault(key, diagnostic.MergeOverrides, fmt.Sprintf("the merge key << sets %q, which its map sets before it", from.Content[i].Value),
					"kubectl takes the merged value, and kustomize the one of the map", "write the keys out")
			case at < 0:
				n.Content = append(n.Content, from.Content[i], from.Content[i+1])
			}
		}
	}
	return nil
}
