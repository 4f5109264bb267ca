package enroll

import (
	"slices"

	"istio.io/api/label"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// through are the ways to the pods of a policy that bypass its own Services.
type through struct {
	// certain are Services that lead to the pods; mixed are those of them that lead to others too.
	certain, mixed []survey.Service
	// unguarded are ways that no copy guards.
	unguarded []survey.Way
}

// waysTo finds the ways to the pods that a selector selects, other than through Services where copies
// guard them already. With ports it is not known which port of a front leads to which port of the pods.
func waysTo(in *survey.Index, p place, wanted survey.Labels, guarded []survey.Service, ported bool) through {
	var out through
	for _, w := range in.WaysIn(p.namespace) {
		isGuarded := func(s survey.Service) bool { return s.Name == w.Front }
		if w.Front != "" && !ported && slices.ContainsFunc(guarded, isGuarded) || !passes(in, p, w) {
			continue
		}
		at := in.Leads(w, p.namespace, wanted)
		front, known := frontOf(in, p, w)
		switch {
		case at == survey.Nowhere:
		case at == survey.Perhaps || ported || !known:
			out.unguarded = append(out.unguarded, w)
		case !slices.ContainsFunc(out.certain, isGuarded):
			out.certain = append(out.certain, front)
			if at == survey.Partly {
				out.mixed = append(out.mixed, front)
			}
		}
	}
	return out
}

// passes reports whether requests that a way redirects pass the waypoint of a place. All others reach
// ztunnel with the principal of the client.
func passes(in *survey.Index, p place, w survey.Way) bool {
	if w.Front == "" {
		own := w.By.Label(label.IoIstioUseWaypoint.Name)
		return own == p.waypoint || own == "" && p.all
	}
	item := in.ByID[manifest.ID{Kind: "Service", Namespace: p.namespace, Name: w.Front}]
	if item == nil {
		return p.all
	}
	return manifest.Value(item.Node, "spec", "clusterIP") != "None" && p.passed(survey.Service{Item: item, Name: item.Name})
}

// frontOf returns the Service that a way leads from; known is false if the input does not have it.
func frontOf(in *survey.Index, p place, w survey.Way) (s survey.Service, known bool) {
	if s, found := in.ServiceNamed(p.namespace, w.Front); found {
		return s, true
	}
	item := in.ByID[manifest.ID{Kind: "Service", Namespace: p.namespace, Name: w.Front}]
	if w.Front == "" || item == nil {
		return survey.Service{}, false
	}
	return survey.Service{Item: item, Name: w.Front}, true
}

// redirected reports whether some object sends requests for a Service to other pods than its own, which
// are not selected. An ALLOW policy is not attached to such a Service.
func redirected(in *survey.Index, p place, s survey.Service, wanted survey.Labels) bool {
	return slices.ContainsFunc(in.WaysIn(p.namespace), func(w survey.Way) bool {
		return w.Front == s.Name && slices.ContainsFunc(w.Backends, func(name string) bool {
			_, all := in.Serves(p.namespace, name, wanted)
			return name != s.Name && !all
		})
	})
}

func (t *through) add(more through) {
	t.certain, t.mixed = append(t.certain, more.certain...), append(t.mixed, more.mixed...)
	t.unguarded = append(t.unguarded, more.unguarded...)
}

// waysNamed names ways in a sentence, and of many the first few.
func waysNamed(ways []survey.Way) string {
	var names []string
	for _, w := range ways {
		if text := w.By.String(); !slices.Contains(names, text) {
			names = append(names, text)
		}
	}
	return inWords(firstOf(names, 10))
}
