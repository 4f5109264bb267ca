package manifest

import (
	"bytes"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// plainYAML writes the objects that we make, which are all alike: maps and lists in block style,
// texts on one line, no comments. It gives the bytes that the YAML library gives, without its
// event queue: at a thousand tenants that queue was most of the time and memory. How a text is
// quoted is still the library's to say.
type plainYAML struct {
	out *bytes.Buffer
	// quoted are the texts that need quotes, as the library writes them.
	quoted map[string]string
}

// plainObject reports whether n is a map with something in it, as every object is, and plain.
func plainObject(n *yaml.Node) bool {
	return n.Kind == yaml.MappingNode && len(n.Content) > 0 && plain(n)
}

// plain reports whether n is of the kind that plainYAML writes; all else is for the library.
func plain(n *yaml.Node) bool {
	if n.HeadComment != "" || n.LineComment != "" || n.FootComment != "" || n.Anchor != "" {
		return false
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return plainScalar(n)
	case yaml.MappingNode:
		if n.Style != 0 && len(n.Content) > 0 {
			return false
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !plainKey(n.Content[i]) || !plain(n.Content[i+1]) {
				return false
			}
		}
		return true
	case yaml.SequenceNode:
		if n.Style != 0 || len(n.Content) == 0 {
			return false
		}
		for _, item := range n.Content {
			if item.Kind == yaml.SequenceNode || !plain(item) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

func plainKey(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Style == 0 && n.HeadComment == "" && n.LineComment == "" && n.FootComment == "" && IsPlainText(n.Value)
}

func plainScalar(n *yaml.Node) bool {
	switch n.Tag {
	case yaml.NodeTagString:
		return (n.Style == 0 || n.Style == yaml.DoubleQuotedStyle) && !strings.Contains(n.Value, "\n")
	case yaml.NodeTagInt, yaml.NodeTagBool:
		return n.Style == 0
	default:
		return false
	}
}

// block writes a map or list whose lines are indented by spaces; the first line's indentation, or
// the dash in its place, is there already. Lists are not indented below their key, as kustomize
// and kpt have it.
func (w *plainYAML) block(n *yaml.Node, spaces int) error {
	if n.Kind == yaml.SequenceNode {
		for i, item := range n.Content {
			w.indent(i, spaces)
			w.out.WriteString("- ")
			if err := w.item(item, spaces+2); err != nil {
				return err
			}
		}
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		w.indent(i, spaces)
		w.out.WriteString(n.Content[i].Value)
		w.out.WriteByte(':')
		value := n.Content[i+1]
		if value.Kind == yaml.ScalarNode || len(value.Content) == 0 {
			w.out.WriteByte(' ')
			if err := w.item(value, spaces); err != nil {
				return err
			}
			continue
		}
		w.out.WriteByte('\n')
		below := spaces
		if value.Kind == yaml.MappingNode {
			below += 2
		}
		w.spaces(below)
		if err := w.block(value, below); err != nil {
			return err
		}
	}
	return nil
}

// item writes what stands behind a dash or a colon.
func (w *plainYAML) item(n *yaml.Node, spaces int) error {
	switch {
	case n.Kind == yaml.ScalarNode:
		return w.scalar(n)
	case len(n.Content) == 0:
		w.out.WriteString("{}\n")
		return nil
	default:
		return w.block(n, spaces)
	}
}

func (w *plainYAML) scalar(n *yaml.Node) error {
	if n.Tag != yaml.NodeTagString || n.Style == 0 && IsPlainText(n.Value) {
		w.out.WriteString(n.Value)
		w.out.WriteByte('\n')
		return nil
	}
	quoted, known := w.quoted[n.Value]
	if !known {
		quoteBase60(n)
		line, err := yaml.Marshal(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{yaml.NewStringRNode("k").YNode(), n}})
		if err != nil {
			return err
		}
		quoted = strings.TrimPrefix(string(line), "k: ")
		w.quoted[n.Value] = quoted
	}
	w.out.WriteString(quoted)
	return nil
}

func (w *plainYAML) indent(i, spaces int) {
	if i > 0 {
		w.spaces(spaces)
	}
}

func (w *plainYAML) spaces(n int) {
	for range n {
		w.out.WriteByte(' ')
	}
}
