package manifest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Form is how the objects of a run came, which is how they go out: as a ResourceList, or each as
// a document of its own.
type Form struct {
	// apiVersion of the ResourceList; "" for documents.
	apiVersion string
	config     *yaml.Node
	// configText are the lines of functionConfig as they were read; nil if they are unknown.
	configText []byte
}

// Write writes objects in a form, and results where a ResourceList has a place for them; nil is
// none. What nobody changed keeps its bytes. Nothing is written before everything has its text.
// The error says what could not be done.
func Write(w io.Writer, items []*Item, form Form, results *yaml.Node) error {
	texts, err := form.texts(items, results)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	for _, text := range texts {
		if _, err := out.Write(text); err != nil {
			return diagnostic.Undone(err)
		}
	}
	return diagnostic.Undone(out.Flush())
}

// Encode yields the tree of every item that has one and goes to the cluster, in order. That of a new item is made once: it is
// encoded in the form, then yielded, then forgotten, because the trees of all new items would take
// thirty times their text. An item that cannot be encoded stays as it is, and Write reports it.
func Encode(items []*Item, form Form) iter.Seq[*yaml.Node] {
	w := newWriter(form.apiVersion != "")
	return func(yield func(*yaml.Node) bool) {
		for _, item := range items {
			n := item.Node
			if item.New != nil {
				n = item.New()
				if text, err := w.text(n); err == nil {
					item.Text, item.New = text, nil
				}
			}
			if n != nil && !item.IsLocal() && !yield(n) {
				return
			}
		}
	}
}

func (f Form) texts(items []*Item, results *yaml.Node) ([][]byte, error) {
	if f.apiVersion == "" {
		return documents(items)
	}
	return f.list(items, results)
}

// documents are the items as a file, without what only a pipeline needs to know of them.
func documents(items []*Item) ([][]byte, error) {
	w := newWriter(false)
	texts := make([][]byte, 0, 2*len(items))
	for i, item := range items {
		item.DropPipelineAnnotations()
		text, err := w.item(item)
		if err != nil {
			return nil, err
		}
		if separator := item.above(i == 0); separator != nil {
			texts = append(texts, separator)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// list returns the ResourceList to write, in chunks, with its results if there are any.
func (f Form) list(items []*Item, results *yaml.Node) ([][]byte, error) {
	head := fmt.Sprintf("apiVersion: %s\nkind: %s\nitems:\n", f.apiVersion, kio.ResourceListKind)
	if len(items) == 0 {
		head = strings.Replace(head, "items:", "items: []", 1)
	}
	texts := append(make([][]byte, 0, len(items)+3), []byte(head))
	w := newWriter(true)
	for _, item := range relisted(items) {
		text, err := w.item(item)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	w = newWriter(false)
	var err error
	if f.configText == nil {
		f.configText, err = w.field("functionConfig", f.config)
	}
	texts = append(texts, f.configText)
	if err != nil || results == nil || len(results.Content) == 0 {
		return texts, err
	}
	tail, err := w.field("results", results)
	return append(texts, tail), err
}

// writer writes objects: what is unchanged as it was read, what is plain by plainYAML and the rest
// by the library.
type writer struct {
	plainYAML
	// sequence: each behind a dash.
	sequence bool
}

func newWriter(sequence bool) *writer {
	return &writer{plainYAML{&bytes.Buffer{}, map[string]string{}}, sequence}
}

// item is the text of an item, as it is to leave.
func (w *writer) item(item *Item) ([]byte, error) {
	switch {
	case item.Verbatim():
		return item.Text, nil
	case item.New != nil:
		return w.text(item.New())
	default:
		return w.edited(item)
	}
}

// edited is the text of an item that is not as it was read any more.
func (w *writer) edited(item *Item) ([]byte, error) {
	if !w.sequence {
		if text := patched(item.Text, item.Node); text != nil {
			return text, nil
		}
	}
	if item.Node == nil || plainObject(item.Node) && item.around == (around{}) {
		return w.text(item.Node)
	}
	whole := item.Node
	if !w.sequence {
		whole = item.around.document(item.Node)
	}
	keepTexts(item.Node)
	text, err := w.text(whole)
	if err == nil && !readsAs(text, item.Node, w.sequence) {
		quoteOpenEnds(item.Node)
		text, err = w.text(whole)
	}
	if err == nil && !readsAs(text, item.Node, w.sequence) { // a comment got into something else
		dropComments(item.Node)
		text, err = w.text(item.Node)
	}
	return withLineEndsOf(item.Text, text), err
}

// text is a node as it is to leave.
func (w *writer) text(n *yaml.Node) ([]byte, error) {
	w.out.Reset()
	err := w.node(n)
	return bytes.Clone(w.out.Bytes()), err
}

// field is a key with its value.
func (w *writer) field(key string, value *yaml.Node) ([]byte, error) {
	return w.text(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{Text(key), value}})
}

func (w *writer) node(n *yaml.Node) error {
	switch {
	case plainObject(n) && w.sequence:
		w.out.WriteString("- ")
		return w.block(n, 2)
	case plainObject(n):
		return w.block(n, 0)
	case w.sequence:
		return encode(w.out, &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{n}})
	default:
		return encode(w.out, n)
	}
}

// encode has an encoder for each object: go-yaml never trims its event queue during one's life.
func encode(w io.Writer, n *yaml.Node) error {
	quoteBase60(n)
	encoder := yaml.NewEncoder(w)
	if err := encoder.Encode(n); err != nil {
		return err
	}
	return encoder.Close()
}
