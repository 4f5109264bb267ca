package access

import (
	"strings"
	"testing"
)

// What leads to a Service and is not followed leaves a denial, or the lack of a route, NOT JUDGED, by name.
func TestUnfollowedRoutes(t *testing.T) {
	shut := "kind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: shut, namespace: a}\nspec: {selector: {matchLabels: {app: s}}}"
	plain := route1("HTTPRoute", "r", toFront+", "+routed("s"))
	tls := func(parent string) string { return route1("TLSRoute", "c", parent+", "+routed("s")) }
	door := func(text string) string {
		return strings.Replace(text, "  listeners:\n", "  listeners:\n  - {name: pass, port: 8443, protocol: TLS, tls: {mode: Passthrough}, allowedRoutes: {namespaces: {from: All}}}\n", 1)
	}
	none := twoDoors(shut)
	for _, c := range []struct {
		name, text string
		want       Outcome
		by         string
	}{
		{"nothing", twoDoors(plain, shut), Deny, "a/shut"},
		{"a VirtualService", none + "\n---\n" + virtual("b", "gateways: [x/y], hosts: ['*'], http: [{route: [{destination: {host: s.a.svc.cluster.local}}]}]"), NotJudged, "VirtualService b/v"},
		{"next to a route that is denied", twoDoors(plain, shut, virtual("a", "gateways: [x/y], hosts: ['*'], http: [{route: [{destination: {host: s}}]}]")), NotJudged, "VirtualService a/v"},
		{"one of connections", none + "\n---\n" + virtual("a", "gateways: [x/y], hosts: ['*'], tls: [{route: [{destination: {host: s}}]}]"), NotJudged, "VirtualService a/v"},
		{"a copy", none + "\n---\n" + virtual("a", "gateways: [x/y], hosts: ['*'], http: [{mirrors: [{destination: {host: s}}], route: [{destination: {host: t}}]}]"), NotJudged, "VirtualService a/v"},
		{"one that others delegate to", none + "\n---\n" + virtual("a", "http: [{route: [{destination: {host: s}}]}]"), NotJudged, "VirtualService a/v"},
		{"one of the mesh", twoDoors(plain, shut, virtual("a", "hosts: [x.example], http: [{route: [{destination: {host: s}}]}]")), Deny, "a/shut"},
		{"one to others", twoDoors(plain, shut, virtual("a", "gateways: [x/y], hosts: ['*'], http: [{route: [{destination: {host: t}}]}]")), Deny, "a/shut"},
		{"a TLSRoute", door(twoDoors(shut, tls(toFront))), NotJudged, "TLSRoute a/c"},
		{"a TLSRoute that no listener takes", twoDoors(plain, shut, tls(toFront)), Deny, "a/shut"},
		{"a TCPRoute of a Gateway that is not there", twoDoors(plain, shut, route1("TCPRoute", "c", "parentRefs: [{name: back}], "+routed("s"))), NotJudged, "TCPRoute a/c"},
		{"a copy of another route's requests", twoDoors(plain, shut, route1("HTTPRoute", "m", "hostnames: [m.example], "+toFront+", rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: s, port: 80}}}], backendRefs: [{name: t, port: 80}]}]")), NotJudged, "HTTPRoute a/m"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v := decides(t, load(t, c.text), toS, c.want); !strings.Contains(v.By(), c.by) {
				t.Errorf("by %s, want %s", v.By(), c.by)
			}
		})
	}
	// An allow stands: it is there whatever else is.
	decides(t, load(t, twoDoors(plain, virtual("a", "gateways: [x/y], hosts: ['*'], http: [{route: [{destination: {host: s}}]}]"))), toS, Allow)
	// A Gateway whose policies deny every connection carries none.
	refuse := "kind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: no-connections, namespace: edge}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front}], action: DENY, rules: [{to: [{operation: {paths: [/never]}}]}]}"
	decides(t, load(t, door(twoDoors(plain, shut, tls(toFront), refuse))), toS, Deny)
}

