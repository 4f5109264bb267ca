package manifest

import (
	"bytes"
	"regexp"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// bareTag is a tag without a name at the beginning of a text, or behind an anchor there, and the
// comments in between. A blank or the end must follow (go.yaml.in/yaml/v3: yaml_parser_scan_tag),
// or the characters belong to its name: that of [!, a] is ",".
var bareTag = regexp.MustCompile(`\A(&[0-9A-Za-z_-]+([` + blanks + `]|#[^` + breaks + `]*[` + breaks + `])+)?` + bare)

// anyBareTag is what could be one, and could be part of a text just as well.
var anyBareTag = regexp.MustCompile(bare)

const (
	breaks = `\r\n\x{85}\x{2028}\x{2029}`
	blanks = ` \t` + breaks
	bare   = `!(<(!|%21)>)?([` + blanks + `]|\z)`
)

// checkBareTags refuses a document with a tag that has no name, below root. kubectl (go-yaml v2)
// reads a scalar with it as a string; go-yaml v3 drops it (parser.node), so that only the text
// shows it: it stands where a node begins.
func (d document) checkBareTags(root *yaml.Node) error {
	if root == nil || bytes.IndexByte(d.data, '!') < 0 || !anyBareTag.Match(d.data) {
		return nil
	}
	place := cursor{data: d.data, line: 1, column: 1}
	n := place.bareTag(root)
	if n == nil {
		return nil
	}
	item := NewItem(root)
	item.File = d.file
	return located(item, "", fault(n, diagnostic.WrongTag, "the tag ! has no name", "YAML parsers disagree on it", "remove the tag, and put a string in quotes"))
}

// cursor is a place in a text that moves from node to node, so that the text is read once.
type cursor struct {
	data             []byte
	at, line, column int
}

// bareTag is the first of n and the nodes below it that has a tag without a name, or nil.
func (c *cursor) bareTag(n *yaml.Node) *yaml.Node {
	c.move(n.Line, n.Column)
	if here := c.data[c.at:]; len(here) > 0 && (here[0] == '!' || here[0] == '&') && bareTag.Match(here) {
		return n
	}
	for _, below := range n.Content {
		if found := c.bareTag(below); found != nil {
			return found
		}
	}
	return nil
}

// move goes to a line and a column of it. The parser never goes back: a node begins where the one
// before it does, or behind that.
func (c *cursor) move(line, column int) {
	if line > c.line {
		c.at += offset(c.data[c.at:], line-c.line+1)
		c.line, c.column = line, 1
	}
	for ; c.column < column && c.at < len(c.data); c.column++ {
		_, size := utf8.DecodeRune(c.data[c.at:])
		c.at += size
	}
}
