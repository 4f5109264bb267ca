package access

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const tenantClaim = `
  never:
  - name: no tenant reaches another
    each: profile
    from: {notNamespaces: [$profile, istio-system, kubeflow, monitoring]}
    to: {namespace: $profile}
    request: {notPaths: [/healthz, /metrics, /wait-for-drain]}
`

func proofs(t testing.TB, w *World, spec string) []Result {
	t.Helper()
	c, err := ParseCheck(yaml.MustParse("apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AccessCheck\nmetadata: {name: x}\nspec:" + spec).YNode())
	if err != nil {
		t.Fatal(err)
	}
	return w.Run(c)
}

// No tenant reaches another, and each hole is found with the request that is allowed.
func TestNeverIsProvedForEachTenant(t *testing.T) {
	base := tenants(t)
	if r := proofs(t, load(t, base), tenantClaim)[0]; !r.OK || r.Got != "deny" || !strings.HasSuffix(r.By, "in 2 user namespaces") {
		t.Errorf("the claim does not hold: %+v", r)
	}
	policy := func(name, spec string) string {
		return "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: " + name + ", namespace: bob}\nspec: {" + spec + "}\n"
	}
	const waypoint = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], "
	for _, c := range []struct{ name, add, got, by string }{
		{"a method", policy("hole", waypoint+"rules: [{from: [{source: {namespaces: [alice]}}], to: [{operation: {methods: [PUT], paths: [/api/*]}}]}]"), "allow", "PUT /api/ to Service bob/"},
		{"an account", policy("hole", waypoint+"rules: [{from: [{source: {principals: ['*/sa/default-editor']}}]}]"), "allow", "/default-editor, "},
		{"a header", policy("hole", waypoint+"rules: [{from: [{source: {notNamespaces: [istio-system]}}], when: [{key: 'request.headers[x-debug]', values: ['on*']}]}]"), "allow", "header x-debug: on: "},
		{"near an open path", policy("hole", waypoint+"rules: [{to: [{operation: {paths: [/healthz*]}}]}]"), "allow", " /healthz"},
		{"a port", policy("hole", "rules: [{to: [{operation: {ports: ['4711']}}]}]"), "allow", "a connection to pods bob/tet port 4711: ztunnel: bob/hole rule 0"},
		{"a Service", policy("hole", "targetRefs: [{group: '', kind: Service, name: tet}], rules: [{from: [{source: {namespaces: ['a*']}}]}]"), "allow", " to Service bob/tet "},
		{"a pod outside the mesh", "\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: out, namespace: bob, labels: {istio.io/dataplane-mode: none}}\nspec: {containers: [{name: c}]}\n", "allow", "pods bob/out port 1: mesh: the pod is not in the mesh"},
		{"what nobody judges", "\n---\nkind: EnvoyFilter\napiVersion: networking.istio.io/v1alpha3\nmetadata: {name: f, namespace: bob}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]}\n", "not-judged", "EnvoyFilter bob/f"},
		{"a word of a claim", policy("hole", waypoint+"rules: [{from: [{source: {namespaces: [alice]}}], when: [{key: 'request.auth.claims[scope]', values: [x]}, {key: 'request.headers[x-b]', values: [b]}]}]") +
			"\n---\nkind: RequestAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: j, namespace: bob}\nspec: {" + waypoint + "jwtRules: [{issuer: 'https://i.test', jwks: '{}'}]}\n" +
			policy("shut", waypoint+"action: DENY, rules: [{when: [{key: 'request.auth.claims[scope]', values: [x]}]}]"), "deny", "all requests"},
		{"a word next to another", policy("hole", waypoint+"rules: [{from: [{source: {namespaces: [alice]}}], when: [{key: 'request.auth.claims[scope]', values: [x]}]}]") +
			"\n---\nkind: RequestAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: j, namespace: bob}\nspec: {" + waypoint + "jwtRules: [{issuer: 'https://i.test', jwks: '{}'}]}\n" +
			policy("shut", waypoint+"action: DENY, rules: [{when: [{key: 'request.auth.claims[scope]', notValues: [y*]}]}]"), "allow", "with a token of the issuer https://i.test"},
		{"a DENY that stops no hole", policy("shut", waypoint+"action: DENY, rules: [{from: [{source: {notNamespaces: [bob, kubeflow]}}], to: [{operation: {notPaths: [/api]}}]}]") +
			policy("hole", waypoint+"rules: [{from: [{source: {notNamespaces: [istio-system]}}]}]"), "allow", " /api to Service bob/"},
		{"a DENY that stops the hole", policy("shut", waypoint+"action: DENY, rules: [{from: [{source: {notNamespaces: [bob, kubeflow, istio-system]}}]}]") + policy("hole", waypoint+"rules: [{from: [{source: {namespaces: [alice]}}]}]"), "deny", "all requests"},
	} {
		r := proofs(t, load(t, base+c.add), tenantClaim)[0]
		if r.Got != c.got || r.OK != (c.got == "deny") || !strings.Contains(r.By, c.by) {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
	if r := proofs(t, load(t, strings.ReplaceAll(base, "annotations: {owner: ", "annotations: {x: ")), tenantClaim)[0]; r.OK || r.Got != "not-judged" {
		t.Errorf("without user namespaces: %+v", r)
	}
}

// A claim is not proved by what was looked at before the search gave up.
func TestClaimsFailWhereTheSearchEnds(t *testing.T) {
	w := load(t, tenants(t))
	c := Claim{Name: "x", From: Source{NotNamespaces: []string{"bob", "istio-system", "kubeflow", "monitoring"}}, To: Place{Namespace: "bob"}, Request: Operation{NotPaths: []string{"/healthz", "/metrics", "/wait-for-drain"}}}
	if p, _ := newAsker(w).prove(&c, "", maxQuestions); p.failed {
		t.Errorf("%+v", p)
	}
	if p, _ := newAsker(w).prove(&c, "", 3); !p.failed || p.outcome != NotJudged || !strings.HasSuffix(p.by, "more than 3 kinds of requests") {
		t.Errorf("%+v", p)
	}
}

func TestOnlyTheseReachIt(t *testing.T) {
	base := tenants(t)
	const all = "{user: alice@example.com}, {token: alice/default-editor}, {namespace: $profile}, {serviceAccount: kubeflow/ml-pipeline-ui}, {serviceAccount: kubeflow/notebook-controller-service-account}"
	claim := func(who string) string {
		return "\n  only:\n  - name: the notebook\n    each: profile\n    to: {namespace: $profile, service: tet}\n    request: {notPaths: [/healthz, /metrics, /wait-for-drain]}\n    who: [" + who + "]\n"
	}
	alone := strings.Replace(base, "annotations: {owner: bob@example.com}", "annotations: {x: y}", 1)
	for _, c := range []struct{ name, world, who, got, by string }{
		{"these", alone, all, "allow", "all requests"},
		{"one more", alone, strings.Replace(all, ", {namespace: $profile}", "", 1), "allow", "pod alice/"},
		{"the user too", alone, strings.Replace(all, "{user: alice@example.com}, ", "", 1), "allow", "alice@example.com"},
		{"one less", alone, all + ", {anonymous: true}", "deny", "no request of anonymous gets in"},
		{"another user", base, all, "allow", "user bob@example.com"},
	} {
		r := proofs(t, load(t, c.world), claim(c.who))[0]
		if ok := c.name == "these"; r.Got != c.got || r.OK != ok || !strings.Contains(r.By, c.by) {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

// A claim about nothing proves nothing, and one about an unknown Service reports that.
func TestClaimsAboutNothingFail(t *testing.T) {
	w := load(t, tenants(t))
	for _, shape := range []string{
		"from: {principals: [kubeflow/ml-pipeline-ui]}", "from: {namespaces: [alice], notNamespaces: [alice]}",
	} {
		r := proofs(t, w, "\n  never: [{name: x, to: {namespace: alice, service: tet}, "+shape+"}]\n")[0]
		if r.OK || r.Got != "not-judged" || !strings.Contains(r.By, "no request to alice/tet is of the shape") {
			t.Errorf("%s: %+v", shape, r)
		}
	}
	r := proofs(t, w, "\n  never: [{name: x, to: {namespace: alice, service: tett}, from: {namespaces: [bob]}, request: {notPaths: [/healthz, /metrics, /wait-for-drain]}}]\n")
	if !r[0].OK || len(r[0].Missing) != 1 || !slices.ContainsFunc(r[0].Assumed, func(s string) bool { return strings.HasPrefix(s, "Service alice/tett") }) {
		t.Errorf("%+v", r[0])
	}
	if FailMissing(r); r[0].OK {
		t.Errorf("%+v", r[0])
	}
}

func TestClaimsAreReadStrictly(t *testing.T) {
	for text, want := range map[string]string{
		"never: [{name: x, to: {namespace: a}, from: {namespace: b}}]":                       "spec.never[0].from.namespace: unknown field",
		"never: [{name: x, to: {namespace: a}, each: namespace}]":                            "spec.never[0].each: expected profile",
		"never: [{name: x, to: {namespace: $profile}}]":                                      "spec.never[0].each: is missing, but $profile is used",
		"never: [{to: {namespace: a}}]":                                                      "spec.never[0].name: is missing",
		"never: [{name: x}]":                                                                 "spec.never[0].to.namespace: is missing",
		"never: [{name: x, to: {namespace: a}, request: {ports: [x]}}]":                      "spec.never[0]: to[0].operation.ports",
		"only: [{name: x, to: {namespace: a}}]":                                              "spec.only[0].who: is missing",
		"only: [{name: x, to: {namespace: a}, who: [{user: a, token: b/c}]}]":                "spec.only[0].who[0]: names not exactly one client",
		"only: [{name: x, to: {namespace: a}, who: [{serviceAccount: a}]}]":                  `spec.only[0].who[0].serviceAccount: "a" is not namespace/name`,
		"only: [{name: x, to: {namespace: a}, who: [{user: a}], from: {a: b}}]":              "spec.only[0].from: unknown field",
		"never: [{name: x, each: profile, to: {namespace: $profil}}]":                        `spec.never[0]: holds "$profil", but $profile is the only placeholder`,
		"only: [{name: x, each: profile, to: {namespace: $profile}, who: [{user: $owner}]}]": `spec.only[0]: holds "$owner"`,
		"never: [{name: x, to: {namespace: a}, from: {serviceAccounts: [$profile/x]}}]":      "spec.never[0].each: is missing, but $profile is used",
		"{}": "spec.cases: has no case",
	} {
		_, err := ParseCheck(yaml.MustParse("apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AccessCheck\nmetadata: {name: x}\nspec: {" + strings.Trim(text, "{}") + "}").YNode())
		if text != "{}" {
			_, err = ParseCheck(yaml.MustParse("apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AccessCheck\nmetadata: {name: x}\nspec: {" + text + "}").YNode())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// What the search does not look at fails a claim.
func TestClaimsAtTheEdgesOfTheSearch(t *testing.T) {
	base := tenants(t)
	policy := func(spec string) string {
		return base + "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: edge, namespace: alice}\nspec: {" + spec + "}"
	}
	const waypoint = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], "
	const byBob = "\n  never: [{name: x, from: {namespaces: [bob]}, to: {namespace: alice, service: tet}, request: {notPaths: [/healthz, /metrics, /wait-for-drain]}}]\n"
	for _, c := range []struct{ name, world, spec, got, by string }{
		{"a header with a letter that is not of ASCII", policy(waypoint + "rules: [{when: [{key: 'request.headers[x-tide]', values: [hoch, äbb]}]}]"), byBob, "not-judged", "letters that are not of ASCII"},
		{"a port of a Service that is made later", policy("targetRefs: [{kind: Service, group: '', name: reef}], rules: [{to: [{operation: {ports: ['8081']}}]}]"), strings.Replace(byBob, "service: tet", "service: reef", 1), "allow", "port 8081"},
		{"all ports but one of it", policy("targetRefs: [{kind: Service, group: '', name: reef}], rules: [{to: [{operation: {notPorts: ['80']}}]}]"), strings.Replace(byBob, "service: tet", "service: reef", 1), "allow", "port 65535"},
		{"a waypoint of another tenant", policy(waypoint + "rules: [{from: [{source: {principals: [cluster.local/ns/bob/sa/waypoint]}}]}]"),
			"\n  only: [{name: x, to: {namespace: alice, service: tet}, request: {methods: [POST], paths: [/x]}, who: [{user: alice@example.com}, {token: alice/default-editor}, {namespace: alice}, {serviceAccount: kubeflow/ml-pipeline-ui}]}]\n", "allow", "pod bob/waypoint"},
	} {
		if r := proofs(t, load(t, c.world), c.spec)[0]; r.OK || r.Got != c.got || !strings.Contains(r.By, c.by) {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}
