package access

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

func aDoor(namespace, rest string) string {
	return fmt.Sprintf("\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: door, namespace: %s}\n"+
		"spec: {gatewayClassName: istio, listeners: [{name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]%s}", namespace, rest)
}

func aRoute(namespace, parent, rule string) string {
	ns, name, _ := strings.Cut(parent, "/")
	return fmt.Sprintf("\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: %s}\n"+
		"spec: {parentRefs: [{namespace: %s, name: %s}], rules: [{%s}]}", namespace, ns, name, rule)
}

func aPolicy(namespace, name, spec string) string {
	return fmt.Sprintf("\n---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: %s, namespace: %s}\nspec: {%s}", name, namespace, spec)
}

func onGateway(name string) string {
	return "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: " + name + "}], "
}

func aLogin(namespace, copies string) string {
	return fmt.Sprintf("\n---\napiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: login, namespace: %s}\n"+
		"spec: {%sjwtRules: [{issuer: https://login.example.com, forwardOriginalToken: true, outputClaimToHeaders: [%s]}]}", namespace, onGateway("door"), copies)
}

func TestFindingsOfOtherGateways(t *testing.T) {
	const (
		tet        = "backendRefs: [{name: tet, namespace: alice, port: 80}]"
		writesUser = "{claim: email, header: kubeflow-userid}"
		needsToken = "action: DENY, rules: [{from: [{source: {notRequestPrincipals: ['*']}}]}]"
		grant      = "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: ReferenceGrant\nmetadata: {name: g, namespace: alice}\nspec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: bob}], to: [{group: '', kind: Service}]}"
		edgeUser   = "from: [{source: {principals: [cluster.local/ns/edge/sa/door-istio]}}]"
	)
	// A policy without a selector is for a Gateway of its namespace too, so ns-l4-waypoint closes it until another opens it.
	opened := aPolicy("alice", "opened", onGateway("door")+"rules: [{}]")
	closed := aDoor("alice", "") + aRoute("alice", "alice/door", tet)
	own := closed + opened
	bobs := aDoor("bob", "") + aPolicy("bob", "opened", onGateway("door")+"rules: [{}]")
	shared := edit(t, aDoor("istio-system", ""), "namespace: istio-system}", "namespace: istio-system, annotations: {gateway.istio.io/service-account: ambient-ingressgateway-istio}}") + aRoute("alice", "istio-system/door", tet)
	edge := aDoor("edge", "") + aRoute("alice", "edge/door", "matches: [{path: {value: /v1}}], "+tet)
	edgeAllowed := edge + aPolicy("alice", "for-the-edge", onGateway("waypoint")+"rules: [{"+edgeUser+"}]")
	virtual := "\n---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: door, namespace: alice}\nspec: {selector: {app: proxy}, servers: []}" +
		edit(t, opened, onGateway("door"), "selector: {matchLabels: {app: proxy}}, ") +
		"\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v, namespace: alice}\nspec: {hosts: ['*'], gateways: [door], http: [{route: [{destination: {host: tet}}]}]}"
	proxy := func(namespace string) string {
		return "\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: p, namespace: " + namespace + "}\nspec: {template: {metadata: {labels: {app: proxy, istio.io/dataplane-mode: none}}, spec: {serviceAccountName: proxy, containers: [{name: p}]}}}"
	}
	ingress := "\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: alice}\nspec: {ingressClassName: istio, rules: [{http: {paths: [{path: /, backend: {service: {name: tet, port: {number: 80}}}}]}}]}"
	bobsVirtual := func(match string) string {
		return edit(t, edit(t, virtual, "name: door, namespace: alice}", "name: door, namespace: bob}"), "gateways: [door], http: [{", "gateways: [bob/door], http: [{"+match) + proxy("bob") +
			aPolicy("bob", "opened", "selector: {matchLabels: {app: proxy}}, rules: [{}]")
	}
	openToAll := aPolicy("alice", "old", onGateway("waypoint")+"rules: [{from: [{source: {principals: [cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account]}}], to: [{operation: {paths: [/metrics]}}]}]")
	oldGateway := aPolicy("alice", "old", onGateway("waypoint")+"rules: [{from: [{source: {principals: [cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account]}}]}]")
	byHand := func(host string) string {
		return aDoor("alice", ", addresses: [{type: Hostname, value: "+host+"}]") + aRoute("alice", "alice/door", tet) + edit(t, opened, onGateway("door"), "selector: {matchLabels: {app: proxy}}, ")
	}
	pool := "\n---\napiVersion: inference.networking.k8s.io/v1\nkind: InferencePool\nmetadata: {name: llm, namespace: alice}\nspec: {selector: {matchLabels: {app: llm}}, targetPorts: [{number: 8000}]}"
	listenerSet := "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {name: more, namespace: alice}\nspec: {parentRef: {name: door}, listeners: [{name: w, port: 81, protocol: HTTP}]}" +
		"\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: s, namespace: alice}\nspec: {parentRefs: [{kind: ListenerSet, name: more}], rules: [{" + tet + "}]}"
	tls := edit(t, aDoor("alice", ""), "protocol: HTTP,", "protocol: TLS, tls: {mode: Passthrough},") +
		opened + "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: TLSRoute\nmetadata: {name: r, namespace: alice}\nspec: {parentRefs: [{name: door}], rules: [{" + tet + "}]}"
	for _, c := range []struct{ name, text, want string }{
		{"one in the namespace is one of its pods", own, "Gateway alice/door: admits clients without a login, and HTTPRoute alice/r routes them to Service alice/tet; " +
			"waypoint alice/waypoint allows them (rules[1] of AuthorizationPolicy alice/ns-owner-access-istio-l7-allow), so anyone can reach Services of alice"},
		{"one that routes nowhere", aDoor("alice", "") + opened, ""},
		{"one that the policy of its namespace closes", closed, ""},
		{"one that takes no such route", edit(t, own, "from: All", "from: None"), ""},
		{"one that admits the owner's own gateway only", closed + aPolicy("alice", "narrow", onGateway("door")+"rules: [{from: [{source: {principals: [cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio]}}]}]"), ""},
		{"one that denies everybody", own + aPolicy("alice", "closed", onGateway("door")+"action: DENY, rules: [{}]"), ""},
		{"one with a login, for every user", own + aLogin("alice", writesUser) + aPolicy("alice", "closed", onGateway("door")+needsToken), "Gateway alice/door: admits every user who logs in, and"},
		{"one with an authorizer, for every user", own + aPolicy("alice", "asks", onGateway("door")+"action: CUSTOM, provider: {name: p}, rules: [{}]"), "Gateway alice/door: admits every user who logs in, and"},
		{"one with an authorizer for some paths", own + aPolicy("alice", "asks", onGateway("door")+"action: CUSTOM, provider: {name: p}, rules: [{to: [{operation: {paths: [/x]}}]}]"), "Gateway alice/door: admits"},
		{"one whose waypoint denies it", own + aPolicy("alice", "not-the-door", onGateway("waypoint")+"action: DENY, rules: [{from: [{source: {principals: [cluster.local/ns/alice/sa/door-istio]}}]}]"), ""},

		{"one of another tenant, by the open paths", bobs + aRoute("alice", "bob/door", tet), "Gateway bob/door: admits clients without a login, and HTTPRoute alice/r routes them to Service alice/tet; waypoint alice/waypoint allows them (rules[2] of"},
		{"but not where it does not route them", bobs + aRoute("alice", "bob/door", "matches: [{path: {value: /v1}}], "+tet), ""},
		{"by an exact open path", bobs + aRoute("alice", "bob/door", "matches: [{path: {type: Exact, value: /metrics}}], "+tet), "Gateway bob/door:"},
		{"by an expression that takes one", bobs + aRoute("alice", "bob/door", "matches: [{path: {type: RegularExpression, value: '/m.*'}}], "+tet), "Gateway bob/door:"},
		{"by an expression that takes none", bobs + aRoute("alice", "bob/door", "matches: [{path: {type: RegularExpression, value: '/v1/.*'}}], "+tet), ""},
		{"by a rewrite", bobs + aRoute("alice", "bob/door", "matches: [{path: {value: /v1}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], "+tet), "Gateway bob/door:"},
		{"by a route that needs a grant", bobs + aRoute("bob", "bob/door", tet), ""},
		{"by a route that has a grant", bobs + aRoute("bob", "bob/door", tet) + grant, "Gateway bob/door: admits clients without a login, and HTTPRoute bob/r"},

		{"one next to the ingress has another account", aDoor("istio-system", "") + aRoute("alice", "istio-system/door", tet), ""},
		{"one that runs as the ingress takes any name", shared, "Gateway istio-system/door: admits clients without a login, and HTTPRoute alice/r routes them to Service alice/tet; waypoint alice/waypoint allows them (rules[0] of"},
		{"unless it writes the user itself", shared + aLogin("istio-system", writesUser), ""},
		{"for which a login must say who it is", shared + aLogin("istio-system", "{claim: team, header: x-team}"), "Gateway istio-system/door:"},
		{"for users of such a login", shared + aLogin("istio-system", "{claim: team, header: x-team}") + aPolicy("istio-system", "closed", onGateway("door")+needsToken), "Gateway istio-system/door: admits every user who logs in"},

		{"one that nothing allows", edge, ""},
		{"one that a policy allows", edgeAllowed, "Gateway edge/door: admits clients without a login, and HTTPRoute alice/r routes them to Service alice/tet; waypoint alice/waypoint allows them (rules[0] of AuthorizationPolicy alice/for-the-edge)"},
		{"one that a policy allows for its users", edge + aLogin("edge", writesUser) + aPolicy("alice", "for-the-edge", onGateway("waypoint")+"rules: [{"+edgeUser+", when: [{key: 'request.headers[kubeflow-userid]', values: [alice@example.com]}]}]"), ""},
		{"one that a policy allows for users whom it does not know", edge + aPolicy("alice", "for-the-edge", onGateway("waypoint")+"rules: [{"+edgeUser+", when: [{key: 'request.headers[kubeflow-userid]', values: [alice@example.com]}]}]"), "Gateway edge/door:"},
		{"one for two tenants, said once", edgeAllowed + aPolicy("bob", "for-the-edge", onGateway("waypoint")+"rules: [{"+edgeUser+"}]") + aRoute("bob", "edge/door", "backendRefs: [{name: x}]"), "Services of alice and bob;"},
		{"a route of its own namespace to itself", aDoor("edge", "") + aRoute("edge", "edge/door", "backendRefs: [{name: x}]"), ""},

		{"past the waypoint, by ztunnel", edit(t, own, "name: tet, ", "name: raw, ") + "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: raw, namespace: alice, labels: {istio.io/ingress-use-waypoint: 'false'}}\nspec: {selector: {statefulset: tet}, ports: [{port: 80, targetPort: 8888}]}",
			"routes them to Service alice/raw; ztunnel allows them (rules[1] of AuthorizationPolicy alice/ns-l4-waypoint)"},
		{"to a headless Service, which nobody reaches", edit(t, own, "name: tet, ", "name: train-master-0, "), ""},
		{"to an InferencePool", aDoor("alice", "") + opened + pool + aRoute("alice", "alice/door", "backendRefs: [{group: inference.networking.k8s.io, kind: InferencePool, name: llm}]"), "routes them to InferencePool alice/llm; ztunnel allows them"},
		{"by connections", tls, "Gateway alice/door: admits clients without a login, and TLSRoute alice/r routes them to Service alice/tet; waypoint alice/waypoint allows them (rules[1]"},
		{"by connections that it denies", edit(t, tls, "rules: [{}]", "rules: [{from: [{source: {namespaces: [alice]}}]}]"), ""},
		{"by a ListenerSet that it does not admit", edit(t, own, "from: All", "from: None") + listenerSet, ""},
		{"by a ListenerSet", edit(t, edit(t, own, "from: All", "from: None"), "gatewayClassName: istio, ", "gatewayClassName: istio, allowedListeners: {namespaces: {from: Same}}, ") + listenerSet, "Gateway alice/door: admits clients without a login, and HTTPRoute alice/s"},
		{"by two policies that deny it together", edgeAllowed + aPolicy("alice", "y", onGateway("waypoint")+"action: DENY, rules: [{"+edgeUser+", to: [{operation: {methods: [GET]}}]}, {"+edgeUser+", to: [{operation: {notMethods: [GET]}}]}]"), ""},
		{"by a method that its route does not take", aDoor("edge", "") + aRoute("alice", "edge/door", "matches: [{path: {value: /v1}, method: GET}], "+tet) + aPolicy("alice", "for-the-edge", onGateway("waypoint")+"rules: [{"+edgeUser+", to: [{operation: {methods: [POST]}}]}]"), ""},
		{"by a method that its route takes", aDoor("edge", "") + aRoute("alice", "edge/door", "matches: [{path: {value: /v1}, method: POST}], "+tet) + aPolicy("alice", "for-the-edge", onGateway("waypoint")+"rules: [{"+edgeUser+", to: [{operation: {methods: [POST]}}]}]"), "Gateway edge/door: admits clients without a login"},
		{"for users with a pattern", edge + aLogin("edge", writesUser) + aPolicy("alice", "for-the-edge", onGateway("waypoint")+"rules: [{"+edgeUser+", when: [{key: 'request.headers[kubeflow-userid]', values: ['guest-*']}]}]"),
			"Gateway edge/door: admits every user who logs in, and HTTPRoute alice/r routes them to Service alice/tet; waypoint alice/waypoint allows them (rules[0] of AuthorizationPolicy alice/for-the-edge)"},

		{"one of Istio with pods here", virtual + proxy("alice"), "Gateway alice/door: admits clients without a login, and VirtualService alice/v routes them to Service tet; waypoint alice/waypoint allows them (rules[1]"},
		{"one of Istio with pods elsewhere", virtual + proxy("istio-system"), ""},
		{"one of Istio with pods that nobody knows", virtual, "Gateway alice/door:"},
		{"one of Istio whose pods a policy closes", edit(t, virtual, "rules: [{}]", "rules: [{from: [{source: {namespaces: [alice]}}]}]") + proxy("alice"), ""},
		{"one of Istio at the ingress's own pods", edit(t, virtual, "selector: {app: proxy}", "selector: {gateway.networking.k8s.io/gateway-name: ambient-ingressgateway}"), ""},
		{"a route of the mesh", edit(t, virtual, "gateways: [door]", "gateways: [mesh]"), ""},
		{"a route for another gateway", edit(t, virtual, "gateways: [door]", "gateways: [istio-system/door]"), ""},
		{"one of Istio of another tenant, by the open paths", bobsVirtual(""), "Gateway bob/door: admits clients without a login, and VirtualService alice/v routes them to Service tet; waypoint alice/waypoint allows them (rules[2]"},
		{"by an open path that it takes", bobsVirtual("match: [{uri: {exact: /metrics}}, {uri: {prefix: /v1}}], "), "Gateway bob/door:"},
		{"by the beginning of one", bobsVirtual("match: [{uri: {prefix: /met}}], "), "Gateway bob/door:"},
		{"by a match of something else", bobsVirtual("match: [{uri: {prefix: /v1}}, {port: 80}], "), "Gateway bob/door:"},
		{"by an expression of it", bobsVirtual("match: [{uri: {regex: '/m.*'}}], "), "Gateway bob/door:"},
		{"by a match in any letter case", bobsVirtual("match: [{uri: {exact: /METRICS}, ignoreUriCase: true}], "), "Gateway bob/door:"},
		{"by a rewrite of it", bobsVirtual("match: [{uri: {prefix: /v1}}], rewrite: {uri: /}, "), "Gateway bob/door:"},
		{"but not where it takes none", bobsVirtual("match: [{uri: {prefix: /v1}}, {uri: {exact: /v2}}, {uri: {regex: '/v3/.*'}}], "), ""},
		{"an Ingress that takes no open path", edit(t, ingress, "path: /, ", "path: /v1, pathType: Prefix, ") + openToAll, ""},
		{"an Ingress that takes one", edit(t, ingress, "path: /, ", "path: /metrics, pathType: Exact, ") + openToAll, "Ingress alice/i:"},
		{"an Ingress that takes all", edit(t, ingress, "path: /, ", "path: /, pathType: Prefix, ") + openToAll, "Ingress alice/i:"},
		{"an Ingress whose paths are Istio's own", edit(t, ingress, "path: /, ", "path: /v1*, pathType: ImplementationSpecific, ") + openToAll, "Ingress alice/i:"},
		{"an Ingress at pods that nothing allows", ingress, ""},
		{"an Ingress at pods that a policy allows", ingress + oldGateway, "Ingress alice/i: routes clients without a login to Service alice/tet; waypoint alice/waypoint allows them (rules[0] of AuthorizationPolicy alice/old)"},
		{"an Ingress of another class", edit(t, ingress, "Name: istio", "Name: nginx") + oldGateway, ""},
		{"an Ingress of a class of Istio's", edit(t, ingress, "Name: istio", "Name: mesh") + oldGateway + "\n---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: mesh}\nspec: {controller: istio.io/ingress-controller}", "Ingress alice/i: routes"},
		{"an Ingress of a class that is not Istio's", ingress + oldGateway + "\n---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: istio}\nspec: {controller: example.com/other}", ""},
		{"an Ingress by its annotation", edit(t, edit(t, ingress, "ingressClassName: istio, ", ""), "namespace: alice}\nspec: {rules", "namespace: alice, annotations: {kubernetes.io/ingress.class: istio}}\nspec: {rules") + oldGateway, "Ingress alice/i: routes"},
		{"an Ingress by the annotation of another", edit(t, ingress, "namespace: alice}\nspec: {ingressClassName", "namespace: alice, annotations: {kubernetes.io/ingress.class: nginx}}\nspec: {ingressClassName") + oldGateway, ""},
		{"an Ingress of the same name elsewhere", ingress + oldGateway + edit(t, edit(t, ingress, "namespace: alice", "namespace: bob"), "name: tet, ", "name: x, "), "Ingress alice/i: routes clients without a login to Service alice/tet"},
		{"an Ingress of no class", edit(t, ingress, "ingressClassName: istio, ", "") + oldGateway, ""},

		{"one at the pods of the ingress, by hand", byHand("ambient-ingressgateway-istio.istio-system.svc.cluster.local"), ""},
		{"one at pods of the namespace, by hand", byHand("mine") + proxy("alice") + "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: mine, namespace: alice}\nspec: {selector: {app: proxy}, ports: [{port: 80}]}", "Gateway alice/door:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := []Tenant{tenantOf("alice"), tenantOf("bob")}
			for i := range list {
				list[i].Gateway, list[i].Ingress = "istio-system/ambient-ingressgateway", "cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio"
			}
			var got []string
			for _, f := range load(t, tenants(t)+c.text).Findings(list) {
				switch f.Code {
				case diagnostic.GatewayOpen:
					got = append(got, f.Error())
				case diagnostic.StrangersAllowed: // one fact, one warning
					if f.Object.Name == "ns-owner-access-istio-l7-allow" {
						t.Error(f)
					}
				}
			}
			switch {
			case c.want == "" && len(got) > 0, c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)):
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}
