package access

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// What Ask says of rules is what decides: the rule that the verdict names matches, and where no rule does, none matches. What it says of other requests,
// the point decision says of each.
func TestAskSaysWhatDecides(t *testing.T) {
	asked, ruled, near := 0, 0, map[string]int{}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 91))
		text := chanceWorld(r)
		w := load(t, text)
		for range 6 {
			q, _ := chanceRequest(r)
			v, a := w.Decide(q), w.Ask(q)
			asked++
			if a.Got != v.Outcome.String() {
				t.Fatalf("seed %d: %+v is %v, and Ask says %s%s", seed, q, v.Outcome, a.Got, text)
			}
			if v.Outcome != NotJudged && v.Policy != "" && (strings.HasSuffix(v.Why, "rule matches") || strings.HasPrefix(v.Why, "no ALLOW rule")) {
				ruled++
				named := slices.ContainsFunc(a.Rules, func(j Judged) bool {
					return j.Point == v.Point.String() && j.Policy == v.Policy && (j.Rule == v.Rule && j.Matches == "yes" || v.Rule < 0)
				})
				none := !slices.ContainsFunc(a.Rules, func(j Judged) bool {
					return j.Point == v.Point.String() && j.Action == "ALLOW" && j.Matches == "yes" && v.Outcome == Deny && v.Rule < 0
				})
				if !named || !none {
					t.Fatalf("seed %d: %+v is %v by %s, and of the rules Ask says %+v%s", seed, q, v.Outcome, v.By(), a.Rules, text)
				}
			}
			for _, j := range a.Rules {
				if (j.Matches == "no") != (len(j.Failed) > 0) && j.Matches != "not-judged" {
					t.Fatalf("seed %d: %+v: a rule does not match for no reason, or matches for one: %+v%s", seed, q, j, text)
				}
			}
			for _, n := range a.Near {
				near[n.Got]++
				if n.Got == a.Got || n.Got == "not-judged" || len(n.Differs) == 0 || strings.Contains(n.By, "internal error") {
					t.Fatalf("seed %d: %+v is %s, and near it is %+v%s", seed, q, a.Got, n, text)
				}
			}
		}
	}
	t.Logf("%d requests, %d decided by a policy, near them %v", asked, ruled, near)
	if ruled < asked/6 || near["allow"] < 20 || near["deny"] < 20 {
		t.Error("that is too little to show anything")
	}
}

func TestAskNamesTheNearestRequest(t *testing.T) {
	w := load(t, tenants(t))
	for _, c := range []struct {
		from, method, path string
		want               string
	}{
		{"pod:bob/default-editor", "GET", "/v1/x", "allow by path: pod bob/default-editor, GET /healthz to Service alice/tet | allow by client: pod alice/x, GET /v1/x to Service alice/tet"},
		{"pod:bob/default-editor", "GET", "/healthz", "deny by path: pod bob/default-editor, GET / to Service alice/tet"},
		{"user:bob@example.com", "GET", "/notebook/alice/tet/", "allow by client: user alice@example.com, GET /notebook/alice/tet/ to Service alice/tet"},
		{"off-mesh", "GET", "/", ""},
	} {
		from, err := ParseClient(c.from)
		if err != nil {
			t.Fatal(err)
		}
		a := w.Ask(Request{From: from, To: To{Namespace: "alice", Service: "tet"}, Method: c.method, Path: c.path})
		var got []string
		for _, n := range a.Near {
			got = append(got, fmt.Sprintf("%s by %s: %s", n.Got, strings.Join(n.Differs, "+"), n.Request))
		}
		if text := strings.Join(got, " | "); text != c.want {
			t.Errorf("%s %s: got %q, want %q", c.from, c.path, text, c.want)
		}
	}
}

func TestAskOfAPolicyThatDecidesNothing(t *testing.T) {
	w := load(t, alikeFront+aTenant("ann", "ann@x.io", "")+`
---
{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: trial, namespace: ann, annotations: {istio.io/dry-run: 'true'}}, spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{}]}}
---
{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: pods, namespace: ann}, spec: {rules: [{from: [{source: {principals: [cluster.local/ns/ann/sa/waypoint]}}]}, {to: [{operation: {paths: [/x]}}]}]}}
`)
	var b bytes.Buffer
	if err := w.Ask(Request{From: From{ServiceAccount: "ann/x"}, To: To{Namespace: "ann", Service: "s"}, Path: "/x"}).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"it is a dry run", "ztunnel drops the rule, because it asks for paths", "ALLOW ann/owner rule 1: matches"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}

