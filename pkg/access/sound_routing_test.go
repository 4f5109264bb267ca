package access

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// An addedObject is one that the ledger calls judged, harmless or NOT JUDGED by the code of a file. What it may make of an answer is said here once more,
// by other means than the referee's.
type addedObject struct {
	text  string
	edits func(string) string // of the second world; nil: none
	// breaks makes a world in which requests are not judged or denied, and which the object may fix: restores says for which requests.
	breaks   func(string) string
	restores func(Request) bool
	// plain says which requests come to the pods in plain text.
	plain func(Request) bool
	// may gives the answers that a request may have; nil: the one it had, for the same reason.
	may func(q Request, was Verdict) []Outcome
}

func unchanged(Request, Verdict) []Outcome { return nil }

// object writes one object of a random name, so that nothing goes by it.
func object(r *rand.Rand, api, kind, namespace, spec string) string {
	return fmt.Sprintf("\n---\nkind: %s\napiVersion: %s\nmetadata: {name: new%d, namespace: %s}\nspec: {%s}", kind, api, r.IntN(10), namespace, spec)
}

func pick(r *rand.Rand, choices ...string) string { return choices[r.IntN(len(choices))] }

// The answers that remain where something is not known: only what was denied before that point is still denied.
func clouded(was Verdict, denies ...PointKind) []Outcome {
	if was.Outcome == Deny && slices.Contains(denies, was.Point.Kind) {
		return []Outcome{Deny, NotJudged}
	}
	return []Outcome{NotJudged}
}

// toEndpoints: a request to the Service by its name may come to an endpoint that nobody knows, if it comes that far.
func toEndpoints(q Request, was Verdict) []Outcome {
	if q.To.Direct {
		return nil
	}
	return clouded(was, AtGateway, AtWaypoint)
}

const gatewayAPI = "gateway.networking.k8s.io/v1"

var addedObjects = map[string]func(*rand.Rand) addedObject{
	"HTTPRoute": addHTTPRoute, "GRPCRoute": addGRPCRoute, "ReferenceGrant": addGrant, "ListenerSet": addListenerSet, "Gateway": addGateway,
	"VirtualService": addVirtualService, "Istio Gateway": addIstioGateway, "Ingress": addIngress, "TCPRoute": addTCPRoute,
	"InferencePool": addPool, "ServiceEntry": addServiceEntry, "WorkloadEntry": addWorkloadEntry, "EndpointSlice": addEndpointSlice,
	"Sidecar": addSidecar, "DestinationRule": addDestinationRule, "Telemetry": addTelemetry, "policy of others": addPolicyOfOthers,
	"PeerAuthentication": addPeerAuthentication, "RequestAuthentication": addRequestAuthentication, "AuthorizationPolicy": addPolicy,
	"Pod": addToPod, "Namespace": addToNamespace, "Service": addToService,
}

// addRule is a route of the Gateway: its paths, and what it leads to. s is the Service that is asked for, t is not there.
func addRule(r *rand.Rand, kind, match string, wins, matches bool) addedObject {
	namespace, to, granted := pick(r, "a", "b"), pick(r, "s", "t"), pick(r, "HTTPRoute", "GRPCRoute", "")
	a := addedObject{text: object(r, gatewayAPI, kind, namespace, "parentRefs: [{name: front, namespace: edge}], rules: [{matches: ["+match+"], backendRefs: [{name: "+to+", namespace: a, port: 80}]}]")}
	if granted != "" {
		a.text += grantFor(granted, "b", "a")
	}
	a.may = func(q Request, was Verdict) []Outcome {
		switch valid := namespace == "a" || granted == kind; {
		case !q.From.ingress() || !matches:
			return nil
		case !wins: // it matches as well as the route that is there
			return []Outcome{was.Outcome, NotJudged}
		case valid && to == "s":
			return []Outcome{was.Outcome}
		}
		return []Outcome{Deny, NotJudged}
	}
	return a
}

func grantFor(kind, from, in string) string {
	return "\n---\nkind: ReferenceGrant\napiVersion: gateway.networking.k8s.io/v1beta1\nmetadata: {name: g, namespace: " + in + "}\nspec: {from: [{group: gateway.networking.k8s.io, kind: " + kind + ", namespace: " + from + "}], to: [{group: '', kind: Service}]}"
}

