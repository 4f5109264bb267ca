package fn

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// A message that advises an object advises all of it: applied as it is written, it is valid, leads where
// the VirtualService led, and opens nothing that the message does not state.

const (
	adviceConfig = "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\n" +
		"spec: {cluster: {platform: {enabled: true}}, profiles: [{name: alice, owner: {name: alice@example.com}}, {name: bob, owner: {name: bob@example.com}}]}\n"

	// adviceTree is what the VirtualServices of the cases lead to.
	adviceTree = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: dashboard, namespace: kubeflow}
spec: {gateways: [kubeflow/intern], hosts: [kubeflow.example.com], http: [{match: [{uri: {prefix: /}}], rewrite: {uri: /}, route: [{destination: {host: dashboard}}]}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: kubeflow}
---
apiVersion: v1
kind: Namespace
metadata: {name: auth}
---
apiVersion: v1
kind: Namespace
metadata: {name: tools}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: kubeflow-gateway, namespace: kubeflow}
spec: {selector: {istio: ingressgateway}, servers: [{hosts: ['*'], port: {number: 80, name: http, protocol: HTTP}}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: intern, namespace: kubeflow}
spec: {selector: {istio: ingressgateway}, servers: [{hosts: ['*.example.com'], port: {number: 80, name: http, protocol: HTTP}}]}
---
apiVersion: v1
kind: Service
metadata: {name: registry, namespace: alice}
spec: {selector: {app: registry}, ports: [{port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: plots, namespace: alice}
spec: {selector: {app: plots}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: mlflow, namespace: tools}
spec: {selector: {app: mlflow}, ports: [{port: 5000}]}
---
apiVersion: v1
kind: Service
metadata: {name: reports, namespace: kubeflow}
spec: {selector: {app: reports}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: reports, namespace: kubeflow}
spec: {selector: {matchLabels: {app: reports}}, template: {metadata: {labels: {app: reports}}, spec: {containers: [{name: c}]}}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ns-ingress, namespace: bob}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]
  rules:
  - from: [{source: {principals: [cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account]}}]
  - from: [{source: {namespaces: [bob]}}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: registry, namespace: alice}
spec:
  selector: {matchLabels: {app: registry}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account]}}]
  - when: [{key: 'request.headers[x-robot]', values: ['*']}]
    from: [{source: {namespaces: [alice]}}]
