package fn

import (
	"os"
	"strings"
	"testing"
)

// asPlugin makes the test binary play the function, so that kustomize can run it.
const asPlugin = "AMBIENT_PROFILE_TEST_AS_PLUGIN"

func TestMain(m *testing.M) {
	if os.Getenv(asPlugin) != "" {
		os.Exit(Exit(call(os.Args[1:], os.Stdin, os.Stdout, os.Stderr), os.Stderr))
	}
	os.Exit(m.Run())
}

const minimal = goldenDir + "/minimal-config-gives-a-closed-namespace/profile.yaml"

func TestExitCodesAndStreams(t *testing.T) {
	for name, test := range map[string]struct {
		stdin  string
		args   []string
		code   int
		stdout string // a part of it; "" means that it must be empty
		stderr string // likewise
	}{
		"no such file":           {"", []string{"nowhere.yaml"}, exitUsage, "", "nowhere.yaml: [AP0101] cannot be read (no such file or directory)"},
		"no such input":          {"", []string{minimal, "nowhere.yaml"}, exitUsage, "", "nowhere.yaml: [AP0101] cannot be read (no such file or directory)"},
		"config on stdin":        {read(t, minimal), []string{"-"}, exitOK, "name: ns-l4-waypoint", "spec.identity.sessionIssuers"},
		"nothing on stdin":       {"", nil, exitError, "", "stdin: [AP0123] expected a ResourceList, got nothing; "},
		"text on stdin":          {"hello", nil, exitError, "", "stdin: [AP0123] expected a ResourceList, got something without a kind; "},
		"broken yaml on stdin":   {"a: [", nil, exitError, "", "stdin:1:4: [AP0107] [ is never closed"},
		"a config on stdin":      {read(t, minimal), nil, exitError, "", "stdin: [AP0123] expected a ResourceList, got AmbientProfile kubeflow; write ambient-profile - <"},
		"no functionConfig":      {"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n", nil, exitError, "", "stdin:1:1: [AP0126] ResourceList: functionConfig: is missing"},
		"another version":        {"apiVersion: config.kubernetes.io/v9\nkind: ResourceList\n", nil, exitError, "", `stdin:1:13: [AP0124] ResourceList: apiVersion: "config.kubernetes.io/v9" is not a version`},
		"two lists":              {"kind: ResourceList\n---\nkind: ResourceList\n", nil, exitError, "", "stdin:2:1: [AP0108] a second document starts here; send one ResourceList"},
		"items twice":            {"kind: ResourceList\nitems: []\nitems: []\n", nil, exitError, "", "stdin:3:1: [AP0116] items: is set twice"},
		"items that are no list": {"kind: ResourceList\nitems: {a: b}\n", nil, exitError, "", "stdin:2:8: [AP0124] ResourceList: items: is not a list"},
		"a ConfigMap as config":  {"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}}\n", nil, exitError, "", "expected an AmbientProfile, got ConfigMap x; name an AmbientProfile"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := execute(t, test.stdin, test.args...)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			part(t, "stdout", stdout, test.stdout)
			part(t, "stderr", stderr, test.stderr)
		})
	}
}

func part(t *testing.T, name, got, want string) {
	t.Helper()
	if want == "" && got != "" || !strings.Contains(got, want) {
		t.Errorf("%s is %.2000q, want %q in it", name, got, want)
	}
}

// Warnings go to the results as well: kpt shows them from there.
func TestWarningsAreResults(t *testing.T) {
	dir := goldenDir + "/group-as-owner-gets-no-rule-and-a-warning"
	_, stdout, stderr := execute(t, asResourceList(t, dir))
	_, results, _ := strings.Cut(stdout, "\nresults:\n")
	part(t, "results", results, "- message: '[AP0251] is the group \"team-a\"; the groups header carries a list as base64 JSON, which no policy can match,")
	part(t, "results", results, "\n  severity: warning\n  resourceRef:\n    apiVersion: ambient.kubeflow.org/v1alpha1\n    kind: AmbientProfile\n    name: kubeflow\n  field:\n    path: spec.profiles[0].owner\n")
	part(t, "stderr", stderr, "ambient-profile: warning: AmbientProfile kubeflow: [AP0251] spec.profiles[0].owner: is the group \"team-a\"; ")
}

// A package (kpt) keeps its files: new objects get a place, the configuration stays.
func TestNewObjectsGetAPlaceInAPackage(t *testing.T) {
	config := "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata:\n  name: kubeflow\n%sspec:\n  profiles:\n  - name: alice\n    owner: {name: alice@example.com}\n"
	item := strings.ReplaceAll(strings.Replace(config, "%s", "  annotations:\n    internal.config.kubernetes.io/path: config.yaml\n    internal.config.kubernetes.io/index: '0'\n", 1), "\n", "\n  ")
	list := "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n" +
		"- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: mine\n    annotations:\n      config.kubernetes.io/path: alice/ambient.yaml\n      config.kubernetes.io/index: '4'\n" +
		"- " + strings.TrimRight(item, " ") +
		"functionConfig:\n  " + strings.TrimRight(strings.ReplaceAll(strings.Replace(config, "%s", "", 1), "\n", "\n  "), " ")
	code, first, stderr := execute(t, list)
	if code != exitOK {
		t.Fatal(stderr)
	}
	for _, want := range []string{
		"    internal.config.kubernetes.io/path: config.yaml\n",
		"      config.kubernetes.io/index: \"5\"\n      config.kubernetes.io/path: alice/ambient.yaml\n",
		"config.kubernetes.io/path: istio-system/ambient.yaml\n",
		"config.kubernetes.io/path: kubeflow/ambient.yaml\n",
	} {
		part(t, "stdout", first, want)
	}
	_, second, _ := execute(t, first)
	if second != first {
		t.Errorf("a second run changed the package: %s", firstDifference(first, second))
	}
}
