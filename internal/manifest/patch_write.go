package manifest

import (
	"bytes"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// write replaces the text between two offsets by a node that begins at a column; whole: with the indentation of
// the first line.
func (p *patcher) write(start, end int, n *yaml.Node, column int, whole bool) bool {
	n = yaml.CopyYNode(n)
	keepTexts(n)
	w := newWriter(false)
	text, err := w.text(n)
	if err != nil {
		return false
	}
	indent := strings.Repeat(" ", column-1)
	lines := strings.SplitAfter(string(text), "\n")
	for i, line := range lines {
		if strings.TrimRight(line, "\n") != "" && (i > 0 || whole) {
			lines[i] = indent + line
		}
	}
	p.patches = append(p.patches, patch{start, end, strings.Join(lines, "")})
	return true
}

// inFlow is a node on one line, as it stands in a map in flow style. It reports false for a list of maps in
// block style: the line would be too long to read.
func inFlow(n *yaml.Node) (string, bool) {
	if listsMaps(n) {
		return "", false
	}
	n = yaml.CopyYNode(n)
	dropComments(n)
	list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: []*yaml.Node{n}}
	var out bytes.Buffer
	err := encode(&out, list)
	text := strings.TrimSpace(out.String())
	if err != nil || len(text) < 2 || strings.Contains(text, "\n") {
		return "", false
	}
	return text[1 : len(text)-1], true
}

func listsMaps(n *yaml.Node) bool {
	if n.Style&yaml.FlowStyle != 0 {
		return false
	}
	isMap := func(n *yaml.Node) bool { return n.Kind == yaml.MappingNode }
	return n.Kind == yaml.SequenceNode && slices.ContainsFunc(n.Content, isMap) || slices.ContainsFunc(n.Content, listsMaps)
}

// dropFeet removes the comments below the last of what is in a node, which are not part of its text.
func dropFeet(n *yaml.Node) {
	for ; len(n.Content) > 0; n = n.Content[len(n.Content)-1] {
		n.FootComment = ""
		if n.Kind == yaml.MappingNode && len(n.Content) > 1 {
			n.Content[len(n.Content)-2].FootComment = ""
		}
	}
	n.FootComment = ""
}
