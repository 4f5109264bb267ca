package access

import (
	"strings"
	"testing"
)

// twoDoors is a Gateway with a plain listener and one that ends TLS, and a route to Service s of a on either as a test says.
func twoDoors(routes ...string) string {
	return small + `
---
kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: front, namespace: edge}
spec:
  gatewayClassName: istio
  listeners:
  - {name: plain, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
  - {name: secure, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}, allowedRoutes: {namespaces: {from: All}}}
---
kind: Service
apiVersion: v1
metadata: {name: t, namespace: a}
spec: {selector: {app: t}, ports: [{port: 80}]}` + strings.Join(append([]string{""}, routes...), "\n---\n")
}

func route1(kind, name, spec string) string {
	return "kind: " + kind + "\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: " + name + ", namespace: a}\nspec: {" + spec + "}"
}

const toFront = "parentRefs: [{name: front, namespace: edge}]"

func on(section string) string {
	return "parentRefs: [{name: front, namespace: edge, sectionName: " + section + "}]"
}

func routed(to string) string { return "rules: [{backendRefs: [{name: " + to + ", port: 80}]}]" }

var toS = Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/x"}

func asked(host, listener string) Request {
	r := toS
	r.Host, r.Listener = host, listener
	return r
}

// A listener has routes of its own: what another one does with a request neither hides nor opens anything.
func TestListenersHaveRoutesOfTheirOwn(t *testing.T) {
	redirect := "rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}]"
	for _, c := range []struct {
		name, listener string
		want           Outcome
		routed         string
		text           string
	}{
		{"the redirect is elsewhere", "", Allow, "a/s", twoDoors(route1("HTTPRoute", "r", on("plain")+", "+redirect), route1("HTTPRoute", "s", on("secure")+", "+routed("s")))},
		{"asked for the redirect", "plain", NotJudged, "a redirect", twoDoors(route1("HTTPRoute", "r", on("plain")+", "+redirect), route1("HTTPRoute", "s", on("secure")+", "+routed("s")))},
		{"asked for the other", "secure", Allow, "a/s", twoDoors(route1("HTTPRoute", "r", on("plain")+", "+redirect), route1("HTTPRoute", "s", on("secure")+", "+routed("s")))},
		{"by port", "plain", NotJudged, "a/t", twoDoors(route1("HTTPRoute", "r", "parentRefs: [{name: front, namespace: edge, port: 80}], "+routed("t")), route1("HTTPRoute", "s", "parentRefs: [{name: front, namespace: edge, port: 443}], "+routed("s")))},
		{"no such listener", "other", NotJudged, "", twoDoors(route1("HTTPRoute", "s", toFront+", "+routed("s")))},
		{"one that passes TLS on reads nothing", "secure", NotJudged, "", strings.Replace(twoDoors(route1("HTTPRoute", "s", toFront+", "+routed("s"))), "certificateRefs: [{name: c}]", "mode: Passthrough", 1)},
		{"one without settings of TLS is not there", "secure", NotJudged, "", strings.Replace(twoDoors(route1("HTTPRoute", "s", toFront+", "+routed("s"))), "tls: {certificateRefs: [{name: c}]}, ", "", 1)},
		{"a kind that it does not take", "secure", Allow, "a/s", strings.Replace(twoDoors(route1("HTTPRoute", "r", on("secure")+", "+routed("t"))), "allowedRoutes: {namespaces: {from: All}}}\n---", "allowedRoutes: {kinds: [{kind: GRPCRoute}], namespaces: {from: All}}}\n---", 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v := decides(t, load(t, c.text), asked("", c.listener), c.want); v.Routed != c.routed {
				t.Errorf("led to %q, want %q", v.Routed, c.routed)
			}
		})
	}
}

