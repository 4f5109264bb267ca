package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

const (
	golden     = "../../testdata/golden/"
	minimal    = golden + "minimal-config-gives-a-closed-namespace/profile.yaml"
	twoTenants = golden + "two-profiles-have-their-own-owners/want.yaml"
)

// dirOf is a directory with a file.
func dirOf(t *testing.T, file string) string {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "below.yaml"), read(t, file))
	return dir
}

// stagesWith is a rollout of one object.
func stagesWith(t *testing.T, object string) string {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"1-policies/commands.sh": "kubectl apply\n", "1-policies/01-x.yaml": object,
		"back/1-policies/commands.sh": "kubectl delete\n", "back/1-policies/delete/01-x.yaml": object,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), text)
	}
	return dir
}

// Exit codes are an interface: 0 done and nothing wrong, 1 the content is rejected or fails, 2 it
// could not be done; the same for every command. Stdout is empty on 2 and where input is rejected.
func TestExitCodesAndStreams(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		write(t, filepath.Join(dir, name), text)
		return filepath.Join(dir, name)
	}
	head := "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AccessCheck\nmetadata: {name: c}\nspec:\n  cases:\n"
	caseOf := func(user, expect string) string {
		return "  - {name: " + user + ", from: {user: " + user + "@example.com}, to: {namespace: alice, service: tet}, expect: " + expect + "}\n"
	}
	good, bad := file("good.yaml", head+caseOf("alice", "allow")+caseOf("bob", "deny")), file("bad.yaml", head+caseOf("bob", "allow"))
	missing := file("missing.yaml", head+strings.Replace(caseOf("bob", "deny"), "service: tet", "service: tett", 1))
	service := file("service.yaml", "{apiVersion: v1, kind: Service, metadata: {name: tet, namespace: alice}, spec: {selector: {app: tet}, ports: [{name: http, port: 80}]}}\n")
	brokenCheck := file("check.yaml", head+"  - {name: x, form: {user: a}, to: {namespace: alice, service: tet}, expect: maybe}\n")
	claim := func(name, others string) string {
		return file(name, strings.Replace(head, "  cases:\n", "  never:\n", 1)+"  - {name: no tenant reaches another, each: profile, from: {notNamespaces: [$profile, istio-system"+others+"]}, "+
			"to: {namespace: $profile}, request: {notPaths: [/healthz, /metrics, /wait-for-drain]}}\n")
	}
	proved, disproved := claim("proved.yaml", ", kubeflow"), claim("disproved.yaml", "")
	brokenYAML, empty, braces := file("broken.yaml", "a: [\n"), file("empty.yaml", ""), file("braces.yaml", "{}\n")
	onlyConfigMap := file("configmap.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: alice}}\n")
	refused := file("refused.yaml", strings.Replace(read(t, minimal), "spec:\n", "spec:\n  acess: {}\n", 1))
	open := "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: open, namespace: alice}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}],\n  rules: [ {}]}\n"
	openRule := file("open.yaml", open)
	accepted := file("accepted.yaml", strings.Replace(open, "namespace: alice}", "namespace: alice, annotations: {ambient.kubeflow.org/lint-ignore: 'AP0703: reviewed by the platform team'}}", 1))
	nowhere := filepath.Join(dir, "nowhere.yaml")
	opened := file("opened.yaml", "# a comment\n"+strings.Replace(read(t, twoTenants), "- alice@example.com", "- alice@example.com\n      - bob@example.com", 1))
	renamed := file("renamed.yaml", strings.ReplaceAll(read(t, twoTenants), "name: ns-l4-waypoint", "name: l4"))
	otherConfigMap := file("other.yaml", strings.Replace(read(t, onlyConfigMap), "name: x,", "name: x, labels: {a: c},", 1))
	staged := strings.Replace(read(t, onlyConfigMap), "name: x,", "name: x, labels: {a: b},", 1)
	stages, applied := stagesWith(t, staged), file("applied.yaml", staged)
	for name, test := range map[string]struct {
		stdin  string
		args   []string
		code   int
		stdout string // a part of it; "" means that it must be empty
		stderr string // likewise; but what was done may come with warnings
	}{
		"version":                    {"", []string{"version"}, 0, "ambient-profile dev\n", ""},
		"version as a flag":          {"", []string{"--version"}, 0, "ambient-profile dev\n", ""},
		"version of what":            {"", []string{"version", "x"}, 2, "", `version takes no arguments, got "x"`},
		"the function":               {"", nil, 1, "", "stdin: [AP0123] expected a ResourceList, got nothing"},
		"a configuration":            {"", []string{minimal}, 0, "name: ns-l4-waypoint", ""},
		"a configuration on stdin":   {read(t, minimal), []string{"-"}, 0, "name: ns-l4-waypoint", ""},
		"a configuration is refused": {"", []string{refused}, 1, "", "spec.acess"},
		"broken configuration":       {"", []string{brokenYAML}, 1, "", "broken.yaml"},
		"broken input":               {"", []string{minimal, brokenYAML}, 1, "", "broken.yaml"},
		"no such configuration":      {"", []string{nowhere}, 2, "", "nowhere.yaml: [AP0101] cannot be read (no such file or directory)"},
		"no such input":              {"", []string{minimal, nowhere}, 2, "", "nowhere.yaml: [AP0101] cannot be read (no such file or directory)"},
		"a directory as input":       {"", []string{minimal, dir}, 2, "", "cannot be read (is a directory)"},
		"stdin twice":                {read(t, minimal), []string{"-", "-"}, 2, "", "stdin (-) is given twice"},
		"mistyped verb":              {"", []string{"vesion"}, 2, "", `[AP0901] unknown command "vesion"; did you mean version?`},
		"mistyped verb with flags":   {"", []string{"explian", "-o", "json", twoTenants}, 2, "", `unknown command "explian"; did you mean explain?`},
		"a file without ending":      {"", []string{"config"}, 2, "", `unknown command "config", which is not a .yaml, .yml or .json file either`},

		"cases hold":               {"", []string{"check", good, twoTenants}, 0, "2 cases, 0 failed", ""},
		"cases of stdin":           {read(t, good), []string{"check", "-", twoTenants}, 0, "2 cases, 0 failed", ""},
		"manifests of stdin":       {read(t, twoTenants), []string{"check", good}, 0, "2 cases, 0 failed", ""},
		"a case fails":             {"", []string{"check", bad, twoTenants}, 1, "FAIL  bob", ""},
		"a claim holds":            {"", []string{"check", proved, twoTenants}, 0, "in 2 user namespaces", ""},
		"a claim fails":            {"", []string{"check", disproved, twoTenants}, 1, "pod kubeflow/ml-pipeline-ui, GET / to Service alice/any Service port 80, header kubeflow-userid: alice@example.com: waypoint", ""},
		"for machines":             {"", []string{"check", "-o", "json", bad, twoTenants}, 1, `"got": "deny"`, ""},
		"nothing is missing":       {"", []string{"check", "--fail-on-assumed", good, twoTenants, service}, 0, "2 cases, 0 failed", ""},
		"a case of what is not":    {"", []string{"check", missing, twoTenants, service}, 0, "Service alice/tett (did you mean tet?)", ""},
		"which may not be":         {"", []string{"check", "--fail-on-assumed", missing, twoTenants, service}, 1, "not in the manifests: Service alice/tett (did you mean tet?)", ""},
		"the form behind":          {"", []string{"check", bad, twoTenants, "--output=json"}, 1, `"ok": false`, ""},
		"the form in front":        {"", []string{"-o", "json", "check", bad, twoTenants}, 1, `"ok": false`, ""},
		"a broken check":           {"", []string{"check", brokenCheck, twoTenants}, 1, "", "spec.cases[0].form"},
		"a check that is none":     {"", []string{"check", twoTenants, twoTenants}, 1, "", "[AP0922] expected an AccessCheck, got Namespace alice; give the AccessChecks first"},
		"a check of broken yaml":   {"", []string{"check", good, brokenYAML}, 1, "", "broken.yaml"},
		"no check":                 {"", []string{"check"}, 2, "", "needs a file with AccessChecks"},
		"an empty check":           {"", []string{"check", empty, twoTenants}, 2, "", "empty.yaml: [AP0921] contains no AccessCheck"},
		"no such check":            {"", []string{"check", nowhere, twoTenants}, 2, "", "nowhere.yaml"},
		"a check of no such file":  {"", []string{"check", good, nowhere}, 2, "", "nowhere.yaml"},
		"a check of nothing":       {"", []string{"check", good}, 2, "", "stdin: [AP0919] contains no Kubernetes object; check the command before the pipe"},
		"a check of the config":    {"", []string{"check", good, minimal}, 2, "", "profile.yaml:1:1: [AP0918] AmbientProfile kubeflow: is a configuration, and there are no rendered manifests; give what ambient-profile " + minimal + " prints"},
		"stdin is both":            {"", []string{"check", "-"}, 2, "", "stdin cannot be both"},
		"stdin is both, in words":  {"", []string{"check", "-", "-"}, 2, "", "stdin (-) is given twice"},
		"for a test report":        {"", []string{"check", "-o", "junit", bad, twoTenants}, 1, `<testcase classname="c" name="bob" file="` + bad + `" line="6">` + "\n      <failure message=\"expected allow, got deny\">", "[AP0932] spec.cases[0]: bob: expected allow, got deny; waypoint"},
		"for code scanning":        {"", []string{"check", "-o", "sarif", bad, twoTenants}, 1, `"startLine": 6`, "[AP0932] spec.cases[0]"},
		"for annotations":          {"", []string{"check", "-o", "github", bad, twoTenants}, 1, "::error file=" + bad + ",line=6,col=5,title=AP0932::spec.cases[0]: bob: expected allow, got deny", ""},
		"for a comment":            {"", []string{"check", "-o", "markdown", bad, twoTenants}, 1, "| **FAIL** | bob | allow | deny | waypoint alice/waypoint", ""},
		"a table":                  {"", []string{"explain", twoTenants}, 0, "\n\n4 namespaces, 15 clients, 2 of 17 lines NOT JUDGED\n", ""},
		"a table of stdin":         {read(t, twoTenants), []string{"explain"}, 0, "user alice@example.com (owner)", ""},
		"a diagram":                {"", []string{"explain", "-o", "mermaid", twoTenants}, 0, "flowchart LR", ""},
		"explain for machines":     {"", []string{"explain", "-o", "json", twoTenants}, 0, `"namespaces": [`, ""},
		"ask":                      {"", []string{"ask", "--from", "pod:bob/default-editor", "--to", "alice/tet:80", "GET /v1/x", twoTenants}, 0, "nearest that is allowed: pod bob/default-editor, GET /healthz", ""},
		"ask for machines":         {"", []string{"ask", "-o", "json", "--from", "off-mesh", "--to", "alice/tet", twoTenants}, 0, `"got": "deny",`, ""},
		"ask with a header":        {"", []string{"ask", "--from", "anonymous", "--to", "alice/tet", "-H", "kubeflow-userid: alice@example.com", twoTenants}, 0, "deny: anonymous", ""},
		"ask: the same header":     {"", []string{"ask", "--from", "anonymous", "--to", "alice/tet", "-H", "x-v: 2", "-H", "x-v: 1", twoTenants}, 0, "header x-v: 2,1", ""},
		"ask with a claim":         {"", []string{"ask", "--from", "jwt:https://ci", "--audience", "a", "--claim", "g=x", "--to", "alice/tet", twoTenants}, 0, "with the audience a with the claim g: x", ""},
		"ask with half a claim":    {"", []string{"ask", "--from", "jwt:https://ci", "--claim", "g", "--to", "alice/tet", twoTenants}, 2, "", `--claim "g" is not NAME=VALUE`},
		"ask without a token":      {"", []string{"ask", "--from", "anonymous", "--audience", "g", "--to", "alice/tet", twoTenants}, 2, "", "--audience needs a client with a token"},
		"ask without a client":     {"", []string{"ask", "--to", "alice/tet", twoTenants}, 2, "", "ask needs --from and --to; see ambient-profile ask -h"},
		"ask of a wrong client":    {"", []string{"ask", "--from", "alice", "--to", "alice/tet", twoTenants}, 2, "", `--from "alice" is not one of user:NAME`},
		"ask of a bare user":       {"", []string{"ask", "--from", "alice@example.com", "--to", "alice/tet", twoTenants}, 2, "", "; write --from user:alice@example.com"},
		"ask of a path alone":      {"", []string{"ask", "--from", "anonymous", "--to", "alice/tet", "/x", twoTenants}, 2, "", `"/x" is not 'METHOD PATH'; write 'GET /x'`},
		"ask in lowercase":         {"", []string{"ask", "--from", "anonymous", "--to", "alice/tet", "get /x", twoTenants}, 2, "", `"get /x" is not 'METHOD PATH'; write 'GET /x'`},
		"ask of a method alone":    {"", []string{"ask", "--from", "anonymous", "--to", "alice/tet", "GET", twoTenants}, 2, "", `"GET" is not 'METHOD PATH'; write 'GET /x'`},
		"lint of a directory":      {"", []string{"lint", dirOf(t, twoTenants)}, 2, "", " | ambient-profile ... -"},
		"swapped arguments":        {"", []string{twoTenants, minimal}, 1, "", "[AP0109] contains several documents, and no AmbientProfile; give the configuration first: ambient-profile ambientprofile.yaml INPUT.yaml"},
		"ask for no target":        {"", []string{"ask", "--from", "anonymous", "--to", "alice", twoTenants}, 2, "", `--to "alice" is not NAMESPACE/SERVICE`},
		"ask for a wrong port":     {"", []string{"ask", "--from", "anonymous", "--to", "alice/tet:x", twoTenants}, 2, "", "has no port from 1 to 65535"},
		"ask with half a header":   {"", []string{"ask", "--from", "anonymous", "--to", "alice/tet", "-H", "x", twoTenants}, 2, "", "-H \"x\" is not 'NAME: VALUE'"},
		"ask for pods by ingress":  {"", []string{"ask", "--from", "anonymous", "--to", "alice/tet", "--direct", twoTenants}, 2, "", "the ingress leads to Services"},
		"ask of no such file":      {"", []string{"ask", "--from", "anonymous", "--to", "alice/tet", nowhere}, 2, "", "nowhere.yaml"},
		"diff":                     {"", []string{"diff", twoTenants, opened}, 0, "- user bob@example.com to any Service", ""},
		"diff of a place":          {"", []string{"diff", twoTenants, opened}, 0, "(" + opened + ":70)", ""},
		"diff the other way":       {"", []string{"diff", opened, twoTenants}, 0, "- user bob@example.com to any Service", ""},
		"diff of stdin":            {read(t, twoTenants), []string{"diff", opened, "-"}, 0, "- user bob@example.com", ""},
		"diff of a new name":       {"", []string{"diff", "--exit-code", twoTenants, renamed}, 0, "", ""},
		"diff of a directory":      {"", []string{"diff", "--exit-code", opened, dirOf(t, opened)}, 0, "", ""},
		"diff for a pull request":  {"", []string{"diff", "-o", "markdown", twoTenants, opened}, 0, "| alice | gained | user bob\\@example.com |", ""},
		"diff for machines":        {"", []string{"diff", "-o", "json", twoTenants, opened}, 0, `"change": "gained",`, ""},
		"no new access":            {"", []string{"diff", "--no-new-access", twoTenants, opened}, 1, "- user bob@example.com", ""},
		"only less access":         {"", []string{"diff", "--no-new-access", opened, twoTenants}, 0, "- user bob@example.com", ""},
		"no other access":          {"", []string{"diff", "--exit-code", opened, twoTenants}, 1, "- user bob@example.com", ""},
		"what is lost":             {"", []string{"diff", "--only", "lost", twoTenants, opened}, 0, "", ""},
		"in another namespace":     {"", []string{"diff", "-n", "bob", "--exit-code", twoTenants, opened}, 0, "", ""},
		"in no namespace":          {"", []string{"diff", "-n", "carol", twoTenants, opened}, 2, "", "there is nothing to compare"},
		"nothing to compare":       {"", []string{"diff", onlyConfigMap, onlyConfigMap}, 2, "", "there is nothing to compare"},
		"diff of one":              {"", []string{"diff", twoTenants}, 2, "", "diff needs the old manifests and the new ones"},
		"diff of no such file":     {"", []string{"diff", twoTenants, nowhere}, 2, "", "nowhere.yaml"},
		"diff of an empty file":    {"", []string{"diff", twoTenants, empty}, 2, "", "empty.yaml: [AP0919] contains no Kubernetes object"},
		"diff of an empty place":   {"", []string{"diff", twoTenants, t.TempDir()}, 2, "", "there is no .yaml, .yml or .json file in it"},
		"diff of other changes":    {"", []string{"diff", "--only", "both", twoTenants, opened}, 2, "", "--only"},
		"explain of broken yaml":   {"", []string{"explain", brokenYAML}, 1, "", "broken.yaml"},
		"explain of no such file":  {"", []string{"explain", nowhere}, 2, "", "nowhere.yaml"},
		"explain of the config":    {"", []string{"explain", minimal}, 2, "", "profile.yaml:1:1: [AP0918] AmbientProfile kubeflow: is a configuration, and there are no rendered manifests; give what ambient-profile " + minimal + " prints"},
		"explain of a check":       {"", []string{"explain", good}, 2, "", "good.yaml:1:1: [AP0918] AccessCheck c: is a configuration"},
		"explain of nothing":       {"", []string{"explain"}, 2, "", "stdin: [AP0919] contains no Kubernetes object; check the command before the pipe"},
		"explain of an empty file": {"", []string{"explain", empty}, 2, "", "empty.yaml: [AP0919] contains no Kubernetes object; give what kustomize build prints"},
		"explain of braces":        {"", []string{"explain", braces}, 2, "", "braces.yaml: [AP0919] contains no Kubernetes object"},
		"nothing to explain":       {"", []string{"explain", onlyConfigMap}, 2, "", "there is nothing to explain"},
		"explain a namespace":      {"", []string{"explain", "-n", "bob", twoTenants}, 0, "bob (ambient", ""},
		"explain no namespace":     {"", []string{"explain", "-n", "carol", twoTenants}, 2, "", "none of the requested namespaces has a Service, a notebook or a policy; use some of alice, bob"},
		"no such form":             {"", []string{"explain", "-o", "xml", twoTenants}, 2, "", `-o "xml" is not one of table, markdown, mermaid, html, json, yaml, lock`},
		"of a release":             {"", []string{"explain", "--istio-version", "1.32", twoTenants}, 0, "user alice@example.com (owner)", ""},
		"cases of a release":       {"", []string{"check", "--istio-version=1.31", good, twoTenants}, 0, "2 cases, 0 failed", ""},
		"no such release":          {"", []string{"explain", "--istio-version", "1.29", twoTenants}, 2, "", `--istio-version "1.29" is not one of 1.30, 1.31, 1.32; see ambient-profile explain -h`},
		"a release that is named":  {"", []string{"explain", "--1.31", twoTenants}, 2, "", "unknown flag --1.31"},
		"no form":                  {"", []string{"explain", twoTenants, "-o"}, 2, "", "flag needs an argument"},

		"lint finds nothing":     {"", []string{"lint", twoTenants}, 0, "0 errors, 0 warnings, 0 infos\n", ""},
		"lint of stdin":          {read(t, twoTenants), []string{"lint", "-"}, 0, "0 errors, 0 warnings, 0 infos\n", ""},
		"lint for code scanning": {"", []string{"lint", "-o", "sarif", twoTenants}, 0, `"version": "2.1.0"`, ""},
		"lint of an open tenant": {"", []string{"lint", twoTenants, openRule}, 1, "warning: " + openRule + ":5:12: [AP0703] AuthorizationPolicy alice/open: spec.rules[0]: allows", ""},
		"which may be":           {"", []string{"lint", "--fail-on", "error", twoTenants, openRule}, 0, "0 errors, 1 warning, 0 infos\n", ""},
		"and is annotated":       {"", []string{"lint", twoTenants, accepted}, 0, "(reviewed by the platform team)\n0 errors, 0 warnings, 0 infos, 1 ignored\n", ""},
		"lint with the config":   {"", []string{"lint", minimal, twoTenants}, 0, "0 errors", ""},
		"with a broken config":   {"", []string{"lint", refused, twoTenants}, 1, "", "spec.acess"},
		"lint of broken yaml":    {"", []string{"lint", brokenYAML}, 1, "", "broken.yaml"},
		"lint of nothing":        {"", []string{"lint"}, 2, "", "stdin: [AP0919] contains no Kubernetes object"},
		"lint without tenants":   {"", []string{"lint", onlyConfigMap}, 2, "", "[AP0920] there is nothing to judge"},
		"lint of no such file":   {"", []string{"lint", nowhere}, 2, "", "nowhere.yaml"},
		"no such severity":       {"", []string{"lint", "--fail-on", "bad", twoTenants}, 2, "", `--fail-on "bad" is not one of warning, error, info, never; see ambient-profile lint -h`},

		"how far a rollout is":        {"", []string{"rollout", "--verify", applied, "-d", stages}, 0, "# DONE: stage 1-policies\n", ""},
		"of stdin":                    {staged, []string{"rollout", "--verify", "-", "-d", stages}, 0, "# NEXT: nothing, all stages are done\n\n# OR THE WAY BACK:\nkubectl delete", ""},
		"before its first stage":      {"", []string{"rollout", "--verify", service, "-d", stages}, 0, "# DONE: the beginning", ""},
		"in another cluster":          {"", []string{"rollout", "--verify", otherConfigMap, "-d", stages}, 1, "# CHANGED since the stages were made: ConfigMap alice/x is there, and was not\n", ""},
		"of no stages":                {"", []string{"rollout", "--verify", service, "-d", nowhere}, 2, "", "nowhere.yaml: [AP0101] cannot be read (no such file or directory); give the directory that ambient-profile rollout"},
		"without a directory":         {"", []string{"rollout", "--verify", service}, 2, "", "rollout needs a directory for the stages; add -d DIR"},
		"how far a broken rollout is": {"", []string{"rollout", "--verify", brokenYAML, "-d", stages}, 2, "", "broken.yaml:1"},
		"of what no cluster has":      {"", []string{"rollout", "--verify", empty, "-d", stages}, 2, "", "empty.yaml: [AP0919] there is no Kubernetes object in it; check the command before the pipe: kubectl get configmap -A -o yaml"},
		"of no such cluster":          {"", []string{"rollout", "--verify", nowhere, "-d", stages}, 2, "", "nowhere.yaml: [AP0101] cannot be read"},
		"of two rollouts":             {"", []string{"rollout", "--verify", service, service, "-d", stages}, 2, "", "rollout --verify takes no other manifests and no groups"},

		"completion of what":    {"", []string{"completion"}, 2, "", "completion takes one shell of bash, zsh, fish, powershell; see ambient-profile completion -h"},
		"completion of no such": {"", []string{"completion", "tcsh"}, 2, "", "completion takes one shell"},
		"help of no such":       {"", []string{"help", "explian"}, 2, "", "did you mean explain?"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := execute(t, test.stdin, test.args...)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			part(t, "stdout", stdout, test.stdout)
			if test.code != 0 {
				part(t, "stderr", stderr, test.stderr)
			}
			if failed := strings.HasPrefix(stderr, "ambient-profile: error: "); failed != (test.stderr != "") {
				t.Errorf("stderr is %q", stderr)
			}
		})
	}
}

