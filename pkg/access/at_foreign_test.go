package access

import (
	"strings"
	"testing"
)

// A Gateway that Istio does not serve may let in whom it likes; Istio's own are judged, by class or by the controller of their class.
func TestGatewaysOfOtherClasses(t *testing.T) {
	const class = "\n---\nkind: GatewayClass\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: doorman}\nspec: {controllerName: %}\n"
	gate := func(class string) string {
		return "\n---\nkind: Gateway\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: side, namespace: edge}\nspec: {gatewayClassName: " + class + ", listeners: [{name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}\n"
	}
	route := func(namespace, rule string) string {
		return "\n---\nkind: HTTPRoute\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: side, namespace: " + namespace + "}\nspec: {parentRefs: [{name: side, namespace: edge}], rules: [" + rule + "]}\n"
	}
	const toS, toT = "{matches: [{path: {value: /side}}], backendRefs: [{name: s, port: 80}]}", "{backendRefs: [{name: t, port: 80}]}"
	denied := Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x", Method: "POST"}
	for _, c := range []struct {
		name, more string
		want       Outcome
	}{
		{"Istio's", gate("istio") + route("a", toS), Deny},
		{"another vendor's", gate("doorman") + route("a", toS), NotJudged},
		{"with its class", gate("doorman") + route("a", toS) + strings.Replace(class, "%", "example.com/gateway", 1), NotJudged},
		{"Istio's by its class", gate("doorman") + route("a", toS) + strings.Replace(class, "%", "istio.io/gateway-controller", 1), Deny},
		{"a name of Istio's with another class", strings.ReplaceAll(gate("istio-remote")+route("a", toS)+strings.Replace(class, "%", "example.com/gateway", 1), "doorman", "istio-remote"), NotJudged},
		{"agentgateway", gate("istio-agentgateway") + route("a", toS), NotJudged},
		{"no class", gate("''") + route("a", toS), NotJudged},
		{"that leads elsewhere", gate("doorman") + route("a", toT), Deny},
		{"a route that it does not admit", strings.Replace(gate("doorman"), "from: All", "from: Same", 1) + route("a", toS), Deny},
		{"without routes", gate("doorman"), Deny},
		{"by a copy", gate("doorman") + route("a", "{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: s, port: 80}}}], backendRefs: [{name: t, port: 80}]}"), NotJudged},
		{"a route of connections", gate("doorman") + strings.Replace(strings.Replace(route("a", "{backendRefs: [{name: s, port: 80}]}"), "HTTPRoute", "TCPRoute", 1), "parentRefs: [{", "parentRefs: [{sectionName: tcp, ", 1), Deny},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := decides(t, load(t, cloudWorld+c.more), denied, c.want)
			if why := v.By(); c.want == NotJudged && c.name != "no class" &&
				(!strings.Contains(why, "Gateway edge/side (line ") || !strings.Contains(why, "spec.gatewayClassName, is not judged: class ")) {
				t.Error(why)
			}
		})
	}
	// Where it is the only Gateway, none of Istio's is made up from its routes.
	only := strings.Replace(cloudWorld, "spec: {gatewayClassName: istio,", "spec: {gatewayClassName: doorman,", 1)
	decides(t, load(t, only), denied, NotJudged)
	decides(t, load(t, only), cloudQuestions["gateway"], NotJudged)
	// What is allowed at an ingress of Istio's stays so; what is denied inside the mesh too.
	w := load(t, cloudWorld+gate("doorman")+route("a", toS))
	for name, want := range map[string]Outcome{"gateway": Allow, "waypoint": Allow, "waypoint no": Deny, "off mesh": Deny} {
		decides(t, w, cloudQuestions[name], want)
	}
}
