package manifest

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// lineStarts are the offsets at which the lines of data begin, and that of its end.
func lineStarts(data []byte) []int {
	starts := []int{0}
	for i, c := range data {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return append(starts, len(data))
}

// lineOf is the offset at which the line of a node begins.
func (p *patcher) lineOf(n *yaml.Node) int { return p.lines[min(max(n.Line, 1), len(p.lines))-1] }

// offsetOf is where a node begins: the library counts characters.
func (p *patcher) offsetOf(n *yaml.Node) int {
	at := p.lineOf(n)
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(p.data[at:])
		at += size
	}
	return at
}

// textOf is where the text of a value begins: behind its anchor.
func (p *patcher) textOf(n *yaml.Node) int {
	at := p.offsetOf(n)
	if n.Anchor == "" {
		return at
	}
	at += len("&" + n.Anchor)
	return at + len(p.data[at:]) - len(bytes.TrimLeft(p.data[at:], " \t"))
}

func onlyBlanks(text []byte) bool { return len(bytes.TrimSpace(text)) == 0 }

// contentEnd is where the last line of a value ends, without the blank lines and the comments between it and
// limit. Its key is at a column, and what is in block style below stands further in.
func (p *patcher) contentEnd(key, value *yaml.Node, limit int) int {
	for len(value.Content) > 0 {
		value = value.Content[len(value.Content)-1]
	}
	block := value.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
	start, end := p.lineOf(key), limit
	for end > start {
		line := p.data[lineBefore(p.data, end):end]
		text := bytes.TrimSpace(line)
		if len(text) > 0 && (text[0] != '#' || block && indentOf(line) >= key.Column) {
			break
		}
		end -= len(line)
	}
	for keeps := block && strings.HasSuffix("\n"+value.Value, "\n\n"); keeps && end < limit; { // its empty lines are part of it
		line := firstLine(p.data[end:limit])
		if !onlyBlanks(line) {
			break
		}
		end += len(line)
	}
	return end
}

// behindComments is the end of the comments that go on at an offset, at a column.
func (p *patcher) behindComments(at, column, limit int) int {
	for column > 1 && at < limit {
		line := p.data[at : at+len(firstLine(p.data[at:limit]))]
		if text := bytes.TrimSpace(line); len(text) == 0 || text[0] != '#' || indentOf(line) != column-1 {
			break
		}
		at += len(line)
	}
	return at
}

func firstLine(data []byte) []byte {
	if end := bytes.IndexByte(data, '\n'); end >= 0 {
		return data[:end+1]
	}
	return data
}

func indentOf(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }

// tokenEnd is where the text of a value ends that begins at an offset, or -1: it is known of what is in flow style
// and of a scalar on one line.
func tokenEnd(data []byte, at int, n *yaml.Node) int {
	switch {
	case n.Style&yaml.TaggedStyle != 0 || at >= len(data):
		return -1
	case n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle != 0:
		return closing(data, at)
	case n.Kind != yaml.ScalarNode:
		return -1
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return quoteEnd(data, at)
	case n.Style == 0 && n.Value != "" && bytes.HasPrefix(data[at:], []byte(n.Value)):
		return at + len(n.Value)
	}
	return -1
}

// closing is the offset behind the bracket that closes the one at an offset, or -1.
func closing(data []byte, at int) int {
	if at >= len(data) || data[at] != '{' && data[at] != '[' {
		return -1
	}
	depth := 0
	last := byte(',') // what is not blank and comes before
	for at < len(data) {
		c := data[at]
		switch {
		case (c == '"' || c == '\'') && bytes.IndexByte([]byte("{[,:"), last) >= 0:
			if at = quoteEnd(data, at); at < 0 {
				return -1
			}
			last = c
			continue
		case c == '#' && (data[at-1] == ' ' || data[at-1] == '\t' || data[at-1] == '\n'):
			at += len(firstLine(data[at:]))
			continue
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return at + 1
			}
		}
		if !onlyBlanks(data[at : at+1]) {
			last = c
		}
		at++
	}
	return -1
}

// quoteEnd is the offset behind the quote that closes the one at an offset, or -1.
func quoteEnd(data []byte, at int) int {
	quote := data[at]
	for at++; at < len(data); at++ {
		switch {
		case quote == '"' && data[at] == '\\':
			at++
		case data[at] != quote:
		case quote == '\'' && at+1 < len(data) && data[at+1] == quote:
			at++
		default:
			return at + 1
		}
	}
	return -1
}
