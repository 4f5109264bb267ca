// Package browser opens the HTML report in a real Chromium, as its readers do.
package browser

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var update = flag.Bool("update", false, "rewrite the screenshots in docs")

// browsers are the names that Chromium has.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "chrome"}

var program string

func TestMain(m *testing.M) {
	flag.Parse()
	found := false
	for _, name := range browsers {
		if _, err := exec.LookPath(name); err == nil {
			found = true
		}
	}
	if !found {
		fmt.Println("browser: NOT TESTED: the HTML report; no Chromium is installed (apt-get install chromium)")
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "browser")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "ambient-profile")
	build := exec.Command("go", "build", "-o", program, "./cmd/ambient-profile")
	build.Dir, build.Stderr = "../..", os.Stderr
	if err := build.Run(); err != nil {
		panic(err)
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// run is what the program prints.
func run(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), program, args...)
	var out, errors bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &out, &errors
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, errors.String())
	}
	return out.String()
}

// report is the page of an example with a policy that opens a namespace.
func report(t *testing.T) string {
	example := "../../examples/access-check/"
	manifests := run(t, "", example+"ambientprofile.yaml", example+"namespaces.yaml", example+"debug.yaml")
	return run(t, manifests, "explain", "-o", "html", "-")
}

// pages are those that the program writes, by the names of their screenshots.
var pages = map[string]func(t *testing.T) string{"report": report, "diff": difference}

// open is a tab with a page. What the page complains of or asks the network for fails the test.
func open(t *testing.T, html string) context.Context {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.WindowSize(1300, 1000))
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	var mutex sync.Mutex
	var wrong []string
	complain := func(format string, args ...any) {
		mutex.Lock()
		defer mutex.Unlock()
		wrong = append(wrong, fmt.Sprintf(format, args...))
	}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			complain("an exception: %v", e.ExceptionDetails)
		case *runtime.EventConsoleAPICalled:
			complain("the console has %v", e.Args)
		case *log.EventEntryAdded:
			complain("the log has %s", e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, "file:") && !strings.HasPrefix(e.Request.URL, "data:") {
				complain("it asks for %s", e.Request.URL)
			}
		}
	})
	t.Cleanup(func() {
		mutex.Lock()
		defer mutex.Unlock()
		for _, w := range wrong {
			t.Error(w)
		}
	})
	do(t, ctx, network.Enable(), chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String()), chromedp.WaitVisible("#count"))
	return ctx
}

