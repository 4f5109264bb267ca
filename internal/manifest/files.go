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
	"syscall"
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
	file := Sources([]string{name})
	var config *Item
	var second error
	own := false
	for _, text := range splitDocuments(file, data) {
		document, _, err := text.parse()
		switch {
		case err != nil && second == nil:
			return nil, err
		case document == nil:
			continue
		case config == nil:
			config = NewItem(document)
			config.File = file
		case second == nil:
			second = diagnostic.Diagnostic{
				Code: diagnostic.SecondDocument, Position: diagnostic.Position{File: file, Line: text.line, Column: 1},
				Found: "a second document starts here", Remedy: "put each AmbientProfile in its own file, and run ambient-profile once for each",
			}
		}
		own = own || NewItem(document).Kind == "AmbientProfile"
	}
	switch {
	case second != nil && !own: // the manifests were given first
		return nil, diagnostic.Diagnostic{
			Code: diagnostic.EmptyConfig, Position: diagnostic.Position{File: file},
			Found: "contains several documents, and no AmbientProfile", Remedy: "give the configuration first: ambient-profile ambientprofile.yaml INPUT.yaml",
		}
	case second != nil:
		return nil, second
	}
	if config == nil {
		return nil, diagnostic.Diagnostic{
			Code: diagnostic.EmptyConfig, Position: diagnostic.Position{File: file},
			Found: "contains no AmbientProfile", Remedy: "write one, with apiVersion, kind, metadata and spec",
		}
	}
	return config, nil
}

// ReadObjects reads every object of files, one file after the other; - is stdin.
func ReadObjects(names []string, stdin io.Reader) ([]*Item, error) {
	return readFiles(names, stdin, nil)
}

func readFiles(names []string, stdin io.Reader, known *Documents) ([]*Item, error) {
	var items []*Item
	for _, name := range names {
		more, err := readFile(name, stdin, known)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	return items, nil
}

// readFile reads every document of a file, a List's items one by one.
func readFile(name string, stdin io.Reader, known *Documents) ([]*Item, error) {
	data, err := readAll(name, stdin)
	if err != nil {
		return nil, err
	}
	var items []*Item
	reader := &Reader{File: Sources([]string{name})}
	for _, text := range splitDocuments(reader.File, data) {
		if known != nil {
			if item := known.find(text); item != nil {
				items = append(items, item)
				continue
			}
		}
		more, err := readDocument(reader, text)
		if err != nil {
			return nil, err
		}
		if known != nil && len(more) == 1 && !more[0].IsList() && more[0].Text != nil {
			known.keep(text, more[0])
		}
		items = append(items, more...)
	}
	return items, nil
}

func readAll(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		data, err := io.ReadAll(stdin)
		return data, cannotRead("stdin", err)
	}
	data, err := os.ReadFile(name)
	return data, cannotRead(name, err)
}

// cannotRead is an error of the operating system as ours; nil stays nil.
func cannotRead(file string, err error) error {
	if err == nil {
		return nil
	}
	if inner := errors.Unwrap(err); inner != nil { // os.PathError: repeats the name
		err = inner
	}
	remedy := "check that the file exists and is readable"
	if errors.Is(err, syscall.EISDIR) {
		remedy = "give a file in it, or what kustomize makes of it: kustomize build " + file + " | ambient-profile ... -"
	}
	return diagnostic.Undone(diagnostic.Diagnostic{
		Code: diagnostic.CannotRead, Position: diagnostic.Position{File: file},
		Found: fmt.Sprintf("cannot be read (%v)", err), Remedy: remedy,
	})
}

func readDocument(reader *Reader, text document) ([]*Item, error) {
	if len(bytes.TrimSpace(text.data)) == 0 {
		return nil, nil
	}
	document, around, err := text.parse()
	if err != nil {
		return nil, err
	}
	item, err := reader.Read(document)
	if err != nil {
		return nil, err
	}
	item.around, item.separator = around, text.separator
	if !item.IsList() {
		item.Text = asRead(text.data, document)
		return []*Item{item}, nil
	}
	items, err := unlist(item)
	if len(items) > 0 {
		items[0].around, items[0].separator = around, text.separator
	}
	return items, err
}

// onlyDocument is the one document in data, without a node where that holds comments only. An error
// has the line in data.
func onlyDocument(data []byte) (*yaml.Node, error) {
	refuse := func(at int, code diagnostic.Code, found, effect, remedy string) error {
		return diagnostic.Diagnostic{Code: code, Position: placeOf(data, at), Found: found, Effect: effect, Remedy: remedy}
	}
	if at := invalidUTF8(data); at >= 0 {
		return nil, refuse(at, diagnostic.NotUTF8, "a byte here is not UTF-8", "", "save the text in UTF-8")
	}
	if at := lateMark.FindIndex(data); at != nil { // one at the beginning is gone by now
		return nil, refuse(at[1]-len(byteOrderMark), diagnostic.ByteOrderMark, "a byte order mark is allowed only at the beginning of a document", "here it is an ordinary character", "remove it")
	}
	if at := directive.FindIndex(data); at != nil {
		return nil, refuse(at[1]-1, diagnostic.Directive, "a directive, such as %YAML or %TAG, starts here", "it can change what the rest means", "remove the line")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, more yaml.Node
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, syntaxError(data)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, hiddenDocument(data, &more, err)
	}
	return &document, nil
}

// hiddenDocument is an error about what comes after the document in data, where the library found
// more, or failed.
func hiddenDocument(data []byte, more *yaml.Node, err error) error {
	at := diagnostic.Position{Line: more.Line, Column: more.Column}
	if err != nil {
		d := syntaxError(data)
		if problem, _ := problemOf(data); problem != noDocument {
			return d
		}
		at = d.Position
	}
	return diagnostic.Diagnostic{
		Code: diagnostic.HiddenDocument, Position: at, Found: "a second document starts here, without a line --- of its own",
		Effect: "programs disagree on whether to read it", Remedy: "begin each document with a line that is only ---",
	}
}

// invalidUTF8 is the offset of what is not UTF-8, or -1.
func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

var byteOrderMark = []byte("\ufeff")

// lateMark is a byte order mark before anything but comments.
var lateMark = regexp.MustCompile(`\A([ \t]*(#.*)?\r?\n)*\x{feff}`)

// directive is a line that begins with %, before anything but comments.
var directive = regexp.MustCompile(`\A([ \t]*(#.*)?\r?\n)*%`)

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
