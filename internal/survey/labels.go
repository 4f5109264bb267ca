package survey

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Labels are sorted by their keys, so that two of any number are compared in one pass.
type Labels []pair

type pair struct{ key, value string }

// LabelsOf are the entries of a map; nil where n is none.
func LabelsOf(n *yaml.Node) Labels {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	out := make(Labels, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, pair{n.Content[i].Value, n.Content[i+1].Value})
	}
	return out.sorted()
}

// LabelsFrom are the entries of a map.
//
//go:noinline
func LabelsFrom(m map[string]string) Labels {
	out := make(Labels, 0, len(m))
	for key, text := range m {
		out = append(out, pair{key, text})
	}
	return out.sorted()
}

func (l Labels) sorted() Labels {
	slices.SortFunc(l, comparePairs)
	return l
}

func comparePairs(a, b pair) int { return strings.Compare(a.key, b.key) }

// podLabels are the labels of the pods that a workload makes, or nil.
func podLabels(item *manifest.Item) Labels {
	if IsNotebook(item) {
		return notebookLabels(item)
	}
	metadata := manifest.Field(item.Node, "metadata")
	if item.Kind != "Pod" {
		metadata = manifest.Field(podTemplate(item), "metadata")
	}
	return LabelsOf(manifest.Field(metadata, "labels"))
}

// PodLabelsOf are the labels of all kinds of pods that an item makes: beside those of podLabels, those
// of the templates below its spec, as jobs of several roles and CronJobs have them, of a
// WorkloadEntry, and of a model.
func PodLabelsOf(item *manifest.Item) []Labels {
	if IsModel(item) {
		return modelLabels(item)
	}
	spec := manifest.Field(item.Node, "spec")
	var out []Labels
	if own := podLabels(item); own != nil {
		out = append(out, own)
	}
	if item.Group == IstioNetworking && item.Kind == "WorkloadEntry" {
		out = append(out, LabelsOf(manifest.Field(spec, "labels")))
	}
	if item.Group == IstioNetworking && item.Kind == "WorkloadGroup" {
		out = append(out, LabelsOf(manifest.Field(spec, "metadata", "labels")))
	}
	first := podTemplate(item)
	manifest.Walk(spec, func(_ string, n *yaml.Node) {
		if pod := LabelsOf(manifest.Field(n, "metadata", "labels")); pod != nil && n != first && manifest.Field(n, "spec", "containers") != nil {
			out = append(out, pod)
		}
	})
	return slices.DeleteFunc(out, func(l Labels) bool { return l == nil })
}

func podTemplate(item *manifest.Item) *yaml.Node {
	return manifest.Field(item.Node, "spec", "template")
}

// Cover reports whether they have all that a selector wants.
//
//go:noinline
func (l Labels) Cover(selector Labels) bool {
	for _, wanted := range selector {
		if l = l.from(wanted.key); len(l) == 0 || l[0] != wanted {
			return false
		}
	}
	return true
}

// and are those of l that others have as well.
func (l Labels) and(others Labels) Labels {
	var both Labels
	for _, one := range l {
		if others = others.from(one.key); len(others) > 0 && others[0] == one {
			both = append(both, one)
		}
	}
	return both
}

// from are the labels from a key on.
func (l Labels) from(key string) Labels {
	for len(l) > 0 && l[0].key < key {
		l = l[1:]
	}
	return l
}

// OwnedBy is the AmbientProfile that owns an object, or "".
//
//go:noinline
func OwnedBy(item *manifest.Item) string { return item.Annotation(profile.OwnedBy) }

// Contradict reports whether no pod can have all labels of both.
func (l Labels) Contradict(others Labels) bool {
	for _, other := range others {
		if rest := l.from(other.key); len(rest) > 0 && rest[0].key == other.key && rest[0].value != other.value {
			return true
		}
	}
	return false
}
