package access

import (
	"strings"
	"testing"
)

// sidecarWorld has a Service whose pods have sidecars and a Deployment of a gateway that no Gateway made.
const sidecarWorld = `
kind: Namespace
apiVersion: v1
metadata: {name: a, labels: {istio-injection: enabled}}
---
kind: Service
apiVersion: v1
metadata: {name: s, namespace: a}
spec: {selector: {app: s}, ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-x, port: 90, targetPort: 9090}]}
` + pods + `
---
kind: Namespace
apiVersion: v1
metadata: {name: edge}
---
kind: Service
apiVersion: v1
metadata: {name: old, namespace: edge}
spec: {selector: {app: old}, ports: [{name: http, port: 80, targetPort: 8080}, {name: status-port, port: 15021, targetPort: 15021}]}
---
kind: Pod
apiVersion: v1
metadata: {name: old, namespace: edge, labels: {app: old}}
spec: {serviceAccountName: old, containers: [{name: istio-proxy}]}
---
kind: Namespace
apiVersion: v1
metadata: {name: b, labels: {istio.io/dataplane-mode: ambient}}
`

func policyIn(namespace, spec string) string {
	return "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: p, namespace: " + namespace + "}\nspec: " + spec
}

// A pod's own Envoy is judged where the answer is the same with the client's identity and without, for requests and for bytes.
func TestPodsWithSidecars(t *testing.T) {
	get := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}
	tcp := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}, TCP: true, Port: 90}
	old := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "edge", Service: "old"}}
	probe := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "edge", Service: "old"}, Port: 15021}
	with := func(name, value string) string {
		return strings.Replace(sidecarWorld, "labels: {app: s}}", "labels: {app: s}, annotations: {"+name+": '"+value+"'}}", 1)
	}
	const peers = "\n---\nkind: PeerAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: p, namespace: a}\nspec: {mtls: {mode: STRICT}}"
	const tokens = "\n---\nkind: RequestAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: r, namespace: a}\nspec: {jwtRules: [{issuer: x, jwks: '{}'}]}"
	const values = "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: istio-sidecar-injector, namespace: istio-system}\ndata: {values: '{\"global\": {\"proxy\": {\"excludeInboundPorts\": \"%\"}}}'}"
	for _, c := range []struct {
		name, text string
		request    Request
		want       Outcome
	}{
		{"no policy", sidecarWorld, get, Allow},
		{"one that allows nothing", sidecarWorld + policyIn("a", "{}"), get, Deny},
		{"of the root namespace", sidecarWorld + policyIn("istio-system", "{}"), get, Deny},
		{"of a namespace that is another's", sidecarWorld + policyIn("b", "{}"), get, Allow},
		{"for others", sidecarWorld + policyIn("a", "{rules: [{from: [{source: {namespaces: [z]}}]}]}"), get, Deny},
		{"for the client, who may come without its name", sidecarWorld + policyIn("a", "{rules: [{from: [{source: {namespaces: [b]}}]}]}"), get, NotJudged},
		{"against the client", sidecarWorld + policyIn("a", "{action: DENY, rules: [{from: [{source: {namespaces: [b]}}]}]}"), get, NotJudged},
		{"for the method", sidecarWorld + policyIn("a", "{rules: [{to: [{operation: {methods: [GET]}}]}]}"), get, NotJudged},
		{"against another method", sidecarWorld + policyIn("a", "{action: DENY, rules: [{to: [{operation: {methods: [PUT]}}]}]}"), get, NotJudged}, // of bytes it is not known
		{"of pods with another label", sidecarWorld + policyIn("a", "{selector: {matchLabels: {app: t}}}"), get, Allow},
		{"with targetRefs", sidecarWorld + policyIn("a", "{targetRefs: [{group: '', kind: Service, name: s}]}"), get, Allow},
		{"that asks a provider", sidecarWorld + policyIn("a", "{action: CUSTOM, provider: {name: x}, rules: [{}]}"), get, NotJudged},
		{"only with an identity", sidecarWorld + peers, get, NotJudged},
		{"tokens", sidecarWorld + tokens, get, NotJudged},
		{"a port that is left out", with("traffic.sidecar.istio.io/excludeInboundPorts", "1, 8080") + policyIn("a", "{}"), get, Allow},
		{"and another", with("traffic.sidecar.istio.io/excludeInboundPorts", "9443") + policyIn("a", "{}"), get, Deny},
		{"only some ports", with("traffic.sidecar.istio.io/includeInboundPorts", "9443") + policyIn("a", "{}"), get, NotJudged},
		{"ports that the injector leaves out", sidecarWorld + policyIn("a", "{}") + strings.Replace(values, "%", "8080", 1), get, NotJudged},
		{"none", sidecarWorld + policyIn("a", "{}") + strings.Replace(values, "%", "", 1), get, Deny},
		{"an EnvoyFilter", sidecarWorld + policyIn("a", "{}") + "\n---\nkind: EnvoyFilter\napiVersion: networking.istio.io/v1alpha3\nmetadata: {name: new, namespace: a}\nspec: {}", get, NotJudged},
		{"listeners of a Sidecar", sidecarWorld + policyIn("a", "{}") + "\n---\nkind: Sidecar\napiVersion: networking.istio.io/v1\nmetadata: {name: new, namespace: a}\nspec: {ingress: [{port: {number: 1}}], egress: [{hosts: ['*/*']}]}", get, NotJudged},
		{"bytes", sidecarWorld, tcp, Allow},
		{"bytes that nobody may send", sidecarWorld + policyIn("a", "{}"), tcp, Deny},
		{"bytes at a port for requests", strings.Replace(sidecarWorld, "tcp-x", "http-x", 1), tcp, NotJudged},

		{"a gateway without policies", sidecarWorld, old, NotJudged},
		{"that allows nothing", sidecarWorld + policyIn("edge", "{}"), old, Deny},
		{"that allows all", sidecarWorld + policyIn("edge", "{rules: [{}]}"), old, Allow},
		{"that allows some", sidecarWorld + policyIn("edge", "{rules: [{from: [{source: {namespaces: [b]}}]}]}"), old, NotJudged},
		{"that denies some", sidecarWorld + policyIn("edge", "{rules: [{}]}") + policyIn("istio-system", "{action: DENY, rules: [{from: [{source: {namespaces: [z]}}]}]}"), old, NotJudged},
		{"its probes", sidecarWorld + policyIn("edge", "{}"), probe, Allow},
	} {
		t.Run(c.name, func(t *testing.T) { decides(t, load(t, c.text), c.request, c.want) })
	}
}

