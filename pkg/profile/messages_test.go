package profile

import (
	"errors"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// tenants is the configuration that the cases change: its last line is line 8.
const tenants = `apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata:
  name: kubeflow
spec:
  profiles:
  - name: alice
    owner: {name: alice@example.com}
`

// refusalsOf are the messages about tenants with old replaced, or the replacement added if old is "".
func refusalsOf(t *testing.T, old, replacement string) []string {
	t.Helper()
	text := tenants + replacement
	if old != "" {
		if !strings.Contains(tenants, old) {
			t.Fatalf("there is no %q", old)
		}
		text = strings.Replace(tenants, old, replacement, 1)
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	_, err := Parse(&document)
	if err == nil {
		return nil
	}
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	var messages []string
	for _, err := range all {
		var d diagnostic.Diagnostic
		if !errors.As(err, &d) {
			t.Fatalf("%v is not a diagnostic", err)
		}
		if d.Object.Kind != "" && (d.Object.Kind != Kind || d.Object.APIVersion != APIVersion) {
			t.Errorf("%v is about %v", err, d.Object)
		}
		code := d.Code
		d.Position.File, d.Code = "t.yaml", ""
		messages = append(messages, string(code)+" "+d.Error())
	}
	return messages
}

type refusalCase struct {
	old, replacement string
	want             []string
}

func (c refusalCase) run(t *testing.T) {
	t.Helper()
	got := refusalsOf(t, c.old, c.replacement)
	if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
		t.Errorf("%s\ngot\n%s\nwant\n%s", c.replacement, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
	}
}

// The commonest mistakes: the message says where the value or the field is, and what to write there.
func TestTheCommonestMistakes(t *testing.T) {
	const owner = "    owner: {name: alice@example.com}\n"
	for _, c := range []refusalCase{
		{owner, "    owner: alice@example.com\n",
			[]string{`AP0210 t.yaml:8:12: spec.profiles[0].owner: expected a map, got the string "alice@example.com"; write owner: {name: alice@example.com}`}},
		{owner, "",
			[]string{`AP0212 t.yaml:7:5: spec.profiles[0].owner: missing; copy spec.owner of Profile alice, for example owner: {name: alice@example.com}`}},
		{owner, "    owner: {kind: User}\n",
			[]string{`AP0212 t.yaml:8:12: spec.profiles[0].owner.name: missing; copy spec.owner.name of the Profile, for example name: alice@example.com`}},
		{owner, "  owner: {name: alice@example.com}\n",
			[]string{`AP0203 t.yaml:8:3: spec.owner: unknown field; owner belongs to a profile; indent it to line up with name`}},
		{"name: alice\n", "name: alice@example.com\n",
			[]string{`AP0213 t.yaml:7:11: spec.profiles[0].name: "alice@example.com" is a login, not a namespace; write the name of the Profile here (see kubectl get profiles), and the login in owner: {name: alice@example.com}`}},
		{"name: alice\n", "name: Alice\n",
			[]string{`AP0213 t.yaml:7:11: spec.profiles[0].name: "Alice" is not a valid namespace name; use at most 63 lowercase letters, digits and dashes, starting and ending with a letter or digit; did you mean alice?`}},
		{"  profiles:\n  - name: alice\n" + owner, "  profiles: [alice, bob]\n",
			[]string{`AP0210 t.yaml:6:14: spec.profiles[0]: expected a map, got the string "alice"; write {name: alice, owner: {name: OWNER}}, where OWNER is spec.owner.name of Profile alice`,
				`AP0210 t.yaml:6:21: spec.profiles[1]: expected a map, got the string "bob"; write {name: bob, owner: {name: OWNER}}, where OWNER is spec.owner.name of Profile bob`}},
		{"  - name", "    name",
			[]string{`AP0210 t.yaml:7:5: spec.profiles: expected a list, got a map; start each profile with a dash: - name: alice`}},
		{"", "    contributors: [bob@example.com]\n",
			[]string{`AP0210 t.yaml:9:20: spec.profiles[0].contributors[0]: expected a map, got the string "bob@example.com"; write {name: bob@example.com, role: edit} (role: admin, edit or view)`}},
		{"", "    notebooks: [lab]\n",
			[]string{`AP0210 t.yaml:9:17: spec.profiles[0].notebooks[0]: expected a map, got the string "lab"; write {name: lab}`}},
		{"", "    contributors:\n    - {name: bob@example.com, role: viewer}\n",
			[]string{`AP0215 t.yaml:10:37: spec.profiles[0].contributors[0].role: "viewer" is not one of admin, edit, view; did you mean view?`}},
		{"", "  acess: {}\n",
			[]string{`AP0203 t.yaml:9:3: spec.acess: unknown field; did you mean access?`}},
		{"", "  trustDomain: corp.local\n",
			[]string{`AP0203 t.yaml:9:3: spec.trustDomain: unknown field; it belongs to spec.identity; write identity: {trustDomain: corp.local}`}},
		{"", "  cluster:\n    platform: true\n",
			[]string{`AP0210 t.yaml:10:15: spec.cluster.platform: expected a map, got the boolean true; write platform: {enabled: true}`}},
		{"", "  cluster: false\n",
			[]string{`AP0210 t.yaml:9:12: spec.cluster: expected a map, got the boolean false; write cluster: {enabled: false}`}},
		{"", "  profileSelector: true\n",
			[]string{`AP0210 t.yaml:9:20: spec.profileSelector: expected a map, got the boolean true; write profileSelector: {}`}},
		{"", "  profileSelector: false\n",
			[]string{`AP0210 t.yaml:9:20: spec.profileSelector: expected a map, got the boolean false; remove the line`}},
		{"", "    serviceAccounts:\n",
			[]string{`AP0208 t.yaml:9:5: spec.profiles[0].serviceAccounts: has no value; write serviceAccounts: [] for none, or remove the line for the default, [default-editor]`}},
		{"", "  access:\n    monitoring:\n    - serviceAccount: a/b\n      ports: [\"9090\"]\n",
			[]string{`AP0210 t.yaml:12:15: spec.access.monitoring[0].ports[0]: expected a number, got the string "9090"; write ports: [9090]`}},
		{"name: alice\n", "name: 012\n",
			[]string{`AP0211 t.yaml:7:11: spec.profiles[0].name: expected a string, got 012, which some YAML parsers read as the number 10; write name: "012"`}},
		{"name: alice\n", "name: kubeflow\n",
			[]string{`AP0224 t.yaml:7:11: spec.profiles[0].name: "kubeflow" is the namespace of Kubeflow itself; list user namespaces only, and to move Kubeflow as well write cluster: {platform: {enabled: true}}`}},
		{"", "  ingress:\n    gateway: ambient-ingressgateway\n",
			[]string{`AP0214 t.yaml:10:14: spec.ingress.gateway: "ambient-ingressgateway" has no namespace; write namespace/name, for example gateway: istio-system/ambient-ingressgateway`}},
		{"", "    serviceAccounts: [system:serviceaccount:alice:ci]\n",
			[]string{`AP0214 t.yaml:9:23: spec.profiles[0].serviceAccounts[0]: "system:serviceaccount:alice:ci" is a user name, not a ServiceAccount; write serviceAccounts: [alice/ci]`}},
		{"", "  access:\n    openPaths: [/public/*]\n",
			[]string{`AP0231 t.yaml:10:17: spec.access.openPaths[0]: "/public/*" is a pattern, but open paths are exact; list each path, for example openPaths: [/public/index.html]`}},
		{"", "  access:\n    sameNamespacePods: false\n",
			[]string{`AP0225 t.yaml:10:24: spec.access.sameNamespacePods: false has no effect with cluster.controllers: Keep, because the profile-controller's own policy still allows the namespace; write cluster: {controllers: Restrict}, or remove this line`}},
		{"name: alice\n", "name: {{ .Values.namespace }}\n",
			[]string{`AP0207 t.yaml:7:11: spec.profiles[0].name: looks like a template; render it first, then pass the result`}},
		{"name: alice\n", "name: ${NAMESPACE}\n",
			[]string{`AP0207 t.yaml:7:11: spec.profiles[0].name: "${NAMESPACE}" looks like a variable that was not replaced; replace it first, for example with envsubst`}},
		{tenants, "apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: {name: alice}\nspec: {owner: {kind: User, name: alice@example.com}}\n",
			[]string{`AP0201 t.yaml:1:1: expected an AmbientProfile, got Profile alice; pass it as an input after the configuration: ambient-profile ambientprofile.yaml INPUT.yaml`}},
		{"kind: AmbientProfile", "kind: Profile",
			[]string{`AP0201 t.yaml:1:1: expected an AmbientProfile, got Profile kubeflow; write kind: AmbientProfile`}},
		{tenants, "resources: [namespaces.yaml]\ntransformers: [ambientprofile.yaml]\n",
			[]string{`AP0201 t.yaml:1:1: expected an AmbientProfile, got a kustomization; list an AmbientProfile under its transformers, and run kustomize build --enable-alpha-plugins --enable-exec DIR`}},
		{tenants, "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [namespaces.yaml]\n",
			[]string{`AP0201 t.yaml:1:1: expected an AmbientProfile, got a kustomization; list an AmbientProfile under its transformers, and run kustomize build --enable-alpha-plugins --enable-exec DIR`}},
		{tenants, "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
			[]string{`AP0201 t.yaml:1:1: expected an AmbientProfile, got a map without kind and spec; write apiVersion, kind, metadata and spec`}},
		{"", "    contributors: [{name: bob@example.com, role: edit}, {name: bob@example.com, role: edit}]\n",
			[]string{`AP0221 t.yaml:9:64: spec.profiles[0].contributors[1].name: "bob@example.com" is listed twice, first at spec.profiles[0].contributors[0]; remove one of the two`}},
	} {
		c.run(t)
	}
}

// What follows from another mistake is not a message of its own.
func TestNoAftershocks(t *testing.T) {
	const owner = "    owner: {name: alice@example.com}\n"
	for _, c := range []refusalCase{
		{owner, "    onwer: {name: alice@example.com}\n",
			[]string{`AP0203 t.yaml:8:5: spec.profiles[0].onwer: unknown field; did you mean owner?`}},
		{"spec:\n  profiles:\n  - name: alice\n  ", "profiles:\n- name: alice\n",
			[]string{`AP0203 t.yaml:5:1: profiles: unknown field; it belongs to spec; move it there`}},
		{"  - name: alice\n" + owner, "  - name: alice\n  - name: bob\n  owner: {name: bob@example.com}\n", // that of bob
			[]string{`AP0212 t.yaml:7:5: spec.profiles[0].owner: missing; copy spec.owner of Profile alice, for example owner: {name: alice@example.com}`,
				`AP0203 t.yaml:9:3: spec.owner: unknown field; owner belongs to a profile; indent it to line up with name`}},
		{"", "  access: {sameNamespacePods: false}\n  cluster: {controllers: 5}\n",
			[]string{`AP0210 t.yaml:10:26: spec.cluster.controllers: expected a string, got the number 5; write controllers: "5"`}},
		{"", "  access: {sameNamespacePods: false}\n  cluster: {controllers: keep}\n",
			[]string{`AP0215 t.yaml:10:26: spec.cluster.controllers: "keep" is not one of Keep, Restrict; did you mean Keep?`}},
		{"", "  cluster: {tokens: {jwks: {source: uri, uri: 'https://a.example.com/keys'}}}\n",
			[]string{`AP0215 t.yaml:9:37: spec.cluster.tokens.jwks.source: "uri" is not one of Proxy, Issuer, URI; did you mean URI?`}},
		{"", "  waypoint: {podDisruptionBudget: true, replicas: two}\n",
			[]string{`AP0210 t.yaml:9:51: spec.waypoint.replicas: expected a number, got the string "two"; write digits only`}},
		{"", "  ingress: {tlsSecret: tls}\n  cluster: {platform: true}\n",
			[]string{`AP0210 t.yaml:10:23: spec.cluster.platform: expected a map, got the boolean true; write platform: {enabled: true}`}},
		{"  profiles:\n  - name: alice\n" + owner, "  profileSelector:\n",
			[]string{`AP0208 t.yaml:6:3: spec.profileSelector: has no value; write profileSelector: {} for every Profile of the input, or remove the line`}},
		{owner, "    owner: &o {name: alice@example.com}\n  - name: bob\n    owner: *o\n  - <<: {name: carol}\n",
			[]string{`AP0206 t.yaml:10:12: spec.profiles[1].owner: is the YAML alias *o; write the value itself`,
				`AP0205 t.yaml:11:5: spec.profiles[2]: has the YAML merge key <<; write the fields themselves`}},
		{tenants, "{{ include \"tenants\" . }}\n",
			[]string{`AP0207 t.yaml:1:1: looks like a template; render it first, then pass the result`}},
		{"", "<<: {kind: AmbientProfile}\n",
			[]string{`AP0205 t.yaml:9:1: AmbientProfile kubeflow: has the YAML merge key <<; write the fields themselves`}},
		// Two mistakes of which neither follows from the other are two messages.
		{"", "  access: {sameNamespacePods: false}\n  cluster: {controllers: Keep, rootNamespace: A}\n",
			[]string{`AP0225 t.yaml:9:31: spec.access.sameNamespacePods: false has no effect with cluster.controllers: Keep, because the profile-controller's own policy still allows the namespace; write cluster: {controllers: Restrict}, or remove this line`,
				`AP0213 t.yaml:10:47: spec.cluster.rootNamespace: "A" is not a valid namespace name; use at most 63 lowercase letters, digits and dashes, starting and ending with a letter or digit; did you mean a?`}},
	} {
		c.run(t)
	}
}

// A field in a place where it does not belong is led to the one where it does.
func TestFieldsInAnotherPlace(t *testing.T) {
	for _, c := range []refusalCase{
		{"", "  identity: {userIDHeader: x-user}\n  trustDomain: corp.local\n", // a second identity: would be a duplicate
			[]string{`AP0203 t.yaml:10:3: spec.trustDomain: unknown field; it belongs to spec.identity; move it there`}},
		{"", "  waypoint: {trustDomain: corp.local}\n",
			[]string{`AP0203 t.yaml:9:14: spec.waypoint.trustDomain: unknown field; it belongs to spec.identity; move it there`}},
		{"", "    identity: {userIDHeader: x-user}\n",
			[]string{`AP0203 t.yaml:9:5: spec.profiles[0].identity: unknown field; it belongs to spec; indent it to line up with profiles`}},
		{"", "  sessionissuers: [https://dex.example.com]\n",
			[]string{`AP0203 t.yaml:9:3: spec.sessionissuers: unknown field; it belongs to spec.identity; write identity: {sessionIssuers: [https://dex.example.com]}`}},
		{"", "  tokens: {issuers: [a]}\n",
			[]string{`AP0203 t.yaml:9:3: spec.tokens: unknown field; it belongs to spec.cluster; move it there`}},
		{"", "    role: edit\n",
			[]string{`AP0203 t.yaml:9:5: spec.profiles[0].role: unknown field; role belongs to a contributor; indent it to line up with name`}},
		{"", "  replicas: 2\n", // there are two of that name
			[]string{`AP0203 t.yaml:9:3: spec.replicas: unknown field; use one of the fields profiles, profileSelector, identity, ingress, waypoint, access, cluster, failOnWarning`}},
	} {
		c.run(t)
	}
}

// A snippet is YAML that means the value again.
func TestSnippetsAreYAML(t *testing.T) {
	for text, want := range map[string]string{
		"alice@example.com": "alice@example.com", "a/b": "a/b", "/a": "/a", "https://a.example.com:8080/x": "https://a.example.com:8080/x",
		"012": `"012"`, "on": `"on"`, "": `""`, "a: b": `"a: b"`, "a, b": `"a, b"`, "-a": `"-a"`, "@a": `"@a"`, "a:": `"a:"`, "a #b": `"a #b"`, "{a}": `"{a}"`, "a\nb": `"a\nb"`, "ä": `"ä"`,
	} {
		got := flow(text)
		if got != want {
			t.Errorf("%q is written %s, want %s", text, got, want)
		}
		var read map[string][]string
		if err := yaml.Unmarshal([]byte("a: ["+got+", x]"), &read); err != nil || len(read["a"]) != 2 || read["a"][0] != text {
			t.Errorf("%s is read as %q: %v", got, read, err)
		}
	}
}
