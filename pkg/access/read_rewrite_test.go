package access

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

const forgedFilter = "{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: kubeflow-userid, value: alice@example.com}]}}"

// routeOf is an HTTPRoute of bob's on parents, with rules.
func forwardedRoute(parents, rules string) string {
	return "\n---\nkind: HTTPRoute\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: r, namespace: bob}\nspec: {parentRefs: [" + parents + "], rules: [" + rules + "]}\n"
}

func virtualService(spec string) string {
	return "\n---\nkind: VirtualService\napiVersion: networking.istio.io/v1alpha3\nmetadata: {name: v, namespace: bob}\nspec: {" + spec + "}\n"
}

func TestRoutesThatChangeWhoTheUserIs(t *testing.T) {
	const front, to = "{name: ambient-ingressgateway, namespace: istio-system}", "backendRefs: [{name: x, port: 80}]"
	modifier := func(change string) string {
		return "{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {" + change + "}}], " + to + "}"
	}
	forged := "{filters: [" + forgedFilter + "], " + to + "}"
	set := func(kind string) string {
		return strings.Replace(forwardedRoute(front, forged), "kind: HTTPRoute", "kind: "+kind, 1)
	}
	listeners := func(parent string) string {
		return "\n---\nkind: ListenerSet\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: more, namespace: bob}\nspec: {parentRef: " + parent + ", listeners: [{name: web, port: 80, protocol: HTTP}]}"
	}
	modelAt := func(host string) string {
		return "\n---\nkind: LLMInferenceService\napiVersion: serving.kserve.io/v1alpha1\nmetadata: {name: m, namespace: bob}\nspec: {router: {route: {http: {spec: {parentRefs: [{kind: ListenerSet, name: more}], hostnames: [" + host + "], rules: [" + forged + "]}}}}}"
	}
	listenerAt := func(host string) string {
		return edit(t, listeners(front), "protocol: HTTP}", "protocol: HTTP, hostname: "+host+"}")
	}
	for _, c := range []struct {
		name, text string
		want       string // a part of the finding; "": none
	}{
		{"a rule's filter", forwardedRoute(front, forged), "HTTPRoute bob/r: spec.rules[0].filters[0]: sets the header kubeflow-userid on the way to bob/x, behind Gateway istio-system/ambient-ingressgateway"},
		{"of any version", edit(t, forwardedRoute(front, forged), "io/v1", "io/v1alpha2"), "HTTPRoute bob/r"},
		{"in any letter case", forwardedRoute(front, modifier("set: [{name: KubeFlow-UserID, value: x}]")), "sets the header kubeflow-userid"},
		{"the groups", forwardedRoute(front, modifier("add: [{name: kubeflow-groups, value: x}]")), "adds the header kubeflow-groups"},
		{"the token", forwardedRoute(front, modifier("remove: [Authorization]")), "removes the header authorization"},
		{"the session", forwardedRoute(front, modifier("set: [{name: Cookie, value: x}]")), "sets the header cookie"},
		{"the user taken off", forwardedRoute(front, modifier("remove: [kubeflow-userid]")), "do not learn who the client is"},
		{"a look-alike", forwardedRoute(front, modifier("set: [{name: Kubeflow_UserID, value: x}]")), "reads _ in a header's name as -"},
		{"several at once", forwardedRoute(front, modifier("set: [{name: cookie, value: x}, {name: authorization, value: x}], remove: [kubeflow-userid, kubeflow-groups]")), "sets the header cookie, authorization, and spec.rules[0].filters[0] removes the header kubeflow-userid and 1 more"},
		{"the second rule", forwardedRoute(front, "{"+to+"}, "+forged), "spec.rules[1].filters[0]"},
		{"one backend's", forwardedRoute(front, "{backendRefs: [{name: x, port: 80}, {name: y, port: 80, filters: ["+forgedFilter+"]}]}"), "spec.rules[0].backendRefs[1].filters[0]: sets the header kubeflow-userid on the way to bob/y,"},
		{"a mirror's too", forwardedRoute(front, "{filters: ["+forgedFilter+", {type: RequestMirror, requestMirror: {backendRef: {name: lab, namespace: alice, port: 80}}}], "+to+"}"), "to bob/x, alice/lab,"},
		{"a mirror of one backend's", forwardedRoute(front, "{backendRefs: [{name: y, port: 80, filters: ["+forgedFilter+", {type: RequestMirror, requestMirror: {backendRef: {name: lab, namespace: alice, port: 80}}}]}]}"), "to bob/y, alice/lab,"},
		{"a Hostname backend", forwardedRoute(front, "{filters: ["+forgedFilter+"], backendRefs: [{group: networking.istio.io, kind: Hostname, name: lab.alice.svc.cluster.local, port: 80}]}"), "to lab.alice.svc.cluster.local,"},
		{"an InferencePool", forwardedRoute(front, "{filters: ["+forgedFilter+"], backendRefs: [{group: inference.networking.k8s.io, kind: InferencePool, name: p}]}"), "to InferencePool bob/p,"},
		{"many backends", forwardedRoute(front, "{filters: ["+forgedFilter+"], backendRefs: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}]}"), "to bob/a, bob/b, bob/c and 2 more"},
		{"a GRPCRoute", set("GRPCRoute"), "GRPCRoute bob/r: spec.rules[0].filters[0]"},
		{"a Gateway that the manifests lack", forwardedRoute("{name: other, namespace: edge}", forged), "behind Gateway edge/other"},
		{"a Gateway with a listener for it", forwardedRoute("{name: ambient-ingressgateway, namespace: istio-system, sectionName: default}", forged), "bob/r"},
		{"a listener that is not there", forwardedRoute("{name: ambient-ingressgateway, namespace: istio-system, sectionName: https}", forged), ""},
		{"a waypoint, which takes no routes", forwardedRoute("{name: waypoint, namespace: bob}", forged), ""},
		{"no parent", forwardedRoute("", forged), ""},
		{"a ListenerSet", forwardedRoute("{group: gateway.networking.k8s.io, kind: ListenerSet, name: more}", forged) + listeners(front), "behind ListenerSet bob/more of Gateway istio-system/ambient-ingressgateway"},
		{"an experimental one", edit(t, edit(t, forwardedRoute("{kind: ListenerSet, name: more}", forged)+listeners(front), "ListenerSet", "XListenerSet"), "XListenerSet\napiVersion: gateway.networking.k8s.io/v1", "XListenerSet\napiVersion: gateway.networking.x-k8s.io/v1alpha1"), "behind XListenerSet bob/more of"},
		{"a ListenerSet that the manifests lack", forwardedRoute("{kind: ListenerSet, name: more}", forged), "behind ListenerSet bob/more"},
		{"a ListenerSet of a waypoint", forwardedRoute("{kind: ListenerSet, name: more}", forged) + listeners("{name: waypoint}"), ""},
		{"a Service with a waypoint", forwardedRoute("{group: '', kind: Service, name: x, port: 80}", forged), "behind waypoint bob/waypoint; the waypoint's policies have judged"},
		{"a token for what is behind a waypoint", forwardedRoute("{group: '', kind: Service, name: x}", modifier("set: [{name: authorization, value: x}]")), ""},
		{"a Service without a waypoint", edit(t, forwardedRoute("{group: '', kind: Service, name: x}", forged), "namespace: bob", "namespace: kubeflow"), ""},
		{"another namespace's Service", forwardedRoute("{group: '', kind: Service, name: tet, namespace: alice}", forged), ""},
		{"a VirtualService", virtualService("gateways: [kubeflow/kubeflow-gateway], hosts: ['*'], http: [{headers: {request: {set: {Kubeflow-UserID: x}}}, route: [{destination: {host: x}}], mirrors: [{destination: {host: m}}]}]"), "VirtualService bob/v: spec.http[0].headers.request.set: sets the header kubeflow-userid on the way to x, m, behind Gateway kubeflow/kubeflow-gateway"},
		{"one destination of it", virtualService("gateways: [mesh, g], hosts: [x], http: [{}, {route: [{destination: {host: x}}, {destination: {host: y}, headers: {request: {add: {kubeflow-groups: x}, remove: [cookie]}}}], mirror: {host: m}}]"), "spec.http[1].route[1].headers.request.add: adds the header kubeflow-groups, and spec.http[1].route[1].headers.request.remove removes the header cookie on the way to y, m, behind Gateway bob/g"},
		{"what others delegate to", virtualService("http: [{headers: {request: {set: {kubeflow-userid: x}}}}]"), "delegates to it"},
		{"in the mesh only", virtualService("hosts: [x], http: [{headers: {request: {set: {kubeflow-userid: x}}}}]"), "behind waypoint bob/waypoint"},
		{"a token in the mesh only", virtualService("hosts: [x], gateways: [mesh], http: [{headers: {request: {set: {authorization: x}}}}]"), ""},
		{"a token for a host outside", virtualService("gateways: [egress], hosts: [api.example.com], http: [{headers: {request: {set: {authorization: x}}}, route: [{destination: {host: api.example.com}}]}]"), ""},
		{"a session for a host outside, with a mirror inside", virtualService("gateways: [egress], hosts: [api.example.com], http: [{headers: {request: {set: {cookie: x}}}, route: [{destination: {host: api.example.com}}], mirror: {host: m}}]"), "sets the header cookie on the way to api.example.com, m,"},
		{"a token for a Service", virtualService("gateways: [egress], hosts: [api.example.com], http: [{headers: {request: {set: {authorization: x}}}, route: [{destination: {host: x.bob.svc.cluster.local}}]}]"), "sets the header authorization"},
		{"a token for a short name", virtualService("gateways: [egress], hosts: [api.example.com], http: [{headers: {request: {set: {authorization: x}}}, route: [{destination: {host: x}}]}]"), "sets the header authorization"},
		{"a token for an address", virtualService("gateways: [egress], hosts: [api.example.com], http: [{headers: {request: {set: {authorization: x}}}, route: [{destination: {host: 10.0.0.1}}]}]"), "sets the header authorization"},
		{"the user for a host outside", virtualService("gateways: [egress], hosts: [api.example.com], http: [{headers: {request: {set: {kubeflow-userid: x}}}, route: [{destination: {host: api.example.com}}]}]"), "sets the header kubeflow-userid"},
		{"a token that a VirtualService sets for nowhere", virtualService("gateways: [g], hosts: [x], http: [{headers: {request: {set: {authorization: x}}}}]"), "sets the header authorization"},
		{"a VirtualService's answer", virtualService("gateways: [g], hosts: ['*'], http: [{headers: {response: {set: {kubeflow-userid: x}}}}]"), ""},
		{"a model's route", "\n---\nkind: LLMInferenceService\napiVersion: serving.kserve.io/v1alpha1\nmetadata: {name: m, namespace: bob}\nspec: {router: {route: {http: {spec: {rules: [" + forged + "]}}}}}", "LLMInferenceService bob/m: spec.router.route.http.spec.rules[0].filters[0]: sets"},
		{"a model's route for the host of a listener", modelAt("a.example.com") + listenerAt("a.example.com"), "behind ListenerSet bob/more"},
		{"a model's route for another host", modelAt("b.example.com") + listenerAt("a.example.com"), ""},
		{"a notebook's annotation", "\n---\nkind: Notebook\napiVersion: kubeflow.org/v1\nmetadata: {name: n, namespace: bob, annotations: {notebooks.kubeflow.org/http-headers-request-set: '{\"kubeflow_userid\": \"x\"}'}}\nspec: {}", "Notebook bob/n: metadata.annotations[notebooks.kubeflow.org/http-headers-request-set]: sets the header kubeflow_userid"},
		{"one that is not JSON", "\n---\nkind: Notebook\napiVersion: kubeflow.org/v1\nmetadata: {name: n, namespace: bob, annotations: {notebooks.kubeflow.org/http-headers-request-set: 'kubeflow-userid'}}\nspec: {}", ""},
		{"what says nothing of the user", forwardedRoute(front, modifier("set: [{name: x-forwarded-prefix, value: /x}], add: [{name: x-userid, value: x}], remove: [x-debug]")), ""},
		{"an answer's headers", forwardedRoute(front, "{filters: [{type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: kubeflow-userid, value: x}]}}], "+to+"}"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := load(t, tenants(t)+c.text)
			// That nobody gets to a pool, and what leads to a Service from elsewhere, are other findings.
			found := slices.DeleteFunc(w.Findings(twoTenants), func(f Finding) bool {
				return f.Code == diagnostic.PoolRoute || f.Code == diagnostic.VerdictsClouded
			})
			switch {
			case c.want == "":
				if len(found) > 0 {
					t.Errorf("%q", found)
				}
			case len(found) != 1 || !strings.Contains(found[0].Error(), c.want):
				t.Errorf("%q, want one with %q", found, c.want)
			}
			// The same, in words of its own.
			if inExplain := w.Explain(kubeflow).Findings; len(inExplain) != len(found) || len(found) > 0 && (inExplain[0].Object != found[0].Object.String() || !strings.HasPrefix(inExplain[0].Found, found[0].Field+" "+strings.SplitN(found[0].Found, ",", 2)[0])) {
				t.Errorf("explain reports %q, the function %q", inExplain, found)
			}
		})
	}
}

