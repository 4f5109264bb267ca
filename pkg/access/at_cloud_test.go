package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// cloudWorld has a Service behind a waypoint and an ingress Gateway: GET passes, POST is denied, and only the waypoint comes to the pods.
var cloudWorld = strings.Replace(small, "istio.io/use-waypoint: waypoint", "istio.io/use-waypoint: waypoint, istio.io/ingress-use-waypoint: 'true'", 1) + closed + ingress + `---
kind: Namespace
apiVersion: v1
metadata: {name: side, labels: {istio-injection: enabled}}
---
kind: Pod
apiVersion: v1
metadata: {name: c, namespace: side, labels: {app: c}}
spec: {serviceAccountName: c}
`

// cloudQuestions are the ways into cloudWorld, by what they meet.
var cloudQuestions = map[string]Request{
	"gateway":     {From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"},
	"gateway no":  {From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x", Method: "POST"},
	"waypoint":    {From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}},
	"waypoint no": {From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}, Method: "POST"},
	"pod":         {From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s", Direct: true}},
	"sidecar":     {From: From{ServiceAccount: "side/c"}, To: To{Namespace: "a", Service: "s"}},
	"off mesh":    {From: From{OffMesh: true}, To: To{Namespace: "a", Service: "s"}},
}

// clouded names the questions that something makes NOT JUDGED; any other must be answered as before.
func cloudedBy(t *testing.T, before, after *World) []string {
	t.Helper()
	var out []string
	for name, q := range cloudQuestions {
		was, is := before.Decide(q), after.Decide(q)
		switch {
		case was.Outcome == NotJudged:
			t.Errorf("%s is not judged to begin with: %s", name, was.By())
		case is.Outcome == NotJudged:
			out = append(out, name)
		case is.Outcome != was.Outcome:
			t.Errorf("%s: %v became %v: %s", name, was.Outcome, is.Outcome, is.By())
		}
	}
	slices.Sort(out)
	return out
}

// A gateway that passes the waypoint by comes to pods that do not admit it, whatever else it does.
func TestACertainDenialBehindACloudStands(t *testing.T) {
	text := strings.Replace(cloudWorld, ", istio.io/ingress-use-waypoint: 'true'", "", 1) +
		"\n---\nkind: EnvoyFilter\napiVersion: networking.istio.io/v1alpha3\nmetadata: {name: new, namespace: edge}"
	if v := decides(t, load(t, text+"\nspec: {}"), cloudQuestions["gateway"], Deny); v.Point.Kind != AtZtunnel || !strings.Contains(v.Steps[0].Why, "EnvoyFilter edge/new (line 4), spec") {
		t.Errorf("%v", v.Steps)
	}
	// Where the pods admit the gateway too, nothing is certain.
	both := strings.Replace(text, "principals: [cluster.local/ns/a/sa/waypoint]", "principals: [cluster.local/ns/a/sa/waypoint, cluster.local/ns/edge/sa/front-istio]", 1)
	decides(t, load(t, both+"\nspec: {}"), cloudQuestions["gateway"], NotJudged)
}

// What a clouded gateway sends may pass the waypoint by, have no identity, and carry any token.
func TestWhatACloudedProxyMaySend(t *testing.T) {
	const filter = "\n---\nkind: EnvoyFilter\napiVersion: networking.istio.io/v1alpha3\nmetadata: {name: new, namespace: %s}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: %s}]}"
	const policy = "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: more, namespace: a}\nspec: "
	const atWaypoint = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], "
	const front = "principals: [cluster.local/ns/edge/sa/front-istio]"
	onFront, onWaypoint := fmt.Sprintf(filter, "edge", "front"), fmt.Sprintf(filter, "a", "waypoint")
	q := cloudQuestions["gateway"]

	refused := cloudWorld + policy + "{" + atWaypoint + "action: DENY, rules: [{from: [{source: {" + front + "}}]}]}" + onFront
	if v := decides(t, load(t, refused), q, Deny); v.Point.Kind != AtWaypoint {
		t.Error(v.By())
	}
	decides(t, load(t, refused+strings.Replace(policy, "more", "pods", 1)+"{rules: [{from: [{source: {"+front+"}}]}]}"), q, NotJudged)

	unnamed := edit(t, cloudWorld, "principals: [cluster.local/ns/a/sa/waypoint]", "notPrincipals: [cluster.local/ns/a/sa/waypoint]")
	decides(t, load(t, unnamed), cloudQuestions["waypoint"], Deny)
	decides(t, load(t, unnamed+onWaypoint), cloudQuestions["waypoint"], NotJudged)

	token := cloudWorld + "\n---\nkind: RequestAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: t, namespace: a}\nspec: {" + atWaypoint + "jwtRules: [{issuer: x, jwks: '{}'}]}" +
		policy + "{" + atWaypoint + "action: DENY, rules: [{from: [{source: {notRequestPrincipals: ['*']}}]}]}"
	decides(t, load(t, token), q, Deny)
	decides(t, load(t, token+onFront), q, NotJudged)
}