// Help is what -h, --help and help print: on stdout, with an example, and nothing is done.
func TestEveryCommandHasHelp(t *testing.T) {
	t.Chdir(t.TempDir())
	root := rootCommand()
	commands := map[string][][]string{root.CommandPath(): {{"-h"}, {"--help"}, {"help"}}}
	for _, c := range root.Commands() {
		commands[c.CommandPath()] = [][]string{{c.Name(), "-h"}, {c.Name(), "--help"}, {"help", c.Name()}}
	}
	for command, calls := range commands {
		for _, args := range calls {
			t.Run(strings.Join(args, " "), func(t *testing.T) {
				code, stdout, stderr := execute(t, "", args...)
				if code != 0 || stderr != "" {
					t.Errorf("exit code %d: %s", code, stderr)
				}
				for _, want := range []string{"Usage:\n  " + command, "-h, --help"} {
					part(t, "stdout", stdout, want)
				}
				_, examples, _ := strings.Cut(stdout, "\nExamples:\n")
				examples, _, _ = strings.Cut(examples, "\n\n")
				part(t, "its examples", examples, root.Name()+strings.TrimPrefix(command, root.Name()))
			})
		}
	}
	if left := must(os.ReadDir(".")); len(left) > 0 {
		t.Errorf("help left %v behind", left)
	}
}

