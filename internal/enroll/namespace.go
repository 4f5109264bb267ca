package enroll

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// useWaypointNamespace would send the traffic to a waypoint of another namespace, which the L4
// policy does not let in.
const useWaypointNamespace = "istio.io/use-waypoint-namespace"

// labelNamespace puts a Namespace into the mesh and touches nothing else of it, unless we made it.
func labelNamespace(plan generate.Plan, notes *survey.Notes, item *manifest.Item, object generate.Object) {
	adoptMarks(plan, item, "labels", object.Labels)
	if survey.OwnedBy(item) == plan.Name {
		adoptMarks(plan, item, "annotations", object.Annotations)
	}
	if item.Unmark("labels", useWaypointNamespace) {
		notes.Warn(diagnostic.Uncoded, item, "had the label "+useWaypointNamespace, "its traffic would have gone to a waypoint that may not reach the pods, and everybody been locked out; the label was removed",
			"take the label out of the source")
	}
}