// The headers are those that the tenants name; what a gateway writes from tokens, and a policy compares, says who the user is, too.
func TestWhichHeadersSayWhoTheUserIs(t *testing.T) {
	sets := func(header string) string {
		return tenants(t) + forwardedRoute("{name: ambient-ingressgateway, namespace: istio-system}", "{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: "+header+", value: x}]}}]}")
	}
	named := []Tenant{{Namespace: "bob", Header: "X-User", Groups: "X-Groups"}}
	for _, c := range []struct {
		header  string
		tenants []Tenant
		want    int
	}{
		{"x-user", named, 1}, {"x_groups", named, 1}, {"x-user", twoTenants, 0}, {"kubeflow-groups", twoTenants, 1},
		{"kubeflow-userid", named, 1}, // compared by policies, and written from tokens
		{"kubeflow-groups", named, 0}, // compared by none
	} {
		if got := load(t, sets(c.header)).rewrites(c.tenants); len(got) != c.want {
			t.Errorf("%s: %v, want %d", c.header, got, c.want)
		}
	}
	// explain knows no tenants: what the login writes says it.
	if got := load(t, edit(t, sets("x-team"), "{claim: groups, header: kubeflow-groups}", "{claim: groups, header: X-Team}")).Explain(kubeflow).Findings; len(got) != 1 {
		t.Errorf("%q", got)
	}
}