// An unknown flag gets the one that was meant.
func TestUnknownFlags(t *testing.T) {
	for args, want := range map[string]string{
		"explain --outpt json":      "unknown flag --outpt; did you mean --output?",
		"explain --out json":        "unknown flag --out; did you mean --output?",
		"explain -output json":      "unknown flag -output; did you mean --output?",
		"explain -O json":           "unknown flag -O; did you mean -o?",
		"explain --json":            "unknown flag --json; did you mean -o json?",
		"check --hlep":              "unknown flag --hlep; did you mean --help?",
		"check --nothing-like-it":   "unknown flag --nothing-like-it; see ambient-profile check -h",
		"install --force /tmp":      "unknown flag --force; see ambient-profile install -h",
		"-f profile.yaml":           "unknown flag -f; give the file as an argument: ambient-profile CONFIG.yaml",
		"profile.yaml -o out.yaml":  "unknown flag -o; manifests go to stdout: ambient-profile CONFIG.yaml > FILE",
		"profile.yaml --verzion":    "unknown flag --verzion; did you mean --version?",
		"--output json chekc x y":   "unknown flag --output",
		"chekc x.yaml --output=xml": `unknown command "chekc"; did you mean check?`,
	} {
		t.Run(args, func(t *testing.T) {
			code, stdout, stderr := execute(t, "", strings.Fields(args)...)
			if code != 2 {
				t.Errorf("exit code %d, want 2", code)
			}
			part(t, "stdout", stdout, "")
			part(t, "stderr", stderr, want)
		})
	}
}