func addHTTPRoute(r *rand.Rand) addedObject {
	switch r.IntN(5) {
	case 0:
		return addRule(r, "HTTPRoute", "{path: {type: Exact, value: /s/x}}", true, true)
	case 1:
		return addRule(r, "HTTPRoute", "{path: {type: PathPrefix, value: /s/x}}", true, true)
	case 2:
		return addRule(r, "HTTPRoute", "{path: {type: PathPrefix, value: /s/}, headers: [{name: x, value: y}]}", false, true)
	case 3:
		return addRule(r, "HTTPRoute", "{path: {type: PathPrefix, value: /}}", false, false) // a shorter one comes last
	}
	return addRule(r, "HTTPRoute", "{path: {type: Exact, value: /z}}", false, false)
}

func addGRPCRoute(r *rand.Rand) addedObject {
	if r.IntN(2) == 0 {
		return addRule(r, "GRPCRoute", "{method: {service: s, method: x}}", true, true)
	}
	return addRule(r, "GRPCRoute", "{method: {service: s, method: z}}", false, false)
}

// addGrant: a grant makes a route lead where it says, and without such a route it does nothing.
func addGrant(r *rand.Rand) addedObject {
	kind, from, in := pick(r, "HTTPRoute", "GRPCRoute"), pick(r, "a", "b"), pick(r, "a", "b")
	a := addedObject{text: grantFor(kind, from, in), may: unchanged}
	if r.IntN(3) == 0 {
		return a
	}
	route := object(r, gatewayAPI, "HTTPRoute", "b", "parentRefs: [{name: front, namespace: edge}], rules: [{matches: [{path: {type: Exact, value: /s/x}}], backendRefs: [{name: s, namespace: a, port: 80}]}]")
	a.breaks = func(s string) string { return s + route }
	a.restores = func(q Request) bool { return q.From.ingress() && kind == "HTTPRoute" && from == "b" && in == "a" }
	return a
}

func addListenerSet(r *rand.Rand) addedObject {
	namespace, admits := pick(r, "a", "b", "edge"), pick(r, "", "allowedListeners: {namespaces: {from: All}}, ", "allowedListeners: {namespaces: {from: Same}}, ")
	kind := pick(r, "ListenerSet", "XListenerSet")
	api := map[string]string{"ListenerSet": gatewayAPI, "XListenerSet": "gateway.networking.x-k8s.io/v1alpha1"}[kind]
	a := addedObject{may: unchanged, text: "\n---\nkind: " + kind + "\napiVersion: " + api + "\nmetadata: {name: more, namespace: " + namespace + "}\nspec: {parentRef: {name: front, namespace: edge}, listeners: [{name: l, port: 8080, protocol: HTTP}]}" +
		object(r, gatewayAPI, "HTTPRoute", namespace, "parentRefs: [{kind: "+kind+", group: "+strings.Split(api, "/")[0]+", name: more}], rules: [{backendRefs: [{name: s, namespace: a, port: 80}]}]") +
		grantFor("HTTPRoute", "edge", "a")}
	a.breaks = func(s string) string {
		return strings.NewReplacer("gatewayClassName: istio, listeners", "gatewayClassName: istio, "+admits+"listeners", "value: /s/", "value: /elsewhere/").Replace(s)
	}
	a.restores = func(q Request) bool {
		reaches := strings.Contains(admits, "All") && namespace != "b" || strings.Contains(admits, "Same") && namespace == "edge" // b has no grant
		return q.From.ingress() && kind == "ListenerSet" && reaches
	}
	// Some releases serve an XListenerSet, and a route without a grant takes requests and leads to nothing.
	if kind == "XListenerSet" || namespace == "b" && strings.Contains(admits, "All") {
		a.may = func(q Request, _ Verdict) []Outcome {
			if !q.From.ingress() {
				return nil
			}
			return []Outcome{Deny, NotJudged}
		}
	}
	return a
}