func TestClouds(t *testing.T) {
	const gw, wp = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front}]", "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]"
	const svc = "targetRefs: [{group: '', kind: Service, name: s}]"
	const class = "targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}]"
	// A request through the ingress Gateway meets the waypoint as well.
	viaGateway, viaWaypoint := "gateway, gateway no", "gateway, gateway no, waypoint, waypoint no"
	const everyWay = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no"
	const byName, byEndpoints = "gateway, gateway no, off mesh, sidecar, waypoint, waypoint no", "gateway, off mesh, sidecar, waypoint"
	for _, c := range []struct{ kind, namespace, spec, want string }{
		{"EnvoyFilter", "edge", gw, viaGateway},
		{"EnvoyFilter", "edge", "workloadSelector: {labels: {app: front}}", viaGateway},
		{"EnvoyFilter", "edge", "workloadSelector: {labels: {app: back}}", ""},
		{"EnvoyFilter", "edge", "configPatches: []", viaGateway},
		{"EnvoyFilter", "a", gw, ""},
		{"EnvoyFilter", "a", wp, viaWaypoint},
		{"EnvoyFilter", "a", svc, ""}, // Istio 1.31 asks for Services of other kinds only
		{"EnvoyFilter", "a", "configPatches: []", ""},
		{"EnvoyFilter", "istio-system", class, viaWaypoint},
		{"EnvoyFilter", "a", class, ""},
		{"EnvoyFilter", "istio-system", "configPatches: []", viaGateway}, // a waypoint takes none without targetRefs
		{"EnvoyFilter", "side", "configPatches: []", ""},                 // pods of the mesh admit the waypoint only, whatever a sidecar sends
		{"WasmPlugin", "a", wp, viaWaypoint},
		{"WasmPlugin", "a", svc, viaWaypoint},
		{"WasmPlugin", "edge", "url: x", viaGateway},
		{"TrafficExtension", "a", svc, viaWaypoint},
		{"TrafficExtension", "b", svc, ""},
		{"DestinationRule", "a", "host: s, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}", ""},
		{"DestinationRule", "a", "host: s, trafficPolicy: {tls: {mode: SIMPLE}}", "gateway, waypoint"},
		{"DestinationRule", "a", "host: t, trafficPolicy: {tls: {mode: SIMPLE}}", ""},
		{"DestinationRule", "z", "host: s.a.svc.cluster.local, trafficPolicy: {tls: {mode: SIMPLE}}", ""},
		{"DestinationRule", "edge", "host: '*.a.svc.cluster.local', trafficPolicy: {tunnel: {targetHost: x}}", "gateway"},
		{"DestinationRule", "a", "host: s, trafficPolicy: {loadBalancer: {simple: RANDOM}}", ""},
		{"DestinationRule", "a", "host: s, trafficPolicy: {portLevelSettings: [{port: {number: 80}, tls: {mode: MUTUAL}}]}", "gateway, waypoint"},
		{"DestinationRule", "a", "host: s, colour: red", "gateway, waypoint"},
		{"BackendTLSPolicy", "a", svc, "gateway, waypoint"},
		{"ServiceEntry", "z", "hosts: [s.a.svc.cluster.local]", byName},
		{"ServiceEntry", "z", "hosts: ['*.svc.cluster.local']", byName},
		{"ServiceEntry", "a", "hosts: [example.com]", ""},
		{"WorkloadEntry", "a", "address: 10.0.0.1, labels: {app: s}", byEndpoints},
		{"WorkloadEntry", "a", "address: 10.0.0.1, labels: {app: t}", ""},
		{"WorkloadGroup", "a", "metadata: {labels: {app: s}}, template: {}", byEndpoints},
		{"Sidecar", "side", "egress: []", ""},
		{"Telemetry", "istio-system", "accessLogging: [{disabled: true}]", ""},
		{"ProxyConfig", "edge", "concurrency: 1", ""},
		{"ProxyConfig", "edge", "environmentVariables: {A: b}", viaGateway},
		{"ProxyConfig", "a", "environmentVariables: {A: b}", viaWaypoint},
		{"ProxyConfig", "a", "environmentVariables: {}", ""},
		{"ProxyConfig", "a", "selector: {matchLabels: {app: s}}, environmentVariables: {A: b}", ""},
		{"PeerAuthentication", "a", "colour: red", "gateway, off mesh, pod, sidecar, waypoint"},
		{"RequestAuthentication", "a", "{jwtRules: [{issuer: x, jwks: '{}', presence: REQUIRED}], " + wp + "}", "gateway, waypoint"}, // by the releases that ask for the token
		{"RequestAuthentication", "a", "{jwtRules: [{issuer: x, jwks: '{}', spaceDelimitedClaims: [roles]}], " + wp + "}", ""},
		{"Rampart", "a", "colour: red", everyWay},
		{"Rampart", "b", "colour: red", ""},
		{"Rampart", "istio-system", "colour: red", everyWay},
		{"XNewPolicy", "edge", gw, viaGateway},
	} {
		t.Run(c.kind+" "+c.namespace+" "+c.spec, func(t *testing.T) {
			spec := c.spec
			if !strings.HasPrefix(spec, "{") {
				spec = "{" + spec + "}"
			}
			object := fmt.Sprintf("\n---\nkind: %s\napiVersion: %s\nmetadata: {name: new, namespace: %s}\nspec: %s", c.kind, cloudGroup(c.kind), c.namespace, spec)
			got := strings.Join(cloudedBy(t, load(t, cloudWorld), load(t, cloudWorld+object)), ", ")
			if got != c.want {
				t.Errorf("clouds %q, want %q", got, c.want)
			}
		})
	}
}

