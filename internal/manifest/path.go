package manifest

import (
	"cmp"
	"strconv"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Where an item is kept, in the two spellings that kpt and kustomize use beside each other
// (KRM functions specification, internal and older form).
const (
	PathAnnotation     = "internal.config.kubernetes.io/path"
	PathAnnotationToo  = "config.kubernetes.io/path"
	IndexAnnotation    = "internal.config.kubernetes.io/index"
	IndexAnnotationToo = "config.kubernetes.io/index"
	idAnnotationToo    = "config.k8s.io/id"
	internalPrefix     = "internal.config.kubernetes.io/"
)

// Path is the file that the item is kept in, or "" outside of a package. kustomize keeps none, but
// makes up a path for every item that has been through a function (kyaml: runfn); it marks the
// items that are its own.
func (i *Item) Path() string {
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
	index, _ := strconv.Atoi(cmp.Or(i.Annotation(IndexAnnotation), i.Annotation(IndexAnnotationToo))) // kyaml: 0 without one
	return diagnostic.Position{File: path, Index: index}
}
