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

// namespaceLabelsTrouble finds labels of ours in the file from which the profile-controller labels
// Namespaces. The file is never edited. The controller applies it to every tenant as soon as it
// changes, and again on every event, so an entry would enroll all tenants at once, before their
// policies exist (kubeflow/dashboard: profile_controller.go, mapEventToRequest).
func namespaceLabelsTrouble(input *survey.Index, notes *survey.Notes) {
	for _, item := range input.Items {
		if survey.IsLabelsFile(item) {
			labelsOfOurs(notes, item)
		}
	}
}

func labelsOfOurs(notes *survey.Notes, item *manifest.Item) {
	labels, err := survey.LabelsOfAll(item)
	if err != nil {
		notes.Warn(diagnostic.Uncoded, item, "data["+survey.LabelsKey+"] is not a map in YAML",
			"the labels that the profile-controller puts on every tenant's Namespace are not known", "write one line `key: \"value\"` for each label")
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
		notes.Warn(diagnostic.Uncoded, item, "sets "+strings.Join(sets, ", "),
			"the profile-controller puts this on the Namespace of every tenant that has no such label, listed here or not, as soon as the file changes; it does not wait for the tenant's policies and waypoint",
			"remove the line; a Namespace is labelled when its profile is listed, and a new one when it is created with cluster.admission.enabled")
	}
	if len(removes) > 0 {
		notes.Warn(diagnostic.Uncoded, item, "removes "+strings.Join(removes, ", "),
			"whenever the profile-controller reconciles a Profile, it takes this label off the Namespace, which is without it until the next apply", "remove the line")
	}
}