func cloudGroup(kind string) string {
	for k := range istioKinds {
		if k.kind == kind && kind != "Gateway" {
			return k.group + "/v1"
		}
	}
	switch kind {
	case "BackendTLSPolicy", "XNewPolicy":
		return gatewayGroup + "/v1"
	}
	return "security.istio.io/v1"
}

// Labels, annotations, flags and settings cloud what they are on.
func TestCloudsByName(t *testing.T) {
	const all, envoys = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no", "gateway, gateway no, waypoint, waypoint no"
	flag := func(name, value string) string {
		return "\n---\nkind: Deployment\napiVersion: apps/v1\nmetadata: {name: istiod, namespace: istio-system}\nspec: {template: {spec: {containers: [{name: discovery, image: pilot:1.31.0, env: [{name: " + name + ", value: '" + value + "'}]}]}}}"
	}
	canary := func(revision string) string {
		return "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: new, namespace: a, labels: {istio.io/rev: " + revision + "}}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{from: [{source: {namespaces: [z]}}]}]}"
	}
	mesh := func(settings string) string {
		return "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: '" + settings + "'}"
	}
	for _, c := range []struct{ name, old, with, more, want string }{
		{"a Service that is exported nowhere", "{name: s, namespace: a}", "{name: s, namespace: a, annotations: {networking.istio.io/exportTo: '~'}}", "", "gateway, gateway no, off mesh, sidecar, waypoint, waypoint no"},
		{"and everywhere", "{name: s, namespace: a}", "{name: s, namespace: a, annotations: {networking.istio.io/exportTo: '*'}}", "", ""},
		{"a label that nobody knows", "{name: s, namespace: a}", "{name: s, namespace: a, labels: {new.istio.io/x: y}}", "", "gateway, gateway no, off mesh, sidecar, waypoint, waypoint no"},
		{"a label that is not Istio's", "{name: s, namespace: a}", "{name: s, namespace: a, labels: {example.com/istio.io: y}}", "", ""},
		{"a label of the namespace", "istio.io/dataplane-mode: ambient,", "istio.io/dataplane-mode: ambient, new.istio.io/x: y,", "", all},
		{"a waypoint of another revision", "{name: waypoint, namespace: a}", "{name: waypoint, namespace: a, labels: {istio.io/rev: canary}}", "", ""},
		{"with a policy of its own", "{name: waypoint, namespace: a}", "{name: waypoint, namespace: a, labels: {istio.io/rev: canary}}", canary("canary"), ""},
		{"and of another", "{name: waypoint, namespace: a}", "{name: waypoint, namespace: a, labels: {istio.io/rev: canary}}", canary("third"), envoys},
		{"a gateway with settings of its own", "{name: front, namespace: edge,", "{name: front, namespace: edge, annotations: {proxy.istio.io/config: x},", "", "gateway, gateway no"},
		{"a policy of another revision", "{name: l7, namespace: a}", "{name: l7, namespace: a, labels: {istio.io/rev: canary}}", "", envoys},
		{"of pods", "{name: l4, namespace: a}", "{name: l4, namespace: a, labels: {istio.io/rev: canary}}", "", "gateway, off mesh, pod, sidecar, waypoint"},
		{"a pod's label", "namespace: a, labels: {app: s}}", "namespace: a, labels: {app: s, networking.istio.io/tunnel: http}}", "", "gateway, off mesh, pod, sidecar, waypoint"},
		{"a flag as it is", "", "", flag("ENABLE_INGRESS_WAYPOINT_ROUTING", "true"), ""},
		{"a flag of gateways", "", "", flag("ENABLE_INGRESS_WAYPOINT_ROUTING", "false"), "gateway, gateway no"},
		{"a flag of everything", "", "", flag("PILOT_ENABLE_AMBIENT", "false"), all},
		{"a flag of proxies", "", "", flag("PILOT_HTTP10", "1") + "", envoys},
		{"a flag of istiod's own", "", "", flag("PILOT_PUSH_THROTTLE", "7"), ""},
		{"a setting of gateways", "", "", mesh("defaultConfig: {gatewayTopology: {numTrustedProxies: 1}}"), "gateway, gateway no"},
		{"what the profile ambient sets", "", "", mesh("defaultConfig: {discoveryAddress: \"istiod.istio-system.svc:15012\", image: {imageType: distroless}, proxyMetadata: {ISTIO_META_ENABLE_HBONE: \"true\"}}"), ""},
		{"a variable of proxies", "", "", mesh("defaultConfig: {proxyMetadata: {ISTIO_META_NETWORK: other}}"), envoys},
		{"another control plane", "", "", mesh("defaultConfig: {discoveryAddress: \"pilot.example.com:15012\"}"), envoys},
		{"of everything", "", "", mesh("discoverySelectors: [{matchLabels: {x: y}}]"), all},
		{"none of that", "", "", mesh("discoverySelectors: []"), ""},
		{"of logs", "", "", mesh("accessLogFile: /dev/stdout"), ""},
		{"that nobody knows", "", "", mesh("colour: red"), all},
		{"of paths", "", "", mesh("defaultConfig: {connectionSettings: {httpMergeSlashes: true}}"), envoys},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := cloudWorld
			if c.old != "" {
				text = edit(t, text, c.old, c.with)
			}
			if got := strings.Join(cloudedBy(t, load(t, cloudWorld), load(t, text+c.more)), ", "); got != c.want {
				t.Errorf("clouds %q, want %q", got, c.want)
			}
		})
	}
}

