package enroll

import (
	"fmt"
	"slices"

	"istio.io/api/label"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// reach says which pods a way leads to, of those that a selector selects.
type reach int

const (
	nowhere reach = iota
	perhaps       // the input does not say
	partly        // and to other pods
	only
)

// leads reports which of the pods that a selector selects a way leads to.
func (in *Index) leads(w way, namespace string, wanted labels) reach {
	hits, misses := 0, 0
	for _, name := range w.pods {
		hit := podLabels(in.byID[manifest.ID{Kind: "Pod", Namespace: namespace, Name: name}]).cover(wanted)
		hits += count01(hit)
		misses += count01(!hit)
	}
	for _, name := range w.backends {
		some, all := in.serves(namespace, name, wanted)
		hits += count01(some)
		misses += count01(!all)
	}
	if w.selector != nil {
		found := in.selectsBoth(namespace, w.selector, wanted)
		hits += count01(found)
		misses += count01(!w.selector.cover(wanted))
		if !found && !w.selector.contradict(wanted) && !slices.ContainsFunc(in.workloadsOf(namespace), func(o workload) bool { return o.labels.cover(w.selector) }) {
			return perhaps
		}
	}
	switch {
	case hits > 0 && misses == 0 && !w.open:
		return only
	case hits > 0:
		return partly
	case w.open:
		return perhaps
	}
	return nowhere
}

func count01(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// serves reports whether a Service, headless or not, leads to some pods that a selector selects, and
// to no others.
func (in *Index) serves(namespace, name string, wanted labels) (some, all bool) {
	if s, found := in.serviceNamed(namespace, name); found {
		all = s.labels.cover(wanted)
		return all || in.selectsBoth(namespace, s.selector, wanted), all
	}
	item := in.byID[manifest.ID{Kind: "Service", Namespace: namespace, Name: name}]
	if item == nil {
		return false, false
	}
	if chosen := labelsOf(manifest.Field(item.Node, "spec", "selector")); len(chosen) > 0 {
		all = chosen.cover(wanted)
		return all || in.selectsBoth(namespace, chosen, wanted), all
	}
	for _, w := range in.waysIn(namespace) {
		if w.front == name && len(w.backends) == 0 && in.leads(w, namespace, wanted) != nowhere {
			return true, false
		}
	}
	return false, false
}

// selectsBoth reports whether a workload of the input has the labels of both selectors.
func (in *Index) selectsBoth(namespace string, one, other labels) bool {
	return slices.ContainsFunc(in.workloadsOf(namespace), func(w workload) bool { return w.labels.cover(one) && w.labels.cover(other) })
}

// through are the ways past a policy's own Services.
type through struct {
	// certain are Services that lead to the pods; mixed are those of them that lead to others too.
	certain, mixed []service
	// told are ways that no copy guards.
	told []way
}

// waysTo finds the ways to the pods that a selector selects, past some Services that the policy
// guards there already. With ports nobody knows which one of a front leads to which of the pods'.
func (in *Index) waysTo(p place, wanted labels, guarded []service, ported bool) through {
	var out through
	for _, w := range in.waysIn(p.namespace) {
		isGuarded := func(s service) bool { return s.name == w.front }
		if w.front != "" && !ported && slices.ContainsFunc(guarded, isGuarded) || !in.passes(p, w) {
			continue
		}
		at := in.leads(w, p.namespace, wanted)
		front, known := in.frontOf(p, w)
		switch {
		case at == nowhere:
		case at == perhaps || ported || !known:
			out.told = append(out.told, w)
		case !slices.ContainsFunc(out.certain, isGuarded):
			out.certain = append(out.certain, front)
			if at == partly {
				out.mixed = append(out.mixed, front)
			}
		}
	}
	return out
}

// passes reports whether requests to what a way leads from pass the waypoint of a place: all others
// come to ztunnel with their own principal.
func (in *Index) passes(p place, w way) bool {
	if w.front == "" {
		own := w.by.Label(label.IoIstioUseWaypoint.Name)
		return own == p.waypoint || own == "" && p.all
	}
	item := in.byID[manifest.ID{Kind: "Service", Namespace: p.namespace, Name: w.front}]
	if item == nil {
		return p.all
	}
	return manifest.Value(item.Node, "spec", "clusterIP") != "None" && p.passed(service{Item: item, name: item.Name})
}

// frontOf is the Service that a way leads from; known is false where the input does not have it.
func (in *Index) frontOf(p place, w way) (s service, known bool) {
	if s, found := in.serviceNamed(p.namespace, w.front); found {
		return s, true
	}
	item := in.byID[manifest.ID{Kind: "Service", Namespace: p.namespace, Name: w.front}]
	if w.front == "" || item == nil {
		return service{}, false
	}
	return service{Item: item, name: w.front}, true
}

// redirected reports whether some object sends requests to a Service elsewhere than to its own pods,
// as far as these are not selected: what allows is not attached to it.
func (in *Index) redirected(p place, s service, wanted labels) bool {
	return slices.ContainsFunc(in.waysIn(p.namespace), func(w way) bool {
		return w.front == s.name && slices.ContainsFunc(w.backends, func(name string) bool {
			_, all := in.serves(p.namespace, name, wanted)
			return name != s.name && !all
		})
	})
}

func (t *through) add(more through) {
	t.certain, t.mixed = append(t.certain, more.certain...), append(t.mixed, more.mixed...)
	t.told = append(t.told, more.told...)
}

// tellWays names what leads to the pods of a policy past its copies.
func (c *copies) tellWays(item *manifest.Item, spec *yaml.Node, found through) {
	if len(found.mixed) > 0 {
		c.notes.warn(item, "the Services "+serviceNames(found.mixed)+" lead to pods that it selects and to others", "its copies at the waypoint deny requests to all of them", "give the other pods a Service of their own")
	}
	if len(found.told) == 0 {
		return
	}
	var list []string
	for _, w := range found.told {
		if text := w.by.String(); !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	c.notes.loses(item, fmt.Sprintf("its pods are, or may be, reached through %s too, by a name for which no waypoint enforces rules %v", someOf(list), ruleNumbers(spec)),
		"ztunnel sees the waypoint in the place of who asks, so the rules do not hold for requests to that name", "name that Service or ServiceEntry in targetRefs of a policy")
}