// Of the listeners of one Gateway at one port, a hostname is served by the most specific one.
func TestHostnamesAreIsolated(t *testing.T) {
	doors := func(routes ...string) string {
		return strings.Replace(twoDoors(routes...), "{name: secure, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}", "{name: wild, port: 80, hostname: '*.apps.example', protocol: HTTP", 1)
	}
	s := route1("HTTPRoute", "s", "hostnames: [lab.apps.example], "+on("plain")+", "+routed("s"))
	claim := route1("HTTPRoute", "t", on("wild")+", "+routed("t"))
	decides(t, load(t, doors(s)), asked("lab.apps.example", ""), Allow) // by assumption: it is attached to nothing
	ofCase := asked("lab.apps.example", "")
	ofCase.ofCase = true
	if v := decides(t, load(t, doors(s)), ofCase, NotJudged); !strings.Contains(v.By(), "HTTPRoute a/s (line 1) leads to a/s, and no listener of Gateway edge/front takes it") {
		t.Error(v.By())
	}
	if v := decides(t, load(t, doors(s, claim)), asked("lab.apps.example", ""), NotJudged); v.Routed != "a/t" {
		t.Error(v.By())
	}
	all := route1("HTTPRoute", "s", on("plain")+", "+routed("s"))
	if v := decides(t, load(t, doors(all, claim)), asked("lab.apps.example", ""), NotJudged); v.Routed != "a/t" { // one port, one virtual host
		t.Error(v.By())
	}
	there := strings.Replace(s, "sectionName: plain", "sectionName: wild", 1)
	if v := decides(t, load(t, doors(there, claim)), asked("LAB.apps.example:80", ""), Allow); v.Routed != "a/s" {
		t.Error(v.By())
	}
	decides(t, load(t, doors(there, claim)), asked("other.apps.example", ""), NotJudged)
}

func TestListenersOfAListenerSet(t *testing.T) {
	set := "kind: ListenerSet\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: more, namespace: a}\nspec: {parentRef: {name: front, namespace: edge}, listeners: [{name: l, port: 8080, protocol: HTTP}]}"
	r := route1("HTTPRoute", "s", "parentRefs: [{kind: ListenerSet, name: more}], "+routed("s"))
	admits := func(text, who string) string {
		return strings.Replace(text, "  gatewayClassName: istio\n", "  gatewayClassName: istio\n  allowedListeners: {namespaces: {"+who+"}}\n", 1)
	}
	elsewhere := route1("HTTPRoute", "t", toFront+", "+routed("t"))
	text := twoDoors(set, r, elsewhere)
	for who, want := range map[string]Outcome{
		"from: All": Allow, "from: Same": NotJudged, "from: None": NotJudged,
		"from: Selector, selector: {matchLabels: {istio.io/dataplane-mode: ambient}}": Allow,
	} {
		decides(t, load(t, admits(text, who)), toS, want)
	}
	if v := decides(t, load(t, text), toS, NotJudged); v.Routed != "a/t" { // by default none
		t.Error(v.By())
	}
	old := strings.ReplaceAll(admits(text, "from: All"), "kind: ListenerSet", "kind: XListenerSet")
	old = edit(t, old, "kind: XListenerSet\napiVersion: gateway.networking.k8s.io", "kind: XListenerSet\napiVersion: gateway.networking.x-k8s.io")
	if v := decides(t, load(t, old), toS, NotJudged); !strings.Contains(v.Why, "some releases") {
		t.Error(v.By())
	}
	conflict := strings.Replace(admits(twoDoors(set, r), "from: All"), "port: 8080", "port: 80", 1)
	if v := decides(t, load(t, conflict), toS, NotJudged); !strings.Contains(v.Why, "in conflict") {
		t.Error(v.By())
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		host, of string
		want     bool
	}{
		{"a.example", "a.example", true}, {"a.example", "*.example", true}, {"a.example", "*", true}, {"*.example", "*", true}, {"*.a.example", "*.example", true},
		{"*.example", "*.a.example", false}, {"*", "*.example", false}, {"example", "*.example", false}, {"a.example", "b.example", false}, {"*.example", "a.example", false},
	} {
		if within(c.host, c.of) != c.want {
			t.Error(c.host, c.of)
		}
	}
}
