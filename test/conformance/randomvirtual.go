package main

import "fmt"

// waypointRoutes throws routes that are bound to Services of alice, and so run in
// her waypoint.
func (d dice) waypointRoutes() []object {
	docs := []object{gateway("alice", "waypoint", "istio-waypoint", 15008, "HBONE", object{"istio.io/waypoint-for": "service"})}
	for j := range 1 + d.IntN(2) {
		ref := object{"group": "", "kind": "Service", "name": pick(d, []string{"tet", "tet", "model"})}
		ns := "alice"
		if d.chance(25) { // of a consumer, which is not the waypoint's business
			ns, ref["namespace"] = "bob", "alice"
		}
		if d.chance(25) {
			ref["port"] = pick(d, []int{80, 81})
		}
		spec := object{"parentRefs": []any{ref}}
		if d.chance(15) {
			docs = append(docs, d.grpcRoute(fmt.Sprintf("r%d", j), ns, spec))
		} else {
			docs = append(docs, d.httpRoute(fmt.Sprintf("r%d", j), ns, spec))
		}
	}
	if d.chance(35) {
		host := pick(d, []string{"tet.alice.svc.cluster.local", "model.alice.svc.cluster.local", "tet", "*.alice.svc.cluster.local"})
		docs = append(docs, d.virtualService("v0", pick(d, []string{"alice", "alice", "bob"}), "", []any{host}))
	}
	if d.chance(40) {
		docs = append(docs, d.grant("bob"))
	}
	return docs
}

// virtualService throws one for a gateway of Istio's own kind, or for the mesh.
func (d dice) virtualService(name, ns, gateway string, hosts []any) object {
	spec := object{"hosts": hosts}
	switch {
	case gateway != "":
		spec["gateways"] = []any{gateway}
	case d.chance(20):
		spec["gateways"] = []any{pick(d, []string{"mesh", "kubeflow/kubeflow-gateway"})}
	}
	var http []any
	for range 1 + d.IntN(2) {
		http = append(http, d.virtualRule())
	}
	spec["http"] = http
	return d.aged(thing("networking.istio.io/v1", "VirtualService", ns, name, nil, object{"spec": spec}))
}

func (d dice) virtualRule() object {
	b := pick(d, backends)
	r := object{"route": []any{object{"destination": object{"host": hostOf(b.name, b.ns), "port": object{"number": b.port}}}}}
	if d.chance(80) {
		m := object{"uri": object{pick(d, []string{"prefix", "prefix", "exact"}): pick(d, matchPaths)}}
		if d.chance(20) {
			m["uri"] = object{"regex": pick(d, matchRegexes)}
		}
		if d.chance(15) {
			m["ignoreUriCase"] = true
		}
		if d.chance(25) {
			m["headers"] = object{"x-env": object{"exact": "blue"}}
		}
		if d.chance(15) {
			m["withoutHeaders"] = object{"x-more": object{}}
		}
		if d.chance(15) {
			m["method"] = object{"exact": "GET"}
		}
		if d.chance(10) {
			m["sourceLabels"] = object{"app": "x"}
		}
		r["match"] = []any{m}
	}
	if d.chance(35) {
		r["rewrite"] = object{"uri": pick(d, []string{"/", "/v2", "/v2/"})}
	}
	if d.chance(30) {
		r["headers"] = object{"request": object{"set": object{"kubeflow-userid": "alice@x.io"}}}
	}
	if d.chance(8) {
		delete(r, "route")
		delete(r, "rewrite")
		delete(r, "headers")
		r["redirect"] = object{"uri": "/elsewhere"}
	}
	return r
}
