package access

import (
	"strings"
	"testing"
)

const ingress = `
---
kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: front, namespace: edge, labels: {app: front}}
spec: {gatewayClassName: istio, listeners: [{name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}
---
kind: HTTPRoute
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: r, namespace: a}
spec:
  parentRefs: [{name: front, namespace: edge}]
  rules: [{matches: [{path: {value: /s/}}], backendRefs: [{name: s, port: 80}]}]
`

func atFront(spec string) string {
	return small + ingress + `
---
kind: AuthorizationPolicy
apiVersion: security.istio.io/v1
metadata: {name: p, namespace: edge}
spec: ` + spec
}

const frontRef = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front}], "

func TestGatewayPolicies(t *testing.T) {
	anonymous := Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	user := Request{From: From{User: "u@x"}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	mesh := "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: '{extensionProviders: [{name: oauth2-proxy, envoyExtAuthzHttp: {service: a, port: 80, includeRequestHeadersInCheck: [cookie], headersToUpstreamOnAllow: [authorization]}}]}'}"
	oauth := "{" + frontRef + "action: CUSTOM, provider: {name: oauth2-proxy}, rules: [{when: [{key: 'request.headers[authorization]', notValues: ['*']}]}]}"
	for _, c := range []struct {
		name, text      string
		anonymous, user Outcome
	}{
		{"none", atFront("{selector: {matchLabels: {app: other}}}"), Allow, Allow},
		{"by selector", atFront("{selector: {matchLabels: {app: front}}}"), Deny, Deny},
		{"by the gateway's name", atFront("{selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: front}}}"), Deny, Deny},
		{"of the whole namespace", atFront("{}"), Deny, Deny},
		{"of the mesh", edit(t, atFront("{}"), "name: p, namespace: edge", "name: p, namespace: istio-system"), Deny, Deny},
		{"of another namespace", edit(t, atFront("{"+frontRef+"}"), "name: p, namespace: edge", "name: p, namespace: a"), Allow, Allow},
		{"by reference", atFront("{" + frontRef + "}"), Deny, Deny},
		{"no token", atFront("{" + frontRef + "action: DENY, rules: [{from: [{source: {notRequestPrincipals: ['*']}}]}]}"), Deny, Allow},
		{"CUSTOM by no token", atFront(oauth), NotJudged, Allow},
		{"CUSTOM for all: a session passes, as assumed", atFront("{" + frontRef + "action: CUSTOM, provider: {name: oauth2-proxy}, rules: [{}]}"), NotJudged, Allow},
		{"CUSTOM of a provider that is defined", atFront(oauth) + mesh, NotJudged, Allow},
		{"CUSTOM of one that is not", edit(t, atFront(oauth), "oauth2-proxy", "typo") + mesh, Deny, Deny},
		{"CUSTOM for another path", atFront("{" + frontRef + "action: CUSTOM, provider: {name: x}, rules: [{to: [{operation: {paths: [/z]}}]}]}"), Allow, Allow},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := load(t, c.text)
			decides(t, w, anonymous, c.anonymous)
			decides(t, w, user, c.user)
		})
	}
}

func TestIngressUsesTheWaypointOnlyWhenToldTo(t *testing.T) {
	r := Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	text := small + closed + ingress
	decides(t, load(t, text), r, Deny)
	labeled := edit(t, text, "istio.io/use-waypoint: waypoint", `istio.io/use-waypoint: waypoint, istio.io/ingress-use-waypoint: "true"`)
	decides(t, load(t, labeled), r, Allow)
	decides(t, load(t, edit(t, labeled, "{name: s, namespace: a}", `{name: s, namespace: a, labels: {istio.io/ingress-use-waypoint: "false"}}`)), r, Deny)
	decides(t, load(t, edit(t, text, "{name: s, namespace: a}", `{name: s, namespace: a, labels: {istio.io/ingress-use-waypoint: "true"}}`)), r, Allow)
}