// addGateway adds a second Gateway that leads to a Service; only one of another class than Istio's may let in what the first denies.
func addGateway(r *rand.Rand) addedObject {
	class, to, granted := pick(r, "istio", "doorman", "istio-agentgateway"), pick(r, "s", "t"), r.IntN(2) == 0
	a := addedObject{text: "\n---\nkind: Gateway\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: second, namespace: edge}\nspec: {gatewayClassName: " + class +
		", listeners: [{name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}"}
	namespace := pick(r, "a", "b")
	if granted {
		a.text += grantFor("HTTPRoute", "b", "a")
	}
	a.text += object(r, gatewayAPI, "HTTPRoute", namespace, "parentRefs: [{name: second, namespace: edge}], rules: [{backendRefs: [{name: "+to+", namespace: a, port: 80}]}]")
	a.may = func(q Request, was Verdict) []Outcome {
		switch {
		case !q.From.ingress():
			return nil
		case to != "s" || namespace == "b" && !granted:
		case class == "istio" && was.Point.Kind == AtGateway: // the first Gateway's policies are not the second's
			return []Outcome{was.Outcome, Allow, NotJudged}
		case class != "istio" && was.Outcome == Deny:
			return []Outcome{NotJudged}
		}
		return []Outcome{was.Outcome, NotJudged}
	}
	return a
}

func addVirtualService(r *rand.Rand) addedObject {
	to := pick(r, "s", "t")
	route := "http: [{" + pick(r, "", "match: [{uri: {prefix: /x}}], ", "fault: {abort: {httpStatus: 500}}, ") + "route: [{destination: {host: " + to + ".a.svc.cluster.local" + pick(r, "", ", subset: v") + "}}]}]"
	if r.IntN(2) == 0 { // at a gateway whose pods nobody knows
		return addedObject{text: object(r, "networking.istio.io/v1", "VirtualService", pick(r, "a", "b"), "hosts: ['*'], gateways: [x/y], "+route), may: func(q Request, was Verdict) []Outcome {
			if to == "s" && q.From.ingress() && was.Outcome == Deny {
				return []Outcome{NotJudged}
			}
			return nil
		}}
	}
	host := pick(r, "s.a.svc.cluster.local", "'*.a.svc.cluster.local'", "example.com")
	a := addedObject{text: object(r, "networking.istio.io/v1", "VirtualService", pick(r, "a", "b", "edge"), "hosts: ["+host+"]"+pick(r, "", ", exportTo: ['.']", ", exportTo: ['*']")+", "+route)}
	a.may = func(q Request, was Verdict) []Outcome {
		if host == "example.com" || q.To.Direct {
			return nil
		}
		return []Outcome{was.Outcome, NotJudged}
	}
	return a
}

func addIstioGateway(r *rand.Rand) addedObject {
	app, bound := pick(r, "front", "other"), r.IntN(2) == 0
	a := addedObject{may: unchanged, text: "\n---\nkind: Gateway\napiVersion: networking.istio.io/v1\nmetadata: {name: i, namespace: edge}\nspec: {selector: {gateway.networking.k8s.io/gateway-name: " + app + "}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]}"}
	if !bound {
		return a
	}
	a.text += object(r, "networking.istio.io/v1", "VirtualService", "edge", "hosts: ['*'], gateways: [i], http: [{route: [{destination: {host: t.a.svc.cluster.local}}]}]")
	a.may = func(q Request, was Verdict) []Outcome {
		switch {
		case !q.From.ingress():
			return nil
		case app == "front": // its pods serve the VirtualService in addition to the routes
			return clouded(was, AtGateway, AtWaypoint, AtZtunnel)
		}
		return []Outcome{was.Outcome}
	}
	return a
}

func addIngress(r *rand.Rand) addedObject {
	namespace, to := pick(r, "a", "b"), pick(r, "s", "t")
	return addedObject{text: object(r, "networking.k8s.io/v1", "Ingress", namespace, "ingressClassName: "+pick(r, "istio", "nginx")+", rules: [{http: {paths: [{path: /, backend: {service: {name: "+to+", port: {number: 80}}}}]}}]"),
		may: func(q Request, was Verdict) []Outcome {
			if namespace == "a" && to == "s" && q.From.ingress() && was.Outcome == Deny {
				return []Outcome{NotJudged}
			}
			return nil
		}}
}

func addTCPRoute(r *rand.Rand) addedObject {
	namespace, to := pick(r, "a", "b"), pick(r, "s", "t")
	return addedObject{text: object(r, "gateway.networking.k8s.io/v1alpha2", pick(r, "TCPRoute", "TLSRoute"), namespace, "parentRefs: [{name: gone, namespace: edge}], rules: [{backendRefs: [{name: "+to+", namespace: a, port: 80}]}]"),
		may: func(q Request, was Verdict) []Outcome {
			if namespace == "a" && to == "s" && q.From.ingress() && was.Outcome == Deny {
				return []Outcome{NotJudged}
			}
			return nil
		}}
}

