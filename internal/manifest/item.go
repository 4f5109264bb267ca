// Package manifest turns bytes into objects and back: what nobody changes leaves as the bytes that it
// came as, and what two YAML readers could understand in two ways is refused.
package manifest

import (
	"slices"
	"strings"

	"istio.io/api/label"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Item is one object of the input or output.
type Item struct {
	ID
	// Node is the object's map; nil for a document that holds comments only, and for a new object.
	Node *yaml.Node
	// New makes the tree of an object that was not in the input, where it has no file; else nil.
	// The trees of all at once would take thirty times their text.
	New func() *yaml.Node
	// Text is the source of Node, as it must appear in the output; nil if that is unknown.
	Text []byte
	// around are the comments above and below Node in its file, and separator the line --- there.
	around    around
	separator []byte
	// sent is the list of a ResourceList that it is in, or nil.
	sent *sentList
	// File is the file that it was read from, "stdin" where that was it; "" for an item of a
	// ResourceList.
	File string
	// at is where the file of a configuration is kept; kpt sends its path with the item only.
	at diagnostic.Position
	// Changed is true once Node differs from what was read.
	Changed bool
	// CopyOf is the namespace/name of the object of this kind that it was made from, "" for none.
	CopyOf string
	// Removed is true once the item is to be left out of the output.
	Removed bool
	// Errs are the edits that the item's own form did not allow.
	Errs []error
}

// ID identifies an object. The version is not part of it.
type ID struct{ Group, Kind, Namespace, Name string }

// NewID is an identity; a cluster-scoped kind has the namespace "".
//
//go:noinline
func NewID(group, kind, namespace, name string) ID { return ID{group, kind, namespace, name} }

// Group returns the group of an apiVersion: "apps" of apps/v1, and "" of v1, the core group.
func Group(apiVersion string) string {
	group, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return group
}

// NewItem reads the identity of n; what n lacks stays "".
func NewItem(n *yaml.Node) *Item {
	metadata := Field(n, "metadata")
	id := ID{Group(Value(n, "apiVersion")), Value(n, "kind"), Value(metadata, "namespace"), Value(metadata, "name")}
	if prefix := Value(metadata, "generateName"); id.Name == "" && prefix != "" {
		id.Name = prefix + "*" // no name that an object can have: the API server makes one up
	}
	if slices.Contains(clusterScoped, id.Kind) {
		id.Namespace = "" // apiserver: ignores the namespace of what has none
	}
	return &Item{Node: n, ID: id}
}

// clusterScoped are the kinds without a namespace that we make, remove or read.
var clusterScoped = []string{"Namespace", "ClusterRole", "ClusterRoleBinding"}

func (id ID) String() string {
	if id.Namespace == "" {
		return id.Kind + " " + id.Name
	}
	return id.Kind + " " + id.Namespace + "/" + id.Name
}

// Ref is the object as messages name it.
func (i *Item) Ref() diagnostic.Object {
	return diagnostic.Object{APIVersion: Value(i.Node, "apiVersion"), Kind: i.Kind, Namespace: i.Namespace, Name: i.Name}
}

// At returns the position of n, a node of the item, in the item's file. kustomize and kpt send
// objects written anew: there it is the file that the object is kept in, without a line, if any.
func (i *Item) At(n *yaml.Node) diagnostic.Position {
	switch {
	case i.File == "":
		return i.kept()
	case n == nil:
		return diagnostic.Position{File: i.File}
	}
	return diagnostic.Position{File: i.File, Line: n.Line, Column: n.Column}
}

// Report is a message about the item, or about the field at a path below it, such as
// spec.rules[0].to; "" is all of it. Its position is that of the field, or of what lacks it.
func (i *Item) Report(code diagnostic.Code, field, found, effect, remedy string) diagnostic.Diagnostic {
	n, _ := Find(i.Node, field)
	return diagnostic.Diagnostic{
		Code: code, Position: i.At(n), Object: i.Ref(), Field: field,
		Found: found, Effect: effect, Remedy: remedy,
	}
}

// Annotation is the value of metadata.annotations[key], or "".
//
//go:noinline
func (i *Item) Annotation(key string) string {
	return Value(Field(Field(i.Node, "metadata"), "annotations"), key)
}

// IsLocal reports whether kustomize and kpt keep the object out of the cluster: it is there for the
// functions that read it (kustomize: DropLocalNodes; kpt live: the value false applies it).
func (i *Item) IsLocal() bool {
	value := Field(Field(Field(i.Node, "metadata"), "annotations"), LocalAnnotation)
	return value != nil && value.Value != "false"
}

// Label is the value of metadata.labels[key], or "".
//
//go:noinline
func (i *Item) Label(key string) string {
	return Value(Field(Field(i.Node, "metadata"), "labels"), key)
}

// IsGenerated reports whether the object's name is made up when it is created.
func (i *Item) IsGenerated() bool {
	return strings.HasSuffix(i.Name, "*") && Value(i.Node, "metadata", "name") == ""
}

// Revision is the revision of istiod that alone sees the object, "" where all do. Istio 1.31
// (config.LabelsInRevision): an istiod of another revision ignores it.
//
//go:noinline
func (i *Item) Revision() string { return i.Label(label.IoIstioRev.Name) }

// Mark sets metadata.<in>[key], where in is labels or annotations.
func (i *Item) Mark(in, key, text string) {
	metadata := i.Ensure(i.Node, "metadata")
	i.Set(i.Ensure(metadata, in), key, Text(text))
}

// Unmark removes metadata.<in>[key] and reports whether it was there.
func (i *Item) Unmark(in, key string) bool {
	metadata := Field(i.Node, "metadata")
	below := Field(metadata, in)
	if !i.Drop(below, key) {
		return false
	}
	if len(below.Content) == 0 {
		i.Drop(metadata, in)
	}
	return true
}

// Drop removes key from the map at parent and reports whether it was there.
func (i *Item) Drop(parent *yaml.Node, key string) bool {
	at := IndexOf(parent, key)
	if at < 0 {
		return false
	}
	parent.Content = append(parent.Content[:at:at], parent.Content[at+2:]...)
	i.Changed = true
	return true
}

// Set puts n below key of the map at parent. What means the same already keeps its form.
func (i *Item) Set(parent *yaml.Node, key string, n *yaml.Node) {
	at := IndexOf(parent, key)
	if at >= 0 && Equal(parent.Content[at+1], n) {
		return
	}
	i.Changed = true
	if at >= 0 {
		n.LineComment = parent.Content[at+1].LineComment
		parent.Content[at+1] = n
		return
	}
	parent.Content = append(parent.Content, Text(key), n)
}

// Ensure is the map below key of the map at parent, made where there is none.
func (i *Item) Ensure(parent *yaml.Node, key string) *yaml.Node {
	n := Field(parent, key)
	if n != nil && n.Kind == yaml.MappingNode {
		return n
	}
	if n != nil && n.ShortTag() != yaml.NodeTagNull {
		path, _ := pathTo(i.Node, n)
		i.Errs = append(i.Errs, i.Report(diagnostic.NotAMap, path, "is not a map", "the function cannot set a field in it", "write a map, or remove it"))
	}
	n = &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap}
	i.Set(parent, key, n)
	return Field(parent, key)
}

// Quoted makes every YAML parser read a string as a string.
func Quoted(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.ScalarNode && n.Tag == yaml.NodeTagString && n.Style == 0 && !IsText(n.Value) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// Verbatim reports whether the item leaves as the text that it came as.
func (i *Item) Verbatim() bool { return i.Text != nil && !i.Changed }

// SameAs reports whether key means the same in both items.
func (i *Item) SameAs(other *Item, key string) bool {
	a, b := Field(i.Node, key), Field(other.Node, key)
	return a == b || a != nil && b != nil && Equal(a, b)
}

// InPackage reports whether the item has a file of its own, as in a kpt package.
func (i *Item) InPackage() bool { return i.Path() != "" }

// DropPipelineAnnotations removes what tells kustomize and kpt where the item was.
func (i *Item) DropPipelineAnnotations() {
	annotations := Field(Field(i.Node, "metadata"), "annotations")
	if annotations == nil || annotations.Kind != yaml.MappingNode {
		return
	}
	for at := len(annotations.Content) - 2; at >= 0; at -= 2 {
		if key := annotations.Content[at].Value; ofPipeline(key) {
			i.Unmark("annotations", key)
		}
	}
}
