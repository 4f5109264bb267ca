package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

const randomRouteSets = 450

// randomRoutes returns n clusters with routes, and requests made of their words:
// two of three at an ingress Gateway, one at a waypoint.
func randomRoutes(seed uint64, n int) []Set {
	d := dice{rand.New(rand.NewPCG(seed, 2))}
	var sets []Set
	for i := range n {
		set := Set{Name: fmt.Sprintf("routes %d", i)}
		docs := routeScenery()
		at, ports := Case{Point: "route", Namespace: "istio-system", Name: "ingress"}, []any{80, 443}
		if i%3 == 2 {
			docs = append(docs, d.waypointRoutes()...)
			at = Case{Point: "route", Namespace: "alice", Name: "waypoint", Service: "tet", ServiceNamespace: "alice"}
		} else {
			more := d.gatewayRoutes(i%6 == 4)
			docs = append(docs, more...)
			for _, l := range more[0]["spec"].(object)["listeners"].([]any) {
				ports = append(ports, l.(object)["port"], l.(object)["port"], l.(object)["port"])
			}
		}
		set.Manifests = join(docs)
		for range 8 {
			set.Cases = append(set.Cases, d.askRoute(at, pick(d, ports).(int)))
		}
		sets = append(sets, set)
	}
	return sets
}

var backends = []struct {
	ns, name string
	port     int
}{{"alice", "tet", 80}, {"alice", "model", 80}, {"bob", "tet", 80}, {"bob", "web", 8080}}

func routeScenery() []object {
	docs := []object{
		thing("v1", "Namespace", "", "istio-system", nil, nil),
		thing("v1", "Namespace", "", "alice", object{"labels": object{"istio.io/dataplane-mode": "ambient", "istio.io/use-waypoint": "waypoint", "team": "a"}}, nil),
		thing("v1", "Namespace", "", "bob", object{"labels": object{"istio.io/dataplane-mode": "ambient", "team": "b"}}, nil),
	}
	for _, b := range backends {
		docs = append(docs, thing("v1", "Service", b.ns, b.name, nil, object{"spec": object{
			"selector": object{"app": b.name}, "ports": []any{object{"name": "http", "port": b.port}},
		}}))
	}
	return docs
}

const gatewayAPI = "gateway.networking.k8s.io/v1"

var (
	listenerHosts = []string{"", "", "*.example.com", "kubeflow.example.com", "*.kubeflow.example.com"}
	routeHosts    = []string{"kubeflow.example.com", "*.example.com", "a.kubeflow.example.com", "*.kubeflow.example.com", "other.org"}
	requestHosts  = []string{"kubeflow.example.com", "kubeflow.example.com", "a.kubeflow.example.com", "x.example.com", "example.com", "other.org", "KUBEFLOW.example.com:80"}
	matchPaths    = []string{"/", "/api", "/api/", "/api/v1", "/notebook/alice/tet", "/notebook/alice", "/x"}
	matchRegexes  = []string{"/api/.*", "/notebook/[a-z]+/tet", "/x|/y", ".*/lab"}
	requestPaths  = []string{"/", "/api", "/api/", "/api/v1", "/api/v1/x", "/apis", "/notebook/alice/tet", "/notebook/alice/tet/lab?x=1", "/notebook/bob/tet", "/x", "/x/", "/y", "/API/v1", "/api//v1", "/a/../api/v1"}
)

// gatewayRoutes throws listeners, routes and grants; with virtual VirtualServices
// of a Gateway of Istio's own kind, which the same proxy serves.
func (d dice) gatewayRoutes(virtual bool) []object {
	gw := gateway("istio-system", "ingress", istioClass, 80, "HTTP", object{"app": "ingress"})
	listeners := d.listeners()
	gw["spec"].(object)["listeners"] = listeners
	docs := []object{gw}
	set := d.chance(20)
	if set {
		docs = append(docs, d.listenerSet(gw))
	}
	if virtual {
		docs = append(docs, thing("networking.istio.io/v1", "Gateway", "kubeflow", "kubeflow-gateway", nil, object{"spec": object{
			"selector": object{"app": "ingress"},
			"servers":  []any{object{"hosts": []any{pick(d, []string{"*", "*.example.com"})}, "port": object{"name": "http", "number": pick(d, []int{80, 80, 8080}), "protocol": "HTTP"}}},
		}}))
		for j := range 1 + d.IntN(2) {
			docs = append(docs, d.virtualService(fmt.Sprintf("v%d", j), pick(d, []string{"alice", "bob"}), "kubeflow/kubeflow-gateway", []any{pick(d, append(routeHosts, "*"))}))
		}
	}
	for j := range 1 + d.IntN(3) {
		ref := d.gatewayRef(listeners)
		if set && d.chance(50) {
			ref["group"], ref["kind"], ref["namespace"], ref["name"] = "gateway.networking.k8s.io", "ListenerSet", "bob", "more"
		}
		spec := object{"parentRefs": []any{ref}}
		if hosts := d.hosts(0); len(hosts) > 0 {
			spec["hostnames"] = hosts
		}
		docs = append(docs, d.httpRoute(fmt.Sprintf("r%d", j), pick(d, []string{"alice", "alice", "bob"}), spec))
	}
	if d.chance(20) {
		docs = append(docs, d.grpcRoute("g0", pick(d, []string{"alice", "bob"}), object{"parentRefs": []any{d.gatewayRef(listeners)}}))
	}
	for _, ns := range []string{"alice", "bob"} {
		if d.chance(40) {
			docs = append(docs, d.grant(ns))
		}
	}
	return docs
}

