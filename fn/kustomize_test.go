package main

import (
	"path/filepath"
	"regexp"
	"testing"
)

// kustomize hashes a generated ConfigMap after the transformers: our edit gives it a new name, and
// what refers to it follows in the same build, so that its pods restart.
func TestHashOfAnEditedConfigMapFollows(t *testing.T) {
	t.Setenv(asPlugin, "1")
	names := func(transformers string) (configMap, reference string) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "kustomization.yaml"), "namespace: kubeflow\nresources: [deployment.yaml]\n"+
			"configMapGenerator:\n- name: profiles-config\n  literals: [ISTIO_INGRESS_GATEWAY_PRINCIPAL=old]\n"+transformers)
		write(t, filepath.Join(dir, "deployment.yaml"), "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: profiles-deployment}\n"+
			"spec: {template: {spec: {containers: [{name: manager, envFrom: [{configMapRef: {name: profiles-config}}]}]}}}\n")
		write(t, filepath.Join(dir, "ambientprofile.yaml"), read(t, filepath.Join(examplesDir, "quickstart", "ambientprofile.yaml")))
		link(t, dir)
		out := build(t, dir)
		hashed := regexp.MustCompile(`name: (profiles-config-\w+)`).FindAllStringSubmatch(out, -1)
		if len(hashed) != 2 {
			t.Fatalf("want the ConfigMap and one reference to it:\n%s", out)
		}
		return hashed[0][1], hashed[1][1]
	}
	before, _ := names("")
	after, reference := names("transformers: [ambientprofile.yaml]\n")
	if after == before || reference != after {
		t.Errorf("the ConfigMap is %s, without our edit %s, the Deployment refers to %s", after, before, reference)
	}
}
