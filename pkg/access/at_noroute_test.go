package access

import (
	"strings"
	"testing"
)

// A gateway whose routes are all known answers 404 to what none of them takes; where another route may be there, it is NOT JUDGED.
func TestWhatNoRouteTakes(t *testing.T) {
	toS := func(match string) string {
		return route1("HTTPRoute", "r", toFront+", rules: [{matches: ["+match+"], backendRefs: [{name: s, port: 80}]}]")
	}
	const cove = "{path: {value: /cove}}"
	const set = "kind: ListenerSet\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: more, namespace: edge}\nspec: {parentRef: {name: front}, listeners: [{name: plain, port: 80, protocol: HTTP}]}"
	merged := "kind: Gateway\napiVersion: networking.istio.io/v1\nmetadata: {name: i, namespace: edge}\nspec: {selector: {gateway.networking.k8s.io/gateway-name: front}}\n---\n" +
		virtual("b", "gateways: [edge/i], hosts: [reef.example], http: [{route: [{destination: {host: t}}]}]")
	const asks = "kind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: p, namespace: edge}\nspec: {" + frontRef + "action: CUSTOM, provider: {name: x}, rules: [{to: [{operation: {paths: [/never]}}]}]}"
	filter := "kind: EnvoyFilter\napiVersion: networking.istio.io/v1alpha3\nmetadata: {name: f, namespace: edge}\nspec: {" + strings.TrimSuffix(frontRef, ", ") + "}"
	at := func(path, host string, headers ...string) Request {
		r := Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: path, Host: host, Headers: map[string]string{}}
		for i := 0; i < len(headers); i += 2 {
			r.Headers[headers[i]] = headers[i+1]
		}
		return r
	}
	post := at("/cove", "")
	post.Method = "POST"
	for _, c := range []struct {
		name, text string
		r          Request
		want       Outcome
	}{
		{"the path that a route takes", twoDoors(toS(cove)), at("/cove/x", ""), Allow},
		{"another path", twoDoors(toS(cove)), at("/bay", ""), Deny},
		{"another path, of a host", twoDoors(toS(cove)), at("/bay", "reef.example:8080"), Deny},
		{"another method", twoDoors(toS("{path: {value: /cove}, method: GET}")), post, Deny},
		{"another host", twoDoors(strings.Replace(toS(cove), "spec: {", "spec: {hostnames: [reef.example], ", 1)), at("/cove", "shoal.example"), Deny},
		{"a host that proxies may read otherwise", twoDoors(strings.Replace(toS(cove), "spec: {", "spec: {hostnames: [reef.example], ", 1)), at("/cove", "reef.example."), NotJudged},
		{"another query", twoDoors(toS("{queryParams: [{name: q, value: a}]}")), at("/cove?q=b", ""), Deny},
		{"a query that is read in more than one way", twoDoors(toS("{queryParams: [{name: q, value: a b}]}")), at("/cove?q=a%2Bb", ""), NotJudged},
		{"another value of a header", twoDoors(toS("{headers: [{name: x-tide, value: low}]}")), at("/", "", "x-tide", "high"), Deny},
		{"a header that is not given", twoDoors(toS("{headers: [{name: x-tide, value: low}]}")), at("/", ""), NotJudged},
		{"a header that a provider may write", twoDoors(toS("{headers: [{name: x-tide, value: low}]}"), asks), at("/", "", "x-tide", "high"), NotJudged},
		{"a route of another host takes it", twoDoors(toS(cove), route1("HTTPRoute", "t", "hostnames: [reef.example], "+toFront+", "+routed("t"))), at("/bay", ""), NotJudged},
		{"and it is not the host", twoDoors(toS(cove), route1("HTTPRoute", "t", "hostnames: [reef.example], "+toFront+", "+routed("t"))), at("/bay", "shoal.example"), Deny},
		{"a route at one listener only", twoDoors(strings.Replace(toS(cove), toFront, on("plain"), 1)), at("/bay", ""), Deny},
		{"a ListenerSet that is not admitted", twoDoors(toS(cove), set), at("/bay", ""), Deny},
		{"two listeners in conflict", strings.Replace(twoDoors(toS(cove), set), "gatewayClassName: istio\n", "gatewayClassName: istio\n  allowedListeners: {namespaces: {from: All}}\n", 1), at("/bay", ""), NotJudged},
		{"a VirtualService at the same pods", twoDoors(toS(cove), merged), at("/bay", ""), NotJudged},
		{"a VirtualService of another host", twoDoors(toS(cove), merged), at("/bay", "shoal.example"), Deny},
		{"a route that is not followed", twoDoors(toS(cove), route1("TCPRoute", "c", "parentRefs: [{name: back}], "+routed("s"))), at("/bay", ""), NotJudged},
		{"an EnvoyFilter", twoDoors(toS(cove), filter), at("/bay", ""), NotJudged},
		{"a Gateway that is not in the manifests", small + "\n---\n" + toS(cove), at("/bay", ""), NotJudged},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v := decides(t, load(t, c.text), c.r, c.want); c.want == Deny && !strings.Contains(v.Why, "(404)") {
				t.Error(v.By())
			}
		})
	}
}