// On a terminal nobody sends a ResourceList: usage, and no waiting.
func TestTerminal(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("NOT TESTED: stdin that is a terminal; there is none to be had: %v", err)
	}
	defer terminal.Close() //nolint:errcheck // nothing is written
	for args, want := range map[string]string{"": "Usage:\n  ambient-profile", "explain": "pipe them in", "check " + minimal: "pipe them in"} {
		code, stderr := onStdin(t, terminal, args)
		if code != 2 {
			t.Errorf("%q: exit code %d, want 2", args, code)
		}
		part(t, "stderr", stderr, want)
	}
}

// /dev/null is an empty input, not a terminal: that is how CI starts programs.
func TestStdinThatIsNothing(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close() //nolint:errcheck // only read
	for _, test := range []struct {
		args string
		code int
		want string
	}{{"", 1, "expected a ResourceList, got nothing"}, {"explain", 2, "stdin: [AP0919] contains no Kubernetes object; check the command before the pipe"}, {"check nowhere.yaml", 2, "nowhere.yaml"}} {
		code, stderr := onStdin(t, null, test.args)
		if code != test.code {
			t.Errorf("%q: exit code %d, want %d", test.args, code, test.code)
		}
		part(t, "stderr", stderr, test.want)
	}
}

// onStdin is a run on a file as stdin that prints nothing on stdout.
func onStdin(t *testing.T, stdin *os.File, args string) (code int, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	code = run(strings.Fields(args), stdin, &out, &errs)
	part(t, "stdout", out.String(), "")
	return code, errs.String()
}

