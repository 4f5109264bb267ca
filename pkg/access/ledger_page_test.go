package access

import (
	"os"
	"slices"
	"strings"
	"testing"
)

const fieldsPage = "../../docs/istio-fields.md"

func TestFieldsPage(t *testing.T) {
	page := fieldsHead + summaryOfNotJudged()
	for _, s := range allLines() {
		page += "\n## " + s.title + "\n\n| what | | why, or what it decides (and the file of pkg/access) |\n|---|---|---|\n"
		for i := 0; i < len(s.lines); i++ {
			l := &s.lines[i]
			if l.state == isJudged {
				row, n := judgedRow(s.lines[i:])
				page += row
				i += n - 1
				continue
			}
			page += "| `" + l.path + "`" + l.note() + " | " + l.stateText() + " | " + l.why + " |\n"
		}
	}
	old, err := os.ReadFile(fieldsPage)
	if err == nil && string(old) == page {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the ledger makes (make golden rewrites it): %v", fieldsPage, err)
	}
	if err := os.WriteFile(fieldsPage, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Errorf("rewrote %s; read the difference before you commit it", fieldsPage)
}

func (l *ledgerLine) note() (s string) {
	if len(l.on) > 0 {
		s += " on " + strings.Join(l.on, ", ")
	}
	if len(l.usual) > 0 {
		s += " (except `" + strings.Join(l.usual, "`, `") + "`)"
	}
	if l.release != "" {
		s += " (" + l.release + ")"
	}
	return s
}

func (l *ledgerLine) stateText() string {
	switch l.state {
	case isJudged:
		return "judged"
	case isHarmless:
		return "harmless"
	case isNamed:
		return "NOT JUDGED: the verdict names it"
	}
	if above, ok := strings.CutSuffix(l.path, ".*"); ok && l.scope == ofNothing {
		return "NOT JUDGED: as `" + above + "`"
	}
	return "NOT JUDGED: " + scopeText[l.scope]
}

// summaryOfNotJudged are the lines that are NOT JUDGED, by what they make so: the widest first, and last those that the code itself decides.
func summaryOfNotJudged() string {
	out := "\n## What is NOT JUDGED\n\nThe lines of this kind, by what they make NOT JUDGED; a field includes all fields below it. [Not judged](not-judged.md) explains what to do.\n"
	for _, s := range [...]scope{ofAll, ofNamespace, ofEnvoys, ofGateways, ofProxies, ofPolicies, ofSidecars, ofService, ofHop, ofRoute} {
		out += summaryTable("Verdicts about "+scopeText[s], func(l *ledgerLine) (string, bool) { return l.why, l.state == isNotJudged && l.scope == s })
	}
	return out + summaryTable("Only verdicts that name it", func(l *ledgerLine) (string, bool) {
		_, why, _ := strings.Cut(l.why, ": ")
		return why, l.state == isNamed || l.state == isNotJudged && l.scope == ofNothing && !strings.HasSuffix(l.path, ".*")
	})
}

func summaryTable(title string, takes func(*ledgerLine) (why string, ok bool)) (out string) {
	seen := map[string]bool{}
	for _, s := range allLines() {
		for _, l := range s.lines {
			why, ok := takes(&l)
			covering := strings.TrimSuffix(l.path, ".*")
			if seen[s.title+covering] || !ok {
				continue
			}
			seen[s.title+covering] = true
			if why == "" {
				why = l.why
			}
			out += "| `" + covering + "`" + l.note() + " | " + s.title + " | " + why + " |\n"
		}
	}
	if out == "" {
		return ""
	}
	return "\n### " + title + "\n\n| what | where | why |\n|---|---|---|\n" + out
}

var scopeText = map[scope]string{
	ofNothing: "the verdicts that the reason names", ofProxies: "the gateways, waypoints and sidecars that it applies to", ofPolicies: "the proxies and pods that it applies to",
	ofHop: "what proxies send to the Service", ofService: "requests to the Service", ofSidecars: "clients with a sidecar", ofGateways: "every ingress Gateway",
	ofEnvoys: "every gateway, waypoint and sidecar", ofNamespace: "its namespace, everything in the root namespace", ofAll: "everything", ofRoute: "what the route takes",
}

const fieldsHead = `# Istio fields

<!-- Made by go test ./pkg/access -run TestFieldsPage -update; edit the tables in pkg/access/ledger_*.go. -->

This page is for readers who want to know whether a field of Istio counts in a verdict.

The **referee** is the part of ambient-profile that decides from manifests, as Istio does, who reaches what (` + "`explain`, `check`" + `, an AccessCheck and the
function's own warnings). A **verdict** is its answer to one question. This page lists each field, label, annotation, setting and flag of Istio that may change a
verdict, and what the referee does about it:

- **judged**: it decides as Istio does. The line says what it decides, and which file of pkg/access does that. TestEachJudgedLineDecides finds for each a
  world in which taking the field away, or giving it another value, changes a verdict. Istio's own code has given that verdict, or a real API server, istiod
  and Envoy have (` + "`testdata/judged`" + `), for all but those that judged_known_test.go lists with the reason.
- **harmless**: it changes no verdict, for the reason given.
- **NOT JUDGED**: each verdict that it could change is NOT JUDGED, which is neither allow nor deny, and names the object, the line and the field.

A line that ends in ` + "`*`" + ` is about all fields below it. A field without a line, and a kind of these API groups without one, is NOT JUDGED: so is everything that it may
touch, at most all of its namespace, or everything if that is the root namespace. Istio ignores an environment variable that it does not know, so the
referee does too.

Compared with istio.io/api of Istio 1.31, the Gateway API 1.6 and istiod of Istio 1.31.
`

// Every line that is NOT JUDGED, or the line that covers it, is in the summary at the top.
func TestSummaryOfNotJudged(t *testing.T) {
	lines := strings.Split(summaryOfNotJudged(), "\n")
	n := 0
	for _, s := range allLines() {
		for _, l := range s.lines {
			row := "| `" + strings.TrimSuffix(l.path, ".*") + "`"
			if l.state != isNotJudged && l.state != isNamed {
				continue
			}
			in := func(line string) bool {
				return strings.HasPrefix(line, row) && strings.Contains(line, " | "+s.title+" | ")
			}
			if n++; !slices.ContainsFunc(lines, in) {
				t.Errorf("the summary lacks %s of %s", l.path, s.title)
			}
		}
	}
	if n < 100 {
		t.Errorf("%d lines are NOT JUDGED", n)
	}
}
