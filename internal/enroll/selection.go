package enroll

import (
	"fmt"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// refuseHidden refuses a selection of a kpt package that does not show the objects of an earlier run. kpt
// adds what the function returns to what it did not show it (fnruntime: MergeWithInput), so each run
// would write them once more, and a copy from before a contributor was removed would still allow
// that contributor. An earlier run is known by the tenants' Namespaces, so these must be shown.
func refuseHidden(plan generate.Plan, input *survey.Index, notes *survey.Notes, wanted []generate.Object) {
	if !input.Selected {
		return
	}
	var hidden []manifest.ID
	for _, object := range wanted {
		if id := idOf(object); input.ByID[id] == nil && (earlier(plan, input, id.Namespace) || id.Kind == "Namespace") {
			hidden = append(hidden, id)
		}
	}
	if len(hidden) == 0 {
		return
	}
	notes.Refuse(diagnostic.SelectionHides, "", fmt.Sprintf("kpt sends only some objects of the package (selectors, exclusions), and %s is not among them", hidden[0]),
		"if the package has it already, it would be there twice, and the older copy can still allow a user who was removed",
		"remove the selectors and exclusions of this function from the Kptfile or the command, because it edits only its own objects and those that the README lists")
}

// earlier reports whether an earlier run shows: in the Namespace of a tenant, or for any other
// namespace in that of some tenant.
func earlier(plan generate.Plan, input *survey.Index, name string) bool {
	some := false
	for _, ns := range plan.Namespaces {
		if ns.Name == name {
			return enrolled(input, name)
		}
		some = some || enrolled(input, ns.Name)
	}
	return some
}
