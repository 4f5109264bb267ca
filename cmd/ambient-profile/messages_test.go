package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

var update = flag.Bool("update", false, "rewrite docs/messages.md, and fail")

const messagesPage = "../../docs/messages.md"

// The page of all messages is made of the table of codes and of what was really printed: a code
// without an example, and an example without a code, fail.
func TestMessagesPage(t *testing.T) {
	examples, varies := goldenExamples(t)
	for code, c := range calls() {
		examples[code] = c.printed(t, code)
	}
	for code := range judged {
		examples[code] = found(t, code)
	}
	var page strings.Builder
	page.WriteString(pageHead)
	part := ""
	for _, entry := range diagnostic.Codes() {
		example, found := examples[entry.Code]
		delete(examples, entry.Code)
		if !found {
			t.Errorf("%s (%s) has no example; make a golden case or a call that prints it", entry.Code, entry.About)
		}
		if name := parts[string(entry.Code[:4])]; name != part {
			part = name
			fmt.Fprintf(&page, "\n## %sxx: %s\n", entry.Code[:4], part)
		}
		remedy := remedyOf(example)
		if varies[entry.Code] || strings.HasSuffix(remedy, "?") {
			remedy = ""
		}
		fmt.Fprintf(&page, "\n### %s\n\n%s: %s.%s\n\n```text\n%s\n```\n", entry.Code, capital(entry.Severity.String()), entry.About, remedy, example)
	}
	for code, example := range examples {
		t.Errorf("%s is in no table; it was printed in: %s", code, example)
	}
	if want := read(t, messagesPage); page.String() != want {
		if !*update {
			t.Fatalf("%s is not what the table and the goldens make (make golden rewrites it)", messagesPage)
		}
		write(t, messagesPage, page.String())
		t.Errorf("rewrote %s; read the difference before you commit it", messagesPage)
	}
}

const pageHead = `# Messages

<!-- Made by go test ./cmd/ambient-profile -run TestMessagesPage -update; edit the table of codes in internal/diagnostic. -->

This page is for users who look up a code that a command printed.

A message is one line on stderr, in this form. ` + "`lint`" + ` prints its findings on stdout, without the name of the program:

` + "```text" + `
ambient-profile: SEVERITY: FILE:LINE:COLUMN: [CODE] SUBJECT: what was found; what it means; what to do
` + "```" + `

- An **error** ends the run with exit code 1 or 2, and stdout is empty. A **warning** is an error with ` + "`failOnWarning: true`" + `. An **info** needs no action.
- The code is stable: it is never given to another kind of message. What follows it may change.
- kustomize and kpt pass objects on without their lines. There a message names the object, and the file if kpt says it.
- A warning about several objects is one line, which lists the others behind the first: ` + "`ConfigMap kubeflow/a (also kubeflow/b)`" + `.
- In a ResourceList, the same is in ` + "`results`" + `, one for each object: ` + "`message`, `severity`, `resourceRef`, `field.path`, `file.path` and `file.index`" + `.
- The **referee** is the part of ambient-profile that decides from manifests who may reach what. **NOT JUDGED** is what it cannot decide: [what to do](not-judged.md).
`

// parts are the parts of the program, by how their codes begin.
var parts = map[string]string{
	"AP01": "reading files and YAML",
	"AP02": "the AmbientProfile",
	"AP03": "objects of the input",
	"AP04": "policies of the sidecar era",
	"AP05": "the ingress, logins and sessions",
	"AP06": "Kubeflow's own components",
	"AP07": "who may reach what",
	"AP08": "AccessChecks",
	"AP09": "the command line and the wiring",
}

var coded = regexp.MustCompile(`(?m)^ambient-profile: (error|warning|info): .*?\[(AP\d{4})\] .*$`)