// A sidecar gives its pod's identity only to what it sends to Services that it knows.
func TestWhatASidecarKnows(t *testing.T) {
	text := strings.Replace(cloudWorld, "principals: [cluster.local/ns/a/sa/waypoint]", "principals: [cluster.local/ns/a/sa/waypoint, cluster.local/ns/side/sa/c]", 1)
	q := cloudQuestions["sidecar"]
	object := func(namespace, spec string) string {
		return "\n---\nkind: Sidecar\napiVersion: networking.istio.io/v1\nmetadata: {name: new, namespace: " + namespace + "}\nspec: " + spec
	}
	decides(t, load(t, text), q, Allow)
	for _, c := range []struct {
		name, more string
		want       Outcome
	}{
		{"all", object("side", "{egress: [{hosts: ['*/*']}]}"), Allow},
		{"its namespace", object("side", "{egress: [{hosts: ['./*', 'a/*']}]}"), Allow},
		{"its name", object("side", "{egress: [{hosts: ['a/s.a.svc.cluster.local']}]}"), Allow},
		{"by another namespace", object("side", "{egress: [{hosts: ['b/s.a.svc.cluster.local']}]}"), Deny},
		{"another name", object("side", "{egress: [{hosts: ['a/t.a.svc.cluster.local']}]}"), Deny},
		{"a wildcard", object("side", "{egress: [{hosts: ['*/*.a.svc.cluster.local']}]}"), Allow},
		{"its own namespace only", object("side", "{egress: [{hosts: ['./*']}]}"), Deny},
		{"nothing", object("side", "{egress: [{hosts: ['~/*']}]}"), Deny},
		{"all but some, which not all releases know", object("side", "{egress: [{hosts: ['*/*', '~b/*']}]}"), NotJudged},
		{"of the root namespace", object("istio-system", "{egress: [{hosts: ['./*']}]}"), Deny},
		{"of another namespace", object("b", "{egress: [{hosts: ['./*']}]}"), Allow},
		{"for other pods", object("side", "{workloadSelector: {labels: {app: d}}, egress: [{hosts: ['./*']}]}"), Allow},
		{"its own before that of the namespace", object("side", "{egress: [{hosts: ['./*']}]}") + strings.Replace(object("side", "{workloadSelector: {labels: {app: c}}, egress: [{hosts: ['a/*']}]}"), "new", "own", 1), Allow},
		{"its namespace's before that of the mesh", object("istio-system", "{egress: [{hosts: ['./*']}]}") + object("side", "{egress: [{hosts: ['a/*']}]}"), Allow},
		{"two of the same kind", object("side", "{egress: [{hosts: ['./*']}]}") + strings.Replace(object("side", "{egress: [{hosts: ['a/*']}]}"), "new", "own", 1), NotJudged},
		{"listeners of its own", object("side", "{egress: [{port: {number: 80}, hosts: ['a/*']}]}"), NotJudged},
		{"none", object("side", "{}"), NotJudged},
		{"a closed mesh", object("side", "{egress: [{hosts: ['./*']}], outboundTrafficPolicy: {mode: REGISTRY_ONLY}}"), NotJudged},
	} {
		t.Run(c.name, func(t *testing.T) { decides(t, load(t, text+c.more), q, c.want) })
	}
}

