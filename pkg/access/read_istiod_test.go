package access

import (
	"strings"
	"testing"
)

// istiodWith is an istiod with a REVISION; mount: the ConfigMap at /etc/istio/config, "" for none.
func istiodWith(name, revision, mount string) string {
	text := "\n---\nkind: Deployment\napiVersion: apps/v1\nmetadata: {name: " + name + ", namespace: istio-system}\nspec: {template: {spec: {containers: [{name: discovery, image: pilot:1.31.0, env: ["
	if revision != "" {
		text += "{name: REVISION, value: '" + revision + "'}"
	}
	if text += "]"; mount != "" {
		text += ", volumeMounts: [{name: settings, mountPath: /etc/istio/config}]}], volumes: [{name: settings, configMap: {name: " + mount + ", optional: true}}]}}}"
		return text
	}
	return text + "}]}}}"
}

func meshConfigMap(name, domain string) string {
	return "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: " + name + ", namespace: istio-system}\ndata: {mesh: 'trustDomain: " + domain + "'}"
}

// The meshConfig that counts is that of the istiod in the manifests, whatever its revision.
func TestMeshConfigOfRevision(t *testing.T) {
	const policies = "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: a, namespace: bob}\nspec: {action: ALLOW, rules: [{from: [{source: {principals: [harbor.example/ns/alice/sa/default-editor]}}]}]}"
	q := Request{From: From{ServiceAccount: "alice/default-editor"}, To: To{Namespace: "bob", Pod: map[string]string{"app": "lab"}}, TCP: true, Port: 80}
	const namespaces = "kind: Namespace\napiVersion: v1\nmetadata: {name: bob, labels: {istio.io/dataplane-mode: ambient}}\n---\nkind: Namespace\napiVersion: v1\nmetadata: {name: alice, labels: {istio.io/dataplane-mode: ambient}}"
	const other, harbor = "quay.example", "harbor.example"
	for _, c := range []struct {
		name, text string
		want       Outcome
		why        string
	}{
		{"of the istiod's revision", istiodWith("istiod-7-2", "7-2", "") + meshConfigMap("istio-7-2", harbor), Allow, ""},
		{"of the istiod's revision, first", meshConfigMap("istio-7-2", other) + istiodWith("istiod-7-2", "7-2", ""), Deny, ""},
		{"together with that of another revision", istiodWith("istiod-7-2", "7-2", "") + meshConfigMap("istio", other) + meshConfigMap("istio-7-2", harbor), Allow, ""},
		{"of the default revision", istiodWith("istiod", "default", "") + meshConfigMap("istio", harbor) + meshConfigMap("istio-7-2", other), Allow, ""},
		{"of no revision", istiodWith("istiod", "", "") + meshConfigMap("istio", harbor) + meshConfigMap("istio-7-2", other), Allow, ""},
		{"mounted by another name", istiodWith("istiod", "7-2", "harbor-settings") + meshConfigMap("harbor-settings", harbor) + meshConfigMap("istio-7-2", other), Allow, ""},
		{"the only one", meshConfigMap("istio-7-2", harbor), Allow, ""},
		{"two that agree", meshConfigMap("istio", harbor) + meshConfigMap("istio-7-2", harbor), Allow, ""},
		{"two istiods that agree", istiodWith("istiod", "", "") + istiodWith("istiod-7-2", "7-2", "") + meshConfigMap("istio", harbor) + meshConfigMap("istio-7-2", harbor), Allow, ""},
		{"two, and no istiod", meshConfigMap("istio", harbor) + meshConfigMap("istio-7-2", other), NotJudged, "ConfigMap istio-system/istio-7-2 (line 4), data.mesh, is not judged: ConfigMap istio-system/istio says something else"},
		{"two istiods", istiodWith("istiod", "", "") + istiodWith("istiod-7-2", "7-2", "") + meshConfigMap("istio", harbor) + meshConfigMap("istio-7-2", other), NotJudged, "ConfigMap istio-system/istio says something else"},
		{"two istiods, one without its own", istiodWith("istiod", "", "") + istiodWith("istiod-7-2", "7-2", "") + meshConfigMap("istio", harbor), NotJudged, "istiod istio-system/istiod-7-2 reads ConfigMap istio-system/istio-7-2, which is not in the manifests"},
		{"an istiod without its own", istiodWith("istiod-7-2", "7-2", "") + meshConfigMap("istio", harbor), NotJudged, "istiod istio-system/istiod-7-2 reads ConfigMap istio-system/istio-7-2, which is not in the manifests"},
		{"a revision from elsewhere, and one meshConfig", strings.Replace(istiodWith("istiod", "7", ""), "value: '7'", "valueFrom: {fieldRef: {fieldPath: metadata.name}}", 1) + meshConfigMap("istio-7-2", harbor), Allow, ""},
		{"a revision from elsewhere, and two", strings.Replace(istiodWith("istiod", "7", ""), "value: '7'", "valueFrom: {fieldRef: {fieldPath: metadata.name}}", 1) + meshConfigMap("istio-7-2", harbor) + meshConfigMap("istio", other), NotJudged, "says something else"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := load(t, namespaces+policies+c.text).Decide(q)
			if v.Outcome != c.want || !strings.Contains(v.By(), c.why) {
				t.Errorf("%s by %q, want %s by %q", v.Outcome, v.By(), c.want, c.why)
			}
		})
	}
}