func TestAGatewayInACapturedNamespace(t *testing.T) {
	r := Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	text := small + ingress + "\n---\nkind: Namespace\napiVersion: v1\nmetadata: {name: edge, labels: {istio.io/dataplane-mode: ambient}}"
	decides(t, load(t, text), r, Allow)
	strict := text + "\n---\nkind: PeerAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: p, namespace: edge}\nspec: {mtls: {mode: STRICT}}"
	decides(t, load(t, strict), r, Allow) // Istio labels its pods istio.io/dataplane-mode: none
	const labelled = "labels: {app: front, istio.io/dataplane-mode: ambient}"
	own := edit(t, strict, "labels: {app: front}", labelled)
	decides(t, load(t, own), r, Deny)
	decides(t, load(t, edit(t, own, labelled, labelled+", annotations: {ambient.istio.io/bypass-inbound-capture: 'true'}")), r, Allow)
	of := func(infrastructure string) string {
		return edit(t, own, "spec: {gatewayClassName: istio,", "spec: {infrastructure: {labels: {"+infrastructure+"}}, gatewayClassName: istio,")
	}
	decides(t, load(t, of("istio.io/dataplane-mode: none")), r, Allow)
	decides(t, load(t, of("x: y")), r, Deny) // the Gateway has the label, its pods have none, so their Namespace decides
}

const jwt = `
---
kind: RequestAuthentication
apiVersion: security.istio.io/v1
metadata: {name: j, namespace: edge}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front}]
  jwtRules:
  - {issuer: https://dex, outputClaimToHeaders: [{claim: email, header: X-User}, {claim: groups, header: X-Groups}]}
  - {issuer: https://k8s, audiences: [in], forwardOriginalToken: true, outputClaimToHeaders: [{claim: sub, header: X-User}]}
`

func TestTokens(t *testing.T) {
	deny := func(when string) string {
		return atFront("{"+frontRef+"action: DENY, rules: [{when: ["+when+"]}]}") + jwt
	}
	to := To{Namespace: "a", Service: "s"}
	user := Request{From: From{User: "u@x"}, To: to, Path: "/s/"}
	token := Request{From: From{Token: "a/s", Audience: "in"}, To: to, Path: "/s/"}
	with := func(r Request, h ...string) Request {
		r.Headers = map[string]string{}
		for i := 0; i+1 < len(h); i += 2 {
			r.Headers[h[i]] = h[i+1]
		}
		return r
	}
	for _, c := range []struct {
		name, when string
		r          Request
		want       Outcome
	}{
		{"the claim is a header", "{key: 'request.headers[x-user]', values: [u@x]}", user, Deny},
		{"of the token too", "{key: 'request.headers[x-user]', values: ['system:serviceaccount:a:s']}", token, Deny},
		{"a client's header is stripped", "{key: 'request.headers[x-user]', values: [root]}", with(user, "x-user", "root"), Allow},
		{"also one that this token does not fill", "{key: 'request.headers[x-groups]', values: [root]}", with(token, "X-Groups", "root"), Allow},
		{"without a token", "{key: 'request.headers[x-user]', values: ['*']}", with(Request{From: From{Anonymous: true}, To: to, Path: "/s/"}, "X-User", "root"), Allow},
		{"other headers stay", "{key: 'request.headers[x-other]', values: [v]}", with(user, "x-other", "v"), Deny},
		{"groups of a user are not known", "{key: 'request.headers[x-groups]', values: [g]}", user, NotJudged},
		{"the issuer", "{key: 'request.auth.claims[iss]', values: [https://dex]}", user, Deny},
		{"its subject is not known", "{key: request.auth.principal, values: [https://dex/7]}", user, NotJudged},
		{"but there is one", "{key: request.auth.principal, values: ['*']}", user, Deny},
		{"issuer pattern", "{key: request.auth.principal, values: ['https://k8s/*']}", token, Deny},
		{"subject pattern", "{key: request.auth.principal, values: ['*/system:serviceaccount:a:s']}", token, Deny},
		{"audience", "{key: request.auth.audiences, values: [in]}", token, Deny},
		{"a nested claim", "{key: 'request.auth.claims[kubernetes.io][namespace]', values: [a]}", token, Deny},
		{"the token stays where it is forwarded", "{key: 'request.headers[authorization]', values: ['Bearer *']}", token, Deny},
		{"and goes where not", "{key: 'request.headers[authorization]', values: ['*']}", user, Allow},
	} {
		t.Run(c.name, func(t *testing.T) { decides(t, load(t, deny(c.when)), c.r, c.want) })
	}
	w := load(t, small+ingress+jwt)
	for name, r := range map[string]Request{
		"no audience":    {From: From{Token: "a/s"}, To: to, Path: "/s/"},
		"wrong audience": {From: From{Token: "a/s", Audience: "out"}, To: to, Path: "/s/"},
		"made up token":  with(Request{From: From{Anonymous: true}, To: to, Path: "/s/"}, "authorization", "Bearer x"),
	} {
		if v := decides(t, w, r, Deny); !strings.Contains(v.Why, "40") {
			t.Errorf("%s: %s", name, v.By())
		}
	}
	decides(t, w, with(Request{From: From{Anonymous: true}, To: to, Path: "/s/"}, "authorization", "Basic x"), Allow)
	// No rule copies sub: a Kubernetes token is of no issuer there.
	decides(t, load(t, edit(t, small+ingress+jwt, "claim: sub", "claim: aud")), token, Deny)
	// No issuer copies email: a session's is assumed, and fills the same header.
	if v := decides(t, load(t, edit(t, deny("{key: 'request.headers[x-user]', values: [u@x]}"), "claim: email", "claim: name")), user, Deny); len(v.Assumed) == 0 {
		t.Error("nothing assumed")
	}
	// A preflight skips the check, header and all; Envoy 1.40 takes the header off.
	pre := with(Request{From: From{Anonymous: true}, To: to, Path: "/s/", Method: "OPTIONS"}, "Origin", "x", "Access-Control-Request-Method", "GET", "X-User", "root")
	decides(t, load(t, deny("{key: 'request.headers[x-user]', values: [root]}")), pre, NotJudged)
	pre.Headers["x-team"] = "blue"
	decides(t, load(t, deny("{key: 'request.headers[x-team]', values: [blue]}")), pre, Deny)
}

