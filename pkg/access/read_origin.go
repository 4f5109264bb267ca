package access

import (
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// origin is the object that something was read from. Objects that are made up have no place.
type origin struct {
	apiVersion, kind, namespace, name string
	place
	unapplied string     // the field for which a deployment tool may not apply it
	rejected  *rejection // why the API server does not take it
}

// place is where a node starts in its file. Nodes do not know the file; zero: not known.
type place struct{ line, column int }

// originOf is that of an object, without its name.
func originOf(n *yaml.Node) origin {
	return origin{apiVersion: textOf(field(n, "apiVersion")), kind: textOf(field(n, "kind")), place: placeOf(n), unapplied: unappliedField(n), rejected: rejectionOf(n)}
}

//go:noinline
func placeOf(n *yaml.Node) place {
	if n == nil {
		return place{}
	}
	return place{n.Line, n.Column}
}

// id is the namespace/name of an object in a namespace.
//
//go:noinline
func (o *origin) id() string { return join(o.namespace, o.name) }

//go:noinline
func (o *origin) object() diagnostic.Object {
	return diagnostic.Object{APIVersion: o.apiVersion, Kind: o.kind, Namespace: o.namespace, Name: o.name}
}

//go:noinline
func (o *origin) String() string { return o.object().String() }

// fault is why Istio rejects an object: the field, the problem, and the position.
type fault struct {
	field, reason string
	place
}

func (f *fault) Error() string { return f.field + ": " + f.reason }

// wrong is a fault of the field at a path, whose node is n.
func wrong(n *yaml.Node, field, reason string, args ...any) *fault {
	return &fault{field, fmt.Sprintf(reason, args...), placeOf(n)}
}

// below is a fault of a field of the field at a path; nil stays nil.
func below(field string, f *fault) *fault {
	if f != nil {
		f.field = field + f.field
	}
	return f
}

// labelsAt are the labels of the field at a path, whose node is n.
func labelsAt(n *yaml.Node, field string) (labels, *fault) {
	l, err := labelsOf(n)
	if err != nil {
		return nil, wrong(n, field, "%v", err)
	}
	return l, nil
}

func firstOf(a, b *fault) *fault {
	if a != nil {
		return a
	}
	return b
}
