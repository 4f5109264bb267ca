package enroll

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// editedBy runs a step and reports whether it edits an item. What was edited before stays so.
func editedBy(item *manifest.Item, step func()) bool {
	was := item.Changed
	item.Changed = false
	step()
	edited := item.Changed
	item.Changed = was || edited
	return edited
}

// reportEdits runs a step and reports each object that it edits, with why. An object that a message of the
// step already names is not reported again.
func reportEdits(input *survey.Index, notes *survey.Notes, found, effect string, step func()) {
	was := make([]bool, len(input.Items))
	for i, item := range input.Items {
		was[i], item.Changed = item.Changed, false
	}
	before := len(notes.Findings)
	step()
	named := map[diagnostic.Object]bool{}
	for _, d := range notes.Findings[before:] {
		named[d.Object] = true
	}
	for i, item := range input.Items[:len(was)] {
		if item.Changed && !item.Removed && !named[item.Ref()] {
			notes.Warn(diagnostic.EditedForAmbient, item, found, effect, "")
		}
		item.Changed = item.Changed || was[i]
	}
}
