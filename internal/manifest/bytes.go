package manifest

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Items keep the text that they were read from, so that what nobody changes comes out as it went
// in, byte for byte; only changed and new items are written by the YAML library.

// sequenceItems are the items of a list. Each gets the lines from its dash, and the comment above
// it, to the next one's; data ends where the list ends. A list in another form than
// kustomize's and kpt's (dashes in the first column) is understood too, but written anew.
func sequenceItems(reader *Reader, data []byte, list *yaml.Node) ([]*Item, error) {
	var starts []int
	if list.Kind == yaml.SequenceNode && list.Style&yaml.FlowStyle == 0 && list.Column == 1 && countsLines(data) {
		starts = starting(data, list.Content)
	}
	items := make([]*Item, 0, len(list.Content))
	for i, n := range list.Content {
		path := fmt.Sprintf("items[%d]", i)
		item, err := reader.read(n, path)
		if err != nil {
			return nil, err
		}
		if starts != nil {
			end := len(data)
			if i+1 < len(starts) {
				end = starts[i+1]
			}
			item.Text = asRead(data[starts[i]:end], n)
		}
		read, err := unlistSent(item, path)
		if err != nil {
			return nil, err
		}
		items = append(items, read...)
	}
	return items, nil
}

// countsLines reports whether the parser counts the lines of data as we do: YAML 1.1 has more
// characters that end one.
func countsLines(data []byte) bool {
	for _, other := range []string{"\u0085", "\u2028", "\u2029"} {
		if bytes.Contains(data, []byte(other)) {
			return false
		}
	}
	return bytes.Count(data, []byte("\r")) == bytes.Count(data, []byte("\r\n"))
}

// starting are the offsets at which the items of a list begin: at the dash, or at the item's own
// comment above it. They follow from where the parser found the items, so that no text which looks
// like a dash or a comment is taken for one. nil: an item has no dash in the first column.
func starting(data []byte, items []*yaml.Node) []int {
	starts := make([]int, len(items))
	at, line := 0, 1
	for i, n := range items {
		at, line = at+offset(data[at:], n.Line-line+1), n.Line
		start := dash(data, at, n.Column)
		if start < 0 {
			return nil
		}
		starts[i] = above(data, start, n.HeadComment)
	}
	return starts
}

// dash is where the line with the dash of an item begins, or -1. The item stands at a column of
// the line at; between the two there can only be blanks and comments.
func dash(data []byte, at, column int) int {
	before := data[at:min(at+column-1, len(data))]
	for {
		text := bytes.TrimSpace(before)
		switch {
		case len(before) > 0 && before[0] == '-' && isSpace(text[1:]):
			return at
		case !isSpace(text) || at == 0:
			return -1
		}
		end := at
		at = lineBefore(data, at)
		before = data[at:end]
	}
}

// isSpace is true for what may stand between a dash and its item.
func isSpace(text []byte) bool {
	text = bytes.TrimSpace(text)
	return len(text) == 0 || text[0] == '#'
}

// above is where the comment begins that stands directly above an item, if the parser calls it the
// item's.
func above(data []byte, at int, comment string) int {
	if comment == "" {
		return at
	}
	for range strings.Count(comment, "\n") + 1 {
		before := lineBefore(data, at)
		if line := bytes.TrimSpace(data[before:at]); len(line) == 0 || line[0] != '#' {
			break
		}
		at = before
	}
	return at
}

// lineBefore is where the line above the one at an offset begins.
func lineBefore(data []byte, at int) int {
	if at == 0 {
		return 0
	}
	return bytes.LastIndexByte(data[:at-1], '\n') + 1
}

// offset is where a line, counted from 1, begins.
func offset(data []byte, line int) int {
	at := 0
	for ; line > 1; line-- {
		end := bytes.IndexByte(data[at:], '\n')
		if end < 0 {
			return len(data)
		}
		at += end + 1
	}
	return at
}

var endMarker = regexp.MustCompile(`(?m)^\.\.\.([ \t]+#.*|[ \t]*)\r?$`)

// documentEnd is where the line ... stands that ends a document, else the end of data. In no text
// can a line begin with it (YAML: c-forbidden).
func documentEnd(data []byte) int {
	if loc := endMarker.FindIndex(data); loc != nil {
		return loc[0]
	}
	return len(data)
}

// asRead is the text of n as a whole line, n being nil for comments only; nil where one more line end would change what it says:
// behind a text in block style, to which the line end belongs.
func asRead(text []byte, n *yaml.Node) []byte {
	if bytes.HasSuffix(text, []byte("\n")) {
		return text
	}
	for n != nil && len(n.Content) > 0 {
		n = n.Content[len(n.Content)-1]
	}
	if n != nil && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return nil
	}
	return append(text[:len(text):len(text)], '\n')
}

var separator = regexp.MustCompile(`\A---([ \t]+#.*|[ \t]*)\r?(\n|\z)`)

// splitDocuments cuts a file at its --- lines.
func splitDocuments(file string, data []byte) []document {
	data = bytes.TrimPrefix(data, byteOrderMark)
	var documents []document
	var above []byte
	start, line := 0, 0
	add := func(end, next int) {
		text := data[start:end]
		if start > 0 { // kubectl and kustomize read each document by itself
			text = bytes.TrimPrefix(text, byteOrderMark)
		}
		documents = append(documents, document{file, text, line, above})
		line += bytes.Count(data[start:next], []byte("\n"))
		start, above = next, data[end:next]
	}
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte("---"))
		if i < 0 {
			break
		}
		from := at + i
		to := len(data)
		if end := bytes.IndexByte(data[from:], '\n'); end >= 0 {
			to = from + end + 1
		}
		if at = from + 3; (from == 0 || data[from-1] == '\n') && separator.Match(data[from:to]) {
			add(from, to)
			at = to
		}
	}
	add(len(data), len(data))
	return documents
}
