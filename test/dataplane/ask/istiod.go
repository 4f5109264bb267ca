package main

import (
	"context"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/rig"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// isIstiod reports whether an object of the directory represents the istiod that runs here. The function and the
// referee see it, but it is not applied.
func isIstiod(o *kube.Object) bool { return o.GetKind() == "Deployment" && o.GetName() == "istiod" }

// variables are those that an istiod of the directory has, as NAME=value.
func variables(objects []*kube.Object) (env []string) {
	for _, o := range objects {
		containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
		for _, c := range containers {
			container, _ := c.(map[string]any)
			vars, _, _ := unstructured.NestedSlice(container, "env")
			for _, v := range vars {
				v, _ := v.(map[string]any)
				name, _ := v["name"].(string)
				if value, ok := v["value"].(string); ok && name != "" {
					env = append(env, name+"="+value)
				}
			}
		}
	}
	return env
}

// render runs the function, which reads an istiod of the directory as well.
func render(ctx context.Context, tools *rig.Rig, g given) (objects []*kube.Object, said string, err error) {
	if len(g.istiod) == 0 {
		return tools.Render(ctx, g.config)
	}
	dir, err := os.MkdirTemp("", "ask-")
	if err != nil {
		return nil, "", err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "istiod.yaml")
	if err := question.Write(file, g.istiod); err != nil {
		return nil, "", err
	}
	return tools.Render(ctx, g.config, file)
}
