package access

import (
	"slices"
	"strings"
	"testing"
)

// lines are the rows of a namespace as `who: reaches`, those that deny left out.
func lines(t *testing.T, text, namespace string) (out []string) {
	t.Helper()
	for _, n := range load(t, text).Explain(kubeflow).Namespaces {
		for _, a := range n.Access {
			if n.Namespace == namespace && a.Outcome != Deny.String() {
				out = append(out, a.Who+": "+a.Reaches+" by "+a.By)
			}
		}
	}
	return out
}

func policyOf(name, spec string) string {
	return "\n---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: " + name + ", namespace: alice}\nspec: " + spec
}

const (
	fromIngress  = "from: [{source: {principals: [cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio]}}]"
	anyOtherUser = `any user but <blanks at an end>, system:serviceaccount:*: `
	ofDex        = "token of the issuer http://dex.auth.svc.cluster.local:5556/dex: "
	anyPodOfMesh = "any pod in the mesh: "
)

// publicRoute leads to alice's notebook by /public, which the notebook gets as /files.
const publicRoute = `
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: public, namespace: alice}
spec:
  parentRefs: [{name: ambient-ingressgateway, namespace: istio-system}]
  rules:
  - matches: [{path: {type: PathPrefix, value: /public}}]
    filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /files}}}]
    backendRefs: [{name: tet, port: 80}]
`

// Whatever a rule asks for, the client that it lets in has a line that says it.
func TestExplainSaysWhatRulesAskFor(t *testing.T) {
	at := "targetRefs: " + onAlicesWaypoint
	for _, c := range []struct{ name, rules, extra, want string }{
		{"an exact path by a route", fromIngress + ", to: [{operation: {methods: [GET], paths: [/notebook/alice/tet/api/contents]}}]", "",
			anyOtherUser + "GET /notebook/alice/tet/api/contents of "},
		{"a prefix", "to: [{operation: {paths: [/shared/*]}}]", "", anyPodOfMesh + "/shared/*"},
		{"a prefix by a route", "to: [{operation: {paths: [/notebook/alice/*]}}]", "", anyOtherUser + "notebook tet by "},
		{"a suffix by a route", "to: [{operation: {paths: ['*.png']}}]", "", anyOtherUser + "path *.png of "},
		{"a template by a route", "to: [{operation: {paths: ['/notebook/{*}/{*}/api/{**}']}}]", "", anyOtherUser + "/notebook/{*}/{*}/api/{**} of "},
		{"any path", "to: [{operation: {paths: ['*'], methods: [PUT]}}]", "", anyOtherUser + "PUT of "},
		{"a path behind a rewrite", "to: [{operation: {paths: [/files/a]}}]", publicRoute, anyOtherUser + "/public/a of "},
		{"a prefix behind a rewrite", "to: [{operation: {paths: [/files/b/*]}}]", publicRoute, anyOtherUser + "/public/b/* of "},
		{"all paths but some", "to: [{operation: {notPaths: [/notebook/alice/tet/]}}]", "", anyOtherUser + "any path but /notebook/alice/tet/ of "},
		{"all paths but some, for pods", "to: [{operation: {notPaths: ['/x*', /]}}]", "", anyPodOfMesh + "any path but /, /x*"},
		{"all methods but some", "to: [{operation: {notMethods: [GET, POST]}}]", "", anyPodOfMesh + "any method but GET,POST"},
		{"methods", "to: [{operation: {methods: [PATCH, DELETE]}}]", "", anyPodOfMesh + "DELETE,PATCH"},
		{"a host", "to: [{operation: {hosts: [lab.example.com]}}]", "", anyPodOfMesh + "host lab.example.com"},
		{"a host by a route", "to: [{operation: {hosts: ['*.example.com']}}]", "", anyOtherUser + "host *.example.com of "},
		{"all hosts but one", "to: [{operation: {notHosts: [tet.alice.svc.cluster.local]}}]", "", anyPodOfMesh + "any host but tet.alice.svc.cluster.local"},
		{"a port", "to: [{operation: {ports: ['80']}}]", "", anyPodOfMesh + "notebook tet by "},
		{"a header", `when: [{key: "request.headers[x-debug]", values: ['1']}]`, "", anyPodOfMesh + "with x-debug: 1"},
		{"a header by a route", `when: [{key: "request.headers[x-debug]", values: ['1']}]`, "", anyOtherUser + "with x-debug: 1"},
		{"that a header is there", `when: [{key: "request.headers[x-debug]", values: ['*']}]`, "", anyPodOfMesh + "with x-debug: *"},
		{"that a header is not so", `when: [{key: "request.headers[x-team]", notValues: [red]}]`, "", anyPodOfMesh + "without x-team: red"},
		{"two headers and a path", `to: [{operation: {paths: [/a]}}], when: [{key: "request.headers[x-a]", values: ['1']}, {key: "request.headers[x-b]", values: ['2*']}]`, "",
			anyPodOfMesh + "/a with x-a: 1 with x-b: 2*"},
		{"a claim", `when: [{key: "request.auth.claims[team]", values: [blue]}]`, verifyTokens(onAlicesWaypoint, onTet), "any pod in the mesh but istio-system/ambient-ingressgateway-istio with a " + ofDex + "with claim team: blue of "},
		{"a claim of a session", fromIngress + `, when: [{key: "request.auth.claims[team][lead]", values: [blue]}]`,
			verifyTokens(onAlicesWaypoint, onTet), ofDex + `without claim email: <a list>, <a mapping>, text:* with claim team: <a mapping> with claim team[lead]: blue of `},
		{"a method as a header", `when: [{key: "request.headers[:method]", values: [PUT]}]`, "", anyPodOfMesh + "PUT"},
		{"pods by a pattern", "from: [{source: {namespaces: ['ci-*']}}]", "", "pods of ns ci-*: "},
		{"pods by a pattern of principals", "from: [{source: {principals: ['*/sa/robot']}}], to: [{operation: {paths: [/r]}}]", "", "pod */sa/robot: /r"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := lines(t, tenants(t)+c.extra+policyOf("asks", "{"+at+", rules: [{"+c.rules+"}]}"), "alice")
			if !slices.ContainsFunc(got, func(l string) bool {
				return strings.HasPrefix(l, c.want) && (!strings.HasSuffix(c.want, " of ") || strings.Contains(l, "tet by ") || strings.Contains(l, "tet, ")) && strings.HasSuffix(l, "waypoint: asks rule 0")
			}) {
				t.Errorf("no line %q in\n%s", c.want, strings.Join(got, "\n"))
			}
		})
	}
}

