package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// readConfig reads the one AmbientProfile of a file, as it stands there; - is stdin.
func readConfig(name string, stdin io.Reader) (*Item, error) {
	data, err := readAll(name, stdin)
	if err != nil {
		return nil, err
	}
	var configs []*Item
	for i, text := range splitDocuments(data) {
		document, err := onlyDocument(text.data)
		if err != nil {
			return nil, inDocument(name, i, err)
		}
		if document != nil {
			moveDown(document, text.line)
			item := NewItem(document)
			item.File = Sources([]string{name})
			configs = append(configs, item)
		}
	}
	switch {
	case len(configs) == 0:
		return nil, fmt.Errorf("%s: is empty; write an AmbientProfile", Sources([]string{name}))
	case len(configs) > 1:
		return nil, fmt.Errorf("%s: has %d documents, expected one AmbientProfile; put each AmbientProfile in its own file, and run ambient-profile once for each", Sources([]string{name}), len(configs))
	}
	return configs[0], nil
}

// ReadObjects reads every object of files, one file after the other; - is stdin.
func ReadObjects(names []string, stdin io.Reader) ([]*Item, error) {
	var items []*Item
	for _, name := range names {
		more, err := readFile(name, stdin)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	return items, nil
}

// readFile reads every document of a file, a List's items one by one.
func readFile(name string, stdin io.Reader) ([]*Item, error) {
	data, err := readAll(name, stdin)
	if err != nil {
		return nil, err
	}
	var items []*Item
	reader := &Reader{}
	for i, text := range splitDocuments(data) {
		more, err := readDocument(reader, text)
		if err != nil {
			return nil, inDocument(name, i, err)
		}
		for _, item := range more {
			item.File = Sources([]string{name})
		}
		items = append(items, more...)
	}
	return items, nil
}

func readAll(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		data, err := io.ReadAll(stdin)
		if err != nil {
			return nil, diagnostic.NotDone{Err: fmt.Errorf("stdin: %w", err)}
		}
		return data, nil
	}
	data, err := os.ReadFile(name)
	return data, diagnostic.Undone(err)
}

func inDocument(name string, i int, err error) error {
	return fmt.Errorf("%s: document %d: %w", name, i+1, err)
}

func readDocument(reader *Reader, text document) ([]*Item, error) {
	if len(bytes.TrimSpace(text.data)) == 0 {
		return nil, nil
	}
	document, err := onlyDocument(text.data)
	if err != nil {
		return nil, err
	}
	moveDown(document, text.line)
	item, err := reader.Read(document)
	if err != nil {
		return nil, err
	}
	if item.IsList() {
		return unlist(item)
	}
	item.Text = asRead(text.data, document)
	return []*Item{item}, nil
}

// unlist are the items of a List, those of a List in it as well.
func unlist(list *Item) ([]*Item, error) {
	listed, err := list.Items()
	if err != nil {
		return nil, err
	}
	var items []*Item
	for _, item := range listed {
		if !item.IsList() {
			items = append(items, item)
			continue
		}
		more, err := unlist(item)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	return items, nil
}

// onlyDocument is the top node of the one document in data; nil where that holds comments only.
func onlyDocument(data []byte) (*yaml.Node, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("is not UTF-8; save it in that encoding")
	}
	if bytes.HasPrefix(data, byteOrderMark) { // the one of a whole stream is gone by now
		return nil, errors.New("begins with a byte order mark behind other documents, where it is a character like any other; take it out")
	}
	if directive.Match(data) {
		return nil, errors.New("has a directive, %YAML or %TAG, which can change what the rest means; leave it out")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, more yaml.Node
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("holds more than one document; begin each by a line with --- and nothing else")
	}
	return Root(&document), nil
}

var byteOrderMark = []byte("\ufeff")

// directive is a line that begins with %, before anything but comments.
var directive = regexp.MustCompile(`\A([ \t]*(#.*)?\r?\n)*%`)

// moveDown gives n, whose lines are counted in its document, those of the stream.
func moveDown(n *yaml.Node, lines int) {
	if n == nil || lines == 0 {
		return
	}
	n.Line += lines
	for _, below := range n.Content {
		moveDown(below, lines)
	}
}

// Root is the top node of a document, or nil.
func Root(document *yaml.Node) *yaml.Node {
	if document.Kind == yaml.DocumentNode && len(document.Content) == 1 {
		return document.Content[0]
	}
	return nil
}

// Sources are the names of files as messages write them.
func Sources(files []string) string {
	names := slices.Clone(files)
	for i, name := range names {
		if name == "-" {
			names[i] = "stdin"
		}
	}
	return strings.Join(names, ", ")
}