// What sidecars of clients leave out has no identity: where the pods admit identities, that is not certain.
func TestCloudsOnClientsWithSidecars(t *testing.T) {
	text := strings.Replace(cloudWorld, "principals: [cluster.local/ns/a/sa/waypoint]", "principals: [cluster.local/ns/a/sa/waypoint, cluster.local/ns/side/sa/c]", 1)
	q := cloudQuestions["sidecar"]
	decides(t, load(t, text), q, Allow)
	const object = "\n---\nkind: %s\napiVersion: networking.istio.io/v1\nmetadata: {name: new, namespace: %s}\nspec: {workloadSelector: {labels: {app: %s}}}"
	for _, c := range []struct {
		kind, namespace, app string
		want                 Outcome
	}{
		{"EnvoyFilter", "side", "c", NotJudged}, {"EnvoyFilter", "istio-system", "c", NotJudged}, {"EnvoyFilter", "side", "d", Allow}, {"EnvoyFilter", "a", "c", Allow},
		{"Sidecar", "side", "c", NotJudged}, {"Sidecar", "istio-system", "c", NotJudged}, {"Sidecar", "side", "d", Allow},
	} {
		decides(t, load(t, text+fmt.Sprintf(object, c.kind, c.namespace, c.app)), q, c.want)
	}
	out := edit(t, text, "namespace: side, labels: {app: c}}", "namespace: side, labels: {app: c}, annotations: {traffic.sidecar.istio.io/excludeOutboundPorts: '80'}}")
	decides(t, load(t, out), q, NotJudged)
	decides(t, load(t, edit(t, out, "excludeOutboundPorts", "excludeInboundPorts")), q, Allow)
	for value, want := range map[string]Outcome{"true": NotJudged, "false": Allow} {
		const mesh = "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: 'defaultConfig: {proxyMetadata: {ISTIO_META_DNS_CAPTURE: \"%s\"}}'}"
		decides(t, load(t, text+fmt.Sprintf(mesh, value)), q, want)
	}
}

