package enroll

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// copyAllowOfKubeflow copies an ALLOW policy of the namespace kubeflow to its waypoint, as far as the
// pods are behind it. The policy itself stays in ztunnel, which enforces its part of the rules.
func copyAllowOfKubeflow(plan generate.Plan, input *survey.Index, notes *survey.Notes, made *copies, item *manifest.Item, at place) {
	spec := manifest.Field(item.Node, "spec")
	wanted, _ := selectorOf(spec)
	w := coverageOf(plan, input, item, at, wanted)
	made.addPolicies(item, at.namespace, "", w.parts)
	switch lacks := missing(spec, w); {
	case len(w.parts) == 0 && len(lacks) > 0:
		why := lacks[0]
		notes.WarnAt(why.code, item, why.field, why.found, deniedClients(spec), why.remedy)
	case len(w.parts) == 0:
		field, found := aboutUnseen(spec, ", and the pods of the policy are behind no waypoint")
		notes.WarnAt(diagnostic.BehindNoWaypoint, item, field, found,
			"ztunnel, which protects them, drops rules with HTTP attributes, so the clients that "+theUnseen(spec)+" should allow are denied",
			"write the rules with peers and ports only")
	case len(wanted) == 0:
		warnOnlyAtWaypoint(notes, item, "everywhere else", nil)
	case selectsOutside(input, w.whole, at.namespace, wanted):
		warnOnlyAtWaypoint(notes, item, "at pods that are not behind it", nil)
	}
}

// selectsOutside reports whether a selector selects pods of the input that none of some Services leads to.
func selectsOutside(input *survey.Index, services []survey.Service, namespace string, wanted survey.Labels) bool {
	return slices.ContainsFunc(input.WorkloadsOf(namespace), func(w survey.PodMaker) bool {
		return w.Labels.Cover(wanted) && !slices.ContainsFunc(services, func(s survey.Service) bool { return w.Labels.Cover(s.Selector) })
	})
}