// Configuration that istiod gets from elsewhere, or cannot read, leaves nothing certain.
func TestWhatIstiodIsTold(t *testing.T) {
	const every = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no"
	mesh := func(data string) string {
		return "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: istio, namespace: istio-system}\n" + data
	}
	istiod := func(more string) string {
		return "\n---\nkind: Deployment\napiVersion: apps/v1\nmetadata: {name: istiod, namespace: istio-system}\nspec: {template: {spec: {containers: [{name: discovery, image: pilot:1.31.0" + more + "}]}}}"
	}
	for _, c := range []struct{ text, want string }{
		{mesh("data: {mesh: ''}"), ""},
		{mesh("data: {mesh: '{}', meshNetworks: 'networks: {}'}"), ""},
		{mesh("data: {mesh: 'pathNormalization: {normalization: BASE}'}"), ""},
		{mesh("data: {mesh: '{trustDomain: ['}"), every},
		{mesh("data: {mesh: 'trustDomain'}"), every},
		{mesh("data: {mesh: '[trustDomain]'}"), every},
		{mesh("data: {mesh: \"trustDomain: cluster.local\\ntrustDomain: other\"}"), every},
		{mesh("data: {mesh: \"defaultConfig: {tracing: {}, tracing: {}}\"}"), every},
		{mesh("data: {mesh: 'trustDomain: 5'}"), every},
		{mesh("data: {mesh: 'trustDomainAliases: x'}"), every},
		{mesh("data: {mesh: 'pathNormalization: {normalization: SOME}'}"), every},
		{mesh("binaryData: {mesh: dHJ1c3REb21haW46IHg=}"), every},
		{mesh("data: {mesh: '{}', meshNetworks: 'networks: {n: {endpoints: [{fromCidr: 10.0.0.0/8}]}}'}"), every},
		{istiod(", args: [discovery, --domain, cluster.local]"), ""},
		{istiod(", args: [discovery, --domain=cluster.local]"), ""},
		{istiod(", args: [discovery, --domain=corp.example]"), every},
		{istiod(", args: [discovery, --domain, corp.example]"), every},
		{istiod(", envFrom: [{configMapRef: {name: x}}]"), every},
		{istiod(", env: [{name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]"), ""},
		{istiod(", env: [{name: PILOT_ENABLE_AMBIENT, valueFrom: {configMapKeyRef: {name: x, key: y}}}]"), every},
	} {
		if got := strings.Join(cloudedBy(t, load(t, cloudWorld), load(t, cloudWorld+c.text)), ", "); got != c.want {
			t.Errorf("clouds %q, want %q:%s", got, c.want, c.text)
		}
	}
}