// A VirtualService at a gateway that allows nothing leads nowhere.
func TestVirtualServicesOfAClosedGateway(t *testing.T) {
	const front = `
---
kind: Gateway
apiVersion: networking.istio.io/v1
metadata: {name: door, namespace: edge}
spec: {selector: {app: old}, servers: []}
---
kind: VirtualService
apiVersion: networking.istio.io/v1
metadata: {name: v, namespace: a}
spec: {hosts: ['*'], gateways: [edge/door], http: [{route: [{destination: {host: s}}]}]}
---
kind: Pod
apiVersion: v1
metadata: {name: old, namespace: edge, labels: {app: old}}
spec: {serviceAccountName: old, containers: [{name: istio-proxy}]}
`
	q := cloudQuestions["gateway no"]
	decides(t, load(t, cloudWorld+front), q, NotJudged)
	closed := policyIn("edge", "{selector: {matchLabels: {app: old}}}")
	decides(t, load(t, cloudWorld+front+closed), q, Deny)
	decides(t, load(t, cloudWorld+front+policyIn("edge", "{selector: {matchLabels: {app: old}}, rules: [{from: [{source: {namespaces: [z]}}]}]}")), q, NotJudged)
	decides(t, load(t, strings.Replace(cloudWorld+front+closed, "selector: {app: old}, servers", "selector: {app: other}, servers", 1)), q, NotJudged)
	decides(t, load(t, cloudWorld+front+closed+"\n---\nkind: EnvoyFilter\napiVersion: networking.istio.io/v1alpha3\nmetadata: {name: new, namespace: edge}\nspec: {workloadSelector: {labels: {app: old}}}"), q, NotJudged)
}

// A pod's annotations about outbound traffic do not affect inbound traffic.
func TestOutboundAnnotationsOfTargets(t *testing.T) {
	const only = "{rules: [{from: [{source: {principals: [cluster.local/ns/x/sa/y]}}]}]}"
	q := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}
	for _, c := range []struct {
		key  string
		want Outcome
	}{{"excludeOutboundPorts", Deny}, {"includeOutboundIPRanges", Deny}, {"excludeInterfaces", NotJudged}, {"includeInboundPorts", NotJudged}} {
		text := strings.Replace(sidecarWorld, "labels: {app: s}}", "labels: {app: s}, annotations: {traffic.sidecar.istio.io/"+c.key+": '80'}}", 1)
		t.Run(c.key, func(t *testing.T) { decides(t, load(t, text+policyIn("a", only)), q, c.want) })
	}
}
