package enroll

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// modelsWithoutServices are the models of a place that a selector selects pods of, and whose Services, which
// KServe makes, are not in the input.
func modelsWithoutServices(in *survey.Index, p place, wanted survey.Labels) []string {
	var out []string
	for _, w := range in.WorkloadsOf(p.namespace) {
		if !survey.IsModel(w.Item) || !w.Labels.Cover(wanted) || slices.ContainsFunc(in.ServicesOf(p.namespace), func(s survey.Service) bool { return w.Labels.Cover(s.Selector) }) {
			continue
		}
		if text := w.String(); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// tellModels names the models whose pods a policy of a place is for, and that no waypoint protects by it.
func tellModels(notes *survey.Notes, item *manifest.Item, w coverage, rules []int) {
	if len(w.models) > 0 {
		notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("it selects pods of %s, whose Services KServe makes, and they are not in the input", strings.Join(w.models, ", ")),
			fmt.Sprintf("the waypoint does not enforce rules %v for requests to them", rules), "name the model's Services in targetRefs of a policy, such as <model>-predictor")
	}
}
