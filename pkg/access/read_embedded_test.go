package access

import (
	"strings"
	"testing"
)

// An object that holds others, as YAML or as text, may have its controller make them.
func TestObjectsInObjects(t *testing.T) {
	before := load(t, cloudWorld)
	const every = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no"
	object := func(apiVersion, kind, spec string) string {
		return "kind: " + kind + "\napiVersion: " + apiVersion + "\nmetadata: {name: x, namespace: b}\nspec: " + spec
	}
	const policy = "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p, namespace: a}}"
	for _, c := range []struct{ text, want string }{
		{object("apiextensions.crossplane.io/v1", "Composition", "{resources: [{name: p, base: {apiVersion: kubernetes.crossplane.io/v1alpha2, kind: Object, spec: {forProvider: {manifest: "+policy+"}}}}]}"), every},
		{object("apiextensions.crossplane.io/v1", "Composition", "{pipeline: [{step: s, input: {apiVersion: pt.fn.crossplane.io/v1beta1, kind: Resources, resources: [{base: {apiVersion: v1, kind: Service, spec: {}}}]}}]}"), every},
		{object("apiextensions.crossplane.io/v1", "Composition", "{pipeline: [{step: s, input: {inline: {template: \"apiVersion: security.istio.io/v1\\nkind: AuthorizationPolicy\"}}}]}"), every},
		{object("apiextensions.crossplane.io/v1", "Composition", "{resources: [{name: b, base: {apiVersion: s3.aws.crossplane.io/v1, kind: Bucket, spec: {}}}]}"), ""},
		{object("work.open-cluster-management.io/v1", "ManifestWork", "{workload: {manifests: ["+policy+"]}}"), every},
		{object("argoproj.io/v1alpha1", "Workflow", "{templates: [{name: t, resource: {action: apply, manifest: \"apiVersion: v1\\nkind: Namespace\\nmetadata: {name: x}\"}}]}"), every},
		{object("argoproj.io/v1alpha1", "Workflow", "{templates: [{name: t, resource: {action: apply, manifest: \"apiVersion: batch/v1\\nkind: Job\\nmetadata: {name: x}\"}}]}"), ""},
		{object("keda.sh/v1alpha1", "ScaledObject", "{scaleTargetRef: {apiVersion: v1, kind: Service, name: x}}"), ""},
		{object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "{example: "+policy+"}"), ""},
	} {
		if got := strings.Join(cloudedBy(t, before, load(t, cloudWorld+"\n---\n"+c.text)), ", "); got != c.want {
			t.Errorf("clouds %q, want %q:\n%s", got, c.want, c.text)
		}
	}
}
