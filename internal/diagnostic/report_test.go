package diagnostic

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// report has a finding of each severity, one without a file, and text that every form must escape.
func report() Report {
	pod := Object{"v1", "Pod", "alice", "a<b>&\"|@"}
	return Report{
		Findings: []Diagnostic{
			{Code: IstioHole, Position: Position{File: "rendered, all.yaml", Line: 7, Column: 3}, Object: Object{"apps/v1", "Deployment", "istio-system", "istiod"}, Found: "is of Istio 1.30", Effect: "x"},
			{Code: PodsLeaveMesh, Position: Position{File: "rendered, all.yaml", Line: 3}, Object: pod, Field: "metadata.labels", Found: "leaves 100% of the mesh\nand \x1b[31m", Effect: "nothing protects it", Remedy: "remove it"},
			{Code: ManifestUnreadable, Object: pod, Found: "cannot be read"},
		},
		Ignored: []Ignored{{Diagnostic{Code: PodsLeaveMesh, Object: Object{"v1", "Pod", "bob", "cni"}, Found: "leaves"}, "the CNI's <own> pods"}},
	}
}

func written(t *testing.T, write func(*bytes.Buffer) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestReportText(t *testing.T) {
	got := written(t, func(b *bytes.Buffer) error { return report().WriteText(b) })
	want := `info: rendered, all.yaml:7:3: [AP0726] Deployment istio-system/istiod: is of Istio 1.30; x
warning: rendered, all.yaml:3: [AP0718] Pod alice/a<b>&"|@: metadata.labels: leaves 100% of the mesh\nand \x1b[31m; nothing protects it; remove it
error: [AP0723] Pod alice/a<b>&"|@: cannot be read
ignored: [AP0718] Pod bob/cni: leaves (the CNI's <own> pods)
1 error, 1 warning, 1 info, 1 ignored
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestReportJSON(t *testing.T) {
	got := written(t, func(b *bytes.Buffer) error { return report().WriteJSON(b) })
	var read struct {
		Findings []struct {
			Severity, Code, File, Found, Ignored string
			Line, Column                         int
			Object                               struct{ Kind, Namespace, Name string }
		}
	}
	if err := json.Unmarshal([]byte(got), &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Findings) != 4 {
		t.Fatalf("%d findings, want 4", len(read.Findings))
	}
	first, last := read.Findings[0], read.Findings[3]
	if first.Code != "AP0726" || first.File != "rendered, all.yaml" || first.Line != 7 || first.Column != 3 || first.Object.Name != "istiod" || first.Severity != "info" {
		t.Errorf("the first is %+v", first)
	}
	if last.Ignored != "the CNI's <own> pods" || first.Ignored != "" {
		t.Errorf("ignored: %q and %q", first.Ignored, last.Ignored)
	}
}

// The schema is OASIS's own, which a linter has in its tests.
func TestSARIFIsValid(t *testing.T) {
	module, err := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", "github.com/securego/gosec/v2@v2.26.1").Output()
	if err != nil {
		t.Fatalf("the module with the schema: %v %s", err, module)
	}
	var at struct{ Dir string }
	if err := json.Unmarshal(module, &at); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(at.Dir, "report", "sarif", "testdata", "sarif-schema-2.1.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("sarif.json", document); err != nil {
		t.Fatal(err)
	}
	schema := compiler.MustCompile("sarif.json")
	for name, r := range map[string]Report{"findings": report(), "none": {}} {
		text := written(t, func(b *bytes.Buffer) error { return r.WriteSARIF(b) })
		log, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(log); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	// The schema rejects an unknown level.
	wrong, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(written(t, func(b *bytes.Buffer) error { return report().WriteSARIF(b) }), `"level": "note"`, `"level": "info"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if schema.Validate(wrong) == nil {
		t.Error("the schema accepts a level that SARIF does not have")
	}
}

func TestSARIFPlaces(t *testing.T) {
	var log sarifLog
	if err := json.Unmarshal([]byte(written(t, func(b *bytes.Buffer) error { return report().WriteSARIF(b) })), &log); err != nil {
		t.Fatal(err)
	}
	results := log.Runs[0].Results
	if at := results[0].Locations[0].Physical; at.Artifact.URI != "rendered,%20all.yaml" || at.Region.Line != 7 || at.Region.Column != 3 {
		t.Errorf("the first is at %+v %+v", at, at.Region)
	}
	if l := results[2].Locations[0]; l.Physical != nil || l.Logical[0].Name != `Pod alice/a<b>&"|@` {
		t.Errorf("what has no file is at %+v", l)
	}
	if s := results[3].Suppressions; len(s) != 1 || s[0].Justification != "the CNI's <own> pods" || results[3].RuleIndex != results[1].RuleIndex {
		t.Errorf("what is ignored is %+v", results[3])
	}
	if rules := log.Runs[0].Tool.Driver.Rules; len(rules) != 3 || rules[results[2].RuleIndex].ID != ManifestUnreadable {
		t.Errorf("the rules are %+v", rules)
	}
}

func TestJUnitIsRead(t *testing.T) {
	type suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Skipped  int `xml:"skipped,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				File    string `xml:"file,attr"`
				Line    int    `xml:"line,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
				} `xml:"failure"`
				Skipped *struct {
					Message string `xml:"message,attr"`
				} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	for failOn, failures := range map[Severity]int{Error: 1, Warning: 2, Info: 3, -1: 0} {
		var got suites
		if err := xml.Unmarshal([]byte(written(t, func(b *bytes.Buffer) error { return WriteJUnit(b, "lint", report().TestCases(failOn)) })), &got); err != nil {
			t.Fatal(err)
		}
		failed, cases := 0, got.Suites[0].Cases
		for _, c := range cases {
			if c.Failure != nil {
				failed++
			}
		}
		if got.Tests != 4 || len(cases) != 4 || got.Failures != failures || failed != failures || got.Skipped != 1 || cases[3].Skipped == nil {
			t.Errorf("fail on %v: %+v", failOn, got)
		}
		if cases[1].File != "rendered, all.yaml" || cases[1].Line != 3 || !strings.Contains(cases[1].Name, `a<b>&"|@`) {
			t.Errorf("the second case is %+v", cases[1])
		}
	}
	var none suites
	if err := xml.Unmarshal([]byte(written(t, func(b *bytes.Buffer) error { return WriteJUnit(b, "lint", Report{}.TestCases(Warning)) })), &none); err != nil || none.Tests != 1 || len(none.Suites[0].Cases) != 1 || none.Failures != 0 {
		t.Errorf("without findings: %+v, %v", none, err)
	}
}