// A condition that does not hold is named by what the request has, and what the rule says about it.
func TestAskSaysWhatARuleRequires(t *testing.T) {
	for want, c := range map[string]struct {
		condition
		m   verdict3
		has string
	}{
		"path /x is not one of /healthz":                                  {condition{attribute: path, values: []string{"/healthz"}}, no, "/x"},
		"source namespace istio-system is excluded by the rule":           {condition{attribute: namespaceOf, notValues: []string{"istio-system"}}, no, "istio-system"},
		"request principal a/b is excluded by the rule, by *":             {condition{attribute: requestPrincipal, notValues: []string{"*"}}, no, "a/b"},
		"request principal is none; the rule requires *":                  {condition{attribute: requestPrincipal, values: []string{"*"}}, no, "none"},
		"request.headers[x] is bob; the rule requires alice":              {condition{attribute: header, key: "x", values: []string{"alice"}}, no, "bob"},
		"request.auth.claims[a][b] is bob; the rule excludes bob":         {condition{attribute: claim, key: "a\x00b", notValues: []string{"bob"}}, no, "bob"},
		"source.namespace is bob; the rule requires one of alice, ann":    {condition{attribute: namespaceOf, key: "source.namespace", values: []string{"alice", "ann"}}, no, "bob"},
		"path /a/b is not one of /a/* without /a/b":                       {condition{attribute: path, values: []string{"/a/*"}, notValues: []string{"/a/b"}}, no, "/a/b"},
		"host is not known, and whether the rule matches it is not known": {condition{attribute: host, values: []string{"a"}}, maybe, "not known"},
	} {
		if got := c.unmet(c.m, c.has); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A namespace that the manifests do not have is named with the one that may be meant, and a 404 by no policy.
func TestAskOfAMisspelledNamespace(t *testing.T) {
	w := load(t, tenants(t))
	a := w.Ask(Request{From: From{ServiceAccount: "bob/x"}, To: To{Namespace: "alic", Service: "tet"}})
	if want := "mesh: Namespace alic is not in the manifests (did you mean alice?), so its labels are not known"; !strings.HasSuffix(a.By, want) {
		t.Errorf("got %q, want %q", a.By, want)
	}
	if got, want := byOf("nothing: no route of Gateway edge/front matches (404)"), "no route of Gateway edge/front matches (404)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseClient(t *testing.T) {
	for text, want := range map[string]string{
		"user:a@b.c": "user a@b.c", "pod:a/b": "pod a/b", "token:a/b": "token a/b", "jwt:https://x": "a token of the issuer https://x", "anonymous": "anonymous", "off-mesh": "off the mesh",
	} {
		if f, err := ParseClient(text); err != nil || f.String() != want {
			t.Errorf("%s: got %v, %v, want %s", text, f, err, want)
		}
	}
	for _, text := range []string{"", "user", "user:", "pod:a", "pod:a/", "alice@example.com", "Pod:a/b"} {
		if f, err := ParseClient(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, f)
		}
	}
}

// What check does not judge, ask does not judge either.
func TestAskAnswersAsCheckDoes(t *testing.T) {
	text := edit(t, edit(t, cloudWorld, "port: 80, protocol: HTTP,", "port: 80, protocol: HTTP, hostname: reef.example,"), "  parentRefs: [{name: front", "  hostnames: [shoal.example]\n  parentRefs: [{name: front")
	w, r := load(t, text), Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x", Method: "GET"}
	result := w.Run(Check{Cases: []Case{{Name: "c", Request: r, Expect: Allow}}})[0]
	answer := w.Ask(r)
	if result.Got != NotJudged.String() || answer.Got != result.Got || answer.By != result.By {
		t.Errorf("check says %s by %s, and ask %s by %s", result.Got, result.By, answer.Got, answer.By)
	}
}
