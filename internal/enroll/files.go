package enroll

import (
	"strconv"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

func idOf(o generate.Object) manifest.ID {
	return manifest.NewID(manifest.Group(o.APIVersion), o.Kind, o.Namespace, o.Name)
}

// files gives new objects a place in the package, after the objects that are in their file already.
type files struct {
	// next is the next index by path; nil outside of a package, where objects have no file.
	next map[string]int
}

func newFiles(input *survey.Index) files {
	if !input.InPackage {
		return files{}
	}
	f := files{map[string]int{}}
	for _, item := range input.All {
		if path := item.Path(); path != "" {
			f.next[path] = max(f.next[path], item.Index()+1)
		}
	}
	return f
}

// add returns the item of a new object, with its place if it has one.
func (f files) add(object generate.Object) *manifest.Item {
	item := &manifest.Item{ID: idOf(object), CopyOf: object.CopyOf}
	if f.next == nil {
		item.New = object.Node
		return item
	}
	item.Node = object.Node()
	path := object.File()
	index := strconv.Itoa(f.next[path])
	f.next[path]++
	item.Mark("annotations", manifest.IndexAnnotation, index)
	item.Mark("annotations", manifest.PathAnnotation, path)
	item.Mark("annotations", manifest.IndexAnnotationToo, index)
	item.Mark("annotations", manifest.PathAnnotationToo, path)
	return item
}
