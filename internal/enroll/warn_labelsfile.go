package enroll

import (
	"fmt"
	"slices"
	"strings"

	"istio.io/api/label"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// ourLabels are the keys of generate.NamespaceLabels.
var ourLabels = []string{
	label.IoIstioDataplaneMode.Name, label.IoIstioUseWaypoint.Name, "istio.io/ingress-use-waypoint", "istio-injection",
}

// warnLabelsFiles reports our labels in the file from which the profile-controller labels
// Namespaces. The file is never edited. The controller applies it to every tenant as soon as it
// changes, and again on every event, so an entry would enroll all tenants at once, before their
// policies exist (kubeflow/dashboard: profile_controller.go, mapEventToRequest).
func warnLabelsFiles(input *survey.Index, notes *survey.Notes) {
	for _, item := range input.Items {
		if survey.IsLabelsFile(item) {
			warnLabelsFile(notes, item)
		}
	}
}

const labelsField = "data[" + survey.LabelsKey + "]"

func warnLabelsFile(notes *survey.Notes, item *manifest.Item) {
	labels, err := survey.LabelsOfAll(item)
	if err != nil {
		notes.WarnAt(diagnostic.LabelsFileInvalid, item, labelsField, "is not a YAML map",
			"the labels that the profile-controller puts on every tenant's Namespace are unknown", "write one line for each label, such as key: \"value\"")
		return
	}
	var sets, removes []string
	for key, value := range labels {
		our := slices.Contains(ourLabels, key)
		// profile-controller: an empty value removes the label, and so does none (yaml.v2: null is "").
		empty := value == nil || value == ""
		switch {
		case our && empty:
			removes = append(removes, key)
		case our, key == useWaypointNamespace && !empty:
			sets = append(sets, fmt.Sprintf("%s: %v", key, value))
		}
	}
	slices.Sort(sets)
	slices.Sort(removes)
	if len(sets) > 0 {
		notes.WarnAt(diagnostic.LabelsFileSets, item, labelsField, "sets "+strings.Join(sets, ", "),
			"as soon as the file changes, the profile-controller puts this on the Namespace of every tenant without such a label, listed or not, even if its policies and waypoint do not exist yet",
			"remove the line (the Namespace of a listed profile gets its labels from this function, and cluster.admission.enabled labels new ones)")
	}
	if len(removes) > 0 {
		notes.WarnAt(diagnostic.LabelsFileRemoves, item, labelsField, "removes "+strings.Join(removes, ", "),
			"whenever the profile-controller reconciles a Profile, it takes this off the Namespace until the next apply", "remove the line")
	}
}
