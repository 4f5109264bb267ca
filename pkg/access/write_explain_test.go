package access

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files, and fail")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s is rewritten: look at it, and run without -update", file)
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs; got:\n%s", file, got)
	}
}

func written(t *testing.T, write func(*strings.Builder) error) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// kubeflow is whom Kubeflow's policies allow.
var kubeflow = Roles{Owner: []string{"ns-owner-access-istio", "ns-owner-access-istio-l7-allow"}, Contributor: []string{"user-*"}}

func TestExplain(t *testing.T) {
	r := load(t, tenants(t)).Explain(kubeflow)
	table := written(t, func(b *strings.Builder) error { return r.WriteTable(b) })
	golden(t, "explain.txt", table)
	golden(t, "explain.mmd", written(t, func(b *strings.Builder) error { return r.WriteMermaid(b) }))
	var back Report
	raw := written(t, func(b *strings.Builder) error { return r.WriteJSON(b) })
	if err := json.Unmarshal([]byte(raw), &back); err != nil || len(back.Namespaces) != len(r.Namespaces) {
		t.Errorf("%v\n%s", err, raw)
	}
	if again := load(t, tenants(t)).Explain(kubeflow); written(t, func(b *strings.Builder) error { return again.WriteTable(b) }) != table {
		t.Error("two runs differ")
	}
}

func TestExplainSaysWhatNobodyCanJudge(t *testing.T) {
	row := func(text, namespace string) Access {
		for _, n := range load(t, text).Explain(kubeflow).Namespaces {
			if n.Namespace == namespace && len(n.Access) == 1 {
				return n.Access[0]
			}
		}
		t.Fatalf("no single row for %s", namespace)
		return Access{}
	}
	if a := row(edit(t, small, "istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint", "istio-injection: enabled")+"\n---\nkind: EnvoyFilter\napiVersion: networking.istio.io/v1alpha3\nmetadata: {name: new, namespace: a}\nspec: {}", "a"); a.Outcome != "not-judged" || a.Who != "anyone" || !strings.HasPrefix(a.Reaches, "NOT JUDGED") {
		t.Errorf("%+v", a)
	}
	if a := row(edit(t, small, "istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint", "x: y"), "a"); a.Outcome != "allow" || a.Reaches != "all of it: not in the mesh" {
		t.Errorf("%+v", a)
	}
	if a := row(edit(t, small, "kind: Namespace\napiVersion: v1\nmetadata: {name: a, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}", "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}"), "a"); a.Outcome != "not-judged" || a.Reaches != "NOT JUDGED: not declared" {
		t.Errorf("%+v", a)
	}
	if a := row(edit(t, small, ", istio.io/use-waypoint: waypoint", ""), "a"); a.Outcome != "allow" || a.Reaches != "everything" {
		t.Errorf("%+v", a)
	}
	if r := load(t, "kind: Namespace\napiVersion: v1\nmetadata: {name: empty}").Explain(kubeflow); len(r.Namespaces) != 0 {
		t.Errorf("%+v", r)
	}
}

// A hole shows as a row.
func TestExplainShowsAHole(t *testing.T) {
	text := tenants(t) + "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: hole, namespace: alice}\nspec: {rules: [{to: [{operation: {ports: ['22']}}]}]}"
	for _, a := range load(t, text).Explain(kubeflow).Namespaces[0].Access {
		if a.Kind == "off-mesh" && a.Reaches == "pod addresses, port 22" && a.By == "ztunnel: hole rule 0" {
			return
		}
	}
	t.Error("no row for the hole")
}

// Nothing that an object is called can break out of a label.
func TestMermaidIsSafe(t *testing.T) {
	evil := "x\"]\n end; <b>`|#quot;"
	r := Report{Namespaces: []NamespaceReport{{Namespace: evil, Mesh: evil, Access: []Access{{Who: evil, Reaches: evil, Outcome: "allow", By: evil}}}}}
	got := written(t, func(b *strings.Builder) error { return r.WriteMermaid(b) })
	line := regexp.MustCompile(`^(flowchart LR|  subgraph ns\d+\["[^"]*"\]|    n\d+\(?\["[^"]*"\]\)?|    n\d+ (-->|-\.->)\|"[^"|]*"\| n\d+|  end)$`)
	for _, l := range strings.Split(strings.TrimSuffix(got, "\n"), "\n") {
		if !line.MatchString(l) || strings.ContainsAny(strings.Trim(l, " "), "`<") {
			t.Errorf("unsafe: %q", l)
		}
	}
}