// A ConfigMap changes what istiod makes for a Gateway: how many pods there are is nobody's concern, what they run is.
func TestParameters(t *testing.T) {
	q := cloudQuestions["waypoint"]
	text := edit(t, cloudWorld, "spec: {gatewayClassName: istio-waypoint,", "spec: {gatewayClassName: istio-waypoint, infrastructure: {parametersRef: {group: '', kind: ConfigMap, name: size}},")
	for data, want := range map[string]Outcome{
		"horizontalPodAutoscaler: '{spec: {minReplicas: 2}}'":                                                          Allow,
		"deployment: '{spec: {replicas: 2}}'":                                                                          Allow,
		"deployment: '{spec: {template: {spec: {containers: [{name: istio-proxy, resources: {limits: {cpu: 1}}}]}}}}'": Allow,
		"deployment: '{spec: {template: {spec: {containers: [{name: istio-proxy, image: mine}]}}}}'":                   NotJudged,
		"deployment: '{spec: {template: {spec: {serviceAccountName: other}}}}'":                                        NotJudged,
		"deployment: '{spec: {template: {metadata: {labels: {app: other}}}}}'":                                         NotJudged,
		"service: '{spec: {ports: [{port: 1}]}}'":                                                                      NotJudged,
		"deployment: '{'": NotJudged,
	} {
		object := "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: size, namespace: a}\ndata: {" + data + "}"
		decides(t, load(t, text+object), q, want)
		decides(t, load(t, text+strings.Replace(object, "namespace: a", "namespace: z", 1)), q, NotJudged)
		class := strings.Replace(object, "{name: size, namespace: a}", "{name: size, namespace: istio-system, labels: {gateway.istio.io/defaults-for-class: istio-waypoint}}", 1)
		decides(t, load(t, cloudWorld+class), q, want)
		decides(t, load(t, cloudWorld+strings.Replace(class, "istio-waypoint", "istio", 1)), q, Allow)
	}
}

// A gateway that the manifests do not hold is clouded as one that they do.
func TestCloudsOnAGatewayThatIsMadeUp(t *testing.T) {
	text := strings.Replace(cloudWorld, "kind: Gateway\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: front", "kind: Other\napiVersion: example.com/v1\nmetadata: {name: front", 1)
	q := cloudQuestions["gateway"]
	decides(t, load(t, text), q, Allow)
	decides(t, load(t, text+"\n---\nkind: EnvoyFilter\napiVersion: networking.istio.io/v1alpha3\nmetadata: {name: new, namespace: edge}\nspec: {}"), q, NotJudged)
}

// A list that holds itself is not followed without end.
func TestAListThatHoldsItself(t *testing.T) {
	load(t, cloudWorld+"\n---\nkind: DestinationRule\napiVersion: networking.istio.io/v1\nmetadata: {name: d, namespace: a}\nspec: {host: s, trafficPolicy: {portLevelSettings: &l [*l]}}")
}