// goldenExamples are the shortest messages of each code in the golden cases, and the codes whose messages do not all end in the same remedy: what one of
// them says to do is not said of the code.
func goldenExamples(t *testing.T) (examples map[diagnostic.Code]string, varies map[diagnostic.Code]bool) {
	t.Helper()
	files := slices.Concat(must(filepath.Glob("../../testdata/golden/*/want.err")), must(filepath.Glob("../../testdata/golden/*/want.warn")))
	severities := map[diagnostic.Code]string{}
	for _, entry := range diagnostic.Codes() {
		severities[entry.Code] = entry.Severity.String()
	}
	examples, varies = map[diagnostic.Code]string{}, map[diagnostic.Code]bool{}
	for _, file := range files {
		for _, m := range coded.FindAllStringSubmatch(read(t, file), -1) {
			line, code := m[0], diagnostic.Code(m[2])
			if severity, known := severities[code]; known && severity != m[1] {
				continue // failOnWarning
			}
			shortest, found := examples[code]
			varies[code] = varies[code] || found && remedyOf(line) != remedyOf(shortest)
			if !found || len(line) < len(shortest) {
				examples[code] = line
			}
		}
	}
	return examples, varies
}

// remedyOf is the last part of a message, as a sentence; "" for none.
func remedyOf(example string) string {
	found := strings.SplitN(example, "; ", 3)
	if last := len(found) - 1; last > 0 && !strings.HasPrefix(example, "ambient-profile: info: ") {
		return " " + strings.ReplaceAll(capital(found[last])+".", "?.", "?")
	}
	return ""
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// call is a run of the program that ends with an error.
type call struct {
	args   string
	stdin  io.Reader
	stdout io.Writer
}

// calls are the examples that no golden case has: of the command line, and of what is not a
// configuration with inputs.
func calls() map[diagnostic.Code]call {
	const list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"
	const profile = "apiVersion: ambient.kubeflow.org/v1alpha1, kind: AmbientProfile, metadata: {name: kubeflow}, spec: {profiles: [{name: alice, owner: {name: alice@example.com}}]}"
	strict := strings.Replace(profile, "spec: {", "spec: {failOnWarning: true, ", 1)
	const check = "apiVersion: ambient.kubeflow.org/v1alpha1, kind: AccessCheck, metadata: {name: tenants}, spec: {cases: [{name: a, from: {offMesh: true}, to: {namespace: alice, service: tet}, expect: allow}]}"
	in := func(args, stdin string) call { return call{args, strings.NewReader(stdin), io.Discard} }
	servers := func(server string) call {
		return in("", list+"items:\n- {apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: kubeflow-gateway, namespace: kubeflow}, spec: {selector: {istio: ingressgateway}, servers: ["+server+"]}}\n"+
			"functionConfig: {"+strings.Replace(strict, "spec: {", "spec: {ingress: {tlsSecret: kubeflow-tls}, cluster: {platform: {enabled: true}}, ", 1)+"}\n")
	}
	return map[diagnostic.Code]call{
		diagnostic.CannotRead:          in("tenants.yaml", ""),
		diagnostic.NotForServe:         in("serve - --listen :8080", "{"+profile+"}"),
		diagnostic.CannotListen:        in("serve - --listen 127.0.0.1:99999", "{"+strings.Replace(profile, "profiles: [{name: alice, owner: {name: alice@example.com}}]", "profileSelector: {}", 1)+"}"),
		diagnostic.InvalidYAML:         in("-", "kind: AmbientProfile\nmetadata: {name: kubeflow}\nspec:\n  profiles:\n  - name: alice\n   owner: {name: alice@example.com}\n"),
		diagnostic.TabIndentation:      in("-", "kind: AmbientProfile\nspec:\n\tprofiles: []\n"),
		diagnostic.ListedNoObject:      in("explain", "apiVersion: v1\nkind: List\nitems: [alice]\n"),
		diagnostic.PartialList:         in("explain", "apiVersion: v1\nkind: ServiceList\nmetadata: {continue: eyJ2IjoibWV0YSJ9, remainingItemCount: 12}\nitems:\n- metadata: {name: a, namespace: alice}\n"),
		diagnostic.MergeWithoutMap:     in("explain", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: alice\n  labels: {<<: x}\n"),
		diagnostic.NoResourceList:      in("", ""),
		diagnostic.WrongResourceList:   in("", list+"items: {}\n"),
		diagnostic.NoFunctionConfig:    in("", list+"items: []\n"),
		diagnostic.TemplateNotRendered: in("explain", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {{ .Values.name }}\n"),

		diagnostic.ConfigNotLocal: in("", list+"items:\n- {"+strings.Replace(strict, "kubeflow}", "kubeflow, annotations: {config.kubernetes.io/path: tenants.yaml}}", 1)+"}\nfunctionConfig: {"+strict+"}\n"),
		diagnostic.OldGatewayUnknown: in("", list+"items:\n- {apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: kubeflow-gateway, namespace: kubeflow}, spec: {selector: {istio: corp-ingress}}}\n"+
			"functionConfig: {"+strings.Replace(strict, "spec: {", "spec: {cluster: {platform: {enabled: true}}, ", 1)+"}\n"),
		diagnostic.RedirectLost: servers("{hosts: ['*'], port: {number: 80}, tls: {httpsRedirect: true}}"),
		diagnostic.ServerLost:   servers("{hosts: [shop.example.com], port: {number: 443}, tls: {mode: SIMPLE, credentialName: shop-tls}}"),
		diagnostic.LoginPathsDenied: in("", list+"items:\n- {apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: istio-ingressgateway-require-jwt, namespace: istio-system}, "+
			"spec: {action: DENY, selector: {matchLabels: {istio: ingressgateway}}, rules: [{from: [{source: {notRequestPrincipals: ['*']}}], to: [{operation: {notPaths: [/dex/*]}}]}]}}\n"+
			"functionConfig: {"+strings.Replace(strict, "spec: {", "spec: {identity: {loginPaths: [/dex/*, /sso/*]}, cluster: {platform: {enabled: true}}, ", 1)+"}\n"),
		diagnostic.ManifestLeftOut: in("", list+"items:\n- {apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop, labels: {canary: true}}}\nfunctionConfig: {"+strict+"}\n"),
		diagnostic.NameGenerated:   in("", list+"items:\n- {apiVersion: kubeflow.org/v1, kind: Notebook, metadata: {generateName: lab-, namespace: alice}}\nfunctionConfig: {"+strict+"}\n"),
		diagnostic.NamespaceLocal:  in("", list+"items:\n- {apiVersion: v1, kind: Namespace, metadata: {name: alice, annotations: {config.kubernetes.io/local-config: \"true\"}}}\nfunctionConfig: {"+strict+"}\n"),
		diagnostic.SelectionHides:  in("", list+"items:\n- {apiVersion: kubeflow.org/v1, kind: Profile, metadata: {name: bob, annotations: {internal.config.k8s.io/kpt-resource-id: \"2\", config.kubernetes.io/path: bob.yaml}}}\nfunctionConfig: {"+profile+"}\n"),

		diagnostic.UnknownCommand:    in("explian rendered.yaml", ""),
		diagnostic.UnknownFlag:       in("tenants.yaml -o out.yaml", ""),
		diagnostic.WrongFlag:         in("explain -o xml rendered.yaml", ""),
		diagnostic.WrongArguments:    in("check", ""),
		diagnostic.StdinTwice:        in("check -", ""),
		diagnostic.StdinIsATerminal:  {"explain", must(os.Open("/dev/zero")), io.Discard}, // a device, as a terminal is
		diagnostic.CannotWrite:       {"version", nil, brokenWriter{}},
		diagnostic.CannotInstall:     in("install nowhere", ""),
		diagnostic.ConfiguredTwice:   in("", list+"items:\n- {"+strings.NewReplacer("kubeflow}", "other}", "[{name", "[{name: bob, owner: {name: bob@example.com}}, {name").Replace(profile)+"}\nfunctionConfig: {"+profile+"}\n"),
		diagnostic.FunctionDidNotRun: in("", list+"items:\n- {"+profile+"}\nfunctionConfig: {"+check+"}\n"),
		diagnostic.CaseFailed:        in("check -o sarif - "+twoTenants, withCase("name: bob opens alice's notebook, from: {user: bob@example.com}, to: {namespace: alice, service: tet}, expect: allow")),
		diagnostic.CasesFailed:       in("", list+"items: []\nfunctionConfig: {"+check+"}\n"),
		diagnostic.NotRendered:       in("explain -", "{"+profile+"}\n"),
		diagnostic.NoObjects:         in("explain", ""),
		diagnostic.NothingToExplain:  in("explain", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: alice}\n"),
		diagnostic.ManifestsLocal:    in("explain", "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: alice, annotations: {config.kubernetes.io/local-config: 'true'}}\n"),
		diagnostic.IstioHole:         in("explain --istio-version 1.30", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: alice}\n"),
		diagnostic.IstioReleaseUnknown: in("explain", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: istiod, namespace: istio-system}\n"+
			"spec: {template: {spec: {containers: [{name: discovery, image: docker.io/istio/pilot:1.29.6}]}}}\n"),
		diagnostic.NoAccessCheck:    in("check - rendered.yaml", ""),
		diagnostic.NotAnAccessCheck: in("check - rendered.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: alice}\n"),
		diagnostic.LockUnreadable:   in("diff - rendered.yaml", "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AccessLock\nmesh: {trustDomain: cluster.local, pathNormalization: BASE}\nnamespaces:\n- {name: alice, access: ['allow | robots | services']}\n"),

		diagnostic.IgnoreInvalid: in("lint --fail-on info", ignoring("AP0718")),
		diagnostic.IgnoreUnused:  in("lint --fail-on info", ignoring("AP0718: the CNI's own pods")),
		diagnostic.PolicyUnattached: in("lint", inMesh+"---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: owner, namespace: alice}\n"+
			"spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypont}], rules: [{from: [{source: {namespaces: [alice]}}]}]}\n"),

		diagnostic.CheckUnknownField:   in("check - rendered.yaml", withCase("name: a, from: {offMesh: true}, to: {namespace: alice, servcie: tet}, expect: allow")),
		diagnostic.CheckFieldTwice:     in("", list+"items: []\nfunctionConfig: "+withCase("name: a, name: b, from: {offMesh: true}, to: {namespace: alice, service: tet}, expect: allow")),
		diagnostic.CheckNoValue:        in("check - rendered.yaml", withCase("name: a, from: {offMesh: true}, to: {namespace: alice, service: }, expect: allow")),
		diagnostic.CheckWrongType:      in("check - rendered.yaml", withCase("name: a, from: {offMesh: true}, to: {namespace: alice, service: tet}, request: {port: \"8080\"}, expect: allow")),
		diagnostic.CheckWrongValue:     in("check - rendered.yaml", withCase("name: a, from: {offMesh: true}, to: {namespace: alice, service: tet}, expect: alow")),
		diagnostic.CheckFieldMissing:   in("check - rendered.yaml", withCase("name: a, from: {offMesh: true}, to: {service: tet}, expect: allow")),
		diagnostic.CheckFieldsConflict: in("check - rendered.yaml", withCase("name: a, from: {offMesh: true, anonymous: true}, to: {namespace: alice, service: tet}, expect: allow")),
	}
}

// ignoring is a user namespace whose annotation ignores findings.
func ignoring(line string) string {
	return "apiVersion: v1\nkind: Namespace\nmetadata: {name: alice, annotations: {owner: alice@example.com, ambient.kubeflow.org/lint-ignore: \"" + line + "\"}}\n"
}

// withCase is an AccessCheck with one case.
func withCase(fields string) string {
	return "{apiVersion: ambient.kubeflow.org/v1alpha1, kind: AccessCheck, metadata: {name: tenants}, spec: {cases: [{" + fields + "}]}}\n"
}

// printed is the message with a code that a call prints.
func (c call) printed(t *testing.T, want diagnostic.Code) string {
	t.Helper()
	var stderr, findings bytes.Buffer
	stdout := c.stdout
	if strings.HasPrefix(c.args, "lint") {
		stdout = &findings
	}
	if code := run(strings.Fields(c.args), c.stdin, stdout, &stderr); code == 0 {
		t.Errorf("%s: %q ends with exit code 0", want, c.args)
	}
	for line := range strings.Lines(findings.String()) { // lint prints them as its result
		stderr.WriteString("ambient-profile: " + line)
	}
	for _, m := range coded.FindAllStringSubmatch(stderr.String(), -1) {
		if diagnostic.Code(m[2]) == want {
			return m[0]
		}
	}
	t.Errorf("%s: %q printed\n%s", want, c.args, stderr.String())
	return ""
}