func TestRoutes(t *testing.T) {
	rules := func(s string) string {
		return edit(t, small+ingress, "rules: [{matches: [{path: {value: /s/}}], backendRefs: [{name: s, port: 80}]}]", "rules: ["+s+"]")
	}
	toS, toT := "backendRefs: [{name: s, port: 80}]", "backendRefs: [{name: t, port: 80}]"
	for _, c := range []struct {
		name, text, path, routed string
		want                     Outcome
	}{
		{"prefix", small + ingress, "/s/x", "a/s", Allow},
		{"prefix without its slash", small + ingress, "/s", "a/s", Allow},
		{"no route takes it, and others lead there", small + ingress, "/sx", "nothing: no route of Gateway edge/front matches (404)", Deny},
		{"whole segments only", rules("{matches: [{path: {value: /s}}], " + toT + "}"), "/sx", "a/s", Allow},
		{"elsewhere", rules("{matches: [{path: {value: /}}], " + toT + "}"), "/s", "a/t", NotJudged},
		{"longer before shorter", rules("{matches: [{path: {value: /}}], " + toT + "}, {matches: [{path: {value: /s}}], " + toS + "}"), "/s/x", "a/s", Allow},
		{"exact before prefix", rules("{matches: [{path: {value: /s/x}}], " + toT + "}, {matches: [{path: {type: Exact, value: /s/x}}], " + toS + "}"), "/s/x", "a/s", Allow},
		{"prefix before expression", rules("{matches: [{path: {type: RegularExpression, value: '/s/.*'}}], " + toT + "}, {matches: [{path: {value: /s}}], " + toS + "}"), "/s/x", "a/s", Allow},
		{"an expression takes the whole path", rules("{matches: [{path: {type: RegularExpression, value: '/s'}}], " + toT + "}, {matches: [{path: {value: /}}], " + toS + "}"), "/s/x", "a/s", Allow},
		{"method", rules("{matches: [{method: POST}], " + toT + "}, {" + toS + "}"), "/s", "a/s", Allow},
		{"header", rules("{matches: [{headers: [{name: X-A, value: b}]}], " + toT + "}, {" + toS + "}"), "/s", "a/t", NotJudged},
		{"query", rules("{matches: [{queryParams: [{name: q, value: b}]}], " + toT + "}, {" + toS + "}"), "/s?q=b", "a/t", NotJudged},
		{"normalized first", rules("{matches: [{path: {value: /t}}], " + toT + "}, {" + toS + "}"), "/s/../t", "a/t", NotJudged},
		{"a redirect", rules("{filters: [{type: RequestRedirect}]}"), "/s", "a redirect", NotJudged},
		{"no backend", rules("{}"), "/s", "nothing: the rule has no backend", NotJudged},
		{"weight 0", rules("{backendRefs: [{name: t, port: 80, weight: 0}, {name: s, port: 80}]}"), "/s", "a/s", Allow},
		{"an unknown filter", rules("{filters: [{type: ExtensionRef}], " + toS + "}"), "/s", "", NotJudged},
		{"another Gateway's", edit(t, rules("{"+toT+"}"), "parentRefs: [{name: front,", "parentRefs: [{name: back,"), "/s", "a/s", Allow},
		{"a listener that does not admit", edit(t, rules("{"+toT+"}"), "from: All", "from: Same"), "/s", "a/s", Allow},
		{"a section that is not there", edit(t, rules("{"+toT+"}"), "{name: front, namespace: edge}]", "{name: front, namespace: edge, sectionName: x}]"), "/s", "a/s", Allow},
		{"a hostname that is not asked for", edit(t, rules("{"+toT+"}"), "parentRefs", "hostnames: [other.example]\n  parentRefs"), "/s", "a/s", Allow},
		{"a hostname", edit(t, rules("{"+toT+"}"), "parentRefs", "hostnames: ['*.example']\n  parentRefs"), "/s", "a/t", NotJudged},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: c.path, Host: "www.example", Headers: map[string]string{"x-a": "b"}}
			if v := decides(t, load(t, c.text), r, c.want); v.Routed != c.routed {
				t.Errorf("led to %q, want %q", v.Routed, c.routed)
			}
		})
	}
}