// What a DENY takes away is not in a line: another path, method or header of the same rule is.
func TestExplainGetsAroundADeny(t *testing.T) {
	at := "targetRefs: " + onAlicesWaypoint
	for _, c := range []struct{ name, allows, denies, want string }{
		{"one path of two", "to: [{operation: {methods: [GET], paths: [/a, /b]}}]", "to: [{operation: {paths: [/a]}}]", "GET /b"},
		{"one method of two", "to: [{operation: {methods: [GET, PUT], paths: [/a]}}]", "to: [{operation: {methods: [GET]}}]", "PUT /a"},
		{"one of four", "to: [{operation: {methods: [GET, PUT], paths: [/a, /b]}}]", "to: [{operation: {methods: [GET], paths: [/a]}}]", "GET,PUT /b; PUT /a, /b"},
		{"most of a prefix", "to: [{operation: {paths: [/a/*]}}]", "to: [{operation: {notPaths: [/a/q/r]}}]", "/a/q/r"},
		{"without a header", "to: [{operation: {paths: [/a]}}]", `when: [{key: "request.headers[x-key]", notValues: [open]}]`, "/a with x-key: open"},
		{"other hosts", "to: [{operation: {paths: [/a]}}]", "to: [{operation: {notHosts: [in.example.com]}}]", "/a host in.example.com"},
		{"all of it", "to: [{operation: {paths: [/a]}}]", "to: [{operation: {paths: [/*]}}]", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := tenants(t) + policyOf("asks", "{"+at+", rules: [{"+c.allows+"}]}") + policyOf("stops", "{action: DENY, "+at+", rules: [{"+c.denies+"}]}")
			var found []string
			for _, l := range lines(t, text, "alice") {
				if what, ok := strings.CutSuffix(l, " by waypoint: asks rule 0"); ok && strings.HasPrefix(l, anyPodOfMesh) {
					found = append(found, strings.TrimPrefix(what, anyPodOfMesh))
				}
			}
			slices.Sort(found)
			if got := strings.Join(found, "; "); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// Ports of pods that a rule names are there however the pods are chosen, and those that the rule excludes are said.
func TestExplainSaysPortsOfPods(t *testing.T) {
	const more = "\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: job, namespace: alice, labels: {app: job}}\nspec: {containers: [{name: job}]}"
	for spec, want := range map[string]string{
		"{rules: [{to: [{operation: {ports: ['22']}}]}]}":                                                         "pod addresses, port 22",
		"{rules: [{to: [{operation: {notPorts: ['22']}}]}]}":                                                      "train-master-0 (headless), pod addresses, any port but 22",
		"{selector: {matchLabels: {app: job}}, rules: [{to: [{operation: {ports: ['22']}}]}]}":                    "pod addresses of job, port 22",
		"{selector: {matchLabels: {made-by: a-controller}}, rules: [{to: [{operation: {ports: ['22', '23']}}]}]}": "pod addresses of pods with made-by=a-controller (assumed), ports 22, 23",
	} {
		if got := lines(t, tenants(t)+more+policyOf("ports", spec), "alice"); !slices.Contains(got, anyPodOfMesh+want+" by ztunnel: ports rule 0") {
			t.Errorf("%s: no line %q in\n%s", spec, want, strings.Join(got, "\n"))
		}
	}
}

// A namespace of which every client reaches one port is not open.
func TestExplainCallsNothingOpenThatIsNot(t *testing.T) {
	text := edit(t, small, ", istio.io/use-waypoint: waypoint", "")
	const one = "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: p, namespace: a}\nspec: {rules: [{to: [{operation: {ports: ['8080']}}]}]}"
	for more, want := range map[string]bool{"": true, one: false} {
		if got := lines(t, text+more, "a"); (len(got) == 1 && strings.HasPrefix(got[0], "anyone: everything")) != want {
			t.Errorf("%q", got)
		}
	}
}

// A Service that a route leads to is asked for by its name, though the manifests lack it.
func TestExplainAsksForWhatRoutesLeadTo(t *testing.T) {
	route := edit(t, publicRoute, "{name: tet, port: 80}", "{name: gallery, port: 80}")
	if got := lines(t, tenants(t)+route, "alice"); !slices.ContainsFunc(got, func(l string) bool {
		return strings.HasPrefix(l, "user alice@example.com (owner): ") && strings.Contains(l, ", gallery (assumed) by ")
	}) {
		t.Errorf("%q", got)
	}
}
