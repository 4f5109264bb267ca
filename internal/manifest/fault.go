package manifest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// faulty is an error about a node whose object and file are not known yet.
type faulty struct {
	n *yaml.Node
	diagnostic.Diagnostic
}

func fault(n *yaml.Node, code diagnostic.Code, found, effect, remedy string) error {
	return faulty{n, diagnostic.Diagnostic{Code: code, Found: found, Effect: effect, Remedy: remedy}}
}

// located gives a fault in an item, which is at a path of the input, its position, and the object
// that it is in: of a List, the listed one. In an object without a name it is known by the path.
func located(item *Item, path string, err error) error {
	var f faulty
	if !errors.As(err, &f) {
		return err
	}
	d := f.Diagnostic
	field, _ := pathTo(item.Node, f.n)
	d.Field, d.Position = joined(path, field), item.At(f.n)
	for item != nil {
		if item.Kind != "" && item.Name != "" {
			d.Object, d.Field, d.Position = item.Ref(), field, item.At(f.n)
		}
		item, field = item.listed(field)
	}
	return d
}

// listed is the object of a List that a path leads to, and the rest of the path; nil for none.
func (i *Item) listed(path string) (item *Item, rest string) {
	head, rest, found := strings.Cut(path, "]")
	if !i.IsList() || !found || !strings.HasPrefix(head, "items[") {
		return nil, ""
	}
	n, _ := Find(i.Node, head+"]")
	item = NewItem(n)
	item.File = i.File
	return item, strings.TrimPrefix(rest, ".")
}

// pathTo is the path that Find follows from a node to one below it. A key has the path of its
// value, and one that is not a string that of its map.
func pathTo(from, to *yaml.Node) (path string, found bool) {
	if from == to {
		return "", true
	}
	for i, below := range from.Content {
		rest, found := pathTo(below, to)
		switch {
		case !found:
		case from.Kind != yaml.MappingNode:
			return joined(fmt.Sprintf("[%d]", i), rest), true
		case i%2 == 0:
			return spelled(below), true
		default:
			return joined(spelled(from.Content[i-1]), rest), true
		}
	}
	return "", false
}

func joined(path, below string) string {
	if path == "" || below == "" || below[0] == '[' {
		return path + below
	}
	return path + "." + below
}

// spelled is a key as a path has it, in quotes where it could be misread.
func spelled(key *yaml.Node) string {
	switch {
	case key.Kind != yaml.ScalarNode || key.ShortTag() == yaml.NodeTagNull:
		return ""
	case key.Value == "" || strings.ContainsFunc(key.Value, func(c rune) bool { return strings.ContainsRune(` "[]`, c) || diagnostic.Invisible(c) }):
		return strconv.QuoteToASCII(key.Value)
	}
	return key.Value
}
