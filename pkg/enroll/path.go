package enroll

import (
	"strconv"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// Where an item is kept, in the two spellings that kpt and kustomize use beside each other
// (KRM functions specification, internal and older form).
const (
	pathAnnotation     = "internal.config.kubernetes.io/path"
	pathAnnotationToo  = "config.kubernetes.io/path"
	indexAnnotation    = "internal.config.kubernetes.io/index"
	indexAnnotationToo = "config.kubernetes.io/index"
	idAnnotationToo    = "config.k8s.io/id"
	internalPrefix     = "internal.config.kubernetes.io/"
)

// path is the file that the item is kept in, or "" outside of a package. kustomize keeps none, but
// makes up a path for every item that has been through a function (kyaml: runfn); it marks the
// items that are its own.
func (i *Item) path() string {
	if i.Annotation("kustomize.config.k8s.io/id") != "" {
		return ""
	}
	if path := i.Annotation(pathAnnotation); path != "" {
		return path
	}
	return i.Annotation(pathAnnotationToo)
}

// files gives new objects a place in the package, behind what is in their file already.
type files struct {
	// next index by path; nil outside of a package, where objects have no file.
	next map[string]int
}

func newFiles(items []*Item) files {
	var f files
	for _, item := range items {
		path := item.path()
		if path == "" {
			continue
		}
		if f.next == nil {
			f.next = map[string]int{}
		}
		text := item.Annotation(indexAnnotation)
		if text == "" {
			text = item.Annotation(indexAnnotationToo)
		}
		index, _ := strconv.Atoi(text) // without an index: the file's only object
		f.next[path] = max(f.next[path], index+1)
	}
	return f
}

// add is the item of a new object, with its place where it has one.
func (f files) add(object generate.Object) *Item {
	item := &Item{ID: idOf(object)}
	if f.next == nil {
		item.New = &object
		return item
	}
	item.Node = object.Node()
	path := object.File()
	index := strconv.Itoa(f.next[path])
	f.next[path]++
	item.mark("annotations", indexAnnotation, index)
	item.mark("annotations", pathAnnotation, path)
	item.mark("annotations", indexAnnotationToo, index)
	item.mark("annotations", pathAnnotationToo, path)
	return item
}
