package fn

import (
	"path/filepath"
	"strings"
	"testing"
)

// One object that the function cannot know, or need not, does not stop a tree.

const treeConfig = "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\nspec: {cluster: {enabled: false}, profiles: [{name: alice, owner: {name: alice@example.com}}]}\n"

// treeRun is a standalone run on inputs, one file each.
func treeRun(t *testing.T, config string, inputs ...string) (code int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	args := []string{filepath.Join(dir, "config.yaml")}
	write(t, args[0], config)
	for i, text := range inputs {
		file := filepath.Join(dir, "input"+itoa(i)+".yaml")
		write(t, file, text)
		args = append(args, file)
	}
	return execute(t, "", args...)
}

// The API server makes up a name: the object passes through, and its pods count.
func TestAnObjectWithGenerateName(t *testing.T) {
	const job = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: nightly-\n  namespace: alice\n"
	const out = "spec: {template: {metadata: {labels: {app: x, istio.io/dataplane-mode: none}}, spec: {restartPolicy: Never, containers: [{name: c, image: example.com/c:1}]}}}\n"
	code, stdout, stderr := treeRun(t, treeConfig, job+"spec: {template: {metadata: {labels: {app: x}}}}\n", job+out,
		"apiVersion: kubeflow.org/v1\nkind: Notebook\nmetadata: {generateName: lab-, namespace: alice}\nspec: {}\n")
	if code != exitOK {
		t.Fatal(stderr)
	}
	part(t, "stdout", stdout, job+"spec: {template: {metadata: {labels: {app: x}}}}\n---\n"+job+out)
	part(t, "stderr", stderr, "Job alice/nightly-*")
	part(t, "stderr", stderr, "Notebook alice/lab-*: metadata.generateName: makes up the name when the object is created; it gets no route")
	if strings.Contains(stdout, "HTTPRoute") {
		t.Error("a Notebook without a name has a route")
	}
	if code, _, stderr := execute(t, stdout, "explain"); code != exitOK {
		t.Error(stderr)
	}
	// A Profile without a name does not make a namespace.
	code, stdout, stderr = treeRun(t, strings.Replace(treeConfig, "spec: {", "spec: {profileSelector: {}, ", 1), "apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: {generateName: team-}\nspec: {owner: {name: bob@example.com}}\n")
	if code != exitOK || strings.Contains(stdout, "bob@example.com'") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	part(t, "stderr", stderr, "Profile team-*: metadata.generateName: makes up the name when the object is created; no namespace is configured for it")
}

// What the API server returns for kubectl get: the items have no kind, and get that of the list.
func TestItemsOfATypedList(t *testing.T) {
	code, stdout, stderr := treeRun(t, treeConfig, "apiVersion: v1\nkind: List\nitems:\n- apiVersion: rbac.authorization.k8s.io/v1\n  kind: RoleBindingList\n  items:\n"+
		"  - metadata: {name: bob, namespace: alice, annotations: {user: bob@example.com, role: edit}}\n    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kubeflow-edit}\n"+
		"    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: bob@example.com}]\n")
	if code != exitOK {
		t.Fatal(stderr)
	}
	part(t, "stdout", stdout, "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: bob, namespace: alice,")
	part(t, "stdout", stdout, "- bob@example.com\n")
}

// kustomize and kpt leave out what is local: the Namespace in the cluster is another one.
func TestALocalNamespaceIsNotInTheCluster(t *testing.T) {
	const local = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: alice\n  annotations:\n    config.kubernetes.io/local-config: \"true\"\n"
	code, stdout, stderr := treeRun(t, treeConfig, local, "kind: A\n")
	if code != exitOK {
		t.Fatal(stderr)
	}
	part(t, "stdout", stdout, local+"---\nkind: A\n---\n")
	part(t, "stdout", stdout, "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: alice\n  labels:\n")
	part(t, "stderr", stderr, "Namespace alice: metadata.annotations[config.kubernetes.io/local-config]: keeps the Namespace out of the cluster")
	part(t, "stderr", stderr, "these objects are local-only (Namespace) and are treated as not deployed")
	code, stdout, stderr = treeRun(t, treeConfig, strings.Replace(local, `"true"`, `"false"`, 1))
	if code != exitOK || strings.Count(stdout, "kind: Namespace\n") != 1 {
		t.Errorf("with the value false, it is applied: exit code %d, %s\n%s", code, stderr, stdout)
	}
}

