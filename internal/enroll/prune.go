package enroll

import (
	"fmt"

	"istio.io/api/label"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// prune removes what is owned by us and no longer wanted: in a package (an item with a path) that
// is what an earlier run left. Elsewhere nothing of ours can be in the input by itself.
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
			notes.Errs = append(notes.Errs, fmt.Errorf("%s: is owned by the AmbientProfile %q, which does not want it: two AmbientProfiles share this name, "+
				"or rendered output was fed back; rename one of the two, or feed the sources", item, plan.Name))
		case item.Kind == "Namespace":
			// Never: removing it destroys a tenant.
		case item.Name == generate.L4PolicyName && labelled(input, item.Namespace):
			notes.Warn(diagnostic.Uncoded, item, "is no longer configured, but its Namespace still has our labels",
				"without it every pod of the namespace would be open, so it was kept", "remove the labels from the Namespace first, then delete this policy")
		default:
			item.Removed = true
		}
	}
}

// labelled tells whether a Namespace of the input still sends its traffic to a waypoint.
func labelled(input *survey.Index, name string) bool {
	namespace := input.ByID[manifest.ID{Kind: "Namespace", Name: name}]
	return namespace != nil && (namespace.Label(label.IoIstioDataplaneMode.Name) != "" || namespace.Label(label.IoIstioUseWaypoint.Name) != "")
}
