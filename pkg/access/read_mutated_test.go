package access

import (
	"strings"
	"testing"
)

// A policy that changes policies, routes, Services or Namespaces at admission makes what they decide unknown, no matter who applies them.
func TestMutationsOfObjects(t *testing.T) {
	text := cloudWorld + "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: noted, namespace: a, annotations: {team: x}}\nspec: {action: DENY, selector: {matchLabels: {app: other}}, rules: [{}]}" +
		"\n---\nkind: Namespace\napiVersion: v1\nmetadata: {name: owned, annotations: {owner: o}, labels: {istio.io/dataplane-mode: ambient}}"
	before := load(t, text)
	const none = ""
	const every = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no"
	const service = "gateway, gateway no, off mesh, sidecar, waypoint, waypoint no"
	policy := func(group, resource, operations, match, conditions, mutation string) string {
		return "kind: MutatingAdmissionPolicy\napiVersion: admissionregistration.k8s.io/v1\nmetadata: {name: cel}\nspec: {matchConditions: [" + conditions + "], matchConstraints: {" + match +
			"resourceRules: [{apiGroups: ['" + group + "'], apiVersions: ['*'], operations: [" + operations + "], resources: [" + resource + "]}]}, mutations: [{patchType: ApplyConfiguration, " + mutation + "}]}"
	}
	condition := func(cel string) string { return `{name: c, expression: "` + cel + `"}` }
	const loosen = `applyConfiguration: {expression: "Object{spec: Object.spec{action: 'AUDIT'}}"}`
	const quiet = `applyConfiguration: {expression: "Object{metadata: Object.metadata{labels: {'team': 'x'}}}"}`
	const leave = `applyConfiguration: {expression: "Object{metadata: Object.metadata{labels: {'istio.io/dataplane-mode': 'none'}}}"}`
	const use = `applyConfiguration: {expression: "Object{metadata: Object.metadata{labels: {'istio.io/use-waypoint': 'none'}}}"}`
	controller := condition("request.userInfo.username in ['system:serviceaccount:kubeflow:profiles-controller-service-account']")
	const security, policies, both = "security.istio.io", "authorizationpolicies", "CREATE, UPDATE"
	for _, c := range []struct{ name, text, want string }{
		{"policies", policy(security, policies, both, "", "", loosen), every},
		{"of one user", policy(security, policies, both, "", condition("request.userInfo.username == 'system:serviceaccount:argocd:application-controller'"), loosen), every},
		{"of a group", policy(security, policies, both, "", condition("'devs' in request.userInfo.groups"), loosen), every},
		{"by a path that is not written out", policy(security, policies, both, "", "", `jsonPatch: {expression: "[JSONPatch{op: 'remove', path: object.metadata.name}]"}`), every},
		{"labels that mean nothing", policy(security, policies, both, "", "", quiet), none},
		{"deleted ones", policy(security, policies, "DELETE", "", "", loosen), none},
		{"peers, of which there are none", policy(security, "peerauthentications", both, "", "", loosen), none},
		{"another namespace", policy(security, policies, both, "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}, ", "", loosen), none},
		{"of a label that none has", policy(security, policies, both, "objectSelector: {matchLabels: {x: y}}, ", "", loosen), none},
		{"annotated ones", policy(security, policies, both, "", condition("has(object.metadata.annotations) && 'team' in object.metadata.annotations"), loosen), every},
		{"annotated otherwise", policy(security, policies, both, "", condition("has(object.metadata.annotations) && 'user' in object.metadata.annotations"), loosen), none},
		{"annotated, of another name", policy(security, policies, both, "", condition("has(object.metadata.annotations) && 'team' in object.metadata.annotations")+", "+condition("object.metadata.name != 'noted'"), loosen), none},
		{"annotated, attached to nothing", policy(security, policies, both, "", condition("has(object.metadata.annotations) && 'team' in object.metadata.annotations")+", "+condition("has(object.spec) && !has(object.spec.selector)"), loosen), none},
		{"routes", policy("gateway.networking.k8s.io", "httproutes", both, "", "", loosen), every},
		{"all", policy("*", "'*'", both, "", "", loosen), every},
		{"labels of all", policy("*", "'*'", both, "", "", quiet), none},
		{"Services", policy("", "services", both, "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: a}}, ", "", `applyConfiguration: {expression: "Object{spec: Object.spec{selector: {'app': 'other'}}}"}`), service},
		{"waypoints of Services, for a user", policy("", "services", both, "", condition("request.userInfo.username == 'kubernetes-admin'"), use), every},
		{"Namespaces, for a user", policy("", "namespaces", both, "", condition("request.userInfo.username == 'kubernetes-admin'"), leave), every},
		{"what the profile-controller makes, as the manifests say it", policy("", "namespaces", "CREATE", "", controller+", "+condition("has(object.metadata.annotations) && 'owner' in object.metadata.annotations"), leave), none},
		{"what the profile-controller makes and changes", policy("", "namespaces", both, "", controller, leave), every},
		{"what the profile-controller makes, and another", policy("", "namespaces", "CREATE", "", condition("request.userInfo.username in ['system:serviceaccount:kubeflow:profiles-controller-service-account', 'admin']"), leave), every},
		{"a webhook for routes", "kind: MutatingWebhookConfiguration\napiVersion: admissionregistration.k8s.io/v1\nmetadata: {name: hooks}\nwebhooks: [{name: routes.example.com, rules: [{apiGroups: [gateway.networking.k8s.io], apiVersions: [v1], operations: [CREATE], resources: [httproutes]}]}]", every},
		{"Kyverno", "kind: ClusterPolicy\napiVersion: kyverno.io/v1\nmetadata: {name: k}\nspec: {rules: [{name: x, match: {any: [{resources: {kinds: [security.istio.io/v1/AuthorizationPolicy]}}]}, mutate: {patchStrategicMerge: {spec: {action: AUDIT}}}}]}", every},
		{"Kyverno, of ConfigMaps", "kind: ClusterPolicy\napiVersion: kyverno.io/v1\nmetadata: {name: k}\nspec: {rules: [{name: x, match: {any: [{resources: {kinds: [ConfigMap]}}]}, mutate: {patchStrategicMerge: {data: {mesh: x}}}}]}", none},
		{"Gatekeeper", "kind: Assign\napiVersion: mutations.gatekeeper.sh/v1\nmetadata: {name: g}\nspec: {applyTo: [{groups: [security.istio.io], versions: [v1], kinds: [AuthorizationPolicy]}], location: spec.action, parameters: {assign: {value: AUDIT}}}", every},
	} {
		if got := strings.Join(cloudedBy(t, before, load(t, text+"\n---\n"+c.text)), ", "); got != c.want {
			t.Errorf("%s: clouds %q, want %q", c.name, got, c.want)
		}
	}
	// A Namespace that does not say itself what the profile-controller's has is another one in the end.
	w := load(t, text+"\n---\n"+policy("", "namespaces", "CREATE", "", controller+", "+condition("has(object.metadata.annotations) && 'owner' in object.metadata.annotations"), use))
	decides(t, w, Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "owned", Service: "x"}}, NotJudged)
	v := decides(t, load(t, text+"\n---\n"+policy(security, policies, both, "", "", loosen)), cloudQuestions["waypoint"], NotJudged)
	if want := "MutatingAdmissionPolicy cel (line 1), is not judged: it may change AuthorizationPolicy a/"; !strings.Contains(v.By(), want) {
		t.Error(v.By())
	}
	mesh := text + "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: '{}'}"
	change := "\n---\nkind: ClusterPolicy\napiVersion: kyverno.io/v1\nmetadata: {name: k}\nspec: {rules: [{name: x, match: {any: [{resources: {kinds: [ConfigMap]}}]}, mutate: {patchStrategicMerge: {data: {mesh: x}}}}]}"
	if got := strings.Join(cloudedBy(t, load(t, mesh), load(t, mesh+change)), ", "); got != every {
		t.Errorf("meshConfig: clouds %q", got)
	}
}
