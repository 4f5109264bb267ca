package main

import (
	"slices"
	"strings"

	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"

	"istio.io/istio/pkg/wellknown"
)

// extended names the EnvoyFilters, WasmPlugins and TrafficExtensions whose filter is in the
// chain that takes a request: at a gateway, or at a waypoint for a Service.
func (r *routing) extended(ask Case) (Verdict, error) {
	p, err := r.proxy(ask.Namespace + "/" + ask.Name)
	if err != nil {
		return Verdict{}, err
	}
	v := Verdict{Got: "plain"}
	chain := p.chain(ask)
	if chain == nil {
		return Verdict{Got: "closed"}, nil
	}
	for _, f := range chain.Filters {
		if f.Name != wellknown.HTTPConnectionManager {
			continue
		}
		h := &hcm.HttpConnectionManager{}
		if err := f.GetTypedConfig().UnmarshalTo(h); err != nil {
			return v, err
		}
		for _, http := range h.HttpFilters {
			if id := extensionOf(http.Name); id != "" {
				v.Got, v.By = "extended", append(v.By, id)
			}
		}
	}
	slices.Sort(v.By)
	v.By = slices.Compact(v.By)
	return v, nil
}

// ours is how the EnvoyFilters of a case name the filter that they put in.
const ours = "of-envoyfilter/"

// extensionOf: Istio names the filter of an extension after it (model.TrafficExtensionResourceNamePrefix),
// and makes a TrafficExtension of each WasmPlugin, whose name it marks (extensions.WasmPluginToTrafficExtension).
func extensionOf(filter string) string {
	if id, ok := strings.CutPrefix(filter, ours); ok {
		return "EnvoyFilter " + id
	}
	for _, prefix := range []string{"extensions.istio.io/trafficextension/", "extenstions.istio.io/wasmplugin/", "extensions.istio.io/wasmplugin/"} {
		if id, ok := strings.CutPrefix(filter, prefix); ok {
			ns, name, _ := strings.Cut(id, ".")
			kind := "TrafficExtension "
			if plain, _, marked := strings.Cut(name, "~"); marked || strings.Contains(prefix, "wasm") {
				kind, name = "WasmPlugin ", plain
			}
			return kind + ns + "/" + name
		}
	}
	return ""
}
