package access

import (
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const designExample = `
apiVersion: ambient.kubeflow.org/v1alpha1
kind: AccessCheck
metadata: {name: tenants}
spec:
  cases:
  - name: bob cannot open alice's notebook
    from: {user: bob@example.com}
    to: {namespace: alice, service: tet}
    request: {method: GET, path: /notebook/alice/tet/lab, headers: {x: "1"}, port: 80}
    expect: deny
  - name: a token of alice's editor reaches her model
    from: {token: alice/default-editor, audience: istio-ingressgateway.istio-system.svc.cluster.local}
    to: {namespace: alice, service: sklearn-iris-predictor}
    expect: allow
  - name: a worker reaches its master
    from: {serviceAccount: alice/default-editor}
    to: {namespace: alice, service: train-master-0, direct: true}
    expect: allow
  - name: a hole that is not there
    from: {serviceAccount: bob/default-editor}
    to: {namespace: alice, pod: {statefulset: tet}}
    request: {tcp: true}
    expect: allow
  - name: a route that leads elsewhere fails whatever is expected
    from: {user: alice@example.com}
    to: {namespace: bob, service: tet}
    request: {path: /notebook/alice/tet/}
    expect: deny
`

func parseCheck(t *testing.T, text string) (Check, error) {
	t.Helper()
	n, err := yaml.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return ParseCheck(n)
}

func TestCheckRuns(t *testing.T) {
	c, err := parseCheck(t, designExample)
	if err != nil {
		t.Fatal(err)
	}
	results := load(t, tenants(t)).Run(c)
	var got []string
	for _, r := range results {
		got = append(got, r.Got)
	}
	if want := "deny allow allow deny not-judged"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	if Failed(results) != 2 {
		t.Errorf("%d failed", Failed(results))
	}
	var table, raw strings.Builder
	if err := WriteResults(&table, results); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"FAIL  a hole that is not there", "NOT JUDGED: route: alice/notebook-tet rule 0: leads to alice/tet",
		"Service alice/sklearn-iris-predictor", "5 cases, 2 failed", "waypoint alice/waypoint: alice/ns-l7-allow-k8s-token rule 0"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, table.String())
		}
	}
	if err := WriteResultsJSON(&raw, results[:1]); err != nil {
		t.Fatal(err)
	}
	want := `[
  {
    "name": "bob cannot open alice's notebook",
    "expect": "deny",
    "got": "deny",
    "by": "waypoint alice/waypoint: alice/ns-owner-access-istio-l7-allow: no ALLOW rule of 2 policies matches",
    "ok": true
  }
]
`
	if raw.String() != want {
		t.Errorf("%s", raw.String())
	}
}

func TestCheckIsStrict(t *testing.T) {
	_, err := parseCheck(t, `
apiVersion: ambient.kubeflow.org/v1
kind: AccessCheck
metadata: {name: x}
status: {}
spec:
  cases:
  - {name: a, from: {usr: x, anonymous: false}, to: {namespace: 012, service: null}, expect: maybe}
  - {name: b, name: c, from: {token: x}, to: {namespace: a, service: s, Direct: true}, request: {port: "80", headers: {h: 1}, tcp: yes}, expect: deny}
  - {from: {user: x, offMesh: true}, to: {namespace: a, service: s}}
`)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`apiVersion: "ambient.kubeflow.org/v1" must be ambient.kubeflow.org/v1alpha1`,
		"status: unknown field",
		"spec.cases[0].from.usr: unknown field, did you mean user?",
		`spec.cases[0].from.anonymous: "false": write true`,
		`spec.cases[0].to.namespace: "012" must be a string: write it in quotes`,
		"spec.cases[0].to.service: must not be null",
		`spec.cases[0].expect: "maybe" is none of allow, deny`,
		"spec.cases[1].name: is there twice",
		"spec.cases[1].to.Direct: unknown field, did you mean direct?",
		`spec.cases[1].request.port: "80" is no port`,
		`spec.cases[1].request.headers.h: "1" must be a string`,
		`spec.cases[1].request.tcp: "yes": write true`,
		"spec.cases[2].name: is missing",
		"spec.cases[2].expect: is missing",
		"spec.cases[2]: from must be exactly one of",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q in:\n%v", want, err)
		}
	}
	for _, empty := range []string{"{}", "[]", "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AccessCheck\nspec: {cases: []}"} {
		if _, err := parseCheck(t, empty); err == nil {
			t.Errorf("%s passes", empty)
		}
	}
	if _, err := ParseCheck(nil); err == nil {
		t.Error("nothing passes")
	}
}

func TestATokenOfACaseIsStrict(t *testing.T) {
	const head, tail = "{apiVersion: ambient.kubeflow.org/v1alpha1, kind: AccessCheck, metadata: {name: x}, spec: {cases: [{name: a, from: ", ", to: {namespace: a, service: s}, expect: deny}]}}"
	for from, want := range map[string]string{
		"{jwt: {subject: s}}":                                               "spec.cases[0]: from.jwt.issuer is missing",
		"{jwt: x}":                                                          "spec.cases[0].from.jwt: must be a mapping",
		"{jwt: {issuer: i, audience: a}}":                                   "spec.cases[0].from.jwt.audience: unknown field, did you mean audiences?",
		"{jwt: {issuer: i, audiences: a}}":                                  "spec.cases[0].from.jwt.audiences: must be a list",
		"{jwt: {issuer: i, audiences: ['']}}":                               "spec.cases[0].from.jwt.audiences: must hold a value, and no empty one",
		"{jwt: {issuer: i, claims: [a]}}":                                   "spec.cases[0].from.jwt.claims: must be a mapping",
		"{jwt: {issuer: i, claims: {sub: s}}}":                              "spec.cases[0].from.jwt.claims.sub: is what subject says",
		"{jwt: {issuer: i, claims: {a: {b: 1}}}}":                           `spec.cases[0].from.jwt.claims.a.b: "1" must be a string`,
		"{jwt: {issuer: i, claims: {a: null}}}":                             "spec.cases[0].from.jwt.claims.a: must not be null",
		"{jwt: {issuer: i, claims: {a: &a {b: {c: *a}}}}}":                  "is nested too deeply",
		"{jwt: {issuer: i}, token: a/b}":                                    "from must be exactly one of",
		"{jwt: {issuer: i}, token: a/b, serviceAccount: a/b}":               "from must be exactly one of",
		"{user: u, serviceAccount: a/b}":                                    "from must be exactly one of",
		"{jwt: {issuer: i}, serviceAccount: b}":                             `"b" is not namespace/name`,
		"{jwt: {issuer: i, audiences: [a], claims: {g: [x], r: {o: [p]}}}}": "",
		"{jwt: {issuer: i}, serviceAccount: a/b}":                           "",
		"{token: a/b, audience: x, serviceAccount: a/b}":                    "",
	} {
		c, err := parseCheck(t, head+from+tail)
		switch {
		case want == "" && (err != nil || c.Cases[0].Request.From.ingress() == (c.Cases[0].Request.From.ServiceAccount != "")):
			t.Errorf("%s: %v", from, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", from, err, want)
		}
	}
}