func do(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// value is what an expression is in the page.
func value[T any](t *testing.T, ctx context.Context, expression string) (out T) {
	t.Helper()
	do(t, ctx, chromedp.Evaluate(expression, &out))
	return out
}

// clearSearch is what a reader does who empties the field.
var clearSearch = chromedp.Evaluate(`(() => { const s = document.getElementById("search"); s.value = ""; s.dispatchEvent(new Event("input")); })()`, nil)

const (
	rowsShown  = `document.querySelectorAll("section.space").length`
	countShown = `document.getElementById("count").textContent`
	cellsShown = `Object.fromEntries([...document.querySelectorAll("#matrix-table tbody tr")].flatMap(r => [...r.cells].slice(1).map((c, i) =>
		[r.cells[0].textContent + " from " + document.querySelectorAll("#matrix-table thead th")[i + 1].textContent, c.textContent + "/" + c.className])))`
	settleShown = 400 * time.Millisecond // longer than the page waits for the next letter
)

func TestSearchFilterAndUnfold(t *testing.T) {
	ctx := open(t, report(t))
	if got := value[string](t, ctx, countShown); !strings.HasSuffix(got, "in 4 groups of namespaces") {
		t.Errorf("the page begins with %q", got)
	}
	do(t, ctx, chromedp.SendKeys("#search", "debug", chromedp.ByQuery), chromedp.Sleep(settleShown))
	if n := value[int](t, ctx, rowsShown); n != 1 {
		t.Errorf("%d namespaces have a line with debug, want 1", n)
	}
	do(t, ctx, chromedp.Click("section.space button", chromedp.ByQuery))
	lines := value[[]string](t, ctx, `[...document.querySelectorAll("section.space tbody tr")].map(r => r.innerText)`)
	if len(lines) == 0 {
		t.Fatal("nothing unfolds")
	}
	for _, line := range lines {
		if !strings.Contains(line, "debug") {
			t.Errorf("the search shows %q", line)
		}
	}
	if got := value[string](t, ctx, `document.querySelector("section.space .witness").textContent`); !strings.Contains(got, "for example: user") {
		t.Errorf("the witness is %q", got)
	}
	do(t, ctx, chromedp.Click("section.space button", chromedp.ByQuery))
	if n := value[int](t, ctx, `document.querySelectorAll("section.space tbody tr").length`); n != 0 {
		t.Errorf("%d lines stay unfolded", n)
	}
	do(t, ctx, clearSearch, chromedp.SendKeys("#search", "no such text", chromedp.ByQuery), chromedp.Sleep(settleShown))
	if got := value[string](t, ctx, countShown); got != "0 lines in 0 groups of namespaces" {
		t.Errorf("of what is not there the page says %q", got)
	}
	do(t, ctx, clearSearch, chromedp.SendKeys("#search", " ", chromedp.ByQuery), chromedp.Click(`input[value="allow"]`, chromedp.ByQuery), chromedp.Click(`input[value="deny"]`, chromedp.ByQuery), chromedp.Sleep(settleShown))
	do(t, ctx, chromedp.Click("section.space button", chromedp.ByQuery))
	for _, verdict := range value[[]string](t, ctx, `[...document.querySelectorAll("section.space tbody td:nth-child(3)")].map(c => c.textContent)`) {
		if verdict != "NOT JUDGED" {
			t.Errorf("the filter shows a line that is %q", verdict)
		}
	}
}

func TestMatrix(t *testing.T) {
	ctx := open(t, report(t))
	cells := value[map[string]string](t, ctx, cellsShown)
	for cell, want := range map[string]string{
		"alice from alice": "itself/dim", "alice from bob": "all of a target/cell all", "bob from alice": "some requests/cell some",
		"bob from users without a namespace": "nothing/cell none", "bob from off the mesh": "nothing/cell none",
	} {
		if cells[cell] != want {
			t.Errorf("%s is %q, want %q (of %v)", cell, cells[cell], want, cells)
		}
	}
	do(t, ctx, chromedp.Click(`#matrix-table button[aria-label="some requests, from alice to bob"]`, chromedp.ByQuery))
	if got := value[string](t, ctx, `document.querySelector("#matrix-table td table").innerText`); !strings.Contains(got, "GET,HEAD /healthz") {
		t.Errorf("the cell unfolds to %q", got)
	}
}

// Everything can be reached and opened by the keyboard, and has a name for a screen reader.
func TestKeyboardAndNames(t *testing.T) {
	for name, html := range pages {
		t.Run(name, func(t *testing.T) {
			ctx := open(t, html(t))
			do(t, ctx, chromedp.Focus("section.space button", chromedp.ByQuery), chromedp.KeyEvent("\r"))
			if n := value[int](t, ctx, `document.querySelectorAll("section.space tbody tr").length`); n == 0 {
				t.Error("Enter unfolds nothing")
			}
			for _, lacking := range value[[]string](t, ctx, `[...document.querySelectorAll("button, input")].filter(e => !(e.textContent.trim() || e.getAttribute("aria-label") || e.labels && e.labels.length)).map(e => e.outerHTML)`) {
				t.Errorf("%s has no name", lacking)
			}
			for _, lacking := range value[[]string](t, ctx, `[...document.querySelectorAll("th")].filter(e => !e.getAttribute("scope")).map(e => e.outerHTML)`) {
				t.Errorf("%s has no scope", lacking)
			}
			if n := value[int](t, ctx, `[...document.querySelectorAll("button[aria-controls]")].filter(b => !document.getElementById(b.getAttribute("aria-controls"))).length`); n != 0 {
				t.Errorf("%d buttons control what is not there", n)
			}
			if got := value[string](t, ctx, `document.documentElement.lang`); got != "en" {
				t.Errorf("the language is %q", got)
			}
		})
	}
}

// In print all is unfolded.
func TestPrint(t *testing.T) {
	for name, html := range pages {
		t.Run(name, func(t *testing.T) {
			ctx := open(t, html(t))
			do(t, ctx, chromedp.ActionFunc(func(ctx context.Context) error {
				data, _, err := page.PrintToPDF().Do(ctx)
				if err == nil && !bytes.HasPrefix(data, []byte("%PDF")) {
					err = fmt.Errorf("no PDF")
				}
				return err
			}))
			if n := value[int](t, ctx, `document.querySelectorAll("section.space button[aria-expanded=false]").length`); n != 0 {
				t.Errorf("%d namespaces are not unfolded in print", n)
			}
		})
	}
}

// contrast is that of the text of every cell and button to its background (WCAG 2.1: at least 4.5).
const contrast = `(() => {
	const channel = c => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
	const luminance = rgb => { const [r, g, b] = rgb.match(/\d+/g).map(Number); return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b); };
	const back = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (c !== "rgba(0, 0, 0, 0)") return c; } return "rgb(255, 255, 255)"; };
	return [...document.querySelectorAll("td, th, button, p, h1, h2, label, .witness")].filter(e => e.textContent.trim()).map(e => {
		const [a, b] = [luminance(getComputedStyle(e).color), luminance(back(e))].sort((x, y) => y - x);
		return [(a + 0.05) / (b + 0.05), e.textContent.slice(0, 40)];
	}).filter(([ratio]) => ratio < 4.5).map(([ratio, text]) => ratio.toFixed(2) + " " + text);
})()`

func TestDarkAndLight(t *testing.T) {
	for name, html := range pages {
		t.Run(name, func(t *testing.T) {
			ctx := open(t, html(t))
			for _, scheme := range []string{"light", "dark"} {
				do(t, ctx, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
				do(t, ctx, chromedp.Evaluate(`document.querySelectorAll("section.space button[aria-expanded=false]").forEach(b => b.click())`, nil))
				for _, low := range value[[]string](t, ctx, contrast) {
					t.Errorf("%s: contrast %s", scheme, low)
				}
				var shot []byte
				do(t, ctx, chromedp.Evaluate(`document.querySelectorAll("section.space button[aria-expanded=true]").forEach((b, i) => i > 0 && b.click())`, nil), chromedp.Screenshot("body", &shot, chromedp.ByQuery))
				if len(shot) < 10_000 {
					t.Errorf("%s: the screenshot has %d bytes", scheme, len(shot))
				}
				if *update && scheme == "light" {
					if err := os.WriteFile("../../docs/"+name+"-light.png", shot, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// Names in manifests are text to the page, whatever they look like.
func TestNamesAreText(t *testing.T) {
	attack := `</script><img src=x onerror="document.title='owned'">`
	policy := "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p, namespace: tenant-0000}\n" +
		"spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{when: [{key: 'request.headers[x-note]', values: ['" + strings.ReplaceAll(attack, "'", "''") + "']}]}]}\n"
	html := run(t, tenants(t, 2, false)+policy, "explain", "-o", "html", "-")
	ctx := open(t, html)
	do(t, ctx, chromedp.Evaluate(`document.querySelectorAll("button").forEach(b => b.click())`, nil), chromedp.Sleep(settleShown))
	if got := value[string](t, ctx, `document.title + document.querySelectorAll("img").length`); got != "Who may reach what0" {
		t.Errorf("the page became %q", got)
	}
	if got := value[string](t, ctx, `document.body.innerText`); !strings.Contains(got, "onerror") {
		t.Error("the text is not shown")
	}
}

// tenants are the manifests of n tenants. Those that differ have a path of their own each.
func tenants(t *testing.T, n int, differ bool) string {
	var config, policies strings.Builder
	config.WriteString("apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: many}\nspec:\n  profiles:\n")
	for i := range n {
		fmt.Fprintf(&config, "  - {name: tenant-%04d, owner: {name: user-%04d@example.com}}\n", i, i)
		if differ {
			fmt.Fprintf(&policies, "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: extra, namespace: tenant-%04d}\n"+
				"spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{from: [{source: {namespaces: [tenant-%04d]}}], to: [{operation: {paths: [/shared/%d]}}]}]}\n", i, (i+1)%n, i)
		}
	}
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return run(t, "", file) + policies.String()
}

// A thousand tenants make a page of at most 3 MB with at most 500 rows before anything is unfolded.
func TestThousandTenants(t *testing.T) {
	for name, differ := range map[string]bool{"alike": false, "all different": true} {
		t.Run(name, func(t *testing.T) {
			html := run(t, tenants(t, 1000, differ), "explain", "-o", "html", "-")
			if len(html) > 3_000_000 {
				t.Errorf("the page has %d bytes, at most 3 MB", len(html))
			}
			ctx := open(t, html)
			if rows := value[int](t, ctx, `document.querySelectorAll("tr, section.space").length`); rows > 500 {
				t.Errorf("%d rows before anything is unfolded, at most 500", rows)
			}
			do(t, ctx, chromedp.SendKeys("#search", "tenant-0777", chromedp.ByQuery), chromedp.Sleep(settleShown))
			if n := value[int](t, ctx, rowsShown); n == 0 {
				t.Error("the search does not find a tenant")
			}
			took := value[float64](t, ctx, `(() => { const before = performance.now(); show(); document.body.offsetHeight; return performance.now() - before; })()`)
			t.Logf("%d bytes, an answer in %.0f ms", len(html), took)
			if !differ {
				return
			}
			if got := value[string](t, ctx, `document.querySelector("#matrix-table tbody tr td").textContent`); got != "some requests" {
				t.Errorf("another tenant reaches %q", got)
			}
		})
	}
}
