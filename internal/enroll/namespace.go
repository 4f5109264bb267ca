package enroll

import (
	"fmt"

	"istio.io/api/label"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// useWaypointNamespace is a label that sends traffic to a waypoint in another namespace, which the
// L4 policy does not allow.
const useWaypointNamespace = "istio.io/use-waypoint-namespace"

// labelNamespace adds the labels that put a Namespace into the mesh, and changes nothing else in it
// unless we own it.
func labelNamespace(plan generate.Plan, notes *survey.Notes, item *manifest.Item, object generate.Object) {
	adoptMarks(plan, item, "labels", object.Labels)
	if survey.OwnedBy(item) == plan.Name {
		adoptMarks(plan, item, "annotations", object.Annotations)
	}
	if item.Unmark("labels", useWaypointNamespace) {
		notes.Warn(diagnostic.OtherWaypointRemoved, item, "had the label "+useWaypointNamespace,
			"its traffic would have gone to a waypoint that the L4 policy does not allow, and every client would have been denied, so the label was removed", "remove the label from the source")
	}
}

// warnNamespace reports labels and annotations of a profile's Namespace that contradict ours.
func warnNamespace(notes *survey.Notes, item *manifest.Item, ns generate.Namespace) {
	if owner := item.Annotation("owner"); owner != ns.Owner && survey.OwnedBy(item) == "" {
		found := fmt.Sprintf("is %q, but the profile's owner is %q", owner, ns.Owner)
		if owner == "" {
			found = "is missing"
		}
		notes.WarnAt(diagnostic.NamespaceOwnerDiffers, item, "metadata.annotations[owner]", found,
			"the profile-controller rejects a Namespace whose owner annotation does not name the Profile's owner", fmt.Sprintf("write owner: %q", ns.Owner))
	}
	if item.Label("istio-injection") == "enabled" && item.Label(label.IoIstioDataplaneMode.Name) == "ambient" {
		notes.Warn(diagnostic.NamespaceInjected, item, "had both istio-injection: enabled and istio.io/dataplane-mode: ambient",
			"its pods got sidecars, and ambient mode skips pods with a sidecar, so istio-injection was set to disabled", "restart the pods that still have a sidecar")
	}
	if item.Label(label.IoIstioUseWaypoint.Name) == "none" {
		notes.Warn(diagnostic.WaypointOptOutRemoved, item, "had the label istio.io/use-waypoint: none",
			"traffic to its Services would have bypassed the L7 policies, so the label was set to the profile's waypoint", "remove the label from the source")
	}
}
