package enroll

import (
	"fmt"

	"istio.io/api/label"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// prune removes objects that we own and no longer generate. In a package (items with a path) they are
// left from an earlier run. Elsewhere, no object of ours can be in the input unless it was put there.
func prune(plan generate.Plan, input *survey.Index, notes *survey.Notes, wanted []generate.Object) {
	want := make(map[manifest.ID]bool, len(wanted))
	for _, object := range wanted {
		want[idOf(object)] = true
	}
	for _, item := range input.Items {
		if survey.OwnedBy(item) != plan.Name || want[item.ID] {
			continue
		}
		switch {
		case item.Path() == "":
			notes.Errs = append(notes.Errs, item.Report(diagnostic.OwnedNotWanted, "", fmt.Sprintf("is owned by AmbientProfile %q, which does not generate it", plan.Name),
				"either two AmbientProfiles share this name, or rendered output is among the inputs", "rename one of the two, or pass the sources instead"))
		case item.Kind == "Namespace":
			// Never removed: that would delete a tenant.
		case item.Name == generate.L4PolicyName && enrolled(input, item.Namespace):
			notes.Warn(diagnostic.L4PolicyKept, item, "belongs to a profile that is no longer configured, but its Namespace still has our labels",
				"without it, every pod in the namespace would be open, so it was kept", "remove the labels from the Namespace first, then delete this policy")
		default:
			item.Removed = true
		}
	}
}

// enrolled reports whether a Namespace of the input still sends its traffic to a waypoint.
func enrolled(input *survey.Index, name string) bool {
	namespace := input.ByID[manifest.ID{Kind: "Namespace", Name: name}]
	return namespace != nil && (namespace.Label(label.IoIstioDataplaneMode.Name) != "" || namespace.Label(label.IoIstioUseWaypoint.Name) != "")
}
