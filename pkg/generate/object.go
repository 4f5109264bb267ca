package generate

import (
	"maps"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Keys by which an object of ours is known. Only the annotation decides: labels get overwritten
// (kustomize: buildMetadata managedByLabel).
const (
	managedBy = "app.kubernetes.io/managed-by"
	tool      = "ambient-profile"
)

// Object is one manifest: its identity, its metadata, and its other fields.
type Object struct {
	APIVersion, Kind string
	// Namespace is "" for what belongs to the cluster.
	Namespace, Name     string
	Labels, Annotations map[string]string
	Fields              Fields
	// Yields: an object of the input that means the same replaces this one, whatever its name is.
	Yields bool
	// CopyOf is the namespace/name of the object of this kind that it is a copy of, "" for none.
	CopyOf string
}

// Fields maps keys to values: a string, a bool, an int, Fields, a struct with yaml tags,
// a message of istio.io/api, or a list of these.
type Fields map[string]any

// spec is the one field that most manifests have in addition to their metadata.
//
//go:noinline
func spec(s any) Fields { return Fields{"spec": s} }

// Own marks the object as that AmbientProfile's.
func (o *Object) Own(name string) {
	o.Labels = with(o.Labels, managedBy, tool)
	o.Annotations = with(o.Annotations, profile.OwnedBy, name)
}

// File is where a package keeps the object: by the namespace that it belongs to.
func (o Object) File() string {
	switch {
	case o.Namespace != "":
		return o.Namespace + "/ambient.yaml"
	case o.Kind == "Namespace":
		return o.Name + "/ambient.yaml"
	default:
		return "cluster/ambient.yaml"
	}
}

func with(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

// FieldNames returns the top-level keys other than apiVersion, kind and metadata, sorted.
func (o Object) FieldNames() []string { return SortedKeys(o.Fields) }

// MarksOwner reports whether a label or annotation says whose an object is; such marks only go to
// objects that are ours.
func MarksOwner(key string) bool { return key == profile.OwnedBy || key == managedBy }

// SortedKeys are the keys of m in alphabetical order.
func SortedKeys[V any, M ~map[string]V](m M) []string { return slices.Sorted(maps.Keys(m)) }
