package access

import (
	"cmp"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// isLocal reports whether an object is for tools only: kustomize drops it at the end of a build (api/internal/target KustTarget.IgnoreLocal), and kpt
// never applies it, unless the value is false.
func isLocal(n *yaml.Node) bool {
	local := valueAt(n, "metadata", "annotations", "config.kubernetes.io/local-config")
	return local != nil && local.Value != "false"
}

// objectID is what the API server knows an object by. Its version is none of it.
type objectID struct{ group, kind, namespace, name string }

// seen is where an object was met.
type seen struct {
	at   int // in the recording
	line int
}

// again reports whether an object was there before; one that says something else is an error, because the last one that is applied counts, and the
// manifests do not say which one that is. at is its place in the recording.
func (w *World) again(k groupKind, n *yaml.Node, at int) (bool, error) {
	md := field(n, "metadata")
	id := objectID{k.group, k.kind, cmp.Or(textOf(field(md, "namespace")), "default"), textOf(field(md, "name"))}
	if id.name == "" || !isRead(k, n) {
		return false, nil
	}
	first, known := w.seen[id]
	if !known {
		w.seen[id] = seen{at, n.Line}
		return false, nil
	}
	if w.recording.same(first.at, at) {
		w.recording.drop()
		return true, nil
	}
	o := originOf(n)
	o.namespace, o.name = textOf(field(md, "namespace")), id.name
	found := "is in the manifests twice, and the two differ"
	if first.line > 0 {
		found += " (the first is on line " + portText(first.line) + ")"
	}
	return true, o.finding(diagnostic.ManifestTwice, "", o.place, found, "the one that is applied last counts, and the manifests do not say which one that is", "remove one of the two")
}

// isRead reports whether an object is read at all. Of ConfigMaps, only those of Istio are.
func isRead(k groupKind, n *yaml.Node) bool {
	if k == (groupKind{"", "ConfigMap"}) {
		return field(field(n, "data"), "mesh") != nil || strings.HasPrefix(textOf(valueAt(n, "metadata", "name")), "istio-")
	}
	return readers[k] != nil || noters[k] != nil || makers[k] != nil || ledgerGroup(k.group)
}

const maxSameDepth = 100

// sameValue reports whether two nodes mean the same, wherever they stand and in whatever order their fields are.
func sameValue(a, b *yaml.Node, depth int) bool {
	a, b = deref(a), deref(b)
	if a == nil || b == nil || a.Kind != b.Kind || len(a.Content) != len(b.Content) || depth > maxSameDepth {
		return a == b
	}
	if a == b {
		return true
	}
	switch a.Kind {
	case yaml.ScalarNode:
		return a.Value == b.Value && tag(a) == tag(b)
	case yaml.MappingNode:
		for i := 0; i+1 < len(a.Content); i += 2 {
			if !sameValue(a.Content[i+1], field(b, a.Content[i].Value), depth+1) {
				return false
			}
		}
		return true
	}
	for i := range a.Content {
		if !sameValue(a.Content[i], b.Content[i], depth+1) {
			return false
		}
	}
	return true
}
