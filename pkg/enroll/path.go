package enroll

import (
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/kio/kioutil"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// path is the file that the item is kept in, or "" outside of a package.
func (i *Item) path() string {
	if path := i.Annotation(kioutil.PathAnnotation); path != "" {
		return path
	}
	return i.Annotation(kioutil.LegacyPathAnnotation)
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
		text := item.Annotation(kioutil.IndexAnnotation)
		if text == "" {
			text = item.Annotation(kioutil.LegacyIndexAnnotation)
		}
		index, _ := strconv.Atoi(text) // without an index: the file's only object
		f.next[path] = max(f.next[path], index+1)
	}
	return f
}

// add is the item of a new object, with its place where it has one.
func (f files) add(object generate.Object) *Item {
	item := &Item{ID: idOf(object), Node: object.Node(), Changed: true}
	if f.next == nil {
		return item
	}
	path := object.File()
	index := strconv.Itoa(f.next[path])
	f.next[path]++
	item.mark("annotations", kioutil.IndexAnnotation, index)
	item.mark("annotations", kioutil.PathAnnotation, path)
	item.mark("annotations", kioutil.LegacyIndexAnnotation, index)
	item.mark("annotations", kioutil.LegacyPathAnnotation, path)
	return item
}