// listeners are 1 to 3 that do not conflict: those of one port differ in their hostname.
func (d dice) listeners() []any {
	var out []any
	seen := map[string]bool{}
	for i := range 1 + d.IntN(3) {
		port := pick(d, []int{80, 80, 8080, 443})
		host := pick(d, listenerHosts)
		key := fmt.Sprint(port, host)
		if seen[key] {
			continue
		}
		seen[key] = true
		l := object{"name": fmt.Sprintf("l%d", i), "port": port, "protocol": "HTTP"}
		if port == 443 {
			l["protocol"] = "HTTPS"
			l["tls"] = object{"mode": "Terminate", "options": object{"gateway.istio.io/tls-terminate-mode": "ISTIO_SIMPLE"}}
		}
		if host != "" {
			l["hostname"] = host
		}
		switch d.IntN(6) {
		case 0:
			l["allowedRoutes"] = object{"namespaces": object{"from": "Selector", "selector": object{"matchLabels": object{"team": "a"}}}}
		case 1:
			l["allowedRoutes"] = object{"namespaces": object{"from": "Same"}}
		default:
			l["allowedRoutes"] = object{"namespaces": object{"from": "All"}}
		}
		out = append(out, l)
	}
	return out
}

// listenerSet adds listeners of bob to a Gateway, which may not admit them.
func (d dice) listenerSet(gw object) object {
	if from := pick(d, []string{"", "All", "All", "Same", "Selector"}); from != "" {
		namespaces := object{"from": from}
		if from == "Selector" {
			namespaces["selector"] = object{"matchLabels": object{"team": pick(d, []string{"a", "b"})}}
		}
		gw["spec"].(object)["allowedListeners"] = object{"namespaces": namespaces}
	}
	return thing(gatewayAPI, "ListenerSet", "bob", "more", nil, object{"spec": object{
		"parentRef": object{"name": "ingress", "namespace": "istio-system"}, "listeners": d.listeners(),
	}})
}

func (d dice) gatewayRef(listeners []any) object {
	ref := object{"name": "ingress", "namespace": "istio-system"}
	l := pick(d, listeners).(object)
	if d.chance(30) {
		ref["sectionName"] = l["name"]
	}
	if d.chance(15) {
		ref["port"] = l["port"]
	}
	return ref
}

func (d dice) hosts(least int) []any {
	var out []any
	for range least + d.IntN(2) {
		if h := pick(d, routeHosts); !slices.Contains(out, any(h)) {
			out = append(out, h)
		}
	}
	return out
}

// aged gives a route an age: two of three are as old as another.
func (d dice) aged(o object) object {
	if d.chance(70) {
		o["metadata"].(object)["creationTimestamp"] = pick(d, []string{"2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z", "2026-02-02T00:00:00Z"})
	}
	return o
}

func (d dice) httpRoute(name, ns string, spec object) object {
	var rules []any
	for range 1 + d.IntN(3) {
		rules = append(rules, d.routeRule(ns))
	}
	spec["rules"] = rules
	return d.aged(thing(gatewayAPI, "HTTPRoute", ns, name, nil, object{"spec": spec}))
}

func (d dice) routeRule(ns string) object {
	rule := object{}
	var matches []any
	prefixes := true
	for range d.IntN(3) {
		m := d.routeMatch()
		p, _ := m["path"].(object)
		prefixes = prefixes && p["type"] == "PathPrefix"
		matches = append(matches, m)
	}
	if len(matches) > 0 {
		rule["matches"] = matches
	}
	if d.chance(8) {
		rule["filters"] = []any{object{"type": "RequestRedirect", "requestRedirect": object{"hostname": "elsewhere.example.com"}}}
		return rule
	}
	var filters []any
	if d.chance(25) {
		filters = append(filters, d.urlRewrite(prefixes && len(matches) > 0, len(matches) == 1))
	}
	if d.chance(25) {
		filters = append(filters, object{"type": "RequestHeaderModifier", "requestHeaderModifier": d.headerModifier()})
	}
	if len(filters) > 0 {
		rule["filters"] = filters
	}
	if refs := d.backendRefs(ns); len(refs) > 0 {
		rule["backendRefs"] = refs
	}
	return rule
}

