package access

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// cellsOf are the levels of the matrix, by row and column, and the page.
func cellsOf(t *testing.T, manifests string) (map[string]string, string) {
	t.Helper()
	report := load(t, manifests).Explain(Roles{})
	var out bytes.Buffer
	if err := report.WriteHTML(&out); err != nil {
		t.Fatal(err)
	}
	return cellsIn(t, out.String())
}

// cellsIn are those of a page.
func cellsIn(t *testing.T, page string) (map[string]string, string) {
	t.Helper()
	_, text, _ := strings.Cut(page, `<script type="application/json" id="data">`)
	text, _, _ = strings.Cut(text, "</script>")
	var d struct {
		Columns []string
		Spaces  []struct {
			Name  string
			Cells []*[2][]int
		}
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	cells := map[string]string{}
	for _, s := range d.Spaces {
		for i, cell := range s.Cells {
			text := "itself"
			if cell != nil {
				text = fmt.Sprint(cell[0])
			}
			cells[s.Name+" from "+d.Columns[i]] = text
		}
	}
	return cells, page
}

func htmlTenant(name, rules string) string {
	return "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + ", annotations: {owner: " + name + "@example.com}, labels: {istio.io/dataplane-mode: ambient}}\n" +
		"---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: " + name + "}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n" +
		"---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p, namespace: " + name + "}\nspec: {rules: " + rules + "}\n"
}

// A cell says who gets in by the sets of the lines: for whom a policy is written counts, and not what a line is called.
func TestHTMLMatrix(t *testing.T) {
	cells, _ := cellsOf(t, htmlTenant("alice", "[{from: [{source: {namespaces: [alice, carol]}}]}]")+
		htmlTenant("bob", "[{from: [{source: {namespaces: [bob]}}], to: [{operation: {ports: ['80']}}]}, {from: [{source: {principals: [cluster.local/ns/tools/sa/scraper]}}]}]")+
		htmlTenant("carol", "[{from: [{source: {notNamespaces: [alice, istio-system]}}]}]"))
	for cell, want := range map[string]string{
		"alice from alice": "itself", "alice from bob": "[0]", "alice from carol": "[2]", "alice from pods of other namespaces": "[0]", "alice from off the mesh": "[0]",
		"bob from alice": "[0]", "bob from carol": "[0]", "bob from pods of other namespaces": "[2]",
		"carol from alice": "[0]", "carol from bob": "[2]", "carol from pods of other namespaces": "[2]",
	} {
		if cells[cell] != want {
			t.Errorf("%s is %q, want %s (all: %v)", cell, cells[cell], want, cells)
		}
	}
}

// Of those that are alike, one is asked about another.
func TestHTMLMatrixOfLikeTenants(t *testing.T) {
	closed, _ := cellsOf(t, htmlTenant("alice", "[{from: [{source: {namespaces: [alice]}}]}]")+htmlTenant("bob", "[{from: [{source: {namespaces: [bob]}}]}]"))
	open, _ := cellsOf(t, htmlTenant("alice", "[{from: [{source: {principals: ['*']}}]}]")+htmlTenant("bob", "[{from: [{source: {principals: ['*']}}]}]"))
	const cell = "alice from alice and bob"
	if closed[cell] != "[0]" || open[cell] != "[2]" {
		t.Errorf("%s is %q where they are closed and %q where they are open, want 0 and 2", cell, closed[cell], open[cell])
	}
}

// Nothing in the manifests ends the script, and nothing is loaded.
func TestHTMLIsClosed(t *testing.T) {
	_, page := cellsOf(t, htmlTenant("alice", "[{from: [{source: {principals: ['</script><script>alert(1)</script>*']}}]}]"))
	if n := strings.Count(page, "</script>"); n != 2 {
		t.Errorf("%d scripts end, want 2", n)
	}
	for _, load := range []string{"http://", "https://", "src=", "@import", "url("} {
		if strings.Contains(page, load) {
			t.Errorf("the page has %q", load)
		}
	}
}

