package enroll

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// stopInjection turns off sidecar injection for the pods of the mesh: ztunnel does not capture a pod
// with a sidecar (Istio: cni podHasSidecar).
func stopInjection(plan generate.Plan, input *survey.Index) {
	const inject = "sidecar.istio.io/inject"
	for _, item := range input.Items {
		if !inMesh(plan, item.Namespace) || survey.OwnedBy(item) != "" || item.Removed {
			continue
		}
		pod := podMetadata(item)
		for _, in := range []string{"labels", "annotations"} {
			if marks := manifest.Field(pod, in); manifest.Value(marks, inject) == "true" {
				was := manifest.Field(marks, inject)
				item.Set(marks, inject, &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: "false", Style: was.Style})
			}
		}
	}
}

// podMetadata returns the metadata of the pod that an item is, or of the pods that it makes; else nil.
func podMetadata(item *manifest.Item) *yaml.Node {
	spec := manifest.Field(item.Node, "spec")
	switch {
	case item.Group == "" && item.Kind == "Pod":
		return manifest.Field(item.Node, "metadata")
	case item.Group == "batch" && item.Kind == "CronJob":
		spec = manifest.Field(spec, "jobTemplate", "spec")
	case item.Group != "apps" && item.Group != "batch":
		return nil
	}
	return manifest.Field(spec, "template", "metadata")
}
