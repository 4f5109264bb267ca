package access

import (
	"strings"
	"testing"
)

// An Ingress leads past all that is judged, unless Istio serves it at pods that allow nothing.
func TestIngresses(t *testing.T) {
	shut := "kind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: shut, namespace: a}\nspec: {selector: {matchLabels: {app: s}}}"
	plain := route1("HTTPRoute", "r", toFront+", "+routed("s"))
	ingress := func(meta, spec, service string) string {
		return "kind: Ingress\napiVersion: networking.k8s.io/v1\nmetadata: {name: i, namespace: a" + meta + "}\nspec: {" + spec + "rules: [{http: {paths: [{path: /, backend: {service: {name: " + service + ", port: {number: 80}}}}]}}]}"
	}
	const pods = "kind: Pod\napiVersion: v1\nmetadata: {name: old, namespace: istio-system, labels: {istio: ingressgateway}}\nspec: {containers: [{name: istio-proxy}]}"
	const closed = "kind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: closed, namespace: istio-system}\nspec: {selector: {matchLabels: {istio: ingressgateway}}}"
	for _, c := range []struct {
		name string
		more []string
		want Outcome
	}{
		{"of Istio", []string{ingress("", "ingressClassName: istio, ", "s")}, NotJudged},
		{"by its annotation", []string{ingress(", annotations: {kubernetes.io/ingress.class: istio}", "", "s")}, NotJudged},
		{"of another controller", []string{ingress("", "ingressClassName: nginx, ", "s")}, NotJudged},
		{"of nobody, as far as is known", []string{ingress("", "", "s")}, NotJudged},
		{"to another Service", []string{ingress("", "ingressClassName: nginx, ", "t")}, Deny},
		{"at pods that are open", []string{ingress("", "ingressClassName: istio, ", "s"), pods}, NotJudged},
		{"at pods that are closed", []string{ingress("", "ingressClassName: istio, ", "s"), pods, closed}, Deny},
		{"of another controller in addition", []string{ingress("", "ingressClassName: nginx, ", "s"), pods, closed}, NotJudged},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := decides(t, load(t, twoDoors(append([]string{plain, shut}, c.more...)...)), toS, c.want)
			if c.want == NotJudged && !strings.Contains(v.By(), "Ingress a/i (line ") {
				t.Error(v.By())
			}
		})
	}
}

// What a route has that is not judged makes what the route takes NOT JUDGED, and nothing else.
func TestWhatARouteHasBeside(t *testing.T) {
	with := func(rule string) string {
		return twoDoors(route1("HTTPRoute", "r", toFront+", rules: [{matches: [{path: {value: /x}}], "+rule+"}, {backendRefs: [{name: s, port: 80}]}]"))
	}
	taken, other := toS, toS
	taken.Path, other.Path = "/x", "/y"
	for _, c := range []struct {
		rule         string
		taken, other Outcome
	}{
		{"backendRefs: [{name: s, port: 80}]", Allow, Allow},
		{"name: n, timeouts: {request: 1s}, retry: {attempts: 1}, sessionPersistence: {type: Cookie}, backendRefs: [{name: s, port: 80}]", Allow, Allow},
		{"filters: [{type: ResponseHeaderModifier, responseHeaderModifier: {remove: [x]}}, {type: CORS, cors: {maxAge: 1}}], backendRefs: [{name: s, port: 80}]", Allow, Allow},
		{"backendRefs: [{name: s, port: 80, filters: [{type: RequestHeaderModifier, requestHeaderModifier: {remove: [x]}}]}]", NotJudged, Allow},
		{"backendRefs: [{name: s}]", NotJudged, NotJudged}, // the CRD refuses the route
		{"backendRefs: [{name: t, port: 80}, {name: s, port: 80, weight: 0}]", NotJudged, Allow},
		{"backendRefs: [{name: s, port: 80, weight: 1, colour: red}]", NotJudged, NotJudged}, // Istio may refuse the route, and so all of it
		{"colour: red, backendRefs: [{name: s, port: 80}]", NotJudged, NotJudged},
		{"filters: [{type: ExternalAuth, externalAuth: {protocol: HTTP}}], backendRefs: [{name: s, port: 80}]", NotJudged, NotJudged},
		{"filters: [{type: ExtensionRef, extensionRef: {name: x}}], backendRefs: [{name: s, port: 80}]", NotJudged, NotJudged},
	} {
		w := load(t, with(c.rule))
		decides(t, w, taken, c.taken)
		decides(t, w, other, c.other)
	}
	// A route that takes nothing of a request changes nothing.
	w := load(t, twoDoors(route1("HTTPRoute", "r", toFront+", "+routed("s")), route1("HTTPRoute", "z", toFront+", colour: red, rules: [{matches: [{path: {value: /z}}], backendRefs: [{name: t, port: 80}]}]")))
	decides(t, w, taken, Allow)
}

// Options of TLS may ask clients for a certificate.
func TestListenersWithOptions(t *testing.T) {
	text := twoDoors(route1("HTTPRoute", "r", on("secure")+", "+routed("s")))
	with := func(options string) string {
		return edit(t, text, "certificateRefs: [{name: c}]", "certificateRefs: [{name: c}], options: {"+options+"}")
	}
	decides(t, load(t, text), asked("", "secure"), Allow)
	decides(t, load(t, with("gateway.istio.io/tls-cipher-suites: x")), asked("", "secure"), Allow)
	decides(t, load(t, edit(t, text, "certificateRefs: [{name: c}]", "certificateRefs: [{name: c}], mode: MUTUAL")), asked("", "secure"), NotJudged)
	decides(t, load(t, edit(t, text, "certificateRefs: [{name: c}]", "certificateRefs: [{name: c}], mode: Terminate")), asked("", "secure"), Allow)
	decides(t, load(t, with("gateway.istio.io/tls-terminate-mode: MUTUAL")), asked("", "secure"), NotJudged)
	decides(t, load(t, with("example.com/x: y")), asked("", "secure"), NotJudged)
}