// The matrix of a difference says which clients gain and which lose, as the changes say, and shows both sides of each.
func TestHTMLOfDiff(t *testing.T) {
	const bobOnly, carolOnly = "[{from: [{source: {namespaces: [bob]}}]}]", "[{from: [{source: {namespaces: [carol]}}]}]"
	rest := htmlTenant("bob", bobOnly) + htmlTenant("carol", carolOnly)
	old := htmlTenant("alice", "[{from: [{source: {namespaces: [alice, bob]}}]}]") + rest
	next := htmlTenant("alice", "[{from: [{source: {namespaces: [alice, carol]}}]}]") + rest
	var out bytes.Buffer
	if err := diffOf(t, old, next).WriteHTML(&out); err != nil {
		t.Fatal(err)
	}
	cells, page := cellsIn(t, out.String())
	for cell, want := range map[string]string{
		"alice from alice": "[0]", "alice from bob": "[3]", "alice from carol": "[1]", "alice from pods of other namespaces": "[0]", "bob from alice": "",
	} {
		if cells[cell] != want {
			t.Errorf("%s is %q, want %q (all: %v)", cell, cells[cell], want, cells)
		}
	}
	for _, want := range []string{"Who gains and who loses access", `"allowed: `, `"denied: `, "alice/p: no ALLOW rule"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// Pods that come into the mesh are those of their namespace.
func TestHTMLOfDiffMovedPods(t *testing.T) {
	old := htmlTenant("alice", "[{from: [{source: {namespaces: [alice, bob]}}]}]") + strings.Replace(htmlTenant("bob", "[{}]"), ", labels: {istio.io/dataplane-mode: ambient}", "", 1) + htmlTenant("carol", "[{}]")
	next := strings.Replace(old, "owner: bob@example.com}", "owner: bob@example.com}, labels: {istio.io/dataplane-mode: ambient}", 1)
	var out bytes.Buffer
	if err := diffOf(t, old, next).WriteHTML(&out); err != nil {
		t.Fatal(err)
	}
	cells, page := cellsIn(t, out.String())
	if cells["bob from bob"] == "" || cells["bob from carol"] == "" {
		t.Errorf("bob's namespace joins the mesh, and its row has %v", cells)
	}
	if !strings.Contains(page, "outside the mesh") && !strings.Contains(page, "not in the mesh") {
		t.Error("the page does not say what has become of the namespace as a whole")
	}
}

// Two locks name no owners, and so there is no matrix; the lines are there.
func TestHTMLOfLocks(t *testing.T) {
	a, _ := lockOf(t, load(t, htmlTenant("alice", "[{from: [{source: {namespaces: [alice]}}]}]")), " a")
	b, _ := lockOf(t, load(t, htmlTenant("alice", "[{}]")), " b")
	var out bytes.Buffer
	if err := a.World().Diff(b.World()).WriteHTML(&out); err != nil {
		t.Fatal(err)
	}
	if cells, page := cellsIn(t, out.String()); len(cells) > 0 || !strings.Contains(page, `"name":"alice"`) {
		t.Errorf("the page has cells %v, want the lines of alice alone", cells)
	}
}

// Markdown has every line, and what a name holds is text in it.
func TestReportInMarkdown(t *testing.T) {
	report := load(t, htmlTenant("alice", "[{from: [{source: {principals: [cluster.local/ns/tools/sa/run*]}}]}, {from: [{source: {namespaces: [bob]}}]}]")+htmlTenant("bob", "[{from: [{source: {namespaces: [bob]}}]}]")).Explain(Roles{})
	var out strings.Builder
	if err := report.WriteMarkdown(&out); err != nil {
		t.Fatal(err)
	}
	rows := 0
	for i := range report.Namespaces {
		rows += len(report.Namespaces[i].Access) + 2
	}
	if got := strings.Count(out.String(), "\n|"); got != rows {
		t.Errorf("it has %d rows, want %d:\n%s", got, rows, out.String())
	}
	for _, want := range []string{"### alice\n\nambient, ", "\n\n### bob\n", `tools/sa/run\*`, "\n2 namespaces, "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, out.String())
		}
	}
}
