package access

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// For each kind of rule that grants no access, the report says why.
func TestExplainSaysWhyRulesAreDead(t *testing.T) {
	at := "targetRefs: " + onAlicesWaypoint
	for _, c := range []struct{ name, text, why string }{
		{"another that says the same", policyOf("z", "{"+at+`, rules: [{`+fromIngress+`, when: [{key: "request.headers[kubeflow-userid]", values: [alice@example.com]}]}]}`), "shadowed by ns-owner-access-istio-l7-allow rule 0"},
		{"HTTP without a waypoint", policyOf("z", "{rules: [{to: [{operation: {methods: [GET]}}]}]}"), "dropped by ztunnel, which does not see methods"},
		{"a Gateway that is not there", policyOf("z", "{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: gone}], rules: [{}]}"), "attached to nothing: Gateway gone is not in the manifests"},
		{"a class outside the root namespace", policyOf("z", "{targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}], rules: [{}]}"), "attached to nothing: GatewayClass istio-waypoint counts in the root namespace only, for istio-waypoint"},
		{"an empty selector", policyOf("z", "{selector: {}, rules: [{}]}"), "attached to nothing: the selector is empty"},
		{"nobody", policyOf("z", "{"+at+`, rules: [{to: [{operation: {paths: [/a], notPaths: ['/a*']}}]}]}`), "matches no request"},
		{"a dry run", edit(t, policyOf("z", "{"+at+", rules: [{}]}"), "namespace: alice}", `namespace: alice, annotations: {istio.io/dry-run: "true"}}`), "a dry run"},
		{"what a DENY takes", policyOf("z", "{"+at+", rules: [{to: [{operation: {paths: [/a]}}]}]}") + policyOf("stops", "{action: DENY, "+at+", rules: [{to: [{operation: {paths: [/a]}}]}]}"),
			"matches nothing that gets through: waypoint alice/waypoint: alice/stops rule 0: a DENY rule matches"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []DeadRule
			for _, d := range load(t, tenants(t)+c.text).Explain(kubeflow).Dead {
				if d.Policy == "alice/z" {
					got = append(got, d)
				}
			}
			if want := (DeadRule{Policy: "alice/z", Why: c.why}); len(got) != 1 || fmt.Sprint(got[0]) != fmt.Sprint(want) {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
	if dead := load(t, tenants(t)).Explain(kubeflow).Dead; len(dead) != 0 {
		t.Errorf("%+v", dead)
	}
}

var ruleInBy = regexp.MustCompile(`([a-z0-9.*-]+/)?([a-z0-9.*-]+) rule ([0-9]+)`)

// In every tree that we have, each ALLOW rule is on a line, or is listed as dead, or is in a namespace of which nothing is known.
func TestEveryAllowRuleIsNamed(t *testing.T) {
	files, err := filepath.Glob("../../testdata/golden/*/want.yaml")
	if err != nil || len(files) < 100 {
		t.Fatal(len(files), err)
	}
	rules := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		w := load(t, string(text))
		r := w.Explain(kubeflow)
		said := map[string]bool{}
		unknown := map[string]bool{}
		for _, n := range r.Namespaces {
			for _, a := range n.Access {
				for _, m := range ruleInBy.FindAllStringSubmatch(a.By, -1) {
					said[cmpOr(m[1], n.Namespace+"/")+m[2]+" rule "+m[3]] = true
					for _, like := range n.Like { // whose lines are those of the namespace
						said[cmpOr(m[1], like+"/")+m[2]+" rule "+m[3]] = true
					}
				}
				if a.Who == "anyone" && a.Outcome == NotJudged.String() && n.Namespace != w.mesh.rootNamespace {
					unknown[n.Namespace] = true
					for _, like := range n.Like {
						unknown[like] = true
					}
				}
			}
		}
		for _, d := range slices.Concat(r.Dead, r.NotJudged) {
			said[d.Policy+" rule "+strconv.Itoa(d.Rule)] = true
			_, name, _ := strings.Cut(d.Policy, "/")
			for _, like := range d.Like {
				said[like+"/"+name+" rule "+strconv.Itoa(d.Rule)] = true
			}
		}
		for name, s := range w.namespaces {
			for _, p := range s.policies {
				for i := range p.rules {
					rules++
					if key := p.id() + " rule " + strconv.Itoa(i); p.action == allow && !said[key] && !unknown[name] {
						t.Errorf("%s: nothing names %s", filepath.Base(filepath.Dir(file)), key)
					}
				}
			}
		}
	}
	if rules < 1000 {
		t.Errorf("%d rules", rules)
	}
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// Explain hides no way in: what Decide allows a client of the requests that the rules speak of, some line of the client says.
func TestExplainHidesNoWayIn(t *testing.T) {
	allowed := 0
	at := "targetRefs: " + onAlicesWaypoint
	for _, rules := range []string{
		"{to: [{operation: {paths: ['/notebook/*'], notMethods: [GET]}}]}",
		"{" + fromIngress + `, to: [{operation: {methods: [POST]}}], when: [{key: "request.headers[x-a]", values: [b]}]}`,
		"{from: [{source: {notNamespaces: [bob]}}], to: [{operation: {paths: [/a, /b], notPaths: [/a]}}]}",
		`{when: [{key: "request.headers[x-a]", notValues: ['*']}], to: [{operation: {paths: [/b]}}]}`,
	} {
		w := load(t, tenants(t)+publicRoute+policyOf("asks", "{"+at+", rules: ["+rules+"]}")+
			policyOf("stops", "{action: DENY, "+at+", rules: [{to: [{operation: {methods: [PUT], paths: [/b]}}]}]}"))
		accounts := map[string][]account{}
		for _, q := range w.inquiries(To{Namespace: "alice", Service: "tet"}, 80, false) {
			kind := strings.Fields(q.kind.String())[0]
			accounts[kind] = append(accounts[kind], w.about(&q, symbolic.NewPool()))
		}
		reached := map[string]string{}
		for _, n := range w.Explain(kubeflow).Namespaces {
			for _, a := range n.Access {
				if n.Namespace == "alice" && a.Outcome == Allow.String() {
					reached[strings.Fields(a.Kind)[0]] += fmt.Sprintln(a.rules)
				}
			}
		}
		for _, from := range []From{{User: "another-user@another.tenant"}, {Anonymous: true}, {ServiceAccount: "elsewhere/robot"}, {ServiceAccount: "bob/robot"}, {OffMesh: true}, {ServiceAccount: "alice/default-editor"}} {
			kind := map[bool]string{true: "pod", false: strings.Fields(from.String())[0]}[from.ServiceAccount != ""]
			for _, m := range []string{"GET", "POST", "PUT"} {
				for _, p := range []string{"/", "/a", "/b", "/notebook/alice/tet/x", "/public/x", "/metrics"} {
					for _, h := range []map[string]string{nil, {"x-a": "b"}, {"x-a": "c"}} {
						r := Request{From: from, To: To{Namespace: "alice", Service: "tet"}, Method: m, Path: p, Headers: h, Port: 80, Host: hostOf("alice", "tet")}
						v := w.Decide(r)
						if v.Outcome != Allow {
							continue
						}
						allowed++
						if !strings.Contains(reached[kind], fmt.Sprint(v.rules())) {
							t.Errorf("%s: %v: %s %s %v is allowed by %s, and the lines say %q", rules, from, m, p, h, v.By(), reached[kind])
						}
						if !slices.ContainsFunc(accounts[kind], func(a account) bool { return a.says(w, r) }) {
							t.Errorf("%s: %v: %s %s %v is allowed by %s, and no line has it", rules, from, m, p, h, v.By())
						}
					}
				}
			}
		}
	}
	if allowed < 100 {
		t.Error(allowed)
	}
}

// says reports whether some line that allows has a request.
func (a *account) says(w *World, r Request) bool {
	return slices.ContainsFunc(a.lines, func(l line) bool {
		return l.outcome == Allow && a.space.Contains(l.box, func(axis string) symbolic.Point { return r.on(w, axis) })
	})
}

// A rule of which nobody knows whether it lets anyone in is not a dead one.
func TestRulesThatAreNotJudgedAreNotDead(t *testing.T) {
	at := "targetRefs: " + onAlicesWaypoint
	mesh := "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: \"extensionProviders: [{name: ext, envoyExtAuthzHttp: {service: a.b.svc.cluster.local, port: 80}}]\"}\n"
	r := load(t, tenants(t)+mesh+policyOf("z", "{"+at+", rules: [{from: [{source: {remoteIpBlocks: [10.0.0.0/8]}}], to: [{operation: {paths: [/ip]}}]}]}")+
		policyOf("stops", "{action: CUSTOM, provider: {name: ext}, "+at+", rules: [{}]}")).Explain(kubeflow)
	for _, d := range r.Dead {
		if d.Policy == "alice/z" {
			t.Errorf("%+v is dead", d)
		}
	}
	want := DeadRule{Policy: "alice/z", Why: "addresses are not in the manifests"}
	if !slices.ContainsFunc(r.NotJudged, func(d DeadRule) bool { return fmt.Sprint(d) == fmt.Sprint(want) }) {
		t.Errorf("%+v", r.NotJudged)
	}
}