// A VirtualService that the pods of the Gateway serve in addition to its routes also makes an allow NOT JUDGED.
func TestMergedVirtualServices(t *testing.T) {
	plain := route1("HTTPRoute", "r", toFront+", "+routed("s"))
	front := func(namespace, selector string) string {
		return "kind: Gateway\napiVersion: networking.istio.io/v1\nmetadata: {name: i, namespace: " + namespace + "}\nspec: {selector: {" + selector + "}}"
	}
	of := func(gateway string) string {
		return virtual("b", "gateways: ["+gateway+"], hosts: [kf.example], http: [{route: [{destination: {host: t}}]}]")
	}
	const selector = "gateway.networking.k8s.io/gateway-name: front"
	for _, c := range []struct {
		name, text, host string
		want             Outcome
	}{
		{"an Istio Gateway that selects the pods", twoDoors(plain, front("edge", selector), of("edge/i")), "", NotJudged},
		{"for another host", twoDoors(plain, front("edge", selector), of("edge/i")), "other.example", Allow},
		{"for this host", twoDoors(plain, front("edge", selector), of("edge/i")), "KF.example:80", NotJudged},
		{"of other pods", twoDoors(plain, front("edge", "istio: ingressgateway"), of("edge/i")), "", Allow},
		{"of another namespace", twoDoors(plain, front("c", selector), of("c/i")), "", NotJudged},
		{"of another namespace in 1.30", twoDoors(plain, front("c", selector), of("c/i"), istiodOf("1.30.2")), "", NotJudged},
		{"of another namespace in 1.31", twoDoors(plain, front("c", selector), of("c/i"), istiodOf("1.31.0-distroless")), "", Allow},
		{"of another namespace in an early 1.31", twoDoors(plain, front("c", selector), of("c/i"), istiodOf("1.31.0-alpha.1")), "", NotJudged},
		{"of another namespace with two istiods", twoDoors(plain, front("c", selector), of("c/i"), istiodOf("1.31.0"), istiodOf("1.30.0")), "", NotJudged},
		{"one that is not there", twoDoors(plain, of("edge/i")), "", Allow},
		{"by the name that Istio gives a listener", twoDoors(plain, of("edge/front~istio-autogenerated-k8s-gateway~plain")), "", NotJudged},
		{"that of another Gateway", twoDoors(plain, of("edge/back~istio-autogenerated-k8s-gateway~plain")), "", Allow},
	} {
		t.Run(c.name, func(t *testing.T) { decides(t, load(t, c.text), asked(c.host, ""), c.want) })
	}
}

// istiodOf is an istiod of an image tag.
func istiodOf(tag string) string {
	return "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: istiod-" + strings.ReplaceAll(tag, ".", "-") + ", namespace: istio-system}\n" +
		"spec: {template: {metadata: {labels: {app: istiod}}, spec: {containers: [{name: discovery, image: 'docker.io/istio/pilot:" + tag + "'}]}}}"
}

// An endpoint picker may choose any pods of its pool, those of the Service too.
func TestInferencePools(t *testing.T) {
	pool := func(selector string) string {
		return "kind: InferencePool\napiVersion: inference.networking.k8s.io/v1\nmetadata: {name: p, namespace: a}\nspec: {selector: {matchLabels: {app: " + selector + "}}, targetPorts: [{number: 8000}]}"
	}
	shut := "kind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: shut, namespace: a}\nspec: {selector: {matchLabels: {app: s}}}"
	plain := route1("HTTPRoute", "r", "hostnames: [s.example], "+toFront+", "+routed("s"))
	to := route1("HTTPRoute", "m", toFront+", rules: [{backendRefs: [{group: inference.networking.k8s.io, kind: InferencePool, name: p, port: 8000}]}]")
	pathless := toS
	pathless.Path = ""
	for _, r := range []Request{toS, pathless} {
		decides(t, load(t, twoDoors(plain, to, shut, pool("other"))), r, Deny)
		for _, text := range []string{twoDoors(plain, to, shut, pool("s")), twoDoors(plain, to, shut)} {
			if v := decides(t, load(t, text), r, NotJudged); !strings.Contains(v.Why, "InferencePool a/p") {
				t.Error(v.By())
			}
		}
	}
}
