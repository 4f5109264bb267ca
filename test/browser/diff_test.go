package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// difference is the page of what that policy opens, and of another owner of a namespace.
func difference(t *testing.T) string {
	example := "../../examples/access-check/"
	old := run(t, "", example+"ambientprofile.yaml", example+"namespaces.yaml")
	next := run(t, "", example+"ambientprofile.yaml", example+"namespaces.yaml", example+"debug.yaml")
	return differing(t, old, strings.ReplaceAll(next, "bob@example.com", "robert@example.com"))
}

// differing is the page of the difference between manifests.
func differing(t *testing.T, old, next string) string {
	file := filepath.Join(t.TempDir(), "old.yaml")
	if err := os.WriteFile(file, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	return run(t, next, "diff", "-o", "html", file, "-")
}

// A change shows both sides. The filters and the search are about changes, and the matrix says who gains and who loses.
func TestDifference(t *testing.T) {
	ctx := open(t, difference(t))
	if got := value[string](t, ctx, countShown); !strings.HasSuffix(got, "in 2 groups of namespaces") {
		t.Errorf("the page begins with %q", got)
	}
	if got := value[string](t, ctx, `document.title + "/" + document.querySelector("h1").textContent`); got != "Who gains and who loses access/Who gains and who loses access" {
		t.Errorf("the title is %q", got)
	}
	cells := value[map[string]string](t, ctx, cellsShown)
	for cell, want := range map[string]string{
		"alice from bob": "gained/cell all", "bob from bob": "gained, lost/cell all", "bob from users without a namespace": "no change/cell same", "alice from off the mesh": "no change/cell same",
	} {
		if cells[cell] != want {
			t.Errorf("%s is %q, want %q (of %v)", cell, cells[cell], want, cells)
		}
	}
	do(t, ctx, chromedp.Click(`#matrix-table button[aria-label="gained, lost, from bob to bob"]`, chromedp.ByQuery))
	both := value[string](t, ctx, `document.querySelector("#matrix-table td table").innerText`)
	for _, want := range []string{"Before", "Now", "robert@example.com", "bob@example.com", "allowed: ", "denied: ", "for example: "} {
		if !strings.Contains(both, want) {
			t.Errorf("the cell lacks %q in %q", want, both)
		}
	}
	do(t, ctx, chromedp.Click(`input[value="gained"]`, chromedp.ByQuery), chromedp.Click(`input[value="perhaps gained"]`, chromedp.ByQuery), chromedp.Sleep(settleShown))
	if n := value[int](t, ctx, rowsShown); n != 1 {
		t.Errorf("%d namespaces lose access, want 1", n)
	}
	do(t, ctx, chromedp.Click("section.space button", chromedp.ByQuery))
	for _, cut := range value[[]string](t, ctx, `[...document.querySelectorAll("section.space thead th, section.space tbody td:nth-child(3)")].filter(c => {
		const text = document.createRange();
		text.selectNodeContents(c);
		return !c.textContent.includes(" ") && text.getClientRects().length > 1;
	}).map(c => c.textContent)`) {
		t.Errorf("the word %q is cut", cut)
	}
	changes := value[[]string](t, ctx, `[...document.querySelectorAll("section.space tbody td:nth-child(3)")].map(c => c.textContent)`)
	if len(changes) == 0 {
		t.Error("nothing unfolds")
	}
	for _, change := range changes {
		if !strings.HasSuffix(change, "lost") {
			t.Errorf("the filter shows a change that is %q", change)
		}
	}
	do(t, ctx, chromedp.SendKeys("#search", "robert", chromedp.ByQuery), chromedp.Sleep(settleShown))
	if n := value[int](t, ctx, rowsShown); n != 0 {
		t.Errorf("%d namespaces lose access by robert, want none", n)
	}
}

// A change of 222 of a thousand tenants, each otherwise, is a page that has room for all of them in 3 MB, and at most 500 rows before anything is unfolded.
func TestThousandTenantsDiffer(t *testing.T) {
	old := tenants(t, 1000, true)
	html := differing(t, old, strings.NewReplacer("[/shared/1", "[/public/1", "[/shared/2", "[/public/2").Replace(old))
	if len(html) > 3_000_000*222/1000 {
		t.Errorf("the page has %d bytes, at most 3 MB for a thousand", len(html))
	}
	t.Logf("%d bytes", len(html))
	ctx := open(t, html)
	if rows := value[int](t, ctx, `document.querySelectorAll("tr, section.space").length`); rows > 500 || rows < 200 {
		t.Errorf("%d rows before anything is unfolded, want a page of them, and at most 500", rows)
	}
	do(t, ctx, chromedp.SendKeys("#search", "/public/177", chromedp.ByQuery), chromedp.Sleep(settleShown))
	if n := value[int](t, ctx, rowsShown); n != 1 {
		t.Errorf("the search for the path of a tenant finds %d namespaces, want 1", n)
	}
	if got := value[string](t, ctx, `document.querySelector("#matrix-table tbody tr td").textContent`); got != "gained, lost" {
		t.Errorf("to another tenant the namespace is %q", got)
	}
}
