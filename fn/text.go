package main

import (
	"bytes"
	"io"
	"regexp"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/enroll"
)

// Items keep the text that they were read from, so that what nobody changes comes out as it went
// in, to the byte; only changed and new items are written by the YAML library.

// sequenceItems are the items of a list. Each gets the lines from its dash, and the comment above
// it, to the next one's; data ends where the list ends. A list in another form than
// kustomize's and kpt's (dashes in the first column) is understood too, but written anew.
func sequenceItems(data []byte, list *yaml.Node) []*enroll.Item {
	var items []*enroll.Item
	for _, n := range list.Content {
		items = append(items, enroll.NewItem(n))
	}
	if list.Kind != yaml.SequenceNode || list.Style&yaml.FlowStyle != 0 || list.Column != 1 || list.Anchor != "" {
		return items
	}
	starts := dashes(data, offset(data, list.Line))
	if len(starts) != len(items) {
		return items
	}
	for i, item := range items {
		end := len(data)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		item.Text = withNewline(data[starts[i]:end])
	}
	return items
}

// dashes are the offsets of the lines, from an offset on, at which an item of a list in the first
// column begins. A text below an item is indented, so that such a line is always an item.
func dashes(data []byte, from int) []int {
	var starts []int
	comment := -1 // where the comment lines above the current line begin
	for at := from; at < len(data); {
		line := data[at:]
		next := len(data)
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			next = at + end + 1
			line = line[:end]
		}
		switch {
		case len(line) > 0 && line[0] == '#':
			if comment < 0 {
				comment = at
			}
		case len(line) > 0 && line[0] == '-' && (len(line) == 1 || line[1] == ' ' || line[1] == '\r'):
			if comment < 0 || len(starts) == 0 {
				comment = at
			}
			starts = append(starts, comment)
			comment = -1
		default:
			comment = -1
		}
		at = next
	}
	return starts
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

func withNewline(text []byte) []byte {
	if bytes.HasSuffix(text, []byte("\n")) {
		return text
	}
	return append(text[:len(text):len(text)], '\n')
}

var separator = regexp.MustCompile(`(?m)^---[ \t]*(#.*)?\r?(\n|\z)`)

// splitDocuments cuts a stream at its --- lines.
func splitDocuments(data []byte) [][]byte {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var documents [][]byte
	start := 0
	for _, loc := range separator.FindAllIndex(data, -1) {
		documents = append(documents, data[start:loc[0]])
		start = loc[1]
	}
	return append(documents, data[start:])
}

// A form is how items stand beside each other.
type form int

const (
	documentForm form = iota // each a document
	sequenceForm             // each behind a dash
)

// writeItems writes what is unchanged as it was read, what is plain by plainYAML and the rest by the
// library, with an encoder for each: go-yaml never trims its event queue during one's life.
func writeItems(out *bytes.Buffer, items []*enroll.Item, f form) error {
	w := plainYAML{out: out, quoted: map[string]string{}}
	for _, item := range items {
		if f == documentForm && out.Len() > 0 {
			out.WriteString("---\n")
		}
		var err error
		switch {
		case item.Verbatim():
			out.Write(item.Text)
		case plain(item.Node) && f == sequenceForm:
			out.WriteString("- ")
			err = w.block(item.Node, 2)
		case plain(item.Node):
			err = w.block(item.Node, 0)
		case f == sequenceForm:
			err = encode(out, &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{item.Node}})
		default:
			err = encode(out, item.Node)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func encode(w io.Writer, n *yaml.Node) error {
	encoder := yaml.NewEncoder(w)
	if err := encoder.Encode(n); err != nil {
		return err
	}
	return encoder.Close()
}
