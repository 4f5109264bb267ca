package access

import (
	"strings"
	"testing"
)

// One namespace with a waypoint and a Service; what a test is about comes after it.
const small = `
kind: Namespace
apiVersion: v1
metadata: {name: a, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}
---
kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: waypoint, namespace: a}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
---
kind: Service
apiVersion: v1
metadata: {name: s, namespace: a}
spec: {selector: {app: s}, ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-x, port: 90}, {name: any, port: 100}]}
` + pods

const pods = `---
kind: Pod
apiVersion: v1
metadata: {name: s, namespace: a, labels: {app: s}}
spec: {serviceAccountName: s, containers: [{ports: [{containerPort: 8080}]}]}
`

func withPolicy(spec string) string {
	return small + `
---
kind: AuthorizationPolicy
apiVersion: security.istio.io/v1
metadata: {name: p, namespace: a}
spec: ` + spec
}

func onWaypoint(spec string) string {
	return withPolicy("{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], " + spec + "}")
}

func TestZtunnel(t *testing.T) {
	for _, c := range []struct {
		name, spec string
		want       Outcome
		by         string
	}{
		{"no policy", "{selector: {matchLabels: {app: other}}}", Allow, "no ALLOW policy"},
		{"allow nothing", "{}", Deny, "a/p: no ALLOW rule matches"},
		{"allow nothing by an empty selector", "{selector: {matchLabels: {}}}", Deny, "a/p"},
		{"a selector without labels attaches to nothing", "{selector: {}}", Allow, "no ALLOW policy"},
		{"allow everything", "{rules: [{}]}", Allow, "a/p rule 0"},
		{"by principal", "{rules: [{from: [{source: {principals: [cluster.local/ns/b/sa/c]}}]}]}", Allow, "rule 0"},
		{"by another", "{rules: [{from: [{source: {principals: [cluster.local/ns/b/sa/d]}}]}]}", Deny, ""},
		{"by namespace pattern", "{rules: [{from: [{source: {namespaces: ['b*']}}]}]}", Allow, ""},
		{"by account", "{rules: [{from: [{source: {serviceAccounts: [b/c]}}]}]}", Allow, ""},
		{"by bare account", "{rules: [{from: [{source: {serviceAccounts: [c]}}]}]}", Deny, ""},
		{"not it", "{rules: [{from: [{source: {notPrincipals: [cluster.local/ns/b/sa/c]}}]}]}", Deny, ""},
		{"second rule", "{rules: [{from: [{source: {namespaces: [x]}}]}, {from: [{source: {namespaces: [b]}}]}]}", Allow, "rule 1"},
		{"an HTTP attribute drops the rule", "{rules: [{from: [{source: {namespaces: [b]}}], to: [{operation: {methods: [GET]}}]}]}", Deny, ""},
		{"in one entry of two too", "{rules: [{to: [{operation: {ports: ['8080']}}, {operation: {paths: [/x]}}]}]}", Deny, ""},
		{"a header in when", "{rules: [{when: [{key: 'request.headers[x]', notValues: [y]}]}]}", Deny, ""},
		{"serviceAccount in when is L7", "{rules: [{when: [{key: source.serviceAccount, values: [b/c]}]}]}", Deny, ""},
		{"remoteIpBlocks are L7", "{rules: [{from: [{source: {notRemoteIpBlocks: [10.0.0.1]}}]}]}", Deny, ""},
		{"requestPrincipals are L7", "{rules: [{from: [{source: {notRequestPrincipals: [x]}}]}]}", Deny, ""},
		{"trustDomains alone never match", "{rules: [{from: [{source: {trustDomains: ['*']}}]}]}", Deny, ""},
		{"trustDomains do not narrow", "{rules: [{from: [{source: {trustDomains: [x], namespaces: [b]}}]}]}", Allow, ""},
		{"port", "{rules: [{to: [{operation: {ports: ['8080']}}]}]}", Allow, ""},
		{"the Service's port is not the pod's", "{rules: [{to: [{operation: {ports: ['80']}}]}]}", Deny, ""},
		{"destination.port", "{rules: [{when: [{key: destination.port, values: ['8080']}]}]}", Allow, ""},
		{"source.namespace not", "{rules: [{when: [{key: source.namespace, notValues: [b]}]}]}", Deny, ""},
		{"an address", "{rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]}", NotJudged, "addresses"},
		{"an unknown attribute", "{rules: [{when: [{key: source.colour, values: [red]}]}]}", NotJudged, `"source.colour" is not an attribute`},
		{"DENY", "{action: DENY, rules: [{from: [{source: {namespaces: [b]}}]}]}", Deny, "a DENY rule matches"},
		{"DENY of another", "{action: DENY, rules: [{from: [{source: {namespaces: [c]}}]}]}", Allow, ""},
		{"DENY by HTTP only never denies", "{action: DENY, rules: [{to: [{operation: {paths: [/x]}}]}]}", Allow, ""},
		{"DENY with a header never denies", "{action: DENY, rules: [{from: [{source: {namespaces: [b]}}], when: [{key: 'request.headers[x]', values: [y]}]}]}", Allow, ""},
		{"DENY that loses its paths is wider", "{action: DENY, rules: [{to: [{operation: {ports: ['8080'], paths: [/x]}}]}]}", Deny, ""},
		{"CUSTOM is not for ztunnel", "{action: CUSTOM, provider: {name: x}, rules: [{}]}", Allow, ""},
		{"AUDIT neither", "{action: AUDIT, rules: [{}]}", Allow, ""},
		{"targetRefs are not for ztunnel", "{targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: waypoint}]}", Allow, ""},
		{"malformed", "{rules: [{from: [{source: {principal: [x]}}]}]}", NotJudged, "a/p is malformed: spec.rules[0].from[0].source.principal: unknown field"},
		{"null rule", "{rules: [null]}", NotJudged, "spec.rules[0]: must be a mapping"},
		{"empty source", "{rules: [{from: [{source: {}}]}]}", NotJudged, "must not be empty"},
		{"a number for a port", "{rules: [{to: [{operation: {ports: [80]}}]}]}", NotJudged, "must be a string"},
		{"both selector and targetRefs", "{selector: {matchLabels: {app: s}}, targetRefs: [{kind: Service, group: '', name: s}]}", NotJudged, "only one of"},
		{"DENY without rules", "{action: DENY}", NotJudged, "must not be empty"},
		{"DENY with empty rules", "{action: DENY, rules: []}", NotJudged, "must not be empty"},
		{"an empty from is none", "{rules: [{from: []}]}", Allow, "rule 0"},
		{"an entry with a second key", "{rules: [{from: [{source: {namespaces: [b]}, sources: {}}]}]}", NotJudged, "from[0].sources: unknown field"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s", Direct: true}}
			v := decides(t, load(t, withPolicy(c.spec)), r, c.want)
			if !strings.Contains(v.By(), c.by) {
				t.Errorf("by %q, want %q", v.By(), c.by)
			}
		})
	}
}