func (d dice) routeMatch() object {
	m := object{}
	switch d.IntN(6) {
	case 0:
		m["path"] = object{"type": "Exact", "value": pick(d, matchPaths)}
	case 1:
		m["path"] = object{"type": "RegularExpression", "value": pick(d, matchRegexes)}
	case 2, 3, 4:
		m["path"] = object{"type": "PathPrefix", "value": pick(d, matchPaths)}
	}
	if d.chance(20) {
		m["method"] = pick(d, []string{"GET", "POST"})
	}
	if d.chance(25) {
		m["headers"] = []any{object{"name": pick(d, []string{"x-env", "X-Env"}), "type": "Exact", "value": pick(d, []string{"blue", "red"})}}
		if d.chance(30) {
			m["headers"] = []any{object{"name": "x-env", "type": "RegularExpression", "value": pick(d, []string{"b.*", "blue|red"})}}
		}
	}
	if d.chance(12) {
		m["queryParams"] = []any{object{"name": "x", "value": pick(d, []string{"1", "2"})}}
	}
	return m
}

// urlRewrite replaces a prefix only of a rule with one match: the CRD takes no other.
func (d dice) urlRewrite(prefixes, one bool) object {
	u := object{}
	if d.chance(30) {
		u["hostname"] = "inner.example.com"
	}
	switch {
	case prefixes && d.chance(75):
		with := pick(d, []string{"/", "/v2", "/v2/", "/api"})
		u["path"] = object{"type": "ReplacePrefixMatch", "replacePrefixMatch": with}
		if !one {
			u["path"] = object{"type": "ReplaceFullPath", "replaceFullPath": with}
		}
	default:
		u["path"] = object{"type": "ReplaceFullPath", "replaceFullPath": pick(d, []string{"/", "/whole"})}
	}
	return object{"type": "URLRewrite", "urlRewrite": u}
}

func (d dice) headerModifier() object {
	h := object{}
	if d.chance(60) {
		h["set"] = []any{object{"name": pick(d, []string{"kubeflow-userid", "Kubeflow-Userid", "x-env"}), "value": pick(d, []string{"alice@x.io", "blue"})}}
	}
	if d.chance(40) {
		h["add"] = []any{object{"name": "x-more", "value": "b"}}
	}
	if len(h) == 0 || d.chance(30) {
		h["remove"] = []any{pick(d, []string{"kubeflow-userid", "X-Env", "x-more"})}
	}
	return h
}

func (d dice) backendRefs(ns string) []any {
	var out []any
	for range []int{1, 1, 1, 1, 1, 2, 0}[d.IntN(7)] {
		b := pick(d, backends)
		ref := object{"name": b.name, "port": b.port}
		if b.ns != ns {
			ref["namespace"] = b.ns
		}
		if d.chance(15) {
			ref["weight"] = pick(d, []int{0, 1, 9})
		}
		out = append(out, ref)
	}
	return out
}

func (d dice) grpcRoute(name, ns string, spec object) object {
	rule := object{"backendRefs": []any{object{"name": "tet", "port": 80}}}
	if d.chance(70) {
		m := object{"service": "pkg.Svc"}
		if d.chance(60) {
			m["method"] = "Get"
		}
		rule["matches"] = []any{object{"method": m}}
	}
	if d.chance(40) {
		rule["filters"] = []any{object{"type": "RequestHeaderModifier", "requestHeaderModifier": d.headerModifier()}}
	}
	spec["rules"] = []any{rule}
	return d.aged(thing(gatewayAPI, "GRPCRoute", ns, name, nil, object{"spec": spec}))
}

func (d dice) grant(ns string) object {
	to := object{"group": "", "kind": "Service"}
	if d.chance(50) {
		to["name"] = pick(d, []string{"tet", "model", "web"})
	}
	kind := "HTTPRoute"
	if d.chance(15) {
		kind = "GRPCRoute"
	}
	from := map[string]string{"alice": "bob", "bob": "alice"}[ns]
	return thing("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", ns, "grant", nil, object{"spec": object{
		"from": []any{object{"group": "gateway.networking.k8s.io", "kind": kind, "namespace": from}}, "to": []any{to},
	}})
}

// askRoute is one request at a gateway or waypoint.
func (d dice) askRoute(c Case, port int) Case {
	r := Request{Method: pick(d, []string{"GET", "GET", "POST"}), Host: pick(d, requestHosts), Path: pick(d, requestPaths), Port: port}
	if c.Service != "" {
		r.Port = 80
		if d.chance(40) {
			c.Service = "model"
		}
		r.Host = pick(d, []string{hostOf(c.Service, "alice"), hostOf(c.Service, "alice") + ":80", c.Service, "kubeflow.example.com"})
	}
	r.Headers = map[string]string{}
	if d.chance(40) {
		r.Headers["x-env"] = pick(d, []string{"blue", "red", "black"})
	}
	if d.chance(40) {
		r.Headers["kubeflow-userid"] = "mallory@x.io"
	}
	if d.chance(30) {
		r.Headers["x-more"] = "a"
	}
	if d.chance(8) {
		r.Path, r.Method, r.Headers["content-type"] = pick(d, []string{"/pkg.Svc/Get", "/pkg.Svc/Put", "/other.Svc/Get"}), "POST", "application/grpc"
	}
	c.Request = filled(r, c)
	return c
}