// addPool: an endpoint picker may choose any pod of the pool, whatever the Service.
func addPool(r *rand.Rand) addedObject {
	app, routed := pick(r, "s", "t"), r.IntN(3) > 0
	a := addedObject{may: unchanged, text: "\n---\nkind: InferencePool\napiVersion: inference.networking.k8s.io/v1\nmetadata: {name: p, namespace: a}\nspec: {selector: {matchLabels: {app: " + app + "}}, targetPorts: [{number: 8080}], endpointPickerRef: {name: x}}"}
	if routed {
		a.text += object(r, gatewayAPI, "HTTPRoute", "a", "parentRefs: [{name: front, namespace: edge}], rules: [{matches: [{path: {value: /s/x}}], backendRefs: [{group: inference.networking.k8s.io, kind: InferencePool, name: p, port: 8080}]}]")
		a.may = func(q Request, _ Verdict) []Outcome {
			if !q.From.ingress() {
				return nil
			}
			return []Outcome{Deny, NotJudged} // it takes the request from the Service
		}
	}
	return a
}

func addServiceEntry(r *rand.Rand) addedObject {
	host, selects := pick(r, "s.a.svc.cluster.local", "'*.a.svc.cluster.local'", "t.a.svc.cluster.local", "example.com"), r.IntN(3) == 0
	spec := "hosts: [" + host + "], ports: [{number: 80, name: http, protocol: HTTP}], resolution: STATIC"
	if selects {
		spec += ", workloadSelector: {labels: {app: s}}"
	}
	return addedObject{text: object(r, "networking.istio.io/v1", "ServiceEntry", pick(r, "a", "b"), spec), may: func(q Request, was Verdict) []Outcome {
		switch about := strings.HasPrefix(host, "s.") || strings.HasPrefix(host, "'*"); {
		case q.To.Direct && about:
			return []Outcome{was.Outcome, NotJudged}
		case about:
			return clouded(was, AtGateway)
		}
		return nil
	}}
}

func addWorkloadEntry(r *rand.Rand) addedObject {
	namespace, app, kind := pick(r, "a", "a", "b"), pick(r, "s", "t"), pick(r, "WorkloadEntry", "WorkloadGroup")
	spec := "address: 10.0.0.1, labels: {app: " + app + "}"
	if kind == "WorkloadGroup" {
		spec = "metadata: {labels: {app: " + app + "}}, template: {}"
	}
	a := addedObject{text: object(r, "networking.istio.io/v1", kind, namespace, spec), may: unchanged}
	if namespace == "a" && app == "s" {
		a.may = toEndpoints
	}
	return a
}

func addEndpointSlice(r *rand.Rand) addedObject {
	namespace, of, by := pick(r, "a", "a", "b"), pick(r, "s", "s", "t"), pick(r, "", ", endpointslice.kubernetes.io/managed-by: me", ", endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io")
	a := addedObject{may: unchanged, text: "\n---\nkind: EndpointSlice\napiVersion: discovery.k8s.io/v1\nmetadata: {name: new, namespace: " + namespace + ", labels: {kubernetes.io/service-name: " + of + by + "}}\naddressType: IPv4\nendpoints: [{addresses: [10.0.0.9]}]"}
	if namespace == "a" && of == "s" && !strings.HasSuffix(by, "k8s.io") {
		a.may = toEndpoints
	}
	return a
}

// addSidecar: a sidecar that does not know the Service sends the request as it is, which pods of the mesh deny here.
func addSidecar(r *rand.Rand) addedObject {
	namespace, selects := pick(r, "side", "side", "istio-system", "b"), pick(r, "", "workloadSelector: {labels: {app: c}}, ", "workloadSelector: {labels: {app: other}}, ")
	host := pick(r, "*/*", "./*", "a/*", "a/s.a.svc.cluster.local", "b/s.a.svc.cluster.local", "~/*", "*/t.a.svc.cluster.local")
	knows := slices.Contains([]string{"*/*", "a/*", "a/s.a.svc.cluster.local"}, host)
	applies := namespace == "side" && !strings.Contains(selects, "other") || namespace == "istio-system" && selects == ""
	return addedObject{text: object(r, "networking.istio.io/v1", "Sidecar", namespace, selects+"egress: [{hosts: ['"+host+"']}]"), may: unchanged,
		plain: func(q Request) bool {
			return q.From.ServiceAccount == "side/c" && !q.To.Direct && applies && !knows
		}}
}