func TestZtunnelDryRunAndRoot(t *testing.T) {
	r := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s", Direct: true}}
	decides(t, load(t, edit(t, withPolicy("{}"), "name: p, namespace: a", `name: p, namespace: a, annotations: {istio.io/dry-run: "true"}`)), r, Allow)
	for text, want := range map[string]Outcome{
		"{}": Deny, "{selector: {matchLabels: {app: s}}}": Deny, "{selector: {matchLabels: {app: t}}}": Allow,
	} {
		decides(t, load(t, edit(t, withPolicy(text), "name: p, namespace: a", "name: p, namespace: istio-system")), r, want)
		decides(t, load(t, edit(t, withPolicy(text), "name: p, namespace: a", "name: p, namespace: elsewhere")), r, Allow)
	}
	// A selector over pods that the manifests do not hold.
	bare := strings.Replace(withPolicy("{selector: {matchLabels: {role: x}}}"), pods, "", 1)
	if v := decides(t, load(t, bare), r, Allow); !strings.Contains(strings.Join(v.Assumed, "\n"), "lack the labels that a/p selects") {
		t.Error(v.Assumed)
	}
	decides(t, load(t, edit(t, bare, "role: x", "app: t")), r, Allow)
	decides(t, load(t, edit(t, bare, "role: x", "app: s")), r, Deny)
}

