package manifest

import (
	"bytes"
	"hash/maphash"
	"io"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Documents are those that were read, so that what has the same bytes elsewhere is not parsed again. Their items are to be looked at only: some share
// their nodes.
type Documents struct {
	seed maphash.Seed
	read map[uint64]readBefore
}

// readBefore is a document, and the item in it.
type readBefore struct {
	data []byte
	line int
	item *Item
}

// ReadObjects is the function of that name, for what is read in turn.
func (d *Documents) ReadObjects(names []string, stdin io.Reader) ([]*Item, error) {
	if d.read == nil {
		d.seed, d.read = maphash.MakeSeed(), map[uint64]readBefore{}
	}
	return readFiles(names, stdin, d)
}

// find is the item of a document that was read before, as if it stood here; nil for none.
func (d *Documents) find(text document) *Item {
	before, ok := d.read[maphash.Bytes(d.seed, text.data)]
	if !ok || !bytes.Equal(before.data, text.data) {
		return nil
	}
	item := *before.item
	if lines := text.line - before.line; lines != 0 {
		item.Node = moved(item.Node, lines)
	}
	item.File, item.around, item.separator = text.file, around{}, text.separator
	return &item
}

// keep notes an item that is a document.
func (d *Documents) keep(text document, item *Item) {
	if key := maphash.Bytes(d.seed, text.data); item.Node != nil {
		d.read[key] = readBefore{text.data, text.line, item}
	}
}

// moved is a copy of a tree without aliases, some lines further down.
func moved(n *yaml.Node, lines int) *yaml.Node {
	out := *n
	if out.Line += lines; len(n.Content) > 0 {
		out.Content = make([]*yaml.Node, len(n.Content))
		for i, below := range n.Content {
			out.Content[i] = moved(below, lines)
		}
	}
	return &out
}
