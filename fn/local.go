package fn

import (
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// skipped names, in one message, the kinds of the objects that are kept out of the cluster, and so are neither read nor judged. It is about the first one.
// Our own configurations are not meant for any cluster.
func skipped(items []*manifest.Item) []diagnostic.Diagnostic {
	var first *manifest.Item
	var kinds []string
	for _, item := range items {
		if !item.IsLocal() || item.Group == ownGroup || item.Kind == "" || item.Removed {
			continue
		}
		if first == nil {
			first = item
		}
		if !slices.Contains(kinds, item.Kind) {
			kinds = append(kinds, item.Kind)
		}
	}
	if first == nil {
		return nil
	}
	slices.Sort(kinds)
	remedy := "remove the annotation from what is deployed"
	if slices.Equal(kinds, []string{"Kptfile"}) { // which is never deployed
		remedy = ""
	}
	return []diagnostic.Diagnostic{first.Report(diagnostic.ManifestsLocal, "metadata.annotations["+manifest.LocalAnnotation+"]",
		"these objects are local-only ("+strings.Join(kinds, ", ")+") and are treated as not deployed", "", remedy)}
}