func TestRouteIntoAnotherNamespaceNeedsAGrant(t *testing.T) {
	text := edit(t, small+ingress, "metadata: {name: r, namespace: a}", "metadata: {name: r, namespace: b}")
	text = edit(t, text, "{name: s, port: 80}", "{name: s, namespace: a, port: 80}")
	r := Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	if v := decides(t, load(t, text), r, NotJudged); !strings.Contains(v.Routed, "grants no reference") {
		t.Error(v.Routed)
	}
	grant := "\n---\nkind: ReferenceGrant\napiVersion: gateway.networking.k8s.io/v1beta1\nmetadata: {name: g, namespace: a}\nspec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: b}], to: [{group: '', kind: Service}]}"
	decides(t, load(t, text+grant), r, Allow)
	decides(t, load(t, edit(t, text+grant, "kind: Service}]}", "kind: Service, name: t}]}")), r, NotJudged)
}

// A Service that a route names by its host needs no grant; another host is not judged.
func TestRouteToAHostname(t *testing.T) {
	by := func(kind, host string) string {
		text := edit(t, small+ingress, "metadata: {name: r, namespace: a}", "metadata: {name: r, namespace: b}")
		return edit(t, text, "{name: s, port: 80}", "{group: networking.istio.io, kind: "+kind+", name: "+host+", port: 80}")
	}
	r := Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	if v := decides(t, load(t, by("Hostname", "s.a.svc.cluster.local")), r, Allow); v.Routed != "a/s" {
		t.Error(v.Routed)
	}
	for _, text := range []string{by("Hostname", "s.a.svc"), by("Hostname", "x.s.a.svc.cluster.local"), by("Hostname", "example.com"), by("Other", "s.a.svc.cluster.local")} {
		decides(t, load(t, text), r, NotJudged)
	}
}

