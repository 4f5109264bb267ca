package survey

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// Reach says which pods a way leads to, of those that a selector selects.
type Reach int

// The pods that a way leads to.
const (
	Nowhere Reach = iota
	Perhaps       // the input does not say
	Partly        // and to other pods
	only
)

// Leads reports which of the pods that a selector selects a way leads to.
func (in *Index) Leads(w Way, namespace string, wanted Labels) Reach {
	hits, misses := 0, 0
	for _, name := range w.pods {
		hit := podLabels(in.ByID[manifest.ID{Kind: "Pod", Namespace: namespace, Name: name}]).Cover(wanted)
		hits += count01(hit)
		misses += count01(!hit)
	}
	for _, name := range w.Backends {
		some, all := in.Serves(namespace, name, wanted)
		hits += count01(some)
		misses += count01(!all)
	}
	if w.selector != nil {
		found := in.selectsBoth(namespace, w.selector, wanted)
		hits += count01(found)
		misses += count01(!w.selector.Cover(wanted))
		if !found && !w.selector.Contradict(wanted) && !slices.ContainsFunc(in.WorkloadsOf(namespace), func(o PodMaker) bool { return o.Labels.Cover(w.selector) }) {
			return Perhaps
		}
	}
	switch {
	case hits > 0 && misses == 0 && !w.open:
		return only
	case hits > 0:
		return Partly
	case w.open:
		return Perhaps
	}
	return Nowhere
}

func count01(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// Serves reports whether a Service, headless or not, leads to some pods that a selector selects, and
// to no others.
func (in *Index) Serves(namespace, name string, wanted Labels) (some, all bool) {
	if s, found := in.ServiceNamed(namespace, name); found {
		all = s.Labels.Cover(wanted)
		return all || in.selectsBoth(namespace, s.Selector, wanted), all
	}
	item := in.ByID[manifest.ID{Kind: "Service", Namespace: namespace, Name: name}]
	if item == nil {
		return false, false
	}
	if chosen := LabelsOf(manifest.Field(item.Node, "spec", "selector")); len(chosen) > 0 {
		all = chosen.Cover(wanted)
		return all || in.selectsBoth(namespace, chosen, wanted), all
	}
	for _, w := range in.WaysIn(namespace) {
		if w.Front == name && len(w.Backends) == 0 && in.Leads(w, namespace, wanted) != Nowhere {
			return true, false
		}
	}
	return false, false
}

// selectsBoth reports whether a workload of the input has the labels of both selectors.
func (in *Index) selectsBoth(namespace string, one, other Labels) bool {
	return slices.ContainsFunc(in.WorkloadsOf(namespace), func(w PodMaker) bool { return w.Labels.Cover(one) && w.Labels.Cover(other) })
}