// Who is named by local objects has no access: neither owners, contributors nor notebooks are taken from them.
func TestLocalObjectsNameNoUsers(t *testing.T) {
	const local = "annotations: {config.kubernetes.io/local-config: \"true\", user: mallory@example.com, role: edit}"
	input := "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: m, namespace: alice, " + local + "}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kubeflow-edit}\n" +
		"subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: mallory@example.com}]\n---\n" +
		"apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: {name: mallory, " + local + "}\nspec: {owner: {kind: User, name: mallory@example.com}}\n"
	selects := strings.Replace(treeConfig, "spec: {", "spec: {profileSelector: {}, ", 1)
	code, stdout, stderr := treeRun(t, selects, input)
	if code != exitOK || strings.Count(stdout, "mallory@example.com") != strings.Count(input, "mallory@example.com") {
		t.Errorf("exit code %d: %s\n%s", code, stderr, stdout)
	}
	part(t, "stderr", stderr, "these objects are local-only (Profile, RoleBinding) and are treated as not deployed")
	code, stdout, stderr = treeRun(t, selects, strings.ReplaceAll(input, `"true"`, `"false"`))
	if code != exitOK || strings.Count(stdout, "mallory@example.com") == strings.Count(input, "mallory@example.com") {
		t.Errorf("deployed: exit code %d: %s", code, stderr)
	}
}

// A variable that was left in the input has its cause, and what to write.
func TestWhatWasNotReplacedIsNamed(t *testing.T) {
	const profiles = "apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: {name: NAME}\nspec: {owner: {kind: User, name: OWNER}}\n"
	config := strings.Replace(treeConfig, "profiles: [{name: alice, owner: {name: alice@example.com}}]", "profileSelector: {}", 1)
	for _, test := range []struct{ input, want string }{
		{strings.NewReplacer("NAME", "$(team)", "OWNER", "x@example.com").Replace(profiles), `metadata.name: "$(team)" looks like a kustomize variable that was not replaced; kustomize reports no error`},
		{strings.NewReplacer("NAME", "$(team)", "OWNER", "x@example.com").Replace(profiles), `patches: [{target: {kind: Profile, name: "\\$\\(team\\)"}, patch: '[{"op": "replace", "path": "/metadata/name", "value": "VALUE"}]'}]`},
		{strings.NewReplacer("NAME", "team", "OWNER", "$(owner)").Replace(profiles), `spec.owner.name: "$(owner)" looks like a kustomize variable`},
		{strings.NewReplacer("NAME", "team", "OWNER", "\"{{ owner }}\"").Replace(profiles), `spec.owner.name: "{{ owner }}" looks like a template; render it first`},
		{strings.NewReplacer("NAME", "team", "OWNER", "{{ .owner }}").Replace(profiles), "Profile team: spec.owner.name: looks like a template that was not rendered; render it first"},
		{strings.NewReplacer("NAME", "team", "OWNER", "${OWNER}").Replace(profiles), "input0.yaml:4:34: [AP0128] looks like a variable that was not replaced; replace it first, for example with envsubst"},
		{strings.NewReplacer("NAME", "team", "OWNER", `"${OWNER}"`).Replace(profiles), `"${OWNER}" looks like a variable that was not replaced; replace it first, for example with envsubst`},
		{"{{- range .teams }}\n" + profiles + "{{- end }}\n", "input0.yaml:1:1: [AP0128] looks like a template that was not rendered"},
		{"kind: A\n{% if x %}\nmetadata: {}\n", "input0.yaml:2:1: [AP0128] looks like a template that was not rendered"},
		{"kind: [A # {{ no template }}\n", "input0.yaml:1:7: [AP0107]"},
		{strings.NewReplacer("NAME", "team", "OWNER", "a@example.com").Replace(profiles) + "---\n" + strings.NewReplacer("NAME", "team", "OWNER", "b@example.com").Replace(profiles),
			`Profile team: spec.owner: is User "b@example.com", but another Profile of this name, at `},
	} {
		code, stdout, stderr := treeRun(t, config, test.input)
		if code != exitError || stdout != "" {
			t.Errorf("exit code %d for\n%s", code, test.input)
		}
		part(t, "stderr", stderr, test.want)
	}
}

// What the API server refuses is in no cluster: unless the function would have to edit it, it stays as it
// is, and the run goes on without it.
func TestAnObjectThatTheAPIServerRefuses(t *testing.T) {
	const (
		deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {template: {metadata: {labels: {build: 20261127}}}}\n"
		service    = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: alice, labels: {canary: true}}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"
		namespace  = "apiVersion: v1\nkind: Namespace\nmetadata: {name: alice, labels: {cost-center: 4711}}\n"
	)
	code, stdout, stderr := treeRun(t, treeConfig, deployment, service)
	if code != exitOK {
		t.Fatal(stderr)
	}
	part(t, "stdout", stdout, deployment+"---\n"+service+"---\n")
	part(t, "stderr", stderr, `input0.yaml:4:38: [AP0729] Deployment shop/web: spec.template.metadata.labels: "20261127" must be a string (build); the API server refuses the object, so it was left as it is and not judged; correct the field`)
	part(t, "stderr", stderr, "[AP0729] Service alice/web: metadata.labels: ")
	for odd, want := range map[string]string{
		"apiVersion: v1\nkind: Secret\nmetadata:\n":                                   "[AP0601]",
		"apiVersion: v1\nkind: ConfigMap\nmetadata:\ndata: {mesh: x}\n":               "[AP0729] ConfigMap: metadata.name: is missing",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio-x, namespace: 20}\n": `input0.yaml:3:38: [AP0729] ConfigMap istio-x: metadata.namespace: "20" must be a string`,
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: kubeflow}\nspec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web, build: 1, sidecar.istio.io/inject: 'true'}}}}\n": "[AP0729] Deployment kubeflow/web: spec.template.metadata.labels: ",
	} {
		code, stdout, stderr := treeRun(t, adviceConfig, odd)
		if code != exitOK || !strings.HasPrefix(stdout, odd) {
			t.Errorf("exit code %d, %s\n%s", code, firstDifference(odd, stdout), stderr)
		}
		part(t, "stderr", stderr, want)
	}
	if code, stdout, stderr = treeRun(t, treeConfig, deployment, namespace); code != exitError || stdout != "" {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	part(t, "stderr", stderr, `[AP0723] Namespace alice: metadata.labels: "4711" must be a string (cost-center); correct the field`)
}

