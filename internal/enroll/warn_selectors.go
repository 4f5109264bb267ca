package enroll

import (
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// labeledBefore are what selects Namespaces by their labels, and the labels before this run.
type labeledBefore struct {
	selectors []survey.Selection
	labels    map[*manifest.Item]map[string]string
}

// beforeLabels notes what selects Namespaces, before any of them is labeled.
func beforeLabels(input *survey.Index) labeledBefore {
	before := labeledBefore{selectors: input.NamespaceSelectors(), labels: map[*manifest.Item]map[string]string{}}
	if len(before.selectors) == 0 {
		return before
	}
	for _, item := range input.Items {
		if item.Group == "" && item.Kind == "Namespace" {
			before.labels[item] = labelsOfNamespace(item)
		}
	}
	return before
}

// labelsOfNamespace are its labels and its name, which the API server adds as one (Kubernetes 1.22).
func labelsOfNamespace(item *manifest.Item) map[string]string {
	labels := map[string]string{namespaceName: item.Name}
	for key, text := range manifest.StringMap(manifest.Field(item.Node, "metadata", "labels")) {
		labels[key] = text
	}
	return labels
}

// warnSelectors reports what selects other Namespaces now than before this run.
func (b labeledBefore) warnSelectors(input *survey.Index, notes *survey.Notes) {
	type relabeled struct {
		name     string
		was, now map[string]string
	}
	var all []relabeled
	var keys []string
	for _, item := range input.Items {
		was, known := b.labels[item]
		if !known || !item.Changed {
			continue
		}
		now := labelsOfNamespace(item)
		all = append(all, relabeled{item.Name, was, now})
		for _, key := range append(generate.SortedKeys(was), generate.SortedKeys(now)...) {
			if was[key] != now[key] && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	for _, s := range b.selectors {
		named := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !survey.SelectorNames(s.Selector, key) })
		if s.Item.Removed || len(named) == 0 {
			continue
		}
		var lost, gained []string
		for _, ns := range all {
			was, now := survey.Matches(s.Selector, ns.was, false), survey.Matches(s.Selector, ns.now, false)
			switch {
			case was && !now:
				lost = append(lost, ns.name)
			case now && !was:
				gained = append(gained, ns.name)
			}
		}
		reportSelection(notes, s.Item, named, lost, gained)
	}
}

// reportSelection reports a selector by labels that this run has changed.
func reportSelection(notes *survey.Notes, item *manifest.Item, keys, lost, gained []string) {
	const few = 4
	var effects []string
	if len(lost) > 0 {
		effects = append(effects, "it no longer selects "+inWords(firstOf(lost, few)))
	}
	if len(gained) > 0 {
		effects = append(effects, "it selects "+inWords(firstOf(gained, few))+" now")
	}
	if len(effects) == 0 {
		return
	}
	notes.Warn(diagnostic.NamespacesSelected, item, "selects Namespaces by "+inWords(keys)+", which this run changed", strings.Join(effects, ", and "), "select them by "+namespaceName)
}
