package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// lockoutCase is a world of two healthy tenants with something more in it.
type lockoutCase struct {
	name, more string
	want       []string // one finding each, by a part of it; none: none
}

func testLockouts(t *testing.T, base string, cases []lockoutCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := load(t, base+"\n---\n"+strings.TrimSuffix(strings.TrimPrefix(c.more, "\n---\n"), "\n---\n")).Findings(twoTenants)
			ok := len(got) == len(c.want)
			for i := range c.want {
				ok = ok && strings.Contains(got[i].Error(), c.want[i])
			}
			if !ok {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

func headlessService(ports string) string {
	return fmt.Sprintf("kind: Service\napiVersion: v1\nmetadata: {name: h, namespace: alice}\nspec: {clusterIP: None, selector: {app: h}, ports: %s}", ports)
}

func routeOf(kind, namespace, rule string) string {
	return fmt.Sprintf("\n---\nkind: %s\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: r, namespace: %s}\nspec: {parentRefs: [{name: ambient-ingressgateway, namespace: istio-system}], rules: [%s]}", kind, namespace, rule)
}

func listenerSetOf(protocol string) string {
	return "\n---\nkind: ListenerSet\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: more, namespace: alice}\nspec: {parentRef: {name: ambient-ingressgateway, namespace: istio-system}, listeners: [{name: web, port: 8443, protocol: " + protocol + "}]}"
}

func modelRouteTo(backend string) string {
	return "\n---\nkind: LLMInferenceService\napiVersion: serving.kserve.io/v1alpha1\nmetadata: {name: m, namespace: alice}\nspec: {router: {route: {http: {spec: {rules: [{backendRefs: [" + backend + "]}]}}}}}"
}

func TestRoutesPastTheWaypoint(t *testing.T) {
	to := func(backend string) string { return "{backendRefs: [" + backend + "]}" }
	pool := func(group, spec string) string {
		return fmt.Sprintf("kind: InferencePool\napiVersion: %s/v1\nmetadata: {name: llm, namespace: alice}\nspec: %s", group, spec) +
			routeOf("HTTPRoute", "alice", to("{group: "+group+", kind: InferencePool, name: llm}"))
	}
	gatewayAt := func(port string) string {
		return fmt.Sprintf("\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: pool, namespace: alice}\nspec: {selector: {matchLabels: {app: llm}}, rules: [{from: [{source: {principals: [cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio]}}], to: [{operation: {ports: ['%s']}}]}]}", port)
	}
	plain := headlessService("[{port: 80}, {port: 15000}]")
	testLockouts(t, tenants(t), []lockoutCase{
		{"by an HTTPRoute", plain + routeOf("HTTPRoute", "alice", to("{name: h, port: 80}")), []string{"Service alice/h: is headless, and HTTPRoute alice/r routes to it; the waypoint has no address to deliver to and connects to itself, so requests from users fail"}},
		{"at the waypoint's admin port", plain + routeOf("HTTPRoute", "alice", to("{name: h, port: 15000}")), []string{"reach Envoy's admin interface at port 15000"}},
		{"at another port of the waypoint", headlessService("[{port: 15090}]") + routeOf("GRPCRoute", "alice", to("{name: h, port: 15090}")), []string{"serves at port 15090 (Envoy's admin interface is at 15000)"}},
		{"at a port other than the waypoint's", headlessService("[{port: 15091}]") + routeOf("GRPCRoute", "alice", to("{name: h, port: 15091}")), []string{"requests from users fail (503)"}},
		{"at the waypoint's admin port, by a mirror", plain + routeOf("HTTPRoute", "alice", "{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: h, port: 15000}}}], backendRefs: [{name: tet, port: 80}]}"), []string{"HTTPRoute alice/r routes to it; the waypoint has no address to deliver to and connects to itself, so clients that its policies allow reach Envoy's admin interface"}},
		{"by a mirror, whose answer nobody waits for", plain + routeOf("HTTPRoute", "alice", "{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: h, port: 80}}}], backendRefs: [{name: tet, port: 80}]}"), nil},
		{"at the pods' port of that number", headlessService("[{port: 80, targetPort: 15000}]") + routeOf("HTTPRoute", "alice", to("{name: h, port: 80}")), []string{"requests from users fail (503)"}},
		{"at any port of a VirtualService", plain + "\n---\nkind: VirtualService\napiVersion: networking.istio.io/v1\nmetadata: {name: v, namespace: bob}\nspec: {gateways: [mesh, istio-system/g], http: [{route: [{destination: {host: h.alice.svc.cluster.local}}]}]}",
			[]string{"VirtualService bob/v routes to it; the waypoint has no address to deliver to and connects to itself, so clients that its policies allow reach Envoy's admin interface"}},
		{"by a VirtualService of the mesh", plain + "\n---\nkind: VirtualService\napiVersion: networking.istio.io/v1\nmetadata: {name: v, namespace: bob}\nspec: {hosts: [x], gateways: [mesh], http: [{route: [{destination: {host: h.alice.svc.cluster.local}}]}]}", []string{"VirtualService bob/v: may change what leads to h of namespace alice"}},
		{"by a VirtualService that others delegate to", plain + "\n---\nkind: VirtualService\napiVersion: networking.istio.io/v1\nmetadata: {name: v, namespace: bob}\nspec: {http: [{route: [{destination: {host: h.alice.svc.cluster.local, port: {number: 80}}}]}]}", []string{"VirtualService bob/v routes to it"}},
		{"at the waypoint's admin port, by a VirtualService's mirror", plain + "\n---\nkind: VirtualService\napiVersion: networking.istio.io/v1\nmetadata: {name: v, namespace: alice}\nspec: {hosts: [x], gateways: [g], http: [{mirror: {host: h, port: {number: 15000}}}]}", []string{"reach Envoy's admin interface at port 15000"}},
		{"at the waypoint's admin port, by one of its mirrors", plain + "\n---\nkind: VirtualService\napiVersion: networking.istio.io/v1\nmetadata: {name: v, namespace: alice}\nspec: {hosts: [x], gateways: [g], http: [{mirrors: [{destination: {host: tet, port: {number: 80}}}, {destination: {host: h, port: {number: 15000}}}]}]}", []string{"reach Envoy's admin interface at port 15000"}},
		{"by a VirtualService's mirror, whose answer nobody waits for", plain + "\n---\nkind: VirtualService\napiVersion: networking.istio.io/v1\nmetadata: {name: v, namespace: alice}\nspec: {hosts: [x], gateways: [g], http: [{mirror: {host: h, port: {number: 80}}}]}", nil},
		{"by a model's own route", plain + modelRouteTo("{name: h, port: 80}"), []string{"LLMInferenceService alice/m routes to it"}},
		{"by a model's own route to a pool", "kind: Nothing" + modelRouteTo("{group: inference.networking.k8s.io, kind: InferencePool, name: p}"), []string{"InferencePool alice/p: is a target of LLMInferenceService alice/m;"}},
		{"by no host of the mesh", plain + "\n---\nkind: VirtualService\napiVersion: networking.istio.io/v1\nmetadata: {name: v, namespace: alice}\nspec: {gateways: [g], http: [{route: [{destination: {host: h.example.com}}]}]}", nil},
		{"by many routes, once", plain + routeOf("HTTPRoute", "alice", to("{name: h, port: 80}")+", "+to("{name: h, port: 80}")) + routeOf("GRPCRoute", "alice", to("{name: h, port: 80}")), []string{"HTTPRoute alice/r and GRPCRoute alice/r route to it"}},
		{"by a host name", plain + routeOf("HTTPRoute", "bob", to("{group: networking.istio.io, kind: Hostname, name: h.alice.svc.cluster.local, port: 80}")), []string{"HTTPRoute bob/r routes to it"}},
		{"by an HTTPRoute on a ListenerSet", plain + edit(t, routeOf("HTTPRoute", "alice", to("{name: h, port: 80}")), "{name: ambient-ingressgateway, namespace: istio-system}", "{kind: ListenerSet, name: more}") + listenerSetOf("HTTP, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: a}}}}"), []string{"HTTPRoute alice/r routes to it"}},
		{"by a GRPCRoute on a ListenerSet", plain + edit(t, routeOf("GRPCRoute", "alice", to("{name: h, port: 80}")), "{name: ambient-ingressgateway, namespace: istio-system}", "{kind: ListenerSet, name: more}") + listenerSetOf("HTTP"), []string{"GRPCRoute alice/r routes to it"}},
		{"by an HTTPRoute on a ListenerSet that admits no other namespace's", plain + edit(t, routeOf("HTTPRoute", "bob", to("{group: networking.istio.io, kind: Hostname, name: h.alice.svc.cluster.local, port: 80}")), "{name: ambient-ingressgateway, namespace: istio-system}", "{kind: ListenerSet, name: more, namespace: alice}") + listenerSetOf("HTTP"), nil},
		{"without a grant", plain + routeOf("HTTPRoute", "bob", to("{name: h, namespace: alice, port: 80}")), nil},
		{"with a weight of 0", plain + routeOf("GRPCRoute", "alice", to("{name: h, port: 80, weight: 0}")), nil},
		{"for a Service", plain + strings.Replace(routeOf("HTTPRoute", "alice", to("{name: h, port: 80}")), "{name: ambient-ingressgateway, namespace: istio-system}", "{group: '', kind: Service, name: tet}", 1), nil},
		{"without a route", plain, nil},
		{"past the waypoint, because of a label", edit(t, plain, "namespace: alice}", "namespace: alice, labels: {istio.io/ingress-use-waypoint: 'false'}}") + routeOf("HTTPRoute", "alice", to("{name: h, port: 80}")),
			[]string{"the ingress Gateway connects to its pods directly, and ztunnel denies that (AuthorizationPolicy alice/ns-l4-waypoint)"}},

		{"to a pool", pool("inference.networking.k8s.io", "{selector: {matchLabels: {app: llm}}, targetPorts: [{number: 8000}]}"), []string{"InferencePool alice/llm: is a target of HTTPRoute alice/r; the waypoint has no address to deliver to and connects to itself, so requests from users fail (503)"}},
		{"to a pool of the alpha version", pool("inference.networking.x-k8s.io", "{selector: {app: llm}, targetPortNumber: 8000}"), []string{"InferencePool alice/llm"}},
		{"to a pool that is open to the ingress", pool("inference.networking.k8s.io", "{selector: {matchLabels: {app: llm}}, targetPorts: [{number: 8000}]}") + gatewayAt("8000"), []string{"InferencePool alice/llm: is a target of HTTPRoute alice/r; the waypoint has no address"}},
		{"to a pool at another port than is open", pool("inference.networking.k8s.io", "{selector: {matchLabels: {app: llm}}, targetPorts: [{number: 8000}]}") + gatewayAt("8001"), []string{"InferencePool alice/llm: is a target of HTTPRoute alice/r; the waypoint has no address"}},
		{"to a pool that nobody knows", routeOf("HTTPRoute", "alice", to("{group: inference.networking.k8s.io, kind: InferencePool, name: other, port: 8000}")), []string{"InferencePool alice/other: is a target of HTTPRoute alice/r;"}},
		{"to a pool that is perhaps open", routeOf("HTTPRoute", "alice", to("{group: inference.networking.k8s.io, kind: InferencePool, name: other, port: 8000}")) + gatewayAt("8000"), []string{"InferencePool alice/other: is a target of HTTPRoute alice/r; the waypoint has no address"}},
	})
}

func TestServicesPastTheWaypoint(t *testing.T) {
	service := func(labels string) string {
		return "kind: Service\napiVersion: v1\nmetadata: {name: s, namespace: alice, labels: {" + labels + "}}\nspec: {selector: {app: s}, ports: [{port: 80}]}"
	}
	forIngress := "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: x, namespace: alice}\nspec: {rules: [{from: [{source: {namespaces: [istio-system]}}]}]}"
	testLockouts(t, tenants(t), []lockoutCase{
		{"by a word", service("istio.io/ingress-use-waypoint: 'false'"), []string{`Service alice/s: has the label istio.io/ingress-use-waypoint with the value "false", which is not true; the ingress Gateway connects to its pods directly, and ztunnel denies that`}},
		{"by no word", service("istio.io/ingress-use-waypoint: ''"), []string{`with the value ""`}},
		{"where ztunnel lets the ingress in", service("istio.io/ingress-use-waypoint: 'false'") + forIngress, []string{"and ztunnel allows that (AuthorizationPolicy alice/"}},
		{"not at all", service("istio.io/ingress-use-waypoint: 'True'"), nil},
		{"said once", service("istio.io/ingress-use-waypoint: 'false', istio.io/use-waypoint: none"), []string{"Service alice/s: opts out of the waypoint"}},
		{"an address elsewhere", edit(t, service("istio.io/ingress-use-waypoint: 'false'"), "selector: {app: s}", "type: ExternalName, externalName: example.com"), nil},
		{"a gateway's own", service("istio.io/use-waypoint: none, gateway.istio.io/managed: istio.io-mesh-controller"), nil},
		{"through another waypoint", service("istio.io/use-waypoint: other") + "\n---\nkind: Gateway\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: other, namespace: alice}\nspec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}" + // of the namespace, so that ztunnel lets it in
			aPolicy("alice", "at-other", onGateway("other")+"rules: [{from: [{source: {namespaces: [alice]}}]}]"), nil},
	})
}

func TestListenersThatReadNoRequests(t *testing.T) {
	listener := func(l string) string {
		return edit(t, tenants(t), "    allowedRoutes: {namespaces: {from: All}}", "    allowedRoutes: {namespaces: {from: All}}\n  - {name: other, port: 8443, allowedRoutes: {namespaces: {from: All}}, "+l+"}")
	}
	through, ended, stream := listener("protocol: TLS, tls: {mode: Passthrough}"), listener("protocol: HTTPS, tls: {mode: Terminate}"), listener("protocol: TCP")
	route := strings.TrimPrefix(routeOf("TLSRoute", "alice", "{backendRefs: [{name: tet, port: 80}]}"), "\n---\n")
	refused := []string{"Gateway istio-system/ambient-ingressgateway: spec.listeners[1]: passes connections on and does not read requests (listener other, "}
	testLockouts(t, through, []lockoutCase{{"TLS", "kind: Nothing", refused}, {"TLS with a route, once", route, refused}})
	testLockouts(t, stream, []lockoutCase{{"TCP", "kind: Nothing", refused}})
	testLockouts(t, tenants(t), []lockoutCase{
		{"a ListenerSet's", listenerSetOf("TLS, tls: {mode: Passthrough}")[5:], []string{"ListenerSet alice/more: spec.listeners[0]: passes connections on and does not read requests (listener web, TLS Passthrough)"}},
		{"a ListenerSet's of requests", listenerSetOf("HTTPS")[5:], nil},
		{"a ListenerSet's of another Gateway", edit(t, listenerSetOf("TLS"), "ambient-ingressgateway", "other")[5:], nil},
	})
	testLockouts(t, ended, []lockoutCase{{"HTTPS", "kind: Nothing", nil}, {"HTTPS takes no TLSRoute", route, nil}})
	noPolicy := func(text string) string {
		return edit(t, text, "name: ambient-ingressgateway-no-forged-identity\n  namespace: istio-system", "name: x\n  namespace: elsewhere")
	}
	testLockouts(t, noPolicy(through), []lockoutCase{
		{"TLS that the Gateway's policies take", "kind: Nothing", nil},
		{"and a route", route, []string{"TLSRoute alice/r: carries connections, not requests, to Service alice/tet; no header or token is read on the way, so the waypoint denies every user"}},
		{"and a route of TCP", strings.Replace(route, "TLSRoute", "TCPRoute", 1), []string{"TCPRoute alice/r"}},
		{"and a route of requests", strings.Replace(route, "TLSRoute", "GRPCRoute", 1), nil},
		{"and a route of no tenant's", strings.ReplaceAll(route, "namespace: alice", "namespace: kubeflow"), nil},
	})
}

func TestVersionsOfIstiod(t *testing.T) {
	for tag, want := range map[string]verdict3{
		"1.27.8": no, "1.28.5": no, "1.29.1": no, "1.27.9": no, "1.30.0": no, "1.31.4-distroless": no, "v1.30.1": no, "1.30": no, "1.27.10": no,
		"1.27.7": yes, "1.28.4": yes, "1.29.0": yes, "1.26.99": yes, "1.24.3-debug": yes, "1.9.0": yes, "0.8.0": yes, "1.26": yes, "1.29.0-rc.1": yes, "1.29.1-beta.0": yes, "1.28.0-alpha.1": yes,
		"2.0.0": maybe, "3.1.0": maybe, "v3.1": maybe, "": maybe, "latest": maybe, "1.28": maybe, "1.29-dev": maybe, "1.30.0-alpha.0": maybe, "1.30-alpha.0123456": maybe, "main": maybe, "1.x": maybe, "20260101": maybe, "1.27.8.1": maybe, "-1.2.3": maybe,
	} {
		if got := hasPublicKey(tag); got != want {
			t.Errorf("%q: %d, want %d", tag, got, want)
		}
	}
}

func TestIstiodOfOtherVendors(t *testing.T) {
	istiod := func(kind, image string) string {
		pod := "{containers: [{name: discovery, image: '" + image + "'}]}"
		if kind != "Pod\napiVersion: v1" {
			pod = "{template: {spec: " + pod + "}}"
		}
		return "kind: " + kind + "\nmetadata: {name: istiod, namespace: istio-system}\nspec: " + pod
	}
	const redHat = "registry.redhat.io/openshift-service-mesh/istio-pilot-rhel9:3.1.0"
	testLockouts(t, tenants(t), []lockoutCase{
		{"another number than Istio's", istiod("Deployment\napiVersion: apps/v1", redHat), []string{"runs the image " + redHat + ", which does not state its version"}},
		{"by its image alone", strings.ReplaceAll(istiod("Deployment\napiVersion: apps/v1", redHat), "discovery", "main"), []string{"does not state its version"}},
		{"a Pod", istiod("Pod\napiVersion: v1", "istio/pilot:1.27.0"), []string{"Pod istio-system/istiod: runs the image istio/pilot:1.27.0; until"}},
		{"a Pod that is safe", istiod("Pod\napiVersion: v1", "istio/pilot:1.27.8"), nil},
	})
}

func TestImageTags(t *testing.T) {
	for image, want := range map[string][2]string{
		"pilot": {"pilot", ""}, "istio/pilot:1.2.3": {"pilot", "1.2.3"}, "localhost:5000/pilot": {"pilot", ""}, "a:1/b/pilot:1.2@sha256:ab": {"pilot", "1.2"},
		"pilot@sha256:ab": {"pilot", ""}, "": {"", ""}, "a/autopilot:1": {"autopilot", "1"},
	} {
		if name, tag := imageTag(image); name != want[0] || tag != want[1] {
			t.Errorf("%q: %q %q", image, name, tag)
		}
	}
}

// Of thousands of each in one namespace, nothing may be compared with everything.
func BenchmarkLockoutsOfOneNamespace(b *testing.B) {
	for _, n := range []int{250, 2000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			items := manifests(b, tenants(b))
			for i := range n {
				items = append(items, manifests(b, fmt.Sprintf(`kind: NetworkPolicy
apiVersion: networking.k8s.io/v1
metadata: {name: n%d, namespace: alice}
spec: {podSelector: {matchLabels: {app: a, i: "%[1]d"}}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {matchLabels: {i: "%[1]d"}}}], ports: [{port: 1}]}], egress: [{to: [{podSelector: {}}], ports: [{port: 1}]}]}
---
kind: Pod
apiVersion: v1
metadata: {name: p%[1]d, namespace: alice, labels: {app: a, i: "%[1]d"}}
---
kind: Service
apiVersion: v1
metadata: {name: h%[1]d, namespace: alice}
spec: {clusterIP: None}
---
kind: HTTPRoute
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: r%[1]d, namespace: alice}
spec: {parentRefs: [{name: ambient-ingressgateway, namespace: istio-system}], rules: [{backendRefs: [{name: h%[1]d, port: 1}]}]}`, i))...)
			}
			w, err := Load(slices.Values(items))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if f := w.Findings(twoTenants); len(f) < n {
					b.Fatalf("%d findings of %d", len(f), n)
				}
			}
		})
	}
}