`
)

// virtualService is one for the old gateway.
func virtualService(namespace, spec string) string {
	return "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v, namespace: " + namespace + "}\nspec:\n  " + strings.ReplaceAll(strings.TrimSpace(spec), "\n", "\n  ") + "\n"
}

const anyHost = "gateways: [kubeflow/kubeflow-gateway]\nhosts: ['*']\n"

// anyUser is every user whose name the ingress Gateway passes on unchanged.
const anyUser = "any user but <blanks at an end>, system:serviceaccount:*"

// loggedIn is that all who are logged in gain some requests to a Service.
func loggedIn(namespace, outcome, service, what string) string {
	line := func(who, with string) string {
		return namespace + " | " + who + " | " + outcome + " | Service " + service + " | " + strings.TrimSpace(what+" "+with)
	}
	return line(anyUser, "without authorization") + "\n" +
		line("token of any account", "with audience istio-ingressgateway.istio-system.svc.cluster.local") + "\n" +
		line("token of the issuer http://dex.auth.svc.cluster.local:5556/dex", "with subject * without claim email: text:<blanks at an end>, text:system:serviceaccount:*")
}

// atTheLogin is that all who are logged in gain all requests to a Service by a host, and everybody those on the paths of the login. CORS
// preflights have a line of their own, because Envoy does not look for a token in them.
func atTheLogin(namespace, service, host string) string {
	at := "host " + host + "[:port]"
	login := `path "/dex/*"*, /dex/*, /oauth2/* ` + at
	lines := strings.Split(loggedIn(namespace, "allow", service, at), "\n")
	line := func(who, what string) string {
		return namespace + " | " + who + " | allow | Service " + service + " | " + what
	}
	const (
		anonymous = "anonymous, through the ingress"
		noToken   = ` without authorization: <with "Bearer " in it>`
	)
	return strings.Join([]string{
		line("any user", login+noToken), lines[0], lines[1],
		line(anonymous, "any method but OPTIONS "+login+noToken),
		line(anonymous, login+noToken+" without origin: <not empty>"),
		line(anonymous, login+" without access-control-request-method: <not empty>"+noToken),
		line(anonymous, "OPTIONS "+login+" with access-control-request-method: <not empty> without kubeflow-userid with origin: <not empty>"),
		line("token of the issuer http://dex.auth.svc.cluster.local:5556/dex", login+" without claim email: <a list>, <a mapping>, text:*"), lines[2],
	}, "\n")
}

// adviceCases have the spec of the HTTPRoute that the message advises, without its parentRefs, and what is
// gained by it (diff); says is what the message states about it.
var adviceCases = []struct {
	name, namespace, spec string
	want, gains, says     string
}{
	{"a path", "alice", anyHost + "http: [{match: [{uri: {prefix: /plots/}}], route: [{destination: {host: plots}}]}]",
		"rules: [{matches: [{path: {type: PathPrefix, value: /plots/}}], backendRefs: [{name: plots, port: 80}]}]", "", "those do whom the policies of alice allow"},
	{"a Service that a policy opens to the ingress", "alice", anyHost + "http: [{match: [{uri: {prefix: /registry/}}], rewrite: {uri: /}, route: [{destination: {host: registry.alice.svc.cluster.local, port: {number: 8080}}}]}]",
		"rules: [{matches: [{path: {type: PathPrefix, value: /registry/}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], backendRefs: [{name: registry, port: 8080}]}]",
		"", "delete rules[0] of AuthorizationPolicy alice/registry, which allows every user at the ingress Gateway, delete the VirtualService"},
	{"a namespace that a policy opens to the ingress as a whole", "bob", anyHost + "http: [{match: [{uri: {prefix: /desk/}}], route: [{destination: {host: desk, port: {number: 80}}}]}]",
		"rules: [{matches: [{path: {type: PathPrefix, value: /desk/}}], backendRefs: [{name: desk, port: 80}]}]", "",
		"delete rules[0] of AuthorizationPolicy bob/ns-ingress, which allows every user at the ingress Gateway, delete the VirtualService"},
	{"two matches with a rewrite", "alice", anyHost + "http: [{match: [{uri: {prefix: /a/}}, {uri: {exact: /b}}], rewrite: {uri: /c/}, timeout: 1.5s, route: [{destination: {host: plots}}]}]",
		"rules: [{matches: [{path: {type: PathPrefix, value: /a/}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /c/}}}], timeouts: {request: 1500ms}, backendRefs: [{name: plots, port: 80}]}, " +
			"{matches: [{path: {type: Exact, value: /b}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /c/}}}], timeouts: {request: 1500ms}, backendRefs: [{name: plots, port: 80}]}]", "", ""},
	{"headers, of the request and the answer", "alice", anyHost + "http:\n- match: [{uri: {prefix: /plots/}, method: {exact: GET}, headers: {x-a: {exact: '1'}, x-b: {prefix: a.b}}, queryParams: {q: {regex: 'a+'}}}]\n" +
		"  headers: {request: {set: {x-one: '1', x-two: 'a, b'}, remove: [x-three]}, response: {add: {x-four: '4'}}}\n  route: [{destination: {host: plots}, headers: {request: {add: {x-five: '5'}}}}]",
		`rules: [{matches: [{path: {type: PathPrefix, value: /plots/}, method: GET, headers: [{name: x-a, value: "1"}, {name: x-b, type: RegularExpression, value: 'a\.b.*'}], queryParams: [{name: q, type: RegularExpression, value: a+}]}], ` +
			`filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-one, value: "1"}, {name: x-two, value: "a, b"}], remove: [x-three]}}, {type: ResponseHeaderModifier, responseHeaderModifier: {add: [{name: x-four, value: "4"}]}}], ` +
			`backendRefs: [{name: plots, port: 80, filters: [{type: RequestHeaderModifier, requestHeaderModifier: {add: [{name: x-five, value: "5"}]}}]}]}]`, "", ""},
	{"hosts, as far as the Gateway has them", "alice", "gateways: [kubeflow/intern]\nhosts: ['*', other.org]\nhttp: [{route: [{destination: {host: plots}}]}]",
		"hostnames: ['*.example.com'], rules: [{backendRefs: [{name: plots, port: 80}]}]", "", ""},
	{"the host of Kubeflow, whose other paths a hostname would hide", "alice", "gateways: [kubeflow/intern]\nhosts: [kubeflow.example.com]\nhttp: [{match: [{uri: {prefix: /plots/}}], route: [{destination: {host: plots}}]}]",
		"rules: [{matches: [{path: {type: PathPrefix, value: /plots/}}], backendRefs: [{name: plots, port: 80}]}]", "", "; the route is for every host, because a hostname would hide Kubeflow's own routes on kubeflow.example.com; delete the VirtualService"},
	{"a host of its own, where the login has no route", "tools", "gateways: [kubeflow/intern]\nhosts: [mlflow.example.com]\nhttp: [{route: [{destination: {host: mlflow}}]}]",
		"hostnames: [mlflow.example.com], rules: [{backendRefs: [{name: mlflow, port: 5000}]}]", atTheLogin("tools", "mlflow", "mlflow.example.com"), "every user who is logged in does, and everybody on the paths of the login (/dex/, /oauth2/), because"},
	{"weights and a mirror", "alice", anyHost + "http: [{match: [{uri: {prefix: /p/}}], mirror: {host: registry}, route: [{destination: {host: plots}, weight: 90}, {destination: {host: registry}, weight: 10}]}]",
		"rules: [{matches: [{path: {type: PathPrefix, value: /p/}}], filters: [{type: RequestMirror, requestMirror: {backendRef: {name: registry, port: 8080}}}], backendRefs: [{name: plots, port: 80, weight: 90}, {name: registry, port: 8080, weight: 10}]}]",
		"", "delete rules[0] of AuthorizationPolicy alice/registry"},
	{"a redirect", "alice", anyHost + "http: [{match: [{uri: {exact: /plots}}], redirect: {uri: /plots/}}, {match: [{uri: {prefix: /plots/}}], retries: {attempts: 3}, route: [{destination: {host: plots}}]}]",
		"rules: [{matches: [{path: {type: Exact, value: /plots}}], filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplaceFullPath, replaceFullPath: /plots/}, statusCode: 301}}]}, " +
			"{matches: [{path: {type: PathPrefix, value: /plots/}}], backendRefs: [{name: plots, port: 80}]}]", "", "but without spec.http[1].retries"},
	{"a Service outside of the mesh", "tools", anyHost + "http: [{match: [{uri: {prefix: /mlflow}}], route: [{destination: {host: mlflow}}]}]",
		"rules: [{matches: [{path: {type: PathPrefix, value: /mlflow}}], backendRefs: [{name: mlflow, port: 5000}]}]",
		loggedIn("tools", "allow", "mlflow", "/mlflow, /mlflow/*"), "every user who is logged in does, because Namespace tools is not in the mesh, and nobody without a login does, because the Gateway requires a token, but without paths that go on after /mlflow without a slash"},
	{"a VirtualService that sidecars need too", "alice", "gateways: [kubeflow/kubeflow-gateway, mesh]\nhosts: ['*']\nhttp: [{match: [{uri: {prefix: /plots/}}], route: [{destination: {host: plots}}]}]",
		"rules: [{matches: [{path: {type: PathPrefix, value: /plots/}}], backendRefs: [{name: plots, port: 80}]}]", "", "is also for traffic inside of the mesh, so it was kept; the old gateway no longer allows any request, so nobody reaches this path; with the advised HTTPRoute, those do whom the policies of alice allow, and nobody without a login does, because the Gateway requires a token; remove kubeflow/kubeflow-gateway from its gateways and, to keep the path, add {"},
	{"a VirtualService of Kubeflow that another Gateway needs too", "kubeflow", "gateways: [kubeflow/kubeflow-gateway, billing/front]\nhosts: ['*']\nhttp: [{match: [{uri: {prefix: /volumes/}}], rewrite: {uri: /}, route: [{destination: {host: volumes-web-app-service}}]}]",
		"", "", "[AP0632] VirtualService kubeflow/v: is also for Gateway billing/front, so it was kept; HTTPRoute kubeflow/volumes-web-app does the same at Gateway istio-system/ambient-ingressgateway; remove kubeflow/kubeflow-gateway from its gateways"},
	{"a Service of another namespace", "tools", anyHost + "http: [{match: [{uri: {prefix: /reports/}}], route: [{destination: {host: reports.kubeflow.svc.cluster.local}}]}]",
		"rules: [{matches: [{path: {type: PathPrefix, value: /reports/}}], backendRefs: [{name: reports, port: 80}]}]", "", "those do whom the policies of kubeflow allow"},

	{"only a redirect", "alice", anyHost + "http: [{match: [{uri: {exact: /old}}], redirect: {uri: /new/}}]",
		"rules: [{matches: [{path: {type: Exact, value: /old}}], filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplaceFullPath, replaceFullPath: /new/}, statusCode: 301}}]}]", "", "metadata: {name: v, namespace: alice}"},
	{"routes of which the closest comes first", "alice", anyHost + "http: [{match: [{uri: {prefix: /p/a/}}], route: [{destination: {host: registry}}]}, {match: [{uri: {prefix: /p/}}], route: [{destination: {host: plots}}]}]",
		"rules: [{matches: [{path: {type: PathPrefix, value: /p/a/}}], backendRefs: [{name: registry, port: 8080}]}, {matches: [{path: {type: PathPrefix, value: /p/}}], backendRefs: [{name: plots, port: 80}]}]",
		"", "delete rules[0] of AuthorizationPolicy alice/registry"},
	{"a path that another route has", "alice", anyHost + "http: [{match: [{uri: {prefix: /volumes/}}], route: [{destination: {host: plots}}]}]",
		"rules: [{matches: [{path: {type: PathPrefix, value: /volumes/}}], backendRefs: [{name: plots, port: 80}]}]",
		loggedIn("kubeflow", "not-judged", "volumes-web-app-service", ""), "; HTTPRoute kubeflow/volumes-web-app is for such a path as well, and of two routes that match equally Istio uses the older one; delete"},

	{"a closer route that comes later", "alice", anyHost + "http: [{match: [{uri: {prefix: /p/}}], route: [{destination: {host: registry}}]}, {match: [{uri: {exact: /p/a}}], route: [{destination: {host: plots}}]}]", "", "",
		"leads some requests by spec.http[0] and not by spec.http[1], which comes later and matches more closely, so it was kept"},
	{"a subset of a Service of Kubeflow", "kubeflow", anyHost + "http: [{match: [{uri: {prefix: /volumes/}}], rewrite: {uri: /}, route: [{destination: {host: volumes-web-app-service, subset: v2}}]}]", "", "",
		"has spec.http[0].route[0].destination.subset, so it was kept; HTTPRoute kubeflow/volumes-web-app leads that path to the same Service, and does not do the same; delete"},
	{"a header for a Service of Kubeflow", "kubeflow", anyHost + "http: [{match: [{uri: {prefix: /volumes/}}], rewrite: {uri: /}, route: [{destination: {host: volumes-web-app-service}, headers: {request: {set: {a: b}}}}]}]", "", "",
		"has spec.http[0].route[0].headers, so it was kept; HTTPRoute kubeflow/volumes-web-app leads"},
	{"a condition that no HTTPRoute has", "alice", anyHost + "http: [{match: [{uri: {prefix: /p/}, withoutHeaders: {x-a: {}}}], route: [{destination: {host: plots}}]}]", "", "", "has spec.http[0].match[0].withoutHeaders"},
	{"a header that says who the user is", "alice", anyHost + "http: [{match: [{uri: {prefix: /p/}}], headers: {request: {set: {Kubeflow_Userid: bob@example.com}}}, route: [{destination: {host: plots}}]}]", "", "", "changes the header Kubeflow_Userid"},
	{"a header that is taken away", "alice", anyHost + "http: [{match: [{uri: {prefix: /p/}}], headers: {request: {remove: [kubeflow-userid]}}, route: [{destination: {host: plots}}]}]", "", "", "changes the header kubeflow-userid"},
	{"a path that is encoded", "alice", anyHost + "http: [{match: [{uri: {exact: /a%2Fb}}], route: [{destination: {host: plots}}]}]", "", "", "has the path /a%2Fb, which no HTTPRoute may have, so it was kept"},
	{"a path that goes up", "alice", anyHost + "http: [{match: [{uri: {prefix: /a/../b/}}], route: [{destination: {host: plots}}]}]", "", "", "has the path /a/../b/"},
	{"a path with a blank", "alice", anyHost + "http: [{match: [{uri: {prefix: /a b/}}], route: [{destination: {host: plots}}]}]", "", "", "has the path /a b/"},
	{"a path without a slash", "alice", anyHost + "http: [{match: [{uri: {prefix: a}}], route: [{destination: {host: plots}}]}]", "", "", "has the path a"},
	{"more routes than a route has rules", "alice", anyHost + "http: [" + strings.Repeat("{match: [{uri: {exact: /a}}], route: [{destination: {host: plots}}]}, ", 17) + "]", "", "", "needs more than 16 rules"},
	{"a host with a port", "alice", anyHost + "http: [{match: [{uri: {prefix: /p/}}], rewrite: {authority: 'plots:80'}, route: [{destination: {host: plots}}]}]", "", "", "has the host plots:80"},
	{"a header without a name", "alice", anyHost + "http: [{match: [{uri: {prefix: /p/}, headers: {'a b': {exact: c}}}], route: [{destination: {host: plots}}]}]", "", "", "has a value of a b"},
	{"a header that is set to nothing", "alice", anyHost + "http: [{match: [{uri: {prefix: /p/}}], headers: {response: {set: {x-a: ''}}}, route: [{destination: {host: plots}}]}]", "", "", "has a value of x-a"},
	{"a subset", "alice", anyHost + "http: [{match: [{uri: {prefix: /p/}}], route: [{destination: {host: plots, subset: v1}}]}]", "", "", "has spec.http[0].route[0].destination.subset"},
	{"Services of two namespaces", "alice", anyHost + "http: [{match: [{uri: {prefix: /p/}}], route: [{destination: {host: plots}, weight: 1}, {destination: {host: reports.kubeflow.svc.cluster.local}, weight: 1}]}]", "", "", "leads to Services of more than one namespace"},
	{"a host outside of the cluster", "alice", anyHost + "http: [{match: [{uri: {prefix: /p/}}], route: [{destination: {host: example.org}}]}]", "", "", "leads to example.org, which is not a Service of the cluster"},
	{"TCP", "alice", anyHost + "tcp: [{route: [{destination: {host: plots}}]}]", "", "", "has routes of spec.tcp"},
	{"nothing", "alice", anyHost, "", "", "has no HTTP route, so it was kept; the old gateway no longer allows any request, so nobody reaches this path; delete the VirtualService and, to keep the path, add an HTTPRoute with parentRefs: ["},
}

var deletedRule = regexp.MustCompile(`delete rules\[0\] of AuthorizationPolicy (\w+)/([\w-]+),`)

// openRule is that rule in the output.
const openRule = "  - from: [{source: {principals: [cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio]}}]\n"

func TestAdvisedRoutes(t *testing.T) {
	for _, test := range adviceCases {
		t.Run(test.name, func(t *testing.T) {
			code, before, stderr := treeRun(t, adviceConfig, adviceTree, virtualService(test.namespace, test.spec))
			if code != exitOK {
				t.Fatal(stderr)
			}
			message := lineWith(stderr, "[AP0632] VirtualService "+test.namespace+"/v:")
			if test.says != "" {
				part(t, "message", message, test.says)
			}
			at := strings.Index(message, "add {apiVersion: ")
			if test.want == "" {
				if at >= 0 {
					t.Error(message)
				}
				return
			}
			if at < 0 {
				t.Fatal(message)
			}
			advised := message[at+len("add "):]
			want := must(yaml.Parse("{parentRefs: [{name: ambient-ingressgateway, namespace: istio-system}], " + test.want + "}"))
			got := must(yaml.Parse(advised))
			if g, w := plain(t, got.Field("spec").Value), plain(t, want); g != w {
				t.Errorf("advised\n%s\nwant\n%s", g, w)
			}
			after := before + "---\n" + advised + "\n"
			if named := deletedRule.FindStringSubmatch(message); named != nil {
				if open := gained(t, before, after); !slices.ContainsFunc(open, func(line string) bool {
					return strings.Contains(line, " | any user but <blanks at an end>, system:serviceaccount:* | allow")
				}) {
					t.Errorf("the rule opens nothing, so that the message asks too much: %q", open)
				}
				at := strings.Index(after, "kind: AuthorizationPolicy\nmetadata: {name: "+named[2]+", namespace: "+named[1]+"}\n")
				if rest := after[max(at, 0):]; at < 0 || !strings.Contains(rest, openRule) {
					t.Fatal("the rule is not in the output:\n" + after)
				} else {
					after = after[:at] + strings.Replace(rest, openRule, "", 1)
				}
			}
			if got := strings.Join(gained(t, before, after), "\n"); got != test.gains {
				t.Errorf("opens %q, the message states %q", got, test.gains)
			}
		})
	}
}

// A route of Kubeflow that is replaced was for some hosts only, and the new one is for all.
func TestAReplacedRouteIsForEveryHost(t *testing.T) {
	const route = "http: [{match: [{uri: {prefix: /volumes/}}], rewrite: {uri: /}, route: [{destination: {host: volumes-web-app-service}}]}]"
	for hosts, want := range map[string]string{
		"['*']":                  "does the same at Gateway",
		"[kubeflow.example.com]": "does the same for every host, and not only for kubeflow.example.com, at Gateway",
		"['*.example.com', '*']": "does the same at Gateway",
	} {
		_, _, stderr := treeRun(t, adviceConfig, adviceTree, virtualService("kubeflow", "gateways: [kubeflow/kubeflow-gateway]\nhosts: "+hosts+"\n"+route))
		part(t, "message", lineWith(stderr, "[AP0634] VirtualService kubeflow/v:"), want)
	}
}

// gained are the lines of diff about what is gained, but by the namespace's own users, to whom the route is to lead.
func gained(t *testing.T, before, after string) (out []string) {
	t.Helper()
	for _, g := range gains(t, before, after) {
		if line := g.String(); !ownUser(line) && !strings.HasSuffix(g.By, ": filters of a backendRef is not judged") {
			out = append(out, line)
		}
	}
	return out
}

// ownUser reports whether a line of diff is about the user of its namespace.
func ownUser(line string) bool {
	namespace, rest, _ := strings.Cut(line, " | ")
	user := namespace + "@example.com"
	return strings.HasPrefix(rest, "user "+user+" |") || strings.HasPrefix(rest, "token of "+namespace+"/default-editor |") || strings.HasPrefix(rest, "token of ") && strings.HasSuffix(rest, " with claim email: text:"+user)
}

// plain is a node in block style with its keys in alphabetical order.
func plain(t *testing.T, n *yaml.RNode) string {
	t.Helper()
	var v any
	if err := n.YNode().Decode(&v); err != nil {
		t.Fatal(err)
	}
	return string(must(yaml.Marshal(v)))
}

// lineWith is the first line that has a part.
func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// Every value in flow style that a remedy of a golden case writes is YAML.
func TestAdvisedValuesAreYAML(t *testing.T) {
	files := must(filepath.Glob("../testdata/golden/*/want.*"))
	var tried int
	for _, file := range files {
		if ext := filepath.Ext(file); ext != ".warn" && ext != ".err" {
			continue
		}
		for line := range strings.Lines(read(t, file)) {
			remedy := line[strings.LastIndex(line, "; ")+1:]
			for _, at := range advisedValue.FindAllStringIndex(remedy, -1) {
				text := remedy[at[0]:]
				end := bracketed(text)
				if tried++; end < 0 {
					t.Errorf("%s: no end of %s", file, text)
				} else if _, err := yaml.Parse(text[:end]); err != nil {
					t.Errorf("%s: %s: %v", file, text[:end], err)
				}
			}
		}
	}
	if tried < 30 {
		t.Errorf("tried %d values only", tried)
	}
}

var advisedValue = regexp.MustCompile(`[A-Za-z]+: [\[{]`)

// bracketed is where the first bracket of a text is closed, outside of quotes; or -1.
func bracketed(text string) int {
	depth, quote := 0, rune(0)
	for i, c := range text {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}
