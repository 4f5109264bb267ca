package survey

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// modelParts are the parts of an InferenceService that are pods of their own.
var modelParts = []string{"predictor", "transformer", "explainer"}

// IsModel reports whether an item is a model of KServe.
func IsModel(item *manifest.Item) bool {
	return item.Group == "serving.kserve.io" && item.Kind == "InferenceService"
}

// modelLabels are the labels of a model's pods, a list for each of its parts: those of the model and of the
// part, and KServe's own (KServe 0.16: the reconcilers of the parts).
func modelLabels(item *manifest.Item) []Labels {
	var out []Labels
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
		out = append(out, LabelsFrom(own))
	}
	return out
}
