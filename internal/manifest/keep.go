package manifest

import (
	"bytes"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// The YAML library does not always write what it has read: of a text in folded style it loses lines
// that are indented, and a comment can become part of the text above it. So what an edited item is
// written as is read again.

// keepTexts gives the texts in block style below n another style where the library would change them,
// and the comments another place where it would lose them.
func keepTexts(n *yaml.Node) {
	for _, below := range n.Content {
		keepTexts(below)
		if n.Kind == yaml.SequenceNode {
			keepItemComment(below)
		}
	}
	for _, style := range []yaml.Style{yaml.LiteralStyle, yaml.DoubleQuotedStyle} {
		if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 || isKept(n) {
			return
		}
		n.Style = style
	}
}

// keepItemComment moves the comment behind the dash of a map or a list to its first line, and spells out
// a null below a comment: the library would lose the comments.
func keepItemComment(n *yaml.Node) {
	switch {
	case n.Kind != yaml.ScalarNode && len(n.Content) > 0 && n.Style&yaml.FlowStyle == 0:
		keepComments(&yaml.Node{LineComment: n.LineComment}, &yaml.Node{}, n.Content[0])
		n.LineComment = ""
	case n.Kind == yaml.ScalarNode && n.Tag == yaml.NodeTagNull && n.HeadComment != "" && n.Value == "":
		n.Value = "null"
	}
}

// quoteOpenEnds puts texts in quotes that end in empty lines: what comes after such a text, a comment
// say, can get into it.
func quoteOpenEnds(n *yaml.Node) {
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 && strings.HasSuffix("\n"+n.Value, "\n\n") {
		n.Style = yaml.DoubleQuotedStyle
	}
	for _, below := range n.Content {
		quoteOpenEnds(below)
	}
}

// isKept reports whether a scalar is the same after it was written.
func isKept(n *yaml.Node) bool {
	alone := &yaml.Node{Kind: yaml.ScalarNode, Tag: n.Tag, Style: n.Style, Value: n.Value}
	object := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{Text("k"), alone, Text("z"), Text("z")}}
	var text bytes.Buffer
	return encode(&text, object) == nil && readsAs(text.Bytes(), object, false)
}

// readsAs reports whether a text means n: as a document, or as the only item of a list.
func readsAs(text []byte, n *yaml.Node, sequence bool) bool {
	whole, err := onlyDocument(text)
	if err != nil {
		return false
	}
	got := Root(whole)
	if sequence && got != nil && len(got.Content) == 1 {
		got = got.Content[0]
	}
	return got != nil && Equal(got, n)
}

func dropComments(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	for _, below := range n.Content {
		dropComments(below)
	}
}