func TestGitHubAnnotations(t *testing.T) {
	got := written(t, func(b *bytes.Buffer) error { return report().WriteGitHub(b) })
	want := `::error title=AP0723::Pod alice/a<b>&"|@: cannot be read
::warning file=rendered%2C all.yaml,line=3,title=AP0718::Pod alice/a<b>&"|@: metadata.labels: leaves 100%25 of the mesh\nand \x1b[31m; nothing protects it; remove it
::notice file=rendered%2C all.yaml,line=7,col=3,title=AP0726::Deployment istio-system/istiod: is of Istio 1.30; x
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// GitHub shows ten: nine, and one for the rest.
func TestGitHubShowsTheWorst(t *testing.T) {
	var r Report
	for i := range 12 {
		r.Findings = append(r.Findings, Diagnostic{Code: IstioHole, Found: fmt.Sprint("info ", i)}, Diagnostic{Code: PodsLeaveMesh, Found: fmt.Sprint("warning ", i)})
	}
	r.Findings = append(r.Findings, Diagnostic{Code: ManifestUnreadable, Found: "broken"})
	lines := strings.Split(strings.TrimSpace(written(t, func(b *bytes.Buffer) error { return r.WriteGitHub(b) })), "\n")
	if len(lines) != 10 {
		t.Fatalf("%d lines, want 10", len(lines))
	}
	if lines[0] != "::error title=AP0723::broken" || lines[8] != "::warning title=AP0718::warning 7" {
		t.Errorf("got %q and %q", lines[0], lines[8])
	}
	if want := "::warning title=ambient-profile::16 more findings: 1 error, 12 warnings, 12 infos in all"; strings.ReplaceAll(strings.ReplaceAll(lines[9], "%3A", ":"), "%2C", ",") != want {
		t.Errorf("got %q, want %q", lines[9], want)
	}
	r.Findings = r.Findings[:10]
	if got := written(t, func(b *bytes.Buffer) error { return r.WriteGitHub(b) }); strings.Count(got, "\n") != 10 || strings.Contains(got, "more findings") {
		t.Errorf("ten findings are\n%s", got)
	}
}

func TestReportMarkdown(t *testing.T) {
	got := written(t, func(b *bytes.Buffer) error { return report().WriteMarkdown(b) })
	for _, want := range []string{
		"| error | [AP0723](https://github.com/kubeflow-ambient/ambient-profile/blob/main/docs/messages.md#ap0723) |  | **Pod alice/a&lt;b>&\"\\|&#64;**: cannot be read |\n",
		"| `rendered, all.yaml:3` |", "\n1 error, 1 warning, 1 info, 1 ignored\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if got := written(t, func(b *bytes.Buffer) error { return Report{}.WriteMarkdown(b) }); got != "0 errors, 0 warnings, 0 infos\n" {
		t.Errorf("nothing is %q", got)
	}
}
