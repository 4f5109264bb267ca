package enroll

import (
	"fmt"
	"slices"
	"strings"

	"istio.io/api/label"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Item is one object of the input or output.
type Item struct {
	ID
	// Node is the object's map; nil for a document that holds comments only, and for a new object.
	Node *yaml.Node
	// New is the object that was not in the input, where it has no file; else nil. Its tree is made
	// by whoever needs it: the trees of all at once would take thirty times their text.
	New *generate.Object
	// Text is what Node was read from, as it must stand in the output; nil where that is unknown.
	Text []byte
	// Changed is true once Node is no longer as it was read.
	Changed bool
	// errs are the edits that the item's own form did not allow.
	errs []error
}

// ID is what makes two manifests the same object. The version is no part of it.
type ID struct{ Group, Kind, Namespace, Name string }

// NewItem reads the identity of n; what n lacks stays "".
func NewItem(n *yaml.Node) *Item {
	metadata := field(n, "metadata")
	group, _, found := strings.Cut(value(n, "apiVersion"), "/")
	if !found {
		group = "" // v1, the core group
	}
	id := ID{group, value(n, "kind"), value(metadata, "namespace"), value(metadata, "name")}
	if slices.Contains(clusterScoped, id.Kind) {
		id.Namespace = "" // apiserver: ignores the namespace of what has none
	}
	return &Item{Node: n, ID: id}
}

// clusterScoped are the kinds without a namespace that we make, remove or read.
var clusterScoped = []string{"Namespace", "ClusterRole", "ClusterRoleBinding"}

func idOf(o generate.Object) ID {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		group = ""
	}
	return ID{group, o.Kind, o.Namespace, o.Name}
}

func (id ID) String() string {
	if id.Namespace == "" {
		return id.Kind + " " + id.Name
	}
	return id.Kind + " " + id.Namespace + "/" + id.Name
}

// Annotation is the value of metadata.annotations[key], or "".
func (i *Item) Annotation(key string) string {
	return value(field(field(i.Node, "metadata"), "annotations"), key)
}

// Label is the value of metadata.labels[key], or "".
func (i *Item) Label(key string) string {
	return value(field(field(i.Node, "metadata"), "labels"), key)
}

// revision is the revision of istiod that alone sees the object, "" where all do. Istio 1.31
// (config.LabelsInRevision): an istiod of another revision ignores it.
func (i *Item) revision() string { return i.Label(label.IoIstioRev.Name) }

// Spec is what stands below key at the top of the object, or nil.
func (i *Item) Spec(key string) *yaml.Node { return field(i.Node, key) }

// owner is the AmbientProfile that owns the object, or "".
func (i *Item) owner() string { return i.Annotation(generate.OwnedBy) }

// mark sets metadata.<in>[key], where in is labels or annotations.
func (i *Item) mark(in, key, text string) {
	metadata := i.ensure(i.Node, "metadata")
	i.set(i.ensure(metadata, in), key, scalar(text))
}

// unmark removes metadata.<in>[key] and tells whether it was there.
func (i *Item) unmark(in, key string) bool {
	metadata := field(i.Node, "metadata")
	below := field(metadata, in)
	if !i.drop(below, key) {
		return false
	}
	if len(below.Content) == 0 {
		i.drop(metadata, in)
	}
	return true
}

// drop removes key from the map at parent and tells whether it was there.
func (i *Item) drop(parent *yaml.Node, key string) bool {
	at := position(parent, key)
	if at < 0 {
		return false
	}
	parent.Content = append(parent.Content[:at:at], parent.Content[at+2:]...)
	i.Changed = true
	return true
}

// set puts n below key of the map at parent. What means the same already keeps its form.
func (i *Item) set(parent *yaml.Node, key string, n *yaml.Node) {
	at := position(parent, key)
	if at >= 0 && equal(parent.Content[at+1], n) {
		return
	}
	i.Changed = true
	if at >= 0 {
		n.LineComment = parent.Content[at+1].LineComment
		parent.Content[at+1] = n
		return
	}
	parent.Content = append(parent.Content, scalar(key), n)
}

// ensure is the map below key of the map at parent, made where there is none.
func (i *Item) ensure(parent *yaml.Node, key string) *yaml.Node {
	n := field(parent, key)
	if n != nil && n.Kind == yaml.MappingNode {
		return n
	}
	if n != nil && n.ShortTag() != yaml.NodeTagNull {
		i.errs = append(i.errs, fmt.Errorf("%s: %s is no map, so nothing can be set in it; correct it", i, key))
	}
	n = &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap}
	i.set(parent, key, n)
	return field(parent, key)
}

// quoted keeps a text a text to every YAML reader.
func quoted(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.ScalarNode && n.Tag == yaml.NodeTagString && n.Style == 0 && !profile.IsText(n.Value) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// Verbatim tells whether the item leaves as the text that it came as.
func (i *Item) Verbatim() bool { return i.Text != nil && !i.Changed }

// SameAs tells whether key means the same in both items.
func (i *Item) SameAs(other *Item, key string) bool {
	a, b := field(i.Node, key), field(other.Node, key)
	return a == b || a != nil && b != nil && equal(a, b)
}

// InPackage tells whether the item has a file of its own, as in a kpt package.
func (i *Item) InPackage() bool { return i.path() != "" }

// ProfileNames are the names that an AmbientProfile lists.
func (i *Item) ProfileNames() []string {
	var names []string
	if profiles := field(field(i.Node, "spec"), "profiles"); profiles != nil {
		for _, p := range profiles.Content {
			names = append(names, value(p, "name"))
		}
	}
	return names
}

// DropPipelineAnnotations removes what tells kustomize and kpt where the item was.
func (i *Item) DropPipelineAnnotations() {
	annotations := field(field(i.Node, "metadata"), "annotations")
	if annotations == nil || annotations.Kind != yaml.MappingNode {
		return
	}
	for at := len(annotations.Content) - 2; at >= 0; at -= 2 {
		switch key := annotations.Content[at].Value; {
		case strings.HasPrefix(key, internalPrefix), key == pathAnnotationToo, key == indexAnnotationToo, key == idAnnotationToo:
			i.unmark("annotations", key)
		}
	}
}