func TestExplainWritesFindings(t *testing.T) {
	r := load(t, tenants(t)+forwardedRoute("{name: ambient-ingressgateway, namespace: istio-system}", "{filters: ["+forgedFilter+"]}")).Explain(kubeflow)
	table := written(t, func(b *strings.Builder) error { return r.WriteTable(b) })
	if !strings.Contains(table, "\n\nRoutes that change who the user is\n  - HTTPRoute bob/r: ") {
		t.Error(table)
	}
	if raw := written(t, func(b *strings.Builder) error { return r.WriteJSON(b) }); !strings.Contains(raw, "\"namespace\": \"bob\",\n      \"object\": \"HTTPRoute bob/r\"") {
		t.Error(raw)
	}
	if flow := written(t, func(b *strings.Builder) error { return r.WriteMermaid(b) }); !strings.Contains(flow, "HTTPRoute bob/r") {
		t.Error(flow)
	}
}

// Manifests do not show all labels of a Namespace: the profile-controller adds some.
func TestRoutesOfNamespacesThatMayBeAdmitted(t *testing.T) {
	forged := forwardedRoute("{name: ambient-ingressgateway, namespace: istio-system}", "{filters: ["+forgedFilter+"], backendRefs: [{name: x, port: 80}]}")
	for from, want := range map[string]int{
		"Selector, selector: {matchLabels: {app.kubernetes.io/part-of: kubeflow-profile}}":                      1,
		"Selector, selector: {matchExpressions: [{key: app.kubernetes.io/part-of, operator: Exists}]}":          1,
		"Selector, selector: {matchLabels: {istio.io/dataplane-mode: none}}":                                    0,
		"Selector, selector: {matchLabels: {kubernetes.io/metadata.name: bob}}":                                 1,
		"Selector, selector: {matchLabels: {kubernetes.io/metadata.name: alice}}":                               0,
		"Selector, selector: {matchLabels: {team: x, kubernetes.io/metadata.name: alice}}":                      0,
		"Selector, selector: {matchLabels: {kubernetes.io/metadata.name: alice}, matchExpressions: [{key: a}]}": 0,
		"Same": 0,
		"All":  1,
		"None": 0,
	} {
		text := edit(t, tenants(t), "allowedRoutes: {namespaces: {from: All}}", "allowedRoutes: {namespaces: {from: "+from+"}}")
		if got := load(t, text+forged).rewrites(twoTenants); len(got) != want {
			t.Errorf("from: %s: %v, want %d", from, got, want)
		}
	}
}
