package enroll

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// stopInjection turns off sidecar injection for the pods of the mesh: ztunnel does not capture a pod
// with a sidecar (Istio: cni podHasSidecar).
//
// A label that the workload selects its pods by stays: the API server refuses a template without it, and
// a selector cannot be changed (Kubernetes: apps/v1 validation).
func stopInjection(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	for _, item := range input.Items {
		if !inMesh(plan, item.Namespace) || survey.OwnedBy(item) != "" || item.Removed {
			continue
		}
		pod := podMetadata(item)
		if !manifest.AreTexts(manifest.Field(pod, "labels")) || !manifest.AreTexts(manifest.Field(pod, "annotations")) {
			continue // the API server refuses the object
		}
		for _, in := range []string{"labels", "annotations"} {
			marks := manifest.Field(pod, in)
			if manifest.Value(marks, injectMark) != "true" {
				continue
			}
			if item.Kind == "Job" {
				warnJob(notes, item)
				continue
			}
			if in == "labels" && keepsInjection(input, notes, item, marks) {
				continue
			}
			was := manifest.Field(marks, injectMark)
			item.Set(marks, injectMark, &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: "false", Style: was.Style})
		}
	}
}

const injectMark = "sidecar.istio.io/inject"

// selectsInjection reports whether a workload selects its pods by the label for sidecars.
func selectsInjection(item *manifest.Item) bool {
	spec := manifest.Field(item.Node, "spec")
	if item.Kind == "CronJob" {
		spec = manifest.Field(spec, "jobTemplate", "spec")
	}
	return survey.SelectorNames(manifest.Field(spec, "selector"), injectMark)
}

// keepsInjection reports whether the label of the pods stays, because something selects them by it. Istio 1.31 (mutatingwebhook.yaml): no webhook for
// sidecars takes pods of a Namespace with istio-injection: disabled, whatever their labels are.
func keepsInjection(input *survey.Index, notes *survey.Notes, item *manifest.Item, labels *yaml.Node) bool {
	const found, effect, keep = "the pods by the label " + injectMark + `, so the label of the pods stays "true"`,
		"the pods are in the mesh only as long as their Namespace has istio-injection: disabled", "keep that label on the Namespace, or "
	if selectsInjection(item) {
		notes.WarnAt(diagnostic.InjectionSelected, item, "spec.selector", "selects "+found, effect, keep+"replace the workload by one with another selector")
		return true
	}
	by := input.PodSelection(item, manifest.StringMap(labels), injectMark)
	if by == nil {
		return false
	}
	notes.Warn(diagnostic.InjectionSelected, item, by.String()+" selects "+found, effect, keep+"select the pods by another label there, and remove this one")
	return true
}

// warnJob reports a Job whose pods ask for a sidecar, and get none in a Namespace with istio-injection: disabled.
func warnJob(notes *survey.Notes, item *manifest.Item) {
	notes.WarnAt(diagnostic.InjectionSelected, item, "spec.template", "asks for a sidecar, and was left unchanged, because the API server refuses another template of a Job that exists", // Kubernetes: batch/v1 validation
		"its pods are in the mesh only as long as their Namespace has istio-injection: disabled", "delete the Job in the cluster, and remove "+injectMark+" here")
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
