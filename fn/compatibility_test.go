package fn

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

const (
	compatibilityPage = "../docs/compatibility.md"
	updateThePage     = "go test ./fn -run TestCompatibilityPage -update"
	notRun            = "not run"
)

// The page is what the tests pin and find: a suite that moves to another release changes it.
func TestCompatibilityPage(t *testing.T) {
	page := strings.Join([]string{
		compatibilityHead,
		istioTable(t), gatewayTable(t), kubernetesTable(t), kubeflowTable(t), kserveTable(t), modelsTable(t), toolsTable(t), combinations(t),
	}, "\n")
	old, err := os.ReadFile(compatibilityPage)
	if err == nil && string(old) == page {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the tests make (%s rewrites it): %v\n%s", compatibilityPage, updateThePage, err, firstDifference(string(old), page))
	}
	write(t, compatibilityPage, page)
	t.Errorf("rewrote %s; read the difference before you commit it", compatibilityPage)
}

const compatibilityHead = `# Compatibility

<!-- Made by ` + updateThePage + `; edit fn/compatibility_test.go. -->

This page is for people who choose the releases of Istio, Kubernetes, Kubeflow and KServe that they run, or upgrade one. A cell names the release that a suite
runs. "` + notRun + `" means that no suite here runs that release, and the text below the table says why. In each row the other projects are at the default of the suite.

| suite | what it shows for a release |
|---|---|
| ` + "`make conformance`" + ` | Istio's own code, asked offline about thousands of generated policies and requests: the [referee](referee.md) gives no other verdict |
| ` + "`make e2e`" + ` | a real API server and a real istiod accept every object that a golden case or an example makes, and send ztunnel what was meant |
| ` + "`make dataplane`" + ` | real Envoys that a real istiod configures allow and deny what the referee says, except for a [list of differences](../test/dataplane/exceptions_test.go) |
| ` + "`go test ./fn -run SchemasOf`" + ` | every object that a golden case makes passes the CRDs of the release, without unknown fields |
| ` + "`go test ./fn -run TestCorpus`" + ` | a tree in the shape of the release is converted: what is removed, changed and added is written down object by object, and a second run changes nothing |
`

// table is one in Markdown.
func table(title string, head []string, rows [][]string, below string) string {
	var b strings.Builder
	b.WriteString("## " + title + "\n\n")
	for i, row := range append([][]string{head}, rows...) {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(head)) + "|\n")
		}
	}
	return b.String() + "\n" + below
}

func istioTable(t *testing.T) string {
	conformance, e2e, proxies := conformanceReleases(t), e2eReleases(t), requirement(t, read(t, "../test/dataplane/go.mod"), "istio.io/istio")
	var rows [][]string
	for _, release := range access.Releases {
		asked, planes, envoys := notRun, notRun, notRun
		for _, c := range conformance {
			if c.release != release {
				continue
			}
			asked = "`make conformance`: " + c.branch
			for _, p := range e2e {
				if p.istio == c.commit && planes == notRun {
					planes = "`" + p.command + "`: " + c.branch
				}
			}
			if proxies == c.commit {
				envoys = "`make dataplane`: " + c.branch + ", Envoy " + strings.Join(envoyVersions(t), " and ")
			}
		}
		rows = append(rows, []string{release, asked, planes, envoys, schemasOfRelease(t, "Istio", release)})
	}
	return table("Istio", []string{"Istio", "Istio's own code", "control plane", "proxies", "schemas"}, rows,
		"Istio's tags are not versions of Go modules, so the suites run commits of the release branches that the Go module proxy has. It has none of release-1.32: the referee knows its\n"+
			"differences from its API and from its source ([releases](istio-fields.md)), and `--istio-version 1.32` judges by them. An older release is [not supported](security.md#vulnerable-versions).\n")
}

func gatewayTable(t *testing.T) string {
	var rows [][]string
	for _, release := range []string{"1.5", "1.6", "1.7"} {
		planes := notRun
		for _, p := range e2eReleases(t) {
			if minor(p.gateway) == release && planes == notRun {
				planes = "`" + p.command + "`: " + p.gateway
			}
		}
		rows = append(rows, []string{release, planes, schemasOfRelease(t, "Gateway API", release)})
	}
	return table("Gateway API", []string{"Gateway API", "control plane", "schemas"}, rows,
		"A control plane gets the release that its istiod was compiled with. No istiod on the module proxy was compiled with 1.7.\n")
}

