package survey

import (
	"cmp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// Way is an object of the input that sends requests for one host to pods of another name.
type Way struct {
	By *manifest.Item
	// Front is the name of the Service whose requests it takes; "" for those of a ServiceEntry's hosts.
	Front string
	// Backends are the names of the Services that it sends them to.
	Backends []string
	// pods are the names of the pods that it sends them to.
	pods []string
	// selector selects the pods that it sends them to; nil where it selects none.
	selector Labels
	// open: it does not say all of its pods.
	open bool
}

// WaysIn are the objects that lead to pods of a namespace past the Services that select them,
// gathered once.
func (in *Index) WaysIn(namespace string) []Way {
	if in.ways == nil {
		in.ways = map[string][]Way{}
		written, entries := map[manifest.ID]bool{}, in.serviceEntries()
		for _, item := range in.Items {
			in.addWays(item, written, entries)
		}
		for _, item := range in.Items {
			if isWithoutSelector(item) && !written[item.ID] {
				in.addWay(item.Namespace, Way{By: item, Front: item.Name, open: true})
			}
		}
	}
	return in.ways[namespace]
}

func (in *Index) addWay(namespace string, w Way) { in.ways[namespace] = append(in.ways[namespace], w) }

// serviceEntries are the ServiceEntries of the input by their hosts: a host may be in several.
func (in *Index) serviceEntries() map[string][]*manifest.Item {
	out := map[string][]*manifest.Item{}
	for _, item := range in.Items {
		if item.Group != IstioNetworking || item.Kind != "ServiceEntry" {
			continue
		}
		for _, host := range manifest.Strings(manifest.Field(item.Node, "spec", "hosts")) {
			out[host] = append(out[host], item)
		}
	}
	return out
}

func (in *Index) addWays(item *manifest.Item, written map[manifest.ID]bool, entries map[string][]*manifest.Item) {
	spec := manifest.Field(item.Node, "spec")
	switch {
	case item.Group == GatewayGroup && strings.HasSuffix(item.Kind, "Route"):
		for _, parent := range manifest.Content(manifest.Field(spec, "parentRefs")) {
			parent = manifest.Dealias(parent)
			w := Way{By: item, Backends: routeBackends(spec, item.Namespace)}
			switch kind := manifest.Value(parent, "kind"); {
			case cmp.Or(manifest.Value(parent, "namespace"), item.Namespace) != item.Namespace:
			case kind == "Service":
				w.Front = manifest.Value(parent, "name")
				in.addWay(item.Namespace, w)
			case kind == "ServiceEntry":
				in.addWay(item.Namespace, w)
			}
		}
	case item.Group == IstioNetworking && item.Kind == "VirtualService":
		in.addVirtualService(item, spec, entries)
	case item.Group == IstioNetworking && item.Kind == "ServiceEntry":
		if chosen := LabelsOf(manifest.Field(spec, "workloadSelector", "labels")); len(chosen) > 0 {
			in.addWay(item.Namespace, Way{By: item, selector: chosen})
		}
		for _, endpoint := range manifest.Content(manifest.Field(spec, "endpoints")) {
			if name, at := hostOf(manifest.Value(manifest.Dealias(endpoint), "address"), ""); at == item.Namespace {
				in.addWay(item.Namespace, Way{By: item, Backends: []string{name}})
			}
		}
	case item.Group == "discovery.k8s.io" && item.Kind == "EndpointSlice":
		in.addEndpoints(item, item.Label("kubernetes.io/service-name"), manifest.Content(manifest.Field(item.Node, "endpoints")), written)
	case item.Group == "" && item.Kind == "Endpoints":
		var addresses []*yaml.Node
		for _, subset := range manifest.Content(manifest.Field(item.Node, "subsets")) {
			addresses = append(addresses, manifest.Content(manifest.Field(manifest.Dealias(subset), "addresses"))...)
			addresses = append(addresses, manifest.Content(manifest.Field(manifest.Dealias(subset), "notReadyAddresses"))...)
		}
		in.addEndpoints(item, item.Name, addresses, written)
	}
}

// isWithoutSelector reports whether an item is a Service whose endpoints someone else writes, and
// that a waypoint can stand before.
func isWithoutSelector(item *manifest.Item) bool {
	spec := manifest.Field(item.Node, "spec")
	return item.Kind == "Service" && item.Group == "" && len(manifest.Content(manifest.Field(spec, "selector"))) == 0 &&
		manifest.Value(spec, "clusterIP") != "None" && manifest.Value(spec, "type") != "ExternalName"
}

func (in *Index) addEndpoints(item *manifest.Item, front string, endpoints []*yaml.Node, written map[manifest.ID]bool) {
	id := manifest.ID{Kind: "Service", Namespace: item.Namespace, Name: front}
	if service := in.ByID[id]; service == nil || !isWithoutSelector(service) {
		return // Kubernetes writes those of a Service with a selector
	}
	written[id] = true
	w := Way{By: item, Front: front}
	for _, endpoint := range endpoints {
		target := manifest.Field(manifest.Dealias(endpoint), "targetRef")
		if manifest.Value(target, "kind") == "Pod" && in.ByID[manifest.ID{Kind: "Pod", Namespace: item.Namespace, Name: manifest.Value(target, "name")}] != nil {
			w.pods = append(w.pods, manifest.Value(target, "name"))
			continue
		}
		w.open = true
	}
	in.addWay(item.Namespace, w)
}

// addVirtualService adds what one does in the mesh: its routes to a Gateway do not pass by a waypoint's Service.
func (in *Index) addVirtualService(item *manifest.Item, spec *yaml.Node, entries map[string][]*manifest.Item) {
	gateways := manifest.Content(manifest.Field(spec, "gateways"))
	if len(gateways) > 0 && !slices.ContainsFunc(gateways, func(n *yaml.Node) bool { return manifest.Dealias(n).Value == "mesh" }) {
		return
	}
	var found []string
	manifest.Walk(spec, func(key string, n *yaml.Node) {
		switch key {
		case "destination", "mirror":
			found = append(found, manifest.Value(n, "host"))
		case "delegate":
			other := in.ByID[manifest.NewID(IstioNetworking, "VirtualService", cmp.Or(manifest.Value(n, "namespace"), item.Namespace), manifest.Value(n, "name"))]
			if other != nil {
				manifest.Walk(manifest.Field(other.Node, "spec"), func(key string, n *yaml.Node) {
					if key == "destination" || key == "mirror" {
						found = append(found, manifest.Value(n, "host"))
					}
				})
			}
		}
	})
	for _, host := range manifest.Content(manifest.Field(spec, "hosts")) {
		front, namespace := hostOf(manifest.Dealias(host).Value, item.Namespace)
		w := Way{By: item, Front: front}
		for _, backend := range found {
			if name, at := hostOf(backend, item.Namespace); at == namespace {
				w.Backends = append(w.Backends, name)
			}
		}
		in.addWay(namespace, w)
	}
	in.addServiceEntryHosts(item, manifest.Strings(manifest.Field(spec, "hosts")), found, entries)
}

// addServiceEntryHosts adds what a VirtualService does with the hosts of ServiceEntries.
func (in *Index) addServiceEntryHosts(item *manifest.Item, hosts, destinations []string, entries map[string][]*manifest.Item) {
	var met []*manifest.Item
	for _, host := range hosts {
		for _, entry := range entries[host] {
			if !slices.Contains(met, entry) {
				met = append(met, entry)
			}
		}
	}
	for _, entry := range met {
		w := Way{By: item}
		for _, host := range destinations {
			if name, at := hostOf(host, item.Namespace); at == entry.Namespace {
				w.Backends = append(w.Backends, name)
			}
		}
		in.addWay(entry.Namespace, w)
	}
}

// hostOf are the name and the namespace of the Service that a host of Istio means. A short name is
// one of the namespace of the object that says it.
func hostOf(host, namespace string) (name, in string) {
	parts := strings.Split(host, ".")
	if len(parts) > 1 {
		namespace = parts[1]
	}
	return parts[0], namespace
}

// routeBackends are the Services of its own namespace that a route sends requests to.
func routeBackends(spec *yaml.Node, namespace string) []string {
	var out []string
	add := func(ref *yaml.Node) {
		if cmp.Or(manifest.Value(ref, "kind"), "Service") == "Service" && cmp.Or(manifest.Value(ref, "namespace"), namespace) == namespace {
			out = append(out, manifest.Value(ref, "name"))
		}
	}
	manifest.Walk(spec, func(key string, n *yaml.Node) {
		switch key {
		case "backendRef":
			add(n)
		case "backendRefs":
			for _, ref := range manifest.Content(n) {
				add(manifest.Dealias(ref))
			}
		}
	})
	return out
}