func TestWaypointRules(t *testing.T) {
	get := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}, Path: "/x/y?q=1", Host: "S.a",
		Headers: map[string]string{"X-Team": "blue", "x-blank": "  v  ", "x-empty": ""}}
	for _, c := range []struct {
		name, rules string
		want        Outcome
	}{
		{"allow nothing", "rules: []", Deny},
		{"method", "rules: [{to: [{operation: {methods: [GET]}}]}]", Allow},
		{"method in other case", "rules: [{to: [{operation: {methods: [get]}}]}]", Deny},
		{"notMethods", "rules: [{to: [{operation: {notMethods: [GET]}}]}]", Deny},
		{"path", "rules: [{to: [{operation: {paths: [/x/y]}}]}]", Allow},
		{"path with query", "rules: [{to: [{operation: {paths: ['/x/y?q=1']}}]}]", Deny},
		{"path prefix", "rules: [{to: [{operation: {paths: ['/x/*']}}]}]", Allow},
		{"path suffix", "rules: [{to: [{operation: {paths: ['*/y']}}]}]", Allow},
		{"notPaths", "rules: [{to: [{operation: {notPaths: ['/x*']}}]}]", Deny},
		{"template", "rules: [{to: [{operation: {paths: ['/{*}/y']}}]}]", Allow},
		{"template too short", "rules: [{to: [{operation: {paths: ['/{*}']}}]}]", Deny},
		{"not template", "rules: [{to: [{operation: {notPaths: ['/{**}']}}]}]", Deny},
		{"host in any case", "rules: [{to: [{operation: {hosts: [s.A]}}]}]", Allow},
		{"other host", "rules: [{to: [{operation: {hosts: ['*.b']}}]}]", Deny},
		{"the Service's port", "rules: [{to: [{operation: {ports: ['80']}}]}]", Allow},
		{"the pod's port", "rules: [{to: [{operation: {ports: ['8080']}}]}]", Deny},
		{"header", "rules: [{when: [{key: 'request.headers[x-team]', values: [blue]}]}]", Allow},
		{"header presence", "rules: [{when: [{key: 'request.headers[x-team]', values: ['*']}]}]", Allow},
		{"header absent", "rules: [{when: [{key: 'request.headers[x-other]', values: ['*']}]}]", Deny},
		{"an empty header is there", "rules: [{when: [{key: 'request.headers[x-empty]', values: ['*']}]}]", Allow},
		{"so it is not absent", "rules: [{when: [{key: 'request.headers[x-empty]', notValues: ['*']}]}]", Deny},
		{"but it has no prefix", "rules: [{when: [{key: 'request.headers[x-empty]', values: ['v*']}]}]", Deny},
		{"absent header is not that", "rules: [{when: [{key: 'request.headers[x-other]', notValues: [x]}]}]", Allow},
		{"trimmed", "rules: [{when: [{key: 'request.headers[x-blank]', values: [v]}]}]", Allow},
		{"values and notValues", "rules: [{when: [{key: 'request.headers[x-team]', values: ['b*'], notValues: [blue]}]}]", Deny},
		{"all whens", "rules: [{when: [{key: 'request.headers[x-team]', values: [blue]}, {key: source.namespace, values: [z]}]}]", Deny},
		{"claims without a token", "rules: [{when: [{key: 'request.auth.claims[iss]', values: ['*']}]}]", Deny},
		{"no claims without a token", "rules: [{when: [{key: 'request.auth.claims[iss]', notValues: ['*']}]}]", Allow},
		{"serviceAccounts", "rules: [{from: [{source: {serviceAccounts: [b/c]}}]}]", Allow},
		{"source.serviceAccount", "rules: [{when: [{key: source.serviceAccount, values: [b/c]}]}]", Allow},
		{"source.principal", "rules: [{when: [{key: source.principal, values: ['*/ns/b/sa/c']}]}]", Allow},
		{"trustDomains", "rules: [{from: [{source: {trustDomains: [cluster.local]}}]}]", Allow},
		{"other trustDomains", "rules: [{from: [{source: {notTrustDomains: [cluster.local]}}]}]", Deny},
		{"a namespace with a slash is anybody of it", "rules: [{from: [{source: {notNamespaces: [b/sa]}}]}]", Deny},
		{"SNI", "rules: [{when: [{key: connection.sni, values: [x]}]}]", NotJudged},
		{"Envoy metadata", "rules: [{when: [{key: 'experimental.envoy.filters.a.b[c]', values: [x]}]}]", NotJudged},
		{"address", "rules: [{when: [{key: remote.ip, values: [10.0.0.1]}]}]", NotJudged},
		{"unknown", "rules: [{when: [{key: request.colour, values: [x]}]}]", NotJudged},
		{"a claim key without a name", "rules: [{when: [{key: 'request.auth.claims[]', values: [x]}]}]", NotJudged},
		{"DENY method", "action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]", Deny},
		{"DENY other", "action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]", Allow},
		{"CUSTOM", "action: CUSTOM, provider: {name: z}, rules: [{}]", NotJudged},
		{"CUSTOM that does not match", "action: CUSTOM, provider: {name: z}, rules: [{to: [{operation: {paths: [/z]}}]}]", Allow},
		{"AUDIT", "action: AUDIT, rules: [{}]", Allow},
		{"bad template", "rules: [{to: [{operation: {paths: ['/{x}']}}]}]", NotJudged},
	} {
		t.Run(c.name, func(t *testing.T) { decides(t, load(t, onWaypoint(c.rules)), get, c.want) })
	}
}

