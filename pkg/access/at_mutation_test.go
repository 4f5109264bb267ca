package access

import (
	"strings"
	"testing"
)

// What changes pods while they are admitted may take them out of the mesh, or have a policy select them.
func TestMutations(t *testing.T) {
	before := load(t, cloudWorld)
	const none, pods = "", "gateway, off mesh, pod, sidecar, waypoint"
	const every = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no"
	hook := func(name, more, group, resource string) string {
		return "kind: MutatingWebhookConfiguration\napiVersion: admissionregistration.k8s.io/v1\nmetadata: {name: hooks}\nwebhooks: [{name: " + name + more +
			", rules: [{apiGroups: ['" + group + "'], apiVersions: [v1], operations: [CREATE], resources: [" + resource + "]}]}]"
	}
	cel := func(match, resource, mutation string) string {
		return "kind: MutatingAdmissionPolicy\napiVersion: admissionregistration.k8s.io/v1\nmetadata: {name: cel}\nspec: {matchConstraints: {" + match + "resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [" +
			resource + "]}]}, mutations: [{patchType: JSONPatch, jsonPatch: {expression: \"" + mutation + "\"}}]}"
	}
	kyverno := func(kind, resources, mutate string) string {
		return "kind: " + kind + "\napiVersion: kyverno.io/v1\nmetadata: {name: k, namespace: b}\nspec: {rules: [{name: x, match: {any: [{resources: {" + resources + "}}]}, mutate: {" + mutate + "}}]}"
	}
	keeper := func(kind, spec string) string {
		return "kind: " + kind + "\napiVersion: mutations.gatekeeper.sh/v1\nmetadata: {name: g}\nspec: {" + spec + "}"
	}
	kruise := func(spec string) string {
		return "kind: SidecarSet\napiVersion: apps.kruise.io/v1alpha1\nmetadata: {name: k}\nspec: {" + spec + "}"
	}
	const leave = "patchStrategicMerge: {metadata: {labels: {istio.io/dataplane-mode: none}}}"
	for _, c := range []struct{ text, want string }{
		{hook("inject.example.com", "", "", "pods"), every},
		{hook("inject.example.com", "", "*", "'*'"), every},
		{hook("inject.example.com", ", objectSelector: {matchLabels: {app: s}}", "", "pods"), pods},
		{hook("inject.example.com", ", objectSelector: {matchLabels: {app: other}}", "", "pods"), none},
		{hook("inject.example.com", ", namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: c}}", "", "pods"), none},
		{hook("inject.example.com", "", "cert-manager.io", "certificates"), none},
		{hook("inject.example.com", ", objectSelector: {matchLabels: {app: s}}", "apps", "deployments"), none}, // the pod is nobody's
		{hook("inject.example.com", "", "", "namespaces"), every},
		{hook("mutator.pod.katib.kubeflow.org", "", "", "pods"), none},
		{hook("mpod.kb.io", "", "", "pods"), every},
		{edit(t, hook("mpod.kb.io", "", "", "pods"), "name: hooks", "name: jobset-mutating-webhook-configuration"), none},

		{cel("", "pods", "[JSONPatch{op: 'add', path: '/metadata/labels/istio.io~1dataplane-mode', value: 'none'}]"), every},
		{cel("objectSelector: {matchLabels: {app: s}}, ", "pods", "[JSONPatch{op: 'add', path: '/spec/hostNetwork', value: true}]"), pods},
		{cel("", "pods", "[JSONPatch{op: 'add', path: '/spec/nodeSelector', value: {}}]"), none},
		{cel("", "configmaps", "[JSONPatch{op: 'add', path: '/metadata/labels/istio.io~1dataplane-mode', value: 'none'}]"), none},
		{cel("", "namespaces", "[JSONPatch{op: 'add', path: '/metadata/labels/istio.io~1dataplane-mode', value: 'none'}]"), every},
		{cel("", "namespaces", "[JSONPatch{op: 'add', path: '/metadata/labels/team', value: 'x'}]"), none},

		{kyverno("ClusterPolicy", "kinds: [Pod]", leave), every},
		{kyverno("ClusterPolicy", "kinds: [v1/Pod], namespaces: [a]", leave), every},
		{kyverno("ClusterPolicy", "kinds: [Pod], namespaces: ['b*']", leave), none},
		{kyverno("Policy", "kinds: [Pod]", leave), none},
		{kyverno("ClusterPolicy", "kinds: [ConfigMap]", leave), none},
		{kyverno("ClusterPolicy", "kinds: [Namespace]", leave), every},
		{kyverno("ClusterPolicy", "kinds: [Pod]", "patchStrategicMerge: {spec: {dnsPolicy: Default}}"), none},
		{kyverno("ClusterPolicy", "kinds: [Pod]", "patchStrategicMerge: {metadata: {labels: {'+(team)': x}}}"), none},
		{kyverno("ClusterPolicy", "kinds: [Pod], namespaces: [a]", "patchStrategicMerge: {metadata: {labels: {'{{ k }}': x}}}"), every},
		{kyverno("ClusterPolicy", "kinds: [Pod], namespaces: [a]", "patchesJson6902: \"- op: add\\n  path: /spec/hostNetwork\\n  value: true\""), every},

		{kruise("selector: {matchLabels: {app: s}}, patchPodMetadata: [{annotations: {sidecar.istio.io/status: x}}]"), pods},
		{kruise("selector: {matchLabels: {app: other}}, patchPodMetadata: [{annotations: {sidecar.istio.io/status: x}}]"), none},
		{kruise("namespace: b, selector: {matchLabels: {app: s}}, patchPodMetadata: [{annotations: {sidecar.istio.io/status: x}}]"), none},
		{kruise("selector: {matchLabels: {app: s}}, containers: [{name: istio-proxy}]"), pods},
		{kruise("selector: {matchLabels: {app: s, sidecar.istio.io/inject: 'true'}}, containers: [{name: logs}]"), none},

		{keeper("AssignMetadata", "location: metadata.labels.\"istio.io/dataplane-mode\", match: {namespaces: [a]}, parameters: {assign: {value: none}}"), every},
		{keeper("AssignMetadata", "location: metadata.labels.\"istio.io/dataplane-mode\", match: {excludedNamespaces: [a, edge, side]}, parameters: {assign: {value: none}}"), none},
		{keeper("Assign", "applyTo: [{groups: [''], versions: [v1], kinds: [Pod]}], location: spec.hostNetwork, match: {namespaces: [a]}, parameters: {assign: {value: true}}"), every},
		{keeper("Assign", "applyTo: [{groups: [''], versions: [v1], kinds: [Pod]}], location: spec.dnsPolicy, parameters: {assign: {value: x}}"), none},
	} {
		if got := strings.Join(cloudedBy(t, before, load(t, cloudWorld+"\n---\n"+c.text)), ", "); got != c.want {
			t.Errorf("clouds %q, want %q: %s", got, c.want, c.text)
		}
	}
	// A label that a rule gives may be one that a policy selects.
	const policy = "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: team, namespace: a}\nspec: {action: DENY, selector: {matchLabels: {team: x}}, rules: [{}]}\n---\n"
	q := Request{From: From{ServiceAccount: "a/waypoint"}, To: To{Namespace: "a", Pod: map[string]string{"app": "s"}}}
	decides(t, load(t, cloudWorld+policy+kyverno("ClusterPolicy", "kinds: [Pod]", "patchStrategicMerge: {metadata: {labels: {'+(other)': x}}}")), q, Allow)
	decides(t, load(t, cloudWorld+policy+kyverno("ClusterPolicy", "kinds: [Pod]", "patchStrategicMerge: {metadata: {labels: {'+(team)': x}}}")), q, NotJudged)
	decides(t, load(t, cloudWorld+policy+kyverno("ClusterPolicy", "kinds: [Pod]", "patchesJson6902: \"- {op: add, path: /metadata/labels/team, value: x}\"")), q, NotJudged)
}