// What a route changes is what the waypoint sees.
func TestRouteFilters(t *testing.T) {
	labeled := edit(t, small+ingress, "istio.io/use-waypoint: waypoint", `istio.io/use-waypoint: waypoint, istio.io/ingress-use-waypoint: "true"`)
	r := Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x", Host: "www", Headers: map[string]string{"x-gone": "1", "x-set": "1", "x-add": "1"}}
	for filter, rule := range map[string]string{
		"type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}":   "to: [{operation: {paths: [/x]}}]",
		"type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /n/}}": "to: [{operation: {paths: [/n/x]}}]",
		"type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /f}}":        "to: [{operation: {paths: [/f]}}]",
		"type: URLRewrite, urlRewrite: {hostname: h}":                                               "to: [{operation: {hosts: [h]}}]",
		"type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: X-Set, value: '2'}]}":    "when: [{key: 'request.headers[x-set]', values: ['2']}]",
		"type: RequestHeaderModifier, requestHeaderModifier: {add: [{name: X-Add, value: '2'}]}":    "when: [{key: 'request.headers[x-add]', values: ['1,2']}]",
		"type: RequestHeaderModifier, requestHeaderModifier: {remove: [X-Gone]}":                    "when: [{key: 'request.headers[x-gone]', notValues: ['*']}]",
	} {
		policy := strings.TrimPrefix(onWaypoint("rules: [{"+rule+"}]"), small)
		decides(t, load(t, edit(t, labeled, "backendRefs: [{name: s", "filters: [{"+filter+"}], backendRefs: [{name: s")+policy), r, Allow)
		decides(t, load(t, labeled+policy), r, Deny)
	}
	if got := replacePrefix(knownValue("/a"), "/a", "/n").Read(); got != "/n" {
		t.Error(got)
	}
	for path, want := range map[string]string{"/": "/n", "/a/b": "/na/b"} { // Envoy writes the replacement of the prefix /, and then the rest
		if got := replacePrefix(knownValue(path), "/", "/n/").Read(); got != want {
			t.Errorf("%s becomes %s, want %s", path, got, want)
		}
	}
	if got := replacePrefix(knownValue("/a/b"), "/", "/").Read(); got != "/a/b" {
		t.Error(got)
	}
}

func TestWhatTheManifestsLackIsAssumed(t *testing.T) {
	ns := "kind: Namespace\napiVersion: v1\nmetadata: {name: a, labels: {istio.io/dataplane-mode: ambient}}"
	v := load(t, ns).Decide(Request{From: From{User: "u@x"}, To: To{Namespace: "a", Service: "s"}})
	all := strings.Join(v.Assumed, "\n")
	for _, want := range []string{"Gateway istio-system/istio-ingressgateway", "the session's issuer", "Service a/s", "a route from", "pods of a/s"} {
		if !strings.Contains(all, want) {
			t.Errorf("lacks %q in\n%s", want, all)
		}
	}
	if v.Outcome != Allow {
		t.Error(v.By())
	}
	// Without a Gateway object the policies tell whose identity the ingress has.
	p := "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: p, namespace: a}\nspec: {rules: [{from: [{source: {principals: [cluster.local/ns/in/sa/my-gateway-istio]}}]}]}"
	decides(t, load(t, ns+p), Request{From: From{User: "u@x"}, To: To{Namespace: "a", Service: "s"}}, Allow)
}

// A gateway has no way to a port that is not TCP.
func TestAPortOfUDPBehindAGateway(t *testing.T) {
	q := Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	for protocol, want := range map[string]Outcome{"TCP": Allow, "UDP": NotJudged} {
		text := edit(t, cloudWorld, "{name: http, port: 80,", "{name: http, protocol: "+protocol+", port: 80,")
		decides(t, load(t, text), q, want)
	}
}
