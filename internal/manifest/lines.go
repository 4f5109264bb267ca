package manifest

import (
	"bytes"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// document is the text of one document of a file, how many lines are above it, and the last of
// them, which separates it from the document before.
type document struct {
	file      string
	data      []byte
	line      int
	separator []byte
}

// parse returns the top node of the document, with the lines and columns of its file, and the
// comments around it, which belong to no node below; nil if there are only comments.
func (d document) parse() (*yaml.Node, around, error) {
	whole, err := onlyDocument(d.data)
	if err != nil {
		return nil, around{}, d.inFile(err)
	}
	n := Root(whole)
	if !countsLines(d.data) {
		place(n, linesOf(d.data))
	}
	if err := d.checkBareTags(n); err != nil {
		return nil, around{}, d.inFile(err)
	}
	moveDown(n, d.line)
	return n, around{whole.HeadComment, whole.FootComment}, nil
}

// Embedded returns the top node of a text that is a YAML document of its own, as a ConfigMap holds one; nil if
// there are only comments. What YAML parsers disagree on is an error, as it is in a file.
func Embedded(text string) (*yaml.Node, error) {
	n, _, err := document{data: []byte(text)}.parse()
	return n, err
}

// inFile gives an error about a line of the document that line of the file.
func (d document) inFile(err error) error {
	located := diagnostic.All(err)[0]
	located.Position.File = d.file
	if located.Position.Line > 0 {
		located.Position.Line += d.line
	}
	return located
}

// moveDown gives n, whose lines are counted in its document, those of the file.
func moveDown(n *yaml.Node, lines int) {
	if n == nil || lines == 0 {
		return
	}
	n.Line += lines
	for _, below := range n.Content {
		moveDown(below, lines)
	}
}

// place gives n, whose lines are counted as YAML 1.1 does, those that everybody else counts.
func place(n *yaml.Node, lines []diagnostic.Position) {
	if n == nil {
		return
	}
	if n.Line >= 1 && n.Line <= len(lines) {
		start := lines[n.Line-1]
		n.Line, n.Column = start.Line, start.Column+n.Column
	}
	for _, below := range n.Content {
		place(below, lines)
	}
}

// linesOf is where each line of YAML 1.1 begins, which a carriage return ends as well, and three
// characters of Unicode. Line counts line feeds, and Column the characters in front.
func linesOf(data []byte) []diagnostic.Position {
	at := diagnostic.Position{Line: 1}
	lines := []diagnostic.Position{at}
	for i, c := range string(data) {
		at.Column++
		switch {
		case c == '\n':
			at = diagnostic.Position{Line: at.Line + 1}
		case c == '\r' && bytes.HasPrefix(data[i+1:], []byte("\n")), c != '\r' && !slices.Contains([]rune("\u0085\u2028\u2029"), c):
			continue
		}
		lines = append(lines, at)
	}
	return lines
}
