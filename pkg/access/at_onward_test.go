package access

import (
	"strings"
	"testing"
)

// A route that is bound to one Service leads on to another behind the first one's waypoint, whose policies for the other are not asked.
func TestRoutesThatLeadOn(t *testing.T) {
	const shut = "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: shut, namespace: a}\nspec: {targetRefs: [{group: '', kind: Service, name: s}], action: DENY, rules: [{}]}"
	const hall = "\n---\nkind: Service\napiVersion: v1\nmetadata: {name: hall, namespace: a}\nspec: {selector: {app: hall}, ports: [{name: http, port: 80}]}"
	const toHall = "\n---\nkind: HTTPRoute\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: hall, namespace: a}\nspec: {parentRefs: [{name: front, namespace: edge}], rules: [{matches: [{path: {value: /hall}}], backendRefs: [{name: hall, port: 80}]}]}"
	bound := func(kind, to string) string {
		if kind == "VirtualService" {
			return "\n---\nkind: VirtualService\napiVersion: networking.istio.io/v1\nmetadata: {name: on, namespace: a}\nspec: {hosts: [hall], http: [{route: [{destination: {host: " + to + "}}]}]}"
		}
		return "\n---\nkind: " + kind + "\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: on, namespace: a}\nspec: {parentRefs: [{group: '', kind: Service, name: hall}], rules: [{backendRefs: [{name: " + to + ", port: 80}]}]}"
	}
	q := cloudQuestions["gateway"]
	for _, c := range []struct {
		name, more string
		want       Outcome
	}{
		{"no route", toHall, Deny},
		{"on to it", toHall + bound("HTTPRoute", "s"), NotJudged},
		{"on to another", toHall + bound("HTTPRoute", "t"), Deny},
		{"of connections", toHall + bound("TCPRoute", "s"), NotJudged},
		{"a VirtualService", toHall + bound("VirtualService", "s"), NotJudged},
		{"to where no route of a gateway leads", bound("HTTPRoute", "s"), Deny},
	} {
		v := decides(t, load(t, cloudWorld+shut+hall+c.more), q, c.want)
		if c.want == NotJudged && !strings.Contains(v.By(), "a/on (line 1) leads on to a/s behind the waypoint of Service a/hall, which is not followed") {
			t.Error(c.name, v.By())
		}
	}
}

// A Gateway to whose own Service a route leads gets requests that a gateway has changed.
func TestRoutesToAGatewaysOwnService(t *testing.T) {
	before := load(t, cloudWorld)
	route := func(kind, name string) string {
		if kind == "VirtualService" {
			return "\n---\nkind: VirtualService\napiVersion: networking.istio.io/v1\nmetadata: {name: r, namespace: edge}\nspec: {hosts: [x.com], gateways: [edge/g], http: [{route: [{destination: {host: " + name + "}}]}]}"
		}
		return "\n---\nkind: HTTPRoute\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: r, namespace: edge}\nspec: {parentRefs: [{name: front}], rules: [{matches: [{path: {value: /again}}], backendRefs: [{name: " + name + ", port: 80}]}]}"
	}
	service := func(name, spec string) string {
		return "\n---\nkind: Service\napiVersion: v1\nmetadata: {name: " + name + ", namespace: edge}\nspec: {" + spec + ", ports: [{port: 80}]}"
	}
	const clouded = "gateway, gateway no"
	for _, c := range []struct{ name, more, want string }{
		{"by its name", route("HTTPRoute", "front-istio"), clouded},
		{"of a VirtualService", route("VirtualService", "front-istio"), clouded},
		{"by an alias", service("alias", "type: ExternalName, externalName: front-istio.edge.svc.cluster.local") + route("HTTPRoute", "alias"), clouded},
		{"by an alias of an alias", service("alias", "type: ExternalName, externalName: next") + service("next", "type: ExternalName, externalName: front-istio") + route("HTTPRoute", "alias"), clouded}, // front-istio is not in the manifests
		{"by aliases of one in the manifests", service("alias", "type: ExternalName, externalName: next") + service("next", "type: ExternalName, externalName: again") + service("again", "selector: {gateway.networking.k8s.io/gateway-name: front}") + route("HTTPRoute", "alias"), clouded},
		{"by its pods", service("again", "selector: {gateway.networking.k8s.io/gateway-name: front}") + route("HTTPRoute", "again"), clouded},
		{"an alias that no route names", service("alias", "type: ExternalName, externalName: front-istio.edge.svc.cluster.local"), ""},
		{"another's", route("HTTPRoute", "back-istio"), ""},
	} {
		if got := strings.Join(cloudedBy(t, before, load(t, cloudWorld+c.more)), ", "); got != c.want {
			t.Errorf("%s clouds %q, want %q", c.name, got, c.want)
		}
	}
}
