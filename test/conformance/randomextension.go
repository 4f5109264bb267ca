package main

import (
	"fmt"
	"math/rand/v2"
)

const randomExtensionSets = 150

// randomExtensions returns n clusters with two ingress Gateways, a waypoint for
// Services of two namespaces, and objects that change what a proxy does.
func randomExtensions(seed uint64, n int) []Set {
	d := dice{rand.New(rand.NewPCG(seed, 4))}
	var sets []Set
	for i := range n {
		set := Set{Name: fmt.Sprintf("extensions %d", i)}
		waypoint := gateway("alice", "waypoint", "istio-waypoint", 15008, "HBONE", object{"istio.io/waypoint-for": "service", "app": "w"})
		waypoint["spec"].(object)["listeners"].([]any)[0].(object)["allowedRoutes"] = object{"namespaces": object{"from": "All"}}
		docs := append(routeScenery(), waypoint,
			gateway("istio-system", "ingress", istioClass, 80, "HTTP", object{"app": "ingress"}), gateway("alice", "door", istioClass, 80, "HTTP", object{"app": "ingress"}))
		docs[2]["metadata"].(object)["labels"] = object{"istio.io/dataplane-mode": "ambient", "istio.io/use-waypoint": "waypoint", "istio.io/use-waypoint-namespace": "alice"}
		for j := range 1 + d.IntN(3) {
			docs = append(docs, d.extension(fmt.Sprintf("e%d", j)))
		}
		set.Manifests = join(docs)
		for _, at := range []string{"istio-system/ingress", "alice/door"} {
			set.Cases = append(set.Cases, caseAt("extension", at, ""))
		}
		for _, svc := range []string{"alice/tet", "alice/model", "bob/tet"} {
			set.Cases = append(set.Cases, caseAt("extension", "alice/waypoint", svc))
		}
		sets = append(sets, set)
	}
	return sets
}

func (d dice) extension(name string) object {
	ns, spec := pick(d, []string{"istio-system", "alice", "alice", "bob"}), object{}
	selector := pick(d, []object{nil, nil, {"app": "ingress"}, {"app": "w"}, {"gateway.networking.k8s.io/gateway-name": "waypoint"}, {"app": "nothing"}})
	refs := [][]any{
		{object{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": pick(d, []string{"ingress", "door", "waypoint"})}},
		{object{"group": "", "kind": "Service", "name": pick(d, []string{"tet", "model"})}},
		{object{"group": "gateway.networking.k8s.io", "kind": "GatewayClass", "name": pick(d, []string{"istio-waypoint", "istio"})}},
	}
	target := d.IntN(5) < 3
	if target {
		spec["targetRefs"] = pick(d, refs)
	}
	kind, api := "EnvoyFilter", "networking.istio.io/v1alpha3"
	switch d.IntN(3) {
	case 0:
		if selector != nil && !target {
			spec["workloadSelector"] = object{"labels": selector}
		}
		match := object{"listener": object{"filterChain": object{"filter": object{"name": "envoy.filters.network.http_connection_manager"}}}}
		if context := pick(d, []string{"", "ANY", "GATEWAY", "SIDECAR_INBOUND"}); context != "" {
			match["context"] = context
		}
		spec["configPatches"] = []any{object{"applyTo": "HTTP_FILTER", "match": match, "patch": object{"operation": "INSERT_FIRST", "value": object{
			"name": ours + ns + "/" + name, "typed_config": object{"@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer", "max_request_bytes": 1},
		}}}}
	default:
		kind, api = "WasmPlugin", "extensions.istio.io/v1alpha1"
		if d.chance(40) {
			kind = "TrafficExtension"
			spec["lua"] = object{"inlineCode": "function envoy_on_request(handle) end"}
		} else {
			spec["url"] = "oci://example.com/plugin:1"
		}
		if selector != nil && !target {
			spec["selector"] = object{"matchLabels": selector}
		}
		if d.chance(30) {
			spec["match"] = []any{object{"mode": pick(d, []string{"SERVER", "CLIENT", "CLIENT_AND_SERVER"})}}
		}
		if d.chance(30) {
			spec["phase"] = pick(d, []string{"AUTHN", "AUTHZ", "STATS"})
		}
	}
	return thing(api, kind, ns, name, nil, object{"spec": spec})
}