// The model registry's UI has one path for all users: where two profiles have one, nobody knows whose it is.
func TestTwoModelRegistries(t *testing.T) {
	const service = "apiVersion: v1\nkind: Service\nmetadata: {name: model-registry-ui-service, namespace: NS}\nspec: {selector: {app: model-registry-ui}, ports: [{port: 80}]}\n"
	const route = "HTTPRoute\nmetadata:\n  name: model-registry-ui\n  namespace: alice\n"
	alice, bob := strings.Replace(service, "NS", "alice", 1), strings.Replace(service, "NS", "bob", 1)
	code, stdout, stderr := treeRun(t, adviceConfig, alice)
	if code != exitOK {
		t.Fatal(stderr)
	}
	part(t, "stdout", stdout, route)
	code, stdout, stderr = treeRun(t, adviceConfig, alice, bob)
	if code != exitOK || strings.Contains(stdout, "name: model-registry-ui\n") {
		t.Errorf("exit code %d, a route for one of two\n%s", code, stderr)
	}
	part(t, "stderr", stderr, "[AP0309] Service alice/model-registry-ui-service (also bob/model-registry-ui-service): is in the input for more than one namespace; none of them gets a route, because all would get the path /model-registry/; ")
}

// A policy whose name is made up in the cluster is left as it is, and the message says what that means.
func TestAPolicyWithGenerateName(t *testing.T) {
	const policies = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {generateName: a-, namespace: alice}\n" +
		"spec: {rules: [{from: [{source: {principals: [cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account]}}], to: [{operation: {paths: [/x]}}]}]}\n" +
		"---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {generateName: b-, namespace: istio-system}\n" +
		"spec: {selector: {matchLabels: {app: istio-ingressgateway}}, action: DENY, rules: [{to: [{operation: {paths: [/x]}}]}]}\n" +
		"---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {generateName: v-, namespace: kubeflow}\n" +
		"spec: {gateways: [kubeflow/kubeflow-gateway], hosts: ['*'], http: [{match: [{uri: {prefix: /volumes/}}], rewrite: {uri: /}, route: [{destination: {host: volumes-web-app-service}}]}]}\n"
	code, stdout, stderr := treeRun(t, adviceConfig, policies)
	if code != exitOK || !strings.HasPrefix(stdout, policies) {
		t.Errorf("%d: %s\n%s", code, stderr, stdout)
	}
	part(t, "stderr", stderr, "[AP0308] AuthorizationPolicy alice/a-* (also istio-system/b-*, VirtualService kubeflow/v-*): metadata.generateName: makes up the name when the object is created; it was left unchanged, ")
}

// An object without a name is in no cluster: it stops nothing, and neither do two.
func TestObjectsWithoutANameStopNothing(t *testing.T) {
	const nameless = "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: alice}\ndata: {on: a}\n"
	for _, text := range []string{nameless, strings.Replace(nameless, "{namespace", "{name: 5, namespace", 1)} {
		code, stdout, stderr := treeRun(t, treeConfig, "kind: A\n---\n"+text)
		if code != exitOK || !strings.Contains(stdout, text) {
			t.Errorf("%d: %s\n%s", code, stderr, stdout)
		}
		part(t, "stderr", stderr, "input0.yaml:5:")
		part(t, "stderr", stderr, "[AP0729] ConfigMap: metadata.name: ")
	}
	for _, text := range []string{nameless, nameless + "---\n" + strings.Replace(nameless, "alice", "bob", 1), nameless + "---\n" + nameless} {
		code, stdout, stderr := treeRun(t, treeConfig, text)
		if code != exitOK || !strings.HasPrefix(stdout, text) {
			t.Errorf("%d: %s\n%s", code, stderr, stdout)
		}
		part(t, "stderr", stderr, "[AP0729] ConfigMap: metadata.name: is missing; the API server refuses the object, so it was left as it is and not judged")
	}
}
