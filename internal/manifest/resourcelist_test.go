package manifest

import (
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// What kustomize and kpt send has been written anew: a message names the object, the file that it
// is kept in, or its number, and never a line of the list.
func TestPlacesInAResourceList(t *testing.T) {
	const config = "functionConfig: {apiVersion: ambient.kubeflow.org/v1alpha1, kind: AmbientProfile, metadata: {name: kubeflow}}\n"
	list := func(items string) string {
		return "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n" + items + config
	}
	annotated := func(annotations string) string {
		return "- apiVersion: ambient.kubeflow.org/v1alpha1\n  kind: AmbientProfile\n  metadata:\n    name: kubeflow\n    annotations: {" + annotations + "}\n"
	}
	for text, want := range map[string]string{
		list("- {kind: ConfigMap, kind: Secret}\n"):                                                                                                   "[AP0116] items[0].kind: is set twice",
		list("- {}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, name: b}}\n"):                                                             "[AP0116] ConfigMap a: metadata.name: is set twice",
		list("- {kind: ConfigMap, metadata: {name: a, annotations: {config.kubernetes.io/path: a/b.yaml}, x: !y z}}\n"):                               "a/b.yaml: [AP0112] ConfigMap a: metadata.x: the tag !y",
		list("- {kind: ConfigMap, metadata: {name: a, annotations: {config.kubernetes.io/path: b, kustomize.config.k8s.io/id: '1'}, x: !y z}}\n"):     "[AP0112] ConfigMap a: metadata.x: the tag !y",
		list("- {kind: ConfigMap, metadata: {name: \"a b\", annotations: {internal.config.kubernetes.io/path: b}, \"x y\": {\"\": [1, !!int c]}}}\n"): "b: [AP0112] ConfigMap a b: metadata.\"x y\".\"\"[1]: the tag !!int",
		list("- &x {kind: a}\n- *x\n"): "[AP0113] items[1]: the alias *x",
		list("- {a: [\n"):              "stdin:4:7: [AP0107] [ is never closed",
	} {
		_, err := Read(strings.NewReader(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	for items, want := range map[string]diagnostic.Position{
		"":            {},
		annotated(""): {},
		annotated("config.kubernetes.io/path: tenants.yaml"):                                                                     {File: "tenants.yaml"},
		annotated("config.kubernetes.io/path: tenants.yaml, config.kubernetes.io/index: '3'"):                                    {File: "tenants.yaml", Index: 3},
		annotated("internal.config.kubernetes.io/path: tenants.yaml, internal.config.kubernetes.io/index: '3'"):                  {File: "tenants.yaml", Index: 3},
		annotated("config.kubernetes.io/path: tenants.yaml, config.kubernetes.io/index: x"):                                      {File: "tenants.yaml"},
		strings.Replace(annotated("config.kubernetes.io/path: tenants.yaml"), "name: kubeflow", "name: other", 1):                {},
		annotated("config.kubernetes.io/path: configmap.yaml, config.kubernetes.io/index: '3', kustomize.config.k8s.io/id: '1'"): {},
	} {
		in, err := Read(strings.NewReader(list(items)))
		if err != nil {
			t.Fatal(err)
		}
		n, _ := Find(in.Config.Node, "metadata.name")
		if got := in.Config.At(n); got != want {
			t.Errorf("%q: the configuration is at %+v, want %+v", items, got, want)
		}
	}
}