// A table cuts no word. A long word makes its column wider, up to maxWidth, and a longer one makes its line longer.
func TestTablesCutNoWord(t *testing.T) {
	text := strings.Repeat("by ", 30)
	for _, c := range []struct{ word, most, others int }{{tableWidths[1], 120, 120}, {50, 132, 132}, {500, 582, 146}} {
		word := strings.Repeat("w", c.word)
		r := Report{Namespaces: []NamespaceReport{{Namespace: "n", Access: []Access{{Who: "x", Reaches: word, By: text}, {Who: text, Reaches: text, By: text}}}}}
		table := written(t, func(b *strings.Builder) error { return r.WriteTable(b) })
		if !slices.Contains(strings.Fields(table), word) {
			t.Errorf("no word of %d characters:\n%s", c.word, table)
		}
		for line := range strings.SplitSeq(table, "\n") {
			if most := map[bool]int{true: c.most, false: c.others}[strings.Contains(line, word)]; len(line) > most {
				t.Errorf("%d columns, want %d at most: %s", len(line), most, line)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct{ in, want string }{{"", ""}, {"a b", "a b"}, {"aaa bbb", "aaa|bbb"}, {"aaaaaaaa", "aaaaaaaa"}, {"a aaaaaaaa b", "a|aaaaaaaa|b"}} {
		if got := strings.Join(wrap(c.in, 5), "|"); got != c.want {
			t.Errorf("%q: %q", c.in, got)
		}
	}
}

// What the function emits for a namespace names a gateway, a Service and notebooks that only the cluster has.
func TestExplainAssumesWhatPoliciesName(t *testing.T) {
	text := tenants(t)
	at := strings.Index(text, "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway")
	end := strings.Index(text, "\n---\napiVersion: security.istio.io/v1\nkind: RequestAuthentication")
	from := strings.Index(text, "\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: alice")
	to := from + strings.Index(text[from:], "\n---\napiVersion: v1\nkind: ServiceAccount")
	got := map[string]string{}
	for _, n := range load(t, text[:at]+text[end:to]).Explain(kubeflow).Namespaces {
		if n.Namespace == "alice" {
			for _, a := range n.Access {
				got[a.Who+": "+a.Reaches] = a.Outcome + " by " + a.By
			}
		}
	}
	for row, by := range map[string]string{
		"user alice@example.com (owner): any Service (no route yet)":                                                      "allow by waypoint: ns-owner-access-istio-l7-allow rule 0",
		"token of alice/default-editor: with audience istio-ingressgateway.istio-system.svc.cluster.local (no route yet)": "allow by waypoint: ns-l7-allow-k8s-token rule 0",
		"pod kubeflow/notebook-controller-service-account: GET /notebook/alice/{*}/api/kernels":                           "allow by waypoint: ns-owner-access-istio-l7-allow rule 3",
		"pod kubeflow/ml-pipeline: ml-pipeline-visualizationserver (assumed)":                                             "allow by waypoint: ml-pipeline-visualizationserver-l7-ml-pipeline rule 0",
		"any pod in the mesh: GET,HEAD /healthz, /metrics, /wait-for-drain":                                               "allow by waypoint: ns-owner-access-istio-l7-allow rule 2",
	} {
		if got[row] != by {
			t.Errorf("%s: %q, want %q in\n%q", row, got[row], by, got)
		}
	}
}

// A diagram has no more text and arrows than Mermaid takes; what is more is in another one, and nothing is left out.
func TestMermaidFits(t *testing.T) {
	for name, rows := range map[string][2]int{"many namespaces": {300, 6}, "one large namespace": {1, 1300}, "long names": {3, 60}} {
		var r Report
		for i := range rows[0] {
			n := NamespaceReport{Namespace: fmt.Sprint("ns-", i), Mesh: "ambient"}
			for j := range rows[1] {
				long := strings.Repeat("x", map[bool]int{true: 900}[name == "long names"])
				n.Access = append(n.Access, Access{Who: fmt.Sprint("user ", j, long), Reaches: fmt.Sprint("service ", j), Outcome: "allow", By: "waypoint: p rule 0"})
			}
			r.Namespaces = append(r.Namespaces, n)
		}
		charts := strings.Split(written(t, func(b *strings.Builder) error { return r.WriteMermaid(b) }), "```mermaid\n")[1:]
		arrows := 0
		for _, c := range charts {
			c = strings.TrimSuffix(strings.TrimSpace(c), "```")
			n := strings.Count(c, "-->")
			if arrows += n; len(c) > 50000 || n > 500 || n == 0 || !strings.HasPrefix(c, "flowchart LR\n") {
				t.Errorf("%s: a diagram has %d characters and %d arrows", name, len(c), n)
			}
		}
		if arrows != rows[0]*rows[1] || len(charts) < 2 {
			t.Errorf("%s: %d arrows in %d diagrams", name, arrows, len(charts))
		}
	}
}
