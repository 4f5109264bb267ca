package access

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
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
	return ParseCheck(n.YNode())
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
    "ok": true,
    "assumed": [
      "a login before Gateway istio-system/ambient-ingressgateway, which gives a session its token"
    ]
  }
]
`
	if raw.String() != want {
		t.Errorf("%s", raw.String())
	}
}

// complaints are the messages of an error, one a line, each with its place.
func complaints(err error) string {
	var out strings.Builder
	for _, err := range err.(interface{ Unwrap() []error }).Unwrap() {
		var d diagnostic.Diagnostic
		if errors.As(err, &d) {
			fmt.Fprintf(&out, "%d:%d %s: %s; %s\n", d.Position.Line, d.Position.Column, d.Field, d.Found, d.Remedy)
		}
	}
	return out.String()
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
  - {name: d, from: {token: x}, to: {namespace: a, pod: x}, request: {path: [a], port: 65536}, expect: {}}
  - {name: e, from: {token: x}, to: {namespace: a, service: s}, expect: deny}
  - {name: f, from: {user: x}, to: {namespace: a, pod: {}}, expect: deny}
  - {name: g, from: {user: x}, to: {service: s}, expect: deny}
  - {name: h, from: {}, to: {namespace: a, service: s}, expect: deny}
  - {name: i, from: {user: x}, to: {namespace: a, service: s}, request: {path: a}, expect: deny}
  - text
`)
	if err == nil {
		t.Fatal("no error")
	}
	const want = `2:13 apiVersion: expected ambient.kubeflow.org/v1alpha1, got the string "ambient.kubeflow.org/v1"; write apiVersion: ambient.kubeflow.org/v1alpha1
5:1 status: unknown field; use apiVersion, kind, metadata, spec
8:22 spec.cases[0].from.usr: unknown field; did you mean user?
8:41 spec.cases[0].from.anonymous: expected true, got the boolean false; write anonymous: true, or remove the field
8:65 spec.cases[0].to.namespace: expected a string, got the number 012; write namespace: "012"
8:70 spec.cases[0].to.service: has no value; give it one, or remove the field
8:94 spec.cases[0].expect: expected allow or deny, got the string "maybe"; write expect: allow or expect: deny
9:15 spec.cases[1].name: is set twice; keep one of the two
9:73 spec.cases[1].to.Direct: unknown field; did you mean direct?
9:104 spec.cases[1].request.port: expected a number, got the string "80"; write port: 80
9:123 spec.cases[1].request.headers.h: expected a string, got the number 1; write h: "1"
9:132 spec.cases[1].request.tcp: expected true, got the string "yes"; write tcp: true, or remove the field
10:5 spec.cases[2].name: is missing; write a sentence that says what must hold
10:5 spec.cases[2].expect: is missing; write expect: allow or expect: deny
10:12 spec.cases[2].from: names more than one client; write exactly one of user, token, jwt, anonymous, serviceAccount, offMesh, or serviceAccount with token or jwt
11:57 spec.cases[3].to.pod: expected a map of strings, got the string "x"; write pod: {NAME: VALUE}
11:77 spec.cases[3].request.path: expected a string, got a list; write one string
11:88 spec.cases[3].request.port: 65536 is not a port; write a number from 1 to 65535
11:104 spec.cases[3].expect: expected allow or deny, got a map; write expect: allow or expect: deny
12:29 spec.cases[4].from.token: "x" is not namespace/name; write both, with one slash between them
13:36 spec.cases[5].to: names pods, but the ingress leads to Services; name a service, or take serviceAccount or offMesh as the client
14:36 spec.cases[6].to.namespace: is missing; write the namespace of the Service or pod
15:21 spec.cases[7].from: names no client; write exactly one of user, token, jwt, anonymous, serviceAccount, offMesh, or serviceAccount with token or jwt
16:80 spec.cases[8].request.path: does not start with a slash; write path: /a
17:5 spec.cases[9]: expected a map, got the string "text"; write a map of expect, from, name, request, to
`
	if got := complaints(err); got != want {
		t.Errorf("got\n%s", got)
	}
	for text, want := range map[string]string{
		"{}":                 "1:1 : expected an AccessCheck, got a map; give the AccessChecks first, as in ambient-profile check CHECK.yaml RENDERED.yaml\n",
		"[]":                 "1:1 : expected an AccessCheck, got a list; give the AccessChecks first, as in ambient-profile check CHECK.yaml RENDERED.yaml\n",
		"kind: AccessChecks": "1:1 : expected an AccessCheck, got AccessChecks; write kind: AccessCheck\n",
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: alice}":                        "1:1 : expected an AccessCheck, got Namespace alice; give the AccessChecks first, as in ambient-profile check CHECK.yaml RENDERED.yaml\n",
		"kind: AccessCheck\nspec: {cases: []}":                                            "1:1 apiVersion: is missing; write apiVersion: ambient.kubeflow.org/v1alpha1\n",
		"apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AccessCheck\nspec: {cases: []}": "1:1 spec.cases: has no case; write at least one, or a claim in never or only\n",
	} {
		if _, err := parseCheck(t, text); err == nil || complaints(err) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := ParseCheck(nil); err == nil {
		t.Error("nothing passes")
	}
}