func addDestinationRule(r *rand.Rand) addedObject {
	host := pick(r, "s.a.svc.cluster.local", "t.a.svc.cluster.local", "'*.a.svc.cluster.local'")
	policy := pick(r, "tls: {mode: ISTIO_MUTUAL}", "loadBalancer: {simple: RANDOM}", "tls: {mode: SIMPLE}")
	a := addedObject{text: object(r, "networking.istio.io/v1", "DestinationRule", pick(r, "a", "edge", "istio-system"), "host: "+host+", trafficPolicy: {"+policy+"}"), may: unchanged}
	if strings.HasSuffix(policy, "SIMPLE}") && !strings.HasPrefix(host, "t.") {
		a.may = func(_ Request, was Verdict) []Outcome { return []Outcome{was.Outcome, NotJudged} }
	}
	return a
}

func addTelemetry(r *rand.Rand) addedObject {
	return addedObject{text: object(r, "telemetry.istio.io/v1", "Telemetry", pick(r, soundNamespaces...), pick(r, "", "selector: {matchLabels: {app: s}}, ")+"accessLogging: [{disabled: true}]"), may: unchanged}
}

func addPolicyOfOthers(r *rand.Rand) addedObject {
	target := pick(r, "kind: Service, name: s", "kind: Service, name: t", "group: gateway.networking.k8s.io, kind: HTTPRoute, name: r", "group: gateway.networking.k8s.io, kind: Gateway, name: waypoint", "group: apps, kind: Deployment, name: s")
	namespace := pick(r, "a", "a", "b")
	return addedObject{text: object(r, "kuadrant.io/v1", "AuthPolicy", namespace, "targetRef: {"+target+"}"), may: func(q Request, was Verdict) []Outcome {
		switch {
		case namespace == "b":
		case strings.HasSuffix(target, "Service, name: s") && !q.To.Direct, strings.Contains(target, "HTTPRoute") && q.From.ingress():
			return clouded(was, AtGateway)
		case strings.HasSuffix(target, "waypoint") && meets(was, AtWaypoint, "a/waypoint"):
			return clouded(was, AtGateway)
		}
		return nil
	}}
}

func addPeerAuthentication(r *rand.Rand) addedObject {
	namespace, mode, selector := pick(r, "a", "b", "istio-system"), pick(r, "STRICT", "STRICT", "PERMISSIVE"), pick(r, "", "selector: {matchLabels: {app: s}}, ", "selector: {matchLabels: {app: t}}, ")
	strict := mode == "STRICT" && (namespace == "a" && !strings.Contains(selector, "t}}") || namespace == "istio-system" && selector == "")
	return addedObject{text: object(r, "security.istio.io/v1", "PeerAuthentication", namespace, selector+"mtls: {mode: "+mode+"}"), may: func(q Request, _ Verdict) []Outcome {
		if q.From.OffMesh && strict {
			return []Outcome{Deny}
		}
		return nil
	}}
}

func addRequestAuthentication(r *rand.Rand) addedObject {
	namespace, issuer := pick(r, "edge", "a", "istio-system"), pick(r, "https://i.test", "https://j.test")
	at := pick(r, "", "selector: {matchLabels: {app: front}}, ", "selector: {matchLabels: {app: s}}, ", frontRef, "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], ", "targetRefs: [{group: '', kind: Service, name: s}], ")
	gateway := at == "" && namespace != "a" || strings.Contains(at, "app: front") && namespace != "a" || at == frontRef && namespace == "edge"
	waypoint := namespace == "a" && strings.HasPrefix(at, "targetRefs") && at != frontRef
	return addedObject{text: object(r, "security.istio.io/v1", "RequestAuthentication", namespace, at+"jwtRules: [{issuer: '"+issuer+"', jwksUri: 'https://x.test/keys', forwardOriginalToken: true}]"), may: func(q Request, was Verdict) []Outcome {
		switch meets := gateway && meets(was, AtGateway, "edge/front") || waypoint && meets(was, AtWaypoint, "a/waypoint"); {
		case q.From.JWT == nil || !meets:
			return nil
		case issuer == q.From.JWT.Issuer:
			return []Outcome{was.Outcome}
		}
		return []Outcome{Deny}
	}}
}

