package access

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// additionsOf are what may be added to a world for a line that is NOT JUDGED, by the section of the ledger that it is in: with each seed another one.
func additionsOf(section string, l *ledgerLine, seed uint64) func(base string) string {
	r := rand.New(rand.NewPCG(seed, 3))
	appended := func(text string) func(string) string { return func(base string) string { return base + text } }
	switch section {
	case "meshConfig":
		return appended(meshSetting(strings.TrimSuffix(strings.TrimSuffix(l.path, "*"), "."), "new"))
	case "Environment variables of istiod":
		return appended(istiodVariable(l.path, "new"))
	case "Labels", "Annotations", "Labels and annotations that are in no table of istio.io/api":
		return namedAddition(r, section, l)
	}
	kind, path, _ := strings.Cut(l.path, " ")
	path = strings.TrimSuffix(strings.TrimSuffix(path, "*"), ".")
	switch {
	case kind == "BackendTLSPolicy":
		return appended("\n---\nkind: BackendTLSPolicy\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: new, namespace: a}\nspec: {targetRefs: [{group: '', kind: Service, name: s}], validation: {hostname: x}}")
	case kind == "WorkloadEntry":
		return appended("\n---\nkind: WorkloadEntry\napiVersion: networking.istio.io/v1\nmetadata: {name: new, namespace: a}\nspec: {address: 10.0.0.9, labels: {app: s}}")
	case kind == "WorkloadGroup":
		return appended("\n---\nkind: WorkloadGroup\napiVersion: networking.istio.io/v1\nmetadata: {name: new, namespace: a}\nspec: {metadata: {labels: {app: s}}, template: {}}")
	case section == gatewayGroup && kind == "Gateway":
		return gatewayAddition(r, path)
	}
	for k := range istioKinds {
		if k.group == section && (k.kind == kind || kind == "*" && k.kind == "WasmPlugin") {
			line := *l
			line.path = path
			a, _ := addLine(r, k, &line, path, isNotJudged)
			return appended(a.text)
		}
	}
	return nil
}

// gatewayAddition gives a Gateway of a world a field.
func gatewayAddition(r *rand.Rand, path string) func(string) string {
	rest := strings.TrimPrefix(path, "spec.")
	class := []string{"gatewayClassName: istio-waypoint, ", "gatewayClassName: istio, "}[r.IntN(2)]
	return func(base string) string { return strings.Replace(base, class, class+yamlAt(rest, "{x: new}")+", ", 1) }
}

// namedAddition gives an object of a kind that the line counts on a label or an annotation.
func namedAddition(r *rand.Rand, section string, l *ledgerLine) func(string) string {
	as := "annotations"
	if section == "Labels" || r.IntN(2) == 0 && section != "Annotations" {
		as = "labels"
	}
	heads := map[string][]string{
		"Pod":     {"{name: s, namespace: a, labels: {app: s}}\nspec: {serviceAccountName: s", "{name: c, namespace: side, labels: {app: c}}\nspec"},
		"Service": {"{name: s, namespace: a}\nspec: {selector"},
		"Gateway": {"{name: waypoint, namespace: a}\nspec: {gatewayClassName", "{name: front, namespace: edge}\nspec: {gatewayClassName"},
	}
	kinds := l.on
	if len(kinds) == 0 {
		kinds = []string{"Pod", "Service", "Gateway"}
	}
	kind := kinds[r.IntN(len(kinds))]
	all := heads[kind]
	if len(all) == 0 {
		return func(base string) string {
			return base + fmt.Sprintf("\n---\nkind: %s\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: istio-waypoint, %s: {%s: new}}\nspec: {controllerName: istio.io/mesh-controller}", kind, as, l.path)
		}
	}
	head := all[r.IntN(len(all))]
	to := strings.Replace(head, "}\nspec", ", annotations: {"+l.path+": new}}\nspec", 1)
	if as == "labels" && strings.Contains(head, "labels: {") {
		to = strings.Replace(head, "labels: {", "labels: {"+l.path+": new, ", 1)
	} else if as == "labels" {
		to = strings.Replace(head, "}\nspec", ", labels: {"+l.path+": new}}\nspec", 1)
	}
	return func(base string) string { return strings.Replace(base, head, to, 1) }
}

// Each line of the ledger that clouds is thrown at random worlds: in some it leaves an answer open, and in none it turns an allow into a denial or the other way
// around. A line of which no addition is made fails.
func TestEachLineThatIsNotJudgedClouds(t *testing.T) {
	lines := 0
	for _, s := range allLines() {
		for i := range s.lines {
			l := &s.lines[i]
			if l.state != isNotJudged || l.scope == ofNothing {
				continue
			}
			lines++
			if additionsOf(s.title, l, 0) == nil {
				t.Errorf("%s: %s: no addition is made of it", s.title, l.path)
				continue
			}
			if !throws(t, s.title, l) {
				t.Errorf("%s: %s: no world in which it clouds an answer", s.title, l.path)
			}
		}
	}
	if t.Logf("%d lines", lines); lines < 80 {
		t.Errorf("only %d lines", lines)
	}
}

// throws reports whether a line clouds an answer, and fails where it changes one.
func throws(t *testing.T, section string, l *ledgerLine) (clouds bool) {
	t.Helper()
	for seed := range uint64(60) {
		base := soundBase(rand.New(rand.NewPCG(seed, 4)))
		text := additionsOf(section, l, seed)(base)
		if text == base {
			continue
		}
		before, after := load(t, base), load(t, text)
		for _, q := range soundQuestions {
			was, is := before.Decide(q), after.Decide(q)
			if is.Outcome == NotJudged && was.Outcome != NotJudged {
				clouds = true
			}
			if slices.Contains([]Outcome{Allow, Deny}, is.Outcome) && is.Outcome != was.Outcome {
				t.Errorf("%s: %s, seed %d: %+v was %v (%s) and is %v (%s)", section, l.path, seed, q, was.Outcome, was.By(), is.Outcome, is.By())
			}
		}
		if clouds && seed > 3 {
			return true
		}
	}
	return clouds
}
