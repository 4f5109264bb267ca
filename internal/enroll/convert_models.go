package enroll

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// modelsWithoutServices returns the models of a place whose pods are selected, and whose Services, which
// KServe creates, are not in the input.
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
