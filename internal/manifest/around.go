package manifest

import (
	"bytes"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// around are the comments of a document that belong to no node of it: a license that a blank line
// sets apart, and what stands behind the last line.
type around struct{ head, foot string }

// document is a node with the comments around it.
func (a around) document(n *yaml.Node) *yaml.Node {
	if a == (around{}) || n == nil {
		return n
	}
	return &yaml.Node{Kind: yaml.DocumentNode, HeadComment: a.head, FootComment: a.foot, Content: []*yaml.Node{n}}
}

// Head is the comment at the top of a file, such as a license, that a blank line sets apart from the file's
// first object, as a document of its own; nil where there is none. It stays where the object is removed.
func (i *Item) Head() *Item {
	if i.around.head == "" || i.separator != nil || i.Text == nil {
		return nil
	}
	end := 0
	for at := 0; at < len(i.Text); {
		next := at + bytes.IndexByte(i.Text[at:], '\n') + 1
		line := bytes.TrimSpace(i.Text[at:next])
		if len(line) == 0 {
			end = at // what stands below the last blank line is the object's own
		} else if line[0] != '#' {
			break
		}
		at = next
	}
	if len(bytes.TrimSpace(i.Text[:end])) == 0 {
		return nil
	}
	return &Item{Text: i.Text[:end:end]}
}

// above is the line that separates an item from the one before it: as it was read, with its comment
// and its line end. The first item needs none, so there it stays only for its comment.
func (i *Item) above(first bool) []byte {
	switch {
	case first && !bytes.ContainsRune(i.separator, '#'):
		return nil
	case bytes.HasSuffix(i.separator, []byte("\n")):
		return i.separator
	case len(i.separator) > 0:
		return append(bytes.Clone(i.separator), '\n')
	}
	return []byte("---\n")
}

// withLineEndsOf gives a text that was written anew the line ends of the text that it replaces. To
// YAML, both ends of a line are the same, also inside of a scalar.
func withLineEndsOf(was, text []byte) []byte {
	if !bytes.Contains(was, []byte("\r\n")) {
		return text
	}
	return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
}

// keepComments puts the comments of a key and its value, which are no longer there, above another key.
func keepComments(key, value, above *yaml.Node) {
	comments := []string{key.HeadComment, key.LineComment, value.HeadComment, value.LineComment, key.FootComment, value.FootComment, above.HeadComment}
	above.HeadComment = strings.Join(slices.DeleteFunc(comments, func(comment string) bool { return comment == "" }), "\n")
}