// DENY stands over what could not be judged, and what could not be judged over ALLOW.
func TestCertainBeforeDoubtful(t *testing.T) {
	r := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}
	two := func(a, b string) string {
		return onWaypoint(a) + strings.TrimPrefix(edit(t, onWaypoint(b), "name: p,", "name: q,"), small)
	}
	doubtful := "rules: [{when: [{key: connection.sni, values: [x]}]}]"
	decides(t, load(t, two("action: DENY, "+doubtful, "rules: []")), r, Deny)
	decides(t, load(t, two("action: DENY, "+doubtful, "rules: [{}]")), r, NotJudged)
	decides(t, load(t, two(doubtful, "rules: [{}]")), r, Allow)
	decides(t, load(t, two("action: CUSTOM, provider: {name: x}, rules: [{}]", "action: DENY, rules: [{}]")), r, Deny)
}

func TestTCPThroughAWaypoint(t *testing.T) {
	for _, c := range []struct {
		name, rules string
		port        int
		tcp         bool
		want        Outcome
	}{
		{"an HTTP rule never allows TCP", "rules: [{from: [{source: {namespaces: [b]}}], to: [{operation: {methods: [GET]}}]}]", 100, true, Deny},
		{"the same by HTTP", "rules: [{from: [{source: {namespaces: [b]}}], to: [{operation: {methods: [GET]}}]}]", 100, false, Allow},
		{"HTTP on a port that is declared TCP", "rules: [{to: [{operation: {methods: [GET]}}]}]", 90, false, Deny},
		{"an L4 rule allows TCP", "rules: [{from: [{source: {namespaces: [b]}}]}]", 90, true, Allow},
		{"TCP on a port that is declared HTTP", "rules: [{}]", 80, true, Deny},
		{"DENY loses its HTTP attribute and is wider", "action: DENY, rules: [{to: [{operation: {paths: [/never]}}]}]", 90, true, Deny},
		{"but keeps its ports", "action: DENY, rules: [{to: [{operation: {paths: [/never], ports: ['80']}}]}]", 90, true, Allow},
		{"a port that the Service lacks", "rules: [{}]", 7, false, NotJudged},
	} {
		t.Run(c.name, func(t *testing.T) {
			decides(t, load(t, onWaypoint(c.rules)), Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}, Port: c.port, TCP: c.tcp}, c.want)
		})
	}
}

func TestWhichPoliciesAWaypointTakes(t *testing.T) {
	r := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}
	target := func(namespace, ref string) string {
		return edit(t, withPolicy("{targetRefs: ["+ref+"], action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}"), "name: p, namespace: a", "name: p, namespace: "+namespace)
	}
	for _, c := range []struct {
		name, text string
		want       Outcome
	}{
		{"its Gateway", target("a", "{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}"), Deny},
		{"another Gateway", target("a", "{group: gateway.networking.k8s.io, kind: Gateway, name: other}"), Allow},
		{"a Gateway without its group", target("a", "{kind: Gateway, name: waypoint}"), Allow},
		{"from another namespace", target("b", "{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}"), Allow},
		{"from another namespace by reference", target("b", "{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint, namespace: a}"), Allow},
		{"from the root namespace", target("istio-system", "{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}"), Allow},
		{"the Service", target("a", "{group: '', kind: Service, name: s}"), Deny},
		{"another Service", target("a", "{group: '', kind: Service, name: t}"), Allow},
		{"the Service from another namespace", target("b", "{group: '', kind: Service, name: s}"), Allow},
		{"the class in the root namespace", target("istio-system", "{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}"), Deny},
		{"the class elsewhere", target("a", "{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}"), Allow},
		{"the older targetRef", edit(t, target("a", "X"), "targetRefs: [X]", "targetRef: {group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}"), Deny},
		{"none: that is ztunnel's, which drops it", withPolicy("{action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}"), Allow},
	} {
		t.Run(c.name, func(t *testing.T) { decides(t, load(t, c.text), r, c.want) })
	}
}

func TestTrustDomain(t *testing.T) {
	r := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s", Direct: true}}
	own := withPolicy("{rules: [{from: [{source: {principals: [corp/ns/b/sa/c]}}]}]}")
	if v := decides(t, load(t, own), r, Allow); !strings.Contains(strings.Join(v.Assumed, "\n"), "trust domain corp") {
		t.Error(v.Assumed)
	}
	stated := own + "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: 'trustDomain: %s'}"
	decides(t, load(t, strings.Replace(stated, "%s", "corp", 1)), r, Allow)
	decides(t, load(t, strings.Replace(stated, "%s", "other", 1)), r, Deny)
	mixed := withPolicy("{rules: [{from: [{source: {principals: [corp/ns/b/sa/c, cluster.local/ns/b/sa/d]}}]}]}")
	decides(t, load(t, mixed), r, Deny)
}