// addPolicy: a DENY of everything denies whatever meets it, and an ALLOW that matches nothing does where no other one allows.
func addPolicy(r *rand.Rand) addedObject {
	namespace := pick(r, "edge", "a", "b", "istio-system")
	at := pick(r, "", "selector: {matchLabels: {app: s}}, ", frontRef, "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], ")
	gateway := at == "" && (namespace == "edge" || namespace == "istio-system") || at == frontRef && namespace == "edge"
	waypoint := namespace == "a" && strings.HasPrefix(at, "targetRefs") && at != frontRef
	pods := namespace == "a" && !strings.HasPrefix(at, "targetRefs") || namespace == "istio-system" && !strings.HasPrefix(at, "targetRefs")
	return addedObject{text: object(r, "security.istio.io/v1", "AuthorizationPolicy", namespace, at+"action: DENY, rules: [{}]"), may: func(_ Request, was Verdict) []Outcome {
		if gateway && meets(was, AtGateway, "edge/front") || waypoint && meets(was, AtWaypoint, "a/waypoint") || pods && meets(was, AtZtunnel, "") {
			return []Outcome{Deny}
		}
		return nil
	}}
}

func addToPod(r *rand.Rand) addedObject {
	const labelled, spec = "{name: s, namespace: a, labels: {app: s}}\nspec: {serviceAccountName: s", "labels: {app: s}}"
	change := pick(r, "none", "bypass", "hostNetwork", "quiet label", "quiet annotation")
	with := func(text string) func(string) string {
		return func(s string) string { return strings.Replace(s, labelled, text, 1) }
	}
	switch change {
	case "none":
		return addedObject{edits: with(strings.Replace(labelled, spec, "labels: {app: s, istio.io/dataplane-mode: none}}", 1)), may: outOfTheMesh}
	case "bypass":
		return addedObject{edits: with(strings.Replace(labelled, spec, "labels: {app: s}, annotations: {ambient.istio.io/bypass-inbound-capture: 'true'}}", 1)), may: func(q Request, was Verdict) []Outcome {
			if q.From.OffMesh { // HBONE is still ztunnel's
				return []Outcome{Allow}
			}
			return []Outcome{was.Outcome}
		}}
	case "hostNetwork":
		return addedObject{edits: with(labelled + ", hostNetwork: true"), may: outOfTheMesh}
	case "quiet label":
		return addedObject{edits: with(strings.Replace(labelled, spec, "labels: {app: s, team: x, version: v1}}", 1)), may: unchanged}
	}
	quiet := slices.DeleteFunc(slices.Clone(annotationLines), func(l ledgerLine) bool { return l.state != isHarmless })
	return addedObject{edits: with(strings.Replace(labelled, spec, "labels: {app: s}, annotations: {"+quiet[r.IntN(len(quiet))].path+": 'true'}}", 1)), may: unchanged}
}

// outOfTheMesh: no proxy is in front of the pod any more.
func outOfTheMesh(_ Request, was Verdict) []Outcome {
	if was.Outcome == Allow || was.Point.Kind == AtZtunnel {
		return []Outcome{Allow}
	}
	return []Outcome{was.Outcome}
}

func addToNamespace(r *rand.Rand) addedObject {
	const ambient = "labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint"
	switch r.IntN(3) {
	case 0:
		return addedObject{edits: func(s string) string {
			return strings.Replace(s, ambient, "labels: {istio.io/use-waypoint: waypoint", 1)
		}, may: outOfTheMesh}
	case 1:
		return addedObject{edits: func(s string) string { return strings.Replace(s, ambient, ambient+", team: x", 1) }, may: unchanged}
	}
	// Without its waypoint the Service is reached at its pods.
	return addedObject{edits: func(s string) string {
		return strings.Replace(s, ambient, "labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: none", 1)
	}, may: func(_ Request, was Verdict) []Outcome {
		if meets(was, AtWaypoint, "a/waypoint") {
			return []Outcome{Allow, Deny}
		}
		return nil
	}}
}

