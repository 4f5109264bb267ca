package manifest

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
	if path := i.Annotation(PathAnnotation); path != "" {
		return path
	}
	return i.Annotation(PathAnnotationToo)
}
