package enroll

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// modelParts are the parts of an InferenceService that are pods of their own.
var modelParts = []string{"predictor", "transformer", "explainer"}

func isModel(item *manifest.Item) bool {
	return item.Group == "serving.kserve.io" && item.Kind == "InferenceService"
}

// modelLabels are the labels of a model's pods, a list for each of its parts: those of the model and of the
// part, and KServe's own (KServe 0.16: the reconcilers of the parts).
func modelLabels(item *manifest.Item) []labels {
	var out []labels
	for _, part := range modelParts {
		spec := manifest.Field(item.Node, "spec", part)
		if spec == nil {
			continue
		}
		own := manifest.StringMap(manifest.Field(item.Node, "metadata", "labels"))
		if own == nil {
			own = map[string]string{}
		}
		for key, text := range manifest.StringMap(manifest.Field(spec, "labels")) {
			own[key] = text
		}
		own["serving.kserve.io/inferenceservice"], own["component"], own["app"] = item.Name, part, "isvc."+item.Name+"-"+part
		out = append(out, labelsFrom(own))
	}
	return out
}

// modelsWithoutServices are the models of a place that a selector selects pods of, and whose Services, which
// KServe makes, are not in the input.
func (in *Index) modelsWithoutServices(p place, wanted labels) []string {
	var out []string
	for _, w := range in.workloadsOf(p.namespace) {
		if !isModel(w.Item) || !w.labels.cover(wanted) || slices.ContainsFunc(in.servicesOf(p.namespace), func(s service) bool { return w.labels.cover(s.selector) }) {
			continue
		}
		if text := w.String(); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// tellModels names the models whose pods a policy of a place is for, and that no waypoint protects by it.
func (c *copies) tellModels(item *manifest.Item, w written, rules []int) {
	if len(w.models) > 0 {
		c.notes.loses(item, fmt.Sprintf("it selects pods of %s, whose Services KServe makes, and they are not in the input", strings.Join(w.models, ", ")),
			fmt.Sprintf("the waypoint does not enforce rules %v for requests to them", rules), "name the model's Services in targetRefs of a policy, such as <model>-predictor")
	}
}