// What cannot be written could not be done, whatever was asked for.
func TestOutputThatCannotBeWritten(t *testing.T) {
	for _, args := range []string{"-h", "check -h", "version", "version -o json", "completion bash", minimal, "explain " + twoTenants} {
		var stderr strings.Builder
		if code := run(strings.Fields(args), strings.NewReader(""), brokenWriter{}, &stderr); code != 2 {
			t.Errorf("%s: exit code %d, want 2", args, code)
		}
		part(t, "stderr", stderr.String(), "ambient-profile: error: stdout: [AP0907] cannot be written (the disk is full); ")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

// The scripts complete by asking the program, so it is enough that each is one, and what it answers.
func TestCompletion(t *testing.T) {
	for shell, want := range map[string]string{"bash": "complete -o default", "zsh": "#compdef ambient-profile", "fish": "complete -c ambient-profile", "powershell": "Register-ArgumentCompleter"} {
		code, stdout, stderr := execute(t, "", "completion", shell)
		if code != 0 || stderr != "" {
			t.Errorf("%s: exit code %d: %s", shell, code, stderr)
		}
		part(t, shell, stdout, want)
	}
	for args, want := range map[string]string{
		"expl":             "explain\tPrint who may reach what under rendered manifests\n:0\n",
		"explain -o m":     "table\nmarkdown\nmermaid\nhtml\njson\nyaml\nlock\n:4\n", // the shell takes those that begin so
		"explain --out":    "--output\thow to print\n:4\n",
		"explain a.yaml b": "yaml\nyml\njson\n:8\n",
		"a.yaml b":         "yaml\nyml\njson\n:8\n",
		"completion f":     "fish\n:4\n",
		"install x":        ":16\n",
		"help ch":          "ask\ncheck\ncompletion\ndiff\nexplain\ninstall\nlint\nrollout\nserve\nversion\n:4\n",
	} {
		_, stdout, _ := execute(t, "", append([]string{cobra.ShellCompRequestCmd}, strings.Fields(args)...)...)
		if stdout != want {
			t.Errorf("%s is completed by %q, want %q", args, stdout, want)
		}
	}
}

// A shell that is here reads its script.
func TestShellsReadTheCompletions(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				t.Skipf("NOT TESTED: the completions of %s: %v", shell, err)
			}
			_, script, _ := execute(t, "", "completion", shell)
			command := exec.Command(shell, "-n")
			command.Stdin = strings.NewReader(script)
			if out, err := command.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// The version is the one that the release was built with; else the one that go install chose; else dev.
func TestVersion(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "v0.3.0"}, Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "c0ffee"}},
		Deps: []*debug.Module{{Path: "istio.io/api", Version: "v1.31.4"}, {Path: "github.com/spf13/cobra", Version: "v1.10.2"}}}
	if got, want := versionOf(info).text(), "ambient-profile v0.3.0\ncommit c0ffee\ngo1.26.0\nistio.io/api v1.31.4\n"; got != want {
		t.Errorf("go install: %q, want %q", got, want)
	}
	version, commit = "v0.4.0", "decade"
	defer func() { version, commit = "", "" }()
	if got, want := versionOf(info).text(), "ambient-profile v0.4.0\ncommit decade\n"; !strings.HasPrefix(got, want) {
		t.Errorf("a release: %q, want %q first", got, want)
	}
	code, stdout, stderr := execute(t, "", "version", "-o", "json")
	var got struct{ Version, Commit, Go, Platform string }
	if err := json.Unmarshal([]byte(stdout), &got); code != 0 || err != nil || got.Version != "v0.4.0" || got.Commit != "decade" || !strings.HasPrefix(got.Go, "go1.") || got.Platform == "" {
		t.Errorf("exit code %d: %s%s: %v", code, stdout, stderr, err)
	}
}

// What lint reads from a cluster is the same list on its page and in its help.
func TestLintNamesTheSameKinds(t *testing.T) {
	_, list, _ := strings.Cut(lintCommand().Example, "kubectl get")
	if list == "" {
		t.Fatal("the help has no kubectl get")
	}
	part(t, "docs/lint.md", read(t, "../../docs/lint.md"), "kubectl get"+list+"\n")
}
