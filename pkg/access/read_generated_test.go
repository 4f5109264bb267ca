package access

import (
	"strings"
	"testing"
)

// A policy that generates objects, or an object that holds another, may make any policy or route.
func TestObjectsThatOthersMake(t *testing.T) {
	before := load(t, cloudWorld)
	const none = ""
	const every = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no"
	const policy = "apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, name: open"
	kyverno := func(kind, namespace, generate string) string {
		return "kind: " + kind + "\napiVersion: kyverno.io/v1\nmetadata: {name: k, namespace: " + namespace + "}\nspec: {rules: [{name: x, match: {any: [{resources: {kinds: [Namespace]}}]}, generate: {" + generate + "}}]}"
	}
	crossplane := func(group, manifest string) string {
		return "kind: Object\napiVersion: " + group + "/v1alpha2\nmetadata: {name: o}\nspec: {forProvider: {manifest: {" + manifest + "}}}"
	}
	cel := func(kind, namespace, expression string) string {
		return "kind: " + kind + "\napiVersion: policies.kyverno.io/v1\nmetadata: {name: k, namespace: " + namespace + "}\nspec: {variables: [{name: d, expression: '" + expression + "'}], generate: [{expression: 'generator.Apply(\"a\", [variables.d])'}]}"
	}
	cleanup := func(kind, namespace, match string) string {
		return "kind: " + kind + "\napiVersion: kyverno.io/v2\nmetadata: {name: k, namespace: " + namespace + "}\nspec: {schedule: '* * * * *', match: {" + match + "}}"
	}
	deleting := func(kind, namespace, rule string) string {
		return "kind: " + kind + "\napiVersion: policies.kyverno.io/v1\nmetadata: {name: k, namespace: " + namespace + "}\nspec: {schedule: '* * * * *', matchConstraints: {resourceRules: [{" + rule + "}]}}"
	}
	for _, c := range []struct{ text, want string }{
		{kyverno("ClusterPolicy", "b", policy), every},
		{kyverno("ClusterPolicy", "b", "apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, name: r"), every},
		{kyverno("ClusterPolicy", "b", "apiVersion: v1, kind: Namespace, name: n"), every},
		{kyverno("ClusterPolicy", "b", "apiVersion: v1, kind: Service, name: n"), every},
		{kyverno("ClusterPolicy", "b", "kind: Service, name: n"), every},
		{kyverno("ClusterPolicy", "b", "apiVersion: '{{ v }}', kind: '{{ k }}', name: n"), every},
		{kyverno("ClusterPolicy", "b", "apiVersion: networking.k8s.io/v1, kind: Ingress, name: n"), every},
		{kyverno("ClusterPolicy", "b", "apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, name: n"), none},
		{kyverno("ClusterPolicy", "b", "apiVersion: v1, kind: Secret, name: n, clone: {namespace: z, name: x}"), none},
		{kyverno("ClusterPolicy", "b", "cloneList: {namespace: z, kinds: [v1/Secret]}"), none},
		{kyverno("ClusterPolicy", "b", "cloneList: {namespace: z, kinds: [v1/Secret, security.istio.io/v1/AuthorizationPolicy]}"), every},
		{kyverno("ClusterPolicy", "b", "foreach: [{list: x, "+policy+"}]"), every},
		{kyverno("ClusterPolicy", "b", "apiVersion: kubeflow.org/v1alpha1, kind: PodDefault, name: n, data: {spec: {annotations: {a: b}}}"), every},
		{kyverno("ClusterPolicy", "b", "apiVersion: kubeflow.org/v1alpha1, kind: PodDefault, name: n, data: {spec: {env: [{name: a, value: b}]}}"), none},
		{kyverno("ClusterPolicy", "b", "apiVersion: kubeflow.org/v1alpha1, kind: PodDefault, name: n, clone: {namespace: z, name: x}"), every},
		{kyverno("ClusterPolicy", "b", "apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, name: n"), every},
		{kyverno("ClusterPolicy", "b", "apiVersion: v1, kind: ConfigMap, name: istio, data: {data: {mesh: x}}"), every},
		{kyverno("ClusterPolicy", "b", "apiVersion: v1, kind: ConfigMap, name: other, data: {data: {mesh: x}}"), none},
		{kyverno("Policy", "a", policy), every},
		{kyverno("Policy", "istio-system", policy), every},
		{kyverno("Policy", "b", policy), none},
		{cel("GeneratingPolicy", "b", "{\"apiVersion\": dyn(\"security.istio.io/v1\"), \"kind\": dyn(\"AuthorizationPolicy\")}"), every},
		{cel("GeneratingPolicy", "b", "{\"apiVersion\": dyn(\"v1\"), \"kind\": dyn(\"Service\")}"), every},
		{cel("GeneratingPolicy", "b", "{\"apiVersion\": dyn(\"networking.k8s.io/v1\"), \"kind\": dyn(\"NetworkPolicy\")}"), none},
		{cel("NamespacedGeneratingPolicy", "b", "{\"apiVersion\": dyn(\"security.istio.io/v1\"), \"kind\": dyn(\"AuthorizationPolicy\")}"), none},
		{cleanup("ClusterCleanupPolicy", "b", "any: [{resources: {kinds: [AuthorizationPolicy]}}]"), every},
		{cleanup("ClusterCleanupPolicy", "b", "all: [{resources: {kinds: [Pod, security.istio.io/v1/AuthorizationPolicy]}}]"), every},
		{cleanup("ClusterCleanupPolicy", "b", "any: [{resources: {kinds: ['*']}}]"), every},
		{cleanup("ClusterCleanupPolicy", "b", "resources: {kinds: [v1/Service]}"), every},
		{cleanup("ClusterCleanupPolicy", "b", "any: [{resources: {kinds: [Pod, Job, v1/Secret]}}]"), none},
		{cleanup("CleanupPolicy", "a", "any: [{resources: {kinds: [AuthorizationPolicy]}}]"), every},
		{cleanup("CleanupPolicy", "b", "any: [{resources: {kinds: [AuthorizationPolicy]}}]"), none},
		{deleting("DeletingPolicy", "b", "apiGroups: [security.istio.io], apiVersions: ['*'], resources: [authorizationpolicies]"), every},
		{deleting("DeletingPolicy", "b", "apiGroups: ['*'], apiVersions: ['*'], resources: ['*']"), every},
		{deleting("DeletingPolicy", "b", "apiGroups: [''], apiVersions: [v1], resources: [namespaces]"), every},
		{deleting("DeletingPolicy", "b", "apiGroups: [batch], apiVersions: [v1], resources: [jobs]"), none},
		{deleting("NamespacedDeletingPolicy", "b", "apiGroups: [security.istio.io], apiVersions: ['*'], resources: [authorizationpolicies]"), none},
		{crossplane("kubernetes.crossplane.io", policy), every},
		{crossplane("kubernetes.m.crossplane.io", policy), every},
		{crossplane("kubernetes.crossplane.io", "apiVersion: v1, kind: ConfigMap"), none},
		{crossplane("other.crossplane.io", policy), none},
	} {
		if got := strings.Join(cloudedBy(t, before, load(t, cloudWorld+"\n---\n"+c.text)), ", "); got != c.want {
			t.Errorf("clouds %q, want %q:\n%s", got, c.want, c.text)
		}
	}
	v := load(t, cloudWorld+"\n---\n"+kyverno("ClusterPolicy", "b", policy)).Decide(cloudQuestions["waypoint"])
	if !strings.Contains(v.By(), "ClusterPolicy k (line 4), spec.rules[0].generate, is not judged: it may make objects of kind AuthorizationPolicy") {
		t.Error(v.By())
	}
}