func kubernetesTable(t *testing.T) string {
	differs := map[string]string{
		"1.33": "`cluster.admission` without the mutating policies",
		"1.34": "the mutating policies in their beta, which is off by default (`go test ./fn -run TestMutatingPoliciesAsBeta`)",
		"1.35": "as 1.34",
		"1.37": "nothing that is known",
	}
	var rows [][]string
	for _, release := range []string{"1.33", "1.34", "1.35", "1.36", "1.37"} {
		planes := notRun
		for _, p := range e2eReleases(t) {
			if minor(p.kubernetes) == release && planes == notRun {
				planes = "`" + p.command + "`: " + p.kubernetes
			}
		}
		what := differs[release]
		if what == "" {
			what = "nothing"
		}
		rows = append(rows, []string{release, planes, what})
	}
	return table("Kubernetes", []string{"Kubernetes", "control plane", "what differs"}, rows,
		"Only `cluster.admission` depends on the release of Kubernetes: [what to do before 1.36](rollout.md#kubernetes-before-136). The API servers before 1.36 do not serve\n"+
			"`MutatingAdmissionPolicy` v1, which the suite submits, so it does not run them. Nor was the one of 1.37 run.\n")
}

// kubeflowTrees are the trees of the corpus by the release of Kubeflow whose shape they have.
var kubeflowTrees = []struct{ release, dir string }{
	{"1.8", "kubeflow-1-8-logs-in-with-oidc-authservice"},
	{"1.9", "kubeflow-1-9-logs-in-with-oauth2-proxy"},
	{"1.10", "kubeflow-1-10-has-the-model-registry-in-kubeflow"},
	{"26.03", "kubeflow-of-march-2026-has-the-model-registry-with-a-user"},
}

func kubeflowTable(t *testing.T) string {
	var rows [][]string
	for _, k := range kubeflowTrees {
		dir := filepath.Join(corpusDir, k.dir)
		if first, _, _ := strings.Cut(read(t, filepath.Join(dir, "tree.yaml")), "\n"); !strings.Contains(first, "Kubeflow "+k.release) {
			t.Errorf("%s does not say that it is Kubeflow %s: %s", dir, k.release, first)
		}
		rows = append(rows, append([]string{k.release, mdLink("../testdata/corpus/"+k.dir, "tree")}, changesOf(t, dir)...))
	}
	whole := filepath.Join(corpusDir, "kubeflow-of-june-2026-as-a-whole")
	rows = append(rows, append([]string{"June 2026", "the distribution as a whole, with `KUBEFLOW_RENDER`"}, changesOf(t, whole)...))
	return table("Kubeflow", []string{"Kubeflow", "`go test ./fn -run TestCorpus`", "removed", "changed", "added"}, rows,
		"The numbers are objects, with `cluster.platform.enabled`. The trees have what differs between the releases, not all of Kubeflow. The render of June 2026 is not in this repository:\n"+
			"name a file with `KUBEFLOW_RENDER` to run it. Kubeflow's controllers do not run in any suite; `make e2e` has what they write, step by step, under their accounts.\n")
}

// changesOf counts what a run with platform removes, changes and adds.
func changesOf(t *testing.T, dir string) []string {
	t.Helper()
	_, text, found := strings.Cut(read(t, filepath.Join(dir, "want.changes")), "platform: true\n")
	if !found {
		t.Fatalf("%s has no run with platform", dir)
	}
	counts, part := map[string]int{}, ""
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "    ") {
			counts[part]++
			if part == "new" { // a line for each kind
				counts[part] += strings.Count(line, ", ")
			}
		} else {
			part = strings.TrimSpace(line)
		}
	}
	if counts["new"] == 0 {
		t.Errorf("%s: nothing is new", dir)
	}
	return []string{fmt.Sprint(counts["removed"]), fmt.Sprint(counts["changed"]), fmt.Sprint(counts["new"])}
}

func toolsTable(t *testing.T) string {
	tools := read(t, "../tools/go.mod")
	rows := [][]string{
		{"kustomize", pin(t, tools, "sigs.k8s.io/kustomize/kustomize/v5"), "`make demo`, `make test`"},
		{"kyaml", pin(t, read(t, "../go.mod"), "sigs.k8s.io/kustomize/kyaml"), "`make test`"},
		{"Go", regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, "../go.mod"))[1] + " and newer", "`make test`"},
	}
	return table("Tools", []string{"tool", "release", "suite"}, rows, "")
}

func combinations(t *testing.T) string {
	var rows [][]string
	for _, p := range e2eReleases(t) {
		name := map[string]string{"make e2e": "newest, and default", "make e2e ISTIO=1.30": "oldest"}[p.command]
		if name == "" {
			t.Errorf("a combination without a name: %+v", p)
		}
		rows = append(rows, []string{name, istioReleaseOf(t, p.istio), minor(p.gateway), minor(p.kubernetes), "`" + p.command + "`"})
	}
	slices.SortFunc(rows, func(a, b []string) int {
		return strings.Compare(a[1]+a[3], b[1]+b[3])
	})
	return table("Combinations", []string{"combination", "Istio", "Gateway API", "Kubernetes", "suite"}, rows,
		"These are the oldest and the newest releases that the suite runs. What it does not run is named above.\n")
}