func addToService(r *rand.Rand) addedObject {
	const of = "{name: s, namespace: a}\nspec: {selector"
	with := func(text string) func(string) string {
		return func(s string) string { return strings.Replace(s, of, text+"\nspec: {selector", 1) }
	}
	switch r.IntN(3) {
	case 0:
		return addedObject{edits: with("{name: s, namespace: a, annotations: {networking.istio.io/exportTo: '.'}}"), may: func(q Request, was Verdict) []Outcome {
			if q.To.Direct {
				return nil
			}
			return clouded(was, AtGateway)
		}}
	case 1:
		return addedObject{edits: with("{name: s, namespace: a, annotations: {networking.istio.io/traffic-distribution: PreferClose}, labels: {team: x}}"), may: unchanged}
	}
	return addedObject{edits: with("{name: s, namespace: a, labels: {istio.io/use-waypoint-canary: next}}"), may: func(_ Request, was Verdict) []Outcome {
		if meets(was, AtWaypoint, "a/waypoint") {
			return clouded(was, AtGateway)
		}
		return nil
	}}
}

// routingQuestions are soundQuestions and one with a token.
var routingQuestions = append(slices.Clone(soundQuestions), Request{From: From{JWT: &JWT{Issuer: "https://i.test", Subject: "x"}}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"},
	Request{From: From{ServiceAccount: "b/c", JWT: &JWT{Issuer: "https://i.test", Subject: "x"}}, To: To{Namespace: "a", Service: "s"}})

// soundTally counts, by what was added, the answers that are others, that are open, and that stay.
type soundTally struct{ changed, opened, kept int }

// soundObjects adds one object, label or annotation to a random world. It may change an answer only where and as the text says, and it leaves no other
// one open.
func soundObjects(t *testing.T, kind string, seed uint64, n *soundTally) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 2))
	base := soundBase(r)
	open := r.IntN(2) == 0
	if open { // pods that admit everybody
		at := strings.Index(base, "---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: l4,")
		end := strings.Index(base[at+3:], "---")
		base = base[:at] + base[at+3+end:]
	}
	a := addedObjects[kind](r)
	whole := load(t, base)
	if a.breaks != nil {
		base = a.breaks(base)
	}
	added := base
	if a.edits != nil {
		if added = a.edits(base); added == base {
			t.Fatalf("%s %d: the edit changes nothing", kind, seed)
		}
	}
	before, after := load(t, base), load(t, added+a.text)
	for _, q := range routingQuestions {
		was, is := before.Decide(q), after.Decide(q)
		switch is.Outcome {
		case was.Outcome:
			n.kept++
		case NotJudged:
			n.opened++
		default:
			n.changed++
		}
		may := a.may(q, was)
		switch {
		case a.restores != nil && a.restores(q):
			may = []Outcome{whole.Decide(q).Outcome}
		case a.plain != nil && a.plain(q) && open:
			may = []Outcome{Allow}
		case a.plain != nil && a.plain(q):
			may = []Outcome{Deny}
		case was.Outcome == NotJudged:
			may = []Outcome{NotJudged}
		}
		if may == nil && (is.Outcome != was.Outcome || is.By() != was.By()) || may != nil && !slices.Contains(may, is.Outcome) {
			t.Errorf("%s, seed %d: from %s: %+v\nbefore %v: %s\nafter %v: %s, may be %v%s", kind, seed, q.From, q, was.Outcome, was.By(), is.Outcome, is.By(), may, a.text)
		}
	}
}

// TestSoundObjects: each kind must have changed an answer or left one open, where the ledger does not call all of it harmless, and must have left some alone.
func TestSoundObjects(t *testing.T) {
	kinds := make([]string, 0, len(addedObjects))
	for kind := range addedObjects {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			var n soundTally
			for seed := range uint64(80) {
				soundObjects(t, kind, seed, &n)
				if t.Failed() {
					return
				}
			}
			t.Logf("%d answers changed, %d NOT JUDGED, %d as they were", n.changed, n.opened, n.kept)
			if (n.changed+n.opened == 0) != (kind == "Telemetry") || n.kept == 0 {
				t.Errorf("%+v", n)
			}
		})
	}
}

func FuzzSoundObjects(f *testing.F) {
	for kind := range addedObjects {
		f.Add(kind, uint64(1))
	}
	f.Fuzz(func(t *testing.T, kind string, seed uint64) {
		if addedObjects[kind] != nil {
			soundObjects(t, kind, seed, &soundTally{})
		}
	})
}
