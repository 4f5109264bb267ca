package manifest

import (
	"cmp"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Whether an item is applied, and where it is kept, the latter in the two spellings that kpt and kustomize use beside each other
// (KRM functions specification, internal and older form).
const (
	LocalAnnotation    = "config.kubernetes.io/local-config"
	PathAnnotation     = "internal.config.kubernetes.io/path"
	PathAnnotationToo  = "config.kubernetes.io/path"
	IndexAnnotation    = "internal.config.kubernetes.io/index"
	IndexAnnotationToo = "config.kubernetes.io/index"
	idAnnotationToo    = "config.k8s.io/id"
	internalPrefix     = "internal.config.kubernetes.io/"
	selectionID        = "internal.config.k8s.io/kpt-resource-id" // kpt: while a function runs on a selection
)

// ofPipeline reports whether an annotation is one that kpt and kustomize add to an object while a
// function runs, and remove from it afterwards.
func ofPipeline(key string) bool {
	return strings.HasPrefix(key, internalPrefix) || key == selectionID || key == PathAnnotationToo ||
		key == IndexAnnotationToo || key == idAnnotationToo
}

// dropCopiedPlace removes the annotations of the pipeline from every place but the item's own
// annotations. They are there through an alias or a merge key of the map that kpt put them into, or
// of the one around it, and kpt removes them only from that one.
func (i *Item) dropCopiedPlace() {
	if own := Field(i.Node, "metadata", "annotations"); own != nil {
		dropCopies(i.Node, own)
	}
}

// dropCopies removes the annotations of the pipeline in own from n and the nodes below it, except for
// own itself. It reports whether nothing is left of n, which then was not there before.
func dropCopies(n, own *yaml.Node) (emptied bool) {
	if n == own {
		return false
	}
	if n.Kind != yaml.MappingNode {
		for _, below := range n.Content {
			dropCopies(below, own)
		}
		return false
	}
	kept := make([]*yaml.Node, 0, len(n.Content))
	for at := 0; at+1 < len(n.Content); at += 2 {
		key, value := n.Content[at], n.Content[at+1]
		copied := ofPipeline(key.Value) && value.Kind == yaml.ScalarNode && value.Value == Value(own, key.Value)
		if !copied && !dropCopies(value, own) {
			kept = append(kept, key, value)
		}
	}
	emptied = len(kept) == 0 && len(n.Content) > 0
	n.Content = kept
	return emptied
}

// Path is the file that the item is kept in, or "" outside of a package. kustomize keeps none, but
// makes up a path for every item that has been through a function (kyaml: runfn); it marks the
// items that are its own.
func (i *Item) Path() string {
	if i.sent != nil {
		return i.sent.Path()
	}
	if i.Annotation("kustomize.config.k8s.io/id") != "" {
		return ""
	}
	return cmp.Or(i.Annotation(PathAnnotation), i.Annotation(PathAnnotationToo))
}

// kept is where Path and the index next to it say that the item is.
func (i *Item) kept() diagnostic.Position {
	path := i.Path()
	if path == "" {
		return i.at
	}
	return diagnostic.Position{File: path, Index: i.Index()}
}

// Index is where the item is among the objects of its file.
func (i *Item) Index() int {
	if i.sent != nil {
		return i.sent.Index()
	}
	index, _ := strconv.Atoi(cmp.Or(i.Annotation(IndexAnnotation), i.Annotation(IndexAnnotationToo))) // kyaml: 0 without one
	return index
}
