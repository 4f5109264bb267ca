package fn

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Several AmbientProfiles and a check in one build: each sees what the one before it made, as
// kustomize hands it on, and none is left over.
func TestFunctionsFollowEachOther(t *testing.T) {
	t.Setenv(asPlugin, "1")
	dir := t.TempDir()
	first := read(t, filepath.Join(examplesDir, "quickstart", "ambientprofile.yaml"))
	second := strings.NewReplacer("name: kubeflow\n", "name: more\n", "kubeflow-user-example-com", "alice", "user@", "alice@").Replace(first) +
		"  cluster: {enabled: false}\n"
	write(t, filepath.Join(dir, "first.yaml"), first)
	write(t, filepath.Join(dir, "second.yaml"), second)
	write(t, filepath.Join(dir, "check.yaml"), strings.ReplaceAll(read(t, filepath.Join(examplesDir, mustNotBuild, "accesscheck.yaml")), "bob", "kubeflow-user-example-com"))
	write(t, filepath.Join(dir, "kustomization.yaml"), "resources: [first.yaml, second.yaml, check.yaml]\ntransformers: [first.yaml, second.yaml, check.yaml]\n")
	link(t, dir)
	out := build(t, dir)
	for _, unwanted := range []string{"kind: AmbientProfile", "kind: AccessCheck", "config.kubernetes.io/path"} {
		if strings.Contains(out, unwanted) {
			t.Errorf("%s is left over:\n%s", unwanted, out)
		}
	}
	for _, wanted := range []string{"owned-by: kubeflow\n", "owned-by: more\n"} {
		part(t, "the build", out, wanted)
	}
}

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