func TestATokenOfACaseIsStrict(t *testing.T) {
	const head, tail = "{apiVersion: ambient.kubeflow.org/v1alpha1, kind: AccessCheck, metadata: {name: x}, spec: {cases: [{name: a, from: ", ", to: {namespace: a, service: s}, expect: deny}]}}"
	for from, want := range map[string]string{
		"{jwt: {subject: s}}":                                               "spec.cases[0].from.jwt.issuer: is missing",
		"cleo@acme.io":                                                      `spec.cases[0].from: expected a map, got the string "cleo@acme.io"; write from: {user: cleo@acme.io}`,
		"{jwt: x}":                                                          "spec.cases[0].from.jwt: expected a map",
		"{jwt: {issuer: i, audience: a}}":                                   "spec.cases[0].from.jwt.audience: unknown field; did you mean audiences?",
		"{jwt: {issuer: i, audiences: a}}":                                  "spec.cases[0].from.jwt.audiences: expected a list",
		"{jwt: {issuer: i, audiences: ['']}}":                               "spec.cases[0].from.jwt.audiences[0]: must not be empty",
		"{jwt: {issuer: i, claims: [a]}}":                                   "spec.cases[0].from.jwt.claims: expected a map",
		"{jwt: {issuer: i, claims: {sub: s}}}":                              "spec.cases[0].from.jwt.claims.sub: is the claim that subject sets",
		"{jwt: {issuer: i, claims: {a: {b: 1}}}}":                           `spec.cases[0].from.jwt.claims.a.b: expected a string, got the number 1`,
		"{jwt: {issuer: i, claims: {a: null}}}":                             "spec.cases[0].from.jwt.claims.a: has no value",
		"{jwt: {issuer: i, claims: {a: &a {b: {c: *a}}}}}":                  "is nested more than 8 levels deep",
		"{jwt: {issuer: i}, token: a/b}":                                    "from: names more than one client",
		"{jwt: {issuer: i}, token: a/b, serviceAccount: a/b}":               "from: names more than one client",
		"{user: u, serviceAccount: a/b}":                                    "from: names more than one client",
		"{jwt: {issuer: i}, serviceAccount: b}":                             `"b" is not namespace/name`,
		"{jwt: {issuer: i, audiences: [a], claims: {g: [x], r: {o: [p]}}}}": "",
		"{jwt: {issuer: i}, serviceAccount: a/b}":                           "",
		"{token: a/b, audience: x, serviceAccount: a/b}":                    "",
		"{token: a/b, audiences: [x, y], claims: {groups: [g]}}":            "",
		"{token: a/b, audiences: x}":                                        "spec.cases[0].from.audiences: expected a list",
		"{token: a/b, audience: x, audiences: [y]}":                         "spec.cases[0].from.audience: is set together with from.audiences",
		"{user: u, audiences: [y]}":                                         "spec.cases[0].from.audiences: is set without from.token",
		"{user: u, claims: {sub: s, groups: [g]}}":                          "",
		"{user: u, claims: {email: e}}":                                     "spec.cases[0].from.claims.email: is a claim that the client sets",
		"{user: u, claims: [a]}":                                            "spec.cases[0].from.claims: expected a map",
		"{token: a/b, claims: {sub: s}}":                                    "spec.cases[0].from.claims.sub: is a claim that the client sets",
		"{token: a/b, claims: {kubernetes.io: {namespace: x}}}":             "spec.cases[0].from.claims.kubernetes.io: is a claim that the client sets",
		"{anonymous: true, claims: {a: b}}":                                 "spec.cases[0].from.claims: is set without from.user or from.token",
		"{serviceAccount: a/b, claims: {a: b}}":                             "spec.cases[0].from.claims: is set without from.user or from.token",
		"{jwt: {issuer: i}, claims: {a: b}}":                                "spec.cases[0].from.claims: is set together with from.jwt",
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
