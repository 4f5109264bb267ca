package kubeflow

import "github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"

// Definition gives the API server Profiles, with any field: Kubeflow's own is none of our business.
func Definition() *kube.Object {
	var versions []any
	for _, version := range []string{"v1", "v1beta1"} {
		versions = append(versions, map[string]any{
			"name": version, "served": true, "storage": version == "v1",
			"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
		})
	}
	return &kube.Object{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "profiles.kubeflow.org"},
		"spec": map[string]any{
			"group": "kubeflow.org", "scope": "Cluster", "versions": versions,
			"names": map[string]any{"kind": "Profile", "plural": "profiles", "singular": "profile"},
		},
	}}
}
